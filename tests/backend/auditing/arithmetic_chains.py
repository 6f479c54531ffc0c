"""Random chains whose flow of values is known, and their brute-force recomputation."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class PlannedStep:
    """``left operator right``: an operand is a number of the question, or (``source``) an earlier step's result."""

    operator: str
    left: int
    right: int
    left_source: int | None
    right_source: int | None
    result: int


def compute(operator: str, left: int, right: int) -> int:
    return {"+": left + right, "-": left - right, "×": left * right}[operator]


def drawn_plan(rng: random.Random) -> list[PlannedStep]:
    """Two to six steps; each uses the result before it, an earlier one, two of them, or none."""
    plan: list[PlannedStep] = []
    for place in range(rng.randint(2, 6)):
        sources: list[int | None] = [None, None]
        if place:
            kind = rng.random()
            sources[rng.randrange(2)] = place - 1 if kind < 0.75 else rng.randrange(place)
            if kind > 0.9:
                sources[rng.randrange(2)] = rng.randrange(place)
        values = [plan[source].result if source is not None else rng.randint(1, 60) for source in sources]
        operator = rng.choice("+-×+-")
        plan.append(PlannedStep(operator, *values, *sources, compute(operator, *values)))
    return plan


def recomputed(plan: list[PlannedStep], changed: int, value: int) -> list[int]:
    """All results when step ``changed`` has ``value``: run from the start."""
    results: list[int] = []
    for place, step in enumerate(plan):
        left = step.left if step.left_source is None else results[step.left_source]
        right = step.right if step.right_source is None else results[step.right_source]
        results.append(value if place == changed else compute(step.operator, left, right))
    return results


def coincides(plan: list[PlannedStep]) -> bool:
    """Whether a number of the question is also the result of an earlier step: only the question tells the two apart."""
    results: set[int] = set()
    for step in plan:
        given = {
            step.left if step.left_source is None else None,
            step.right if step.right_source is None else None,
        }
        if given & results:
            return True
        results.add(step.result)
    return False


def question(plan: list[PlannedStep]) -> str:
    numbers = [
        value
        for step in plan
        for value, source in ((step.left, step.left_source), (step.right, step.right_source))
        if source is None
    ]
    return "Given are " + ", ".join(f"{number} pens" for number in numbers) + "."


WORDINGS = (
    "{a} {o} {b} = {r}.",
    "So {a} {o} {b} = {r} pens.",
    "We know {a} pens {o} {b} pens = {r} pens.",
    "{r} = {a} {o} {b}.",
)


def written(plan: list[PlannedStep], rng: random.Random) -> str:
    lines = [
        f"Step {place}: "
        + rng.choice(WORDINGS).format(a=step.left, o=step.operator, b=step.right, r=step.result)
        for place, step in enumerate(plan, 1)
    ]
    return "\n" + "\n".join(lines) + f"\nAnswer: {plan[-1].result}."
