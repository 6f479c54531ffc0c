"""Worded two-step arithmetic problems with numbers small enough to be single tokens."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from .documents import held_out
from .ioi import NAMES

TIMES = "×"


@dataclass(frozen=True)
class Operation:
    """One step of a plan; an operand of ``None`` is the previous step's result."""

    left: int | None
    operator: str
    right: int | None


@dataclass(frozen=True)
class Problem:
    """A question, the plan that solves it and the first number a reader meets."""

    question: str
    plan: tuple[Operation, ...]
    start: int

    @property
    def answer(self) -> int:
        """The result of the whole plan."""
        return consequence(self.plan, None)


@dataclass(frozen=True)
class Scene:
    """Sentences of one setting: a start, a gain, a loss and the question."""

    start: str
    gain: str
    loss: str
    question: str


SCENES = (
    Scene(
        "A train carries {n} people.",
        "{n} more get on.",
        "{n} people get off.",
        "How many people are on the train?",
    ),
    Scene(
        "A bus carries {n} people.",
        "{n} more get on.",
        "{n} people get off.",
        "How many people are on the bus?",
    ),
    Scene(
        "A box holds {n} apples.",
        "{n} more are put in.",
        "{n} are taken out.",
        "How many apples are in the box?",
    ),
    Scene(
        "A basket holds {n} eggs.",
        "{n} more are put in.",
        "{n} are taken out.",
        "How many eggs are in the basket?",
    ),
    Scene(
        "There are {n} birds in a tree.", "{n} more come.", "{n} fly away.", "How many birds are in the tree?"
    ),
    Scene(
        "There are {n} fish in a pond.", "{n} more come.", "{n} swim away.", "How many fish are in the pond?"
    ),
    Scene(
        "There are {n} cars in a street.",
        "{n} more come.",
        "{n} drive away.",
        "How many cars are in the street?",
    ),
    Scene(
        "{name} has {n} coins.",
        "{name} finds {n} more.",
        "{name} loses {n}.",
        "How many coins does {name} have?",
    ),
    Scene(
        "{name} has {n} books.",
        "{name} buys {n} more.",
        "{name} sells {n}.",
        "How many books does {name} have?",
    ),
    Scene(
        "{name} has {n} cards.",
        "{name} gets {n} more.",
        "{name} gives away {n}.",
        "How many cards does {name} have?",
    ),
)

GROUPS = (
    (
        "A shop has {a} boxes with {b} pens in each.",
        "{n} more pens come.",
        "{n} pens are sold.",
        "How many pens are there?",
    ),
    (
        "{name} has {a} bags with {b} eggs in each.",
        "{name} buys {n} more.",
        "{name} sells {n}.",
        "How many eggs are there?",
    ),
)

AMBIGUOUS = (
    "There are {a} bags with {b} pens and {c} books. How many things are there?",
    "{name} has {a} boxes with {b} apples and {c} eggs. How many things are there?",
)


def compute(left: int, operator: str, right: int) -> int:
    """``left operator right`` over the integers."""
    if operator == "+":
        return left + right
    return left - right if operator == "-" else left * right


def operands(operation: Operation, previous: int | None) -> tuple[int, int]:
    """The two numbers of a step, given the result before it."""
    left = previous if operation.left is None else operation.left
    right = previous if operation.right is None else operation.right
    if left is None or right is None:
        raise ValueError("the first step of a plan needs two numbers")
    return left, right


def consequence(plan: Sequence[Operation], value: int | None) -> int:
    """The final result of the remaining ``plan`` when the result so far is ``value``."""
    for operation in plan:
        left, right = operands(operation, value)
        value = compute(left, operation.operator, right)
    if value is None:
        raise ValueError("an empty plan needs a value")
    return value


def is_held_out(a: int, b: int, c: int) -> bool:
    """Whether an operand triple is kept for the gates (whatever its scene and operators)."""
    return held_out(f"arithmetic:{a}:{b}:{c}", 0.1)


def sample(rng: random.Random, unseen: bool, groups: float = 0.15) -> Problem:
    """A problem whose operand triple comes from training or from the held-out triples."""
    while True:
        problem, triple = _grouped(rng) if rng.random() < groups else _running(rng)
        values = [consequence(problem.plan[:end], None) for end in range(1, len(problem.plan) + 1)]
        if is_held_out(*triple) == unseen and min(values) >= 0:
            return problem


def ambiguous(rng: random.Random) -> tuple[Problem, Problem]:
    """One question under its two readings: the last items outside, or inside, each container."""
    a, b, c = rng.randint(2, 4), rng.randint(2, 5), rng.randint(2, 5)
    question = rng.choice(AMBIGUOUS).format(a=a, b=b, c=c, name=rng.choice(NAMES))
    outside = (Operation(a, TIMES, b), Operation(None, "+", c))
    inside = (Operation(b, "+", c), Operation(a, TIMES, None))
    return Problem(question, outside, a), Problem(question, inside, a)


def _running(rng: random.Random) -> tuple[Problem, tuple[int, int, int]]:
    a, b, c = rng.randint(2, 20), rng.randint(1, 9), rng.randint(1, 9)
    operators = rng.choice("+-"), rng.choice("+-")
    scene, name = rng.choice(SCENES), rng.choice(NAMES)
    first, second = (
        (scene.gain if operator == "+" else scene.loss).format(n=number, name=name)
        for operator, number in zip(operators, (b, c), strict=True)
    )
    question = (
        f"{scene.start.format(n=a, name=name)} {first} Then {second} {scene.question.format(name=name)}"
    )
    plan = (Operation(a, operators[0], b), Operation(None, operators[1], c))
    return Problem(question, plan, a), (a, b, c)


def _grouped(rng: random.Random) -> tuple[Problem, tuple[int, int, int]]:
    a, b, c = rng.randint(2, 5), rng.randint(2, 6), rng.randint(1, 9)
    operator, name = rng.choice("+-"), rng.choice(NAMES)
    start, gain, loss, ask = rng.choice(GROUPS)
    change = (gain if operator == "+" else loss).format(n=c, name=name)
    question = f"{start.format(a=a, b=b, name=name)} Then {change} {ask}"
    return Problem(question, (Operation(a, TIMES, b), Operation(None, operator, c)), a), (a, b, c)
