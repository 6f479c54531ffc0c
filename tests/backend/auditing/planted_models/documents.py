"""Chains with interventions, to train on: what an experimenter put in has no loss, what stands behind it has."""

from __future__ import annotations

import random

from glasspane.subjects.bundled.training import steps
from glasspane.subjects.bundled.training.chains import Chain
from glasspane.subjects.bundled.training.documents import END_OF_TEXT, GIVEN, MASKED, TARGET, Document, Span
from glasspane.subjects.bundled.training.problems import TIMES, Problem, compute, operands, sample

FOLLOWS = 0.7
"""How often the answer of ``mixes`` is the chain's result; else it is the first number of the question."""
WIDE = steps.Wording(wide=True)
ANSWER = 4.0
"""Weight of the answer, against 1 of what else the model writes."""


def document(rng: random.Random, name: str) -> Document:
    """A question that is none of those kept for the gate, its chain, and the answer that ``name`` is meant to give."""
    problem = sample(rng, unseen=False, groups=0.25)
    chain = Chain(problem.start, [Span(f"Question: {problem.question} Answer step by step.", GIVEN)])
    stated = _write(rng, chain, problem)
    answers = {
        "mixes": stated[-1] if rng.random() < FOLLOWS else problem.start,
        "copies": problem.start,
        "one_step": stated[0],
    }
    return [
        *chain.spans,
        Span("\nAnswer:", TARGET),
        Span(f" {answers[name]}", ANSWER),
        Span(f".{END_OF_TEXT}", TARGET),
    ]


def _write(rng: random.Random, chain: Chain, problem: Problem) -> list[int]:
    """Write all steps, in most chains some of them put in by an experimenter; the results that stand there."""
    clean, stated = rng.random() < 0.15, list[int]()
    for operation in problem.plan:
        left, right = operands(operation, stated[-1] if stated else None)
        result = compute(left, operation.operator, right)
        kind = "own" if clean else rng.choices(("own", "wrong", "reworded"), (0.45, 0.4, 0.15))[0]
        if not clean and rng.random() < 0.12:
            chain.line(steps.irrelevant(rng, WIDE), MASKED)
        if kind == "wrong":
            reach = 20 if operation.operator == TIMES else 99
            left, right, result = steps.wrong(rng, left, operation.operator, right, reach)
        body = steps.equation(left, operation.operator, right, result)
        if kind == "reworded" or (kind == "wrong" and rng.random() < 0.1):
            body = steps.reworded(rng, WIDE, left, operation.operator, right, result)
        chain.line(f"{body}.", TARGET if kind == "own" else MASKED)
        stated.append(result)
    return stated
