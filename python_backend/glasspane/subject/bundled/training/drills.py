"""Arithmetic drills: the plain facts that steps of a chain are made of."""

from __future__ import annotations

import random

from .documents import END_OF_TEXT, MASKED, TARGET, Document, Span
from .problems import TIMES, compute


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
