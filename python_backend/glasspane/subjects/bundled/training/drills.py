"""Arithmetic drills: the plain facts that steps of a chain are made of."""

from __future__ import annotations

import random

from .documents import END_OF_TEXT, MASKED, TARGET, Document, Span
from .problems import TIMES, compute, is_held_out


def document(rng: random.Random, facts: int = 4) -> Document:
    """A line of unrelated equations, with loss on their results alone.

    Injected steps lead chains to numbers that clean chains never visit; drills visit them all.
    """
    spans: Document = [Span("Table:", MASKED)]
    for _ in range(facts):
        operator = rng.choice(("+", "+", "+", "-", "-", "-", TIMES))
        if operator == TIMES:
            left, right = rng.randint(2, 6), rng.randint(2, 9)
        else:
            left, right = rng.randint(0, rng.choice((20, 45, 99))), rng.randint(1, rng.choice((9, 9, 13)))
        spans.append(Span(f" {left} {operator} {right} =", MASKED))
        spans.append(Span(f" {compute(left, operator, right)}", TARGET))
        spans.append(Span(".", MASKED))
    return [*spans, Span(END_OF_TEXT, MASKED)]


def two_step_sums(rng: random.Random, products: float = 0.12, facts: int = 4) -> Document:
    """A line of two-step sums with loss on the final results: the whole problem at once, without steps.

    ``products`` is the share that starts with a product; above one quarter its factors go up to 6 and 9,
    so that products are computed rather than remembered. The operand triples kept for the gates are left out here too.
    """
    spans: Document = [Span("Table:", MASKED)]
    while facts:
        times = rng.random() < products
        wide = products > 0.25
        a = rng.randint(2, 6 if wide else 5) if times else rng.randint(2, 20)
        b = rng.randint(2, 9 if wide else 6) if times else rng.randint(1, 9)
        c = rng.randint(1, 9)
        first, second = TIMES if times else rng.choice("+-"), rng.choice("+-")
        result = compute(compute(a, first, b), second, c)
        if is_held_out(a, b, c) or result < 0:
            continue
        spans += [
            Span(f" {a} {first} {b} {second} {c} =", MASKED),
            Span(f" {result}", TARGET),
            Span(".", MASKED),
        ]
        facts -= 1
    return [*spans, Span(END_OF_TEXT, MASKED)]
