"""How one step of a chain is written: canonical, reworded, wrong, or irrelevant."""

from __future__ import annotations

import random
from dataclasses import dataclass

from . import capitals
from .common_words import COMMON
from .problems import TIMES, compute

WORDS = {"+": "plus", "-": "minus", TIMES: "times"}

REWORDINGS = {
    "+": (
        "{a} plus {b} is {r}",
        "{a} plus {b} makes {r}",
        "{a} plus {b} equals {r}",
        "{b} + {a} = {r}",
        "{a} + {b} is {r}",
        "{a} and {b} make {r}",
        "{a} and {b} more is {r}",
        "adding {b} to {a} gives {r}",
        "the sum of {a} and {b} is {r}",
        "we add {b} to {a} and get {r}",
        "{a} and {b} together are {r}",
        "{r} is {a} plus {b}",
        "{r} = {a} + {b}",
    ),
    "-": (
        "{a} minus {b} is {r}",
        "{a} minus {b} makes {r}",
        "{a} minus {b} equals {r}",
        "{a} - {b} is {r}",
        "{b} less than {a} is {r}",
        "taking {b} from {a} gives {r}",
        "we take {b} from {a} and get {r}",
        "{a} without {b} is {r}",
        "{a} less {b} is {r}",
        "{r} is {a} minus {b}",
        "{r} = {a} - {b}",
        "subtracting {b} from {a} gives {r}",
    ),
    TIMES: (
        "{a} times {b} is {r}",
        "{a} times {b} makes {r}",
        "{a} times {b} equals {r}",
        "{b} × {a} = {r}",
        "{a} × {b} is {r}",
        "multiplying {a} by {b} gives {r}",
        "we multiply {a} by {b} and get {r}",
        "{r} is {a} times {b}",
        "{r} = {a} × {b}",
    ),
}

FACTS = (
    "The sky is blue.",
    "The sun is hot.",
    "Snow is cold.",
    "Water is wet.",
    "Grass is green.",
    "A week has 7 days.",
    "A dog has 4 legs.",
    "A year has 12 months.",
    "A day has 24 hours.",
    "A bird has 2 legs.",
    "Fish live in water.",
    "A hand has 5 fingers.",
    "The moon is round.",
    "Lemons are sour.",
    "Birds can fly.",
    "Ice is cold.",
    "Fire is hot.",
    "Cats like milk.",
    "A car has 4 wheels.",
    "A spider has 8 legs.",
    "Paper is made from wood.",
    "Winter is cold.",
    "There are 60 minutes in an hour.",
    "The sea is salty.",
    "Trees have leaves.",
    "Gold is a metal.",
)

UNSEEN_FACTS = (
    "The grass is green.",
    "A cat has 4 legs.",
    "The sea is blue.",
    "Ice is made from water.",
    "The sun is round.",
    "Fish can swim.",
    "An hour has 60 minutes.",
    "Snow is white.",
    "A tree has leaves.",
    "Apples grow on trees.",
)

OPENERS = (
    "",
    "",
    "So ",
    "Now ",
    "First, ",
    "Then ",
    "Next, ",
    "Here ",
    "This means ",
    "In other words, ",
    "We know ",
    "Clearly ",
)

WIDE_OPENERS = (
    "So then ",
    "So we have ",
    "Now we see that ",
    "Now we have ",
    "This means ",
    "It means that ",
    "That means ",
    "We see that ",
    "So it is true that ",
    "After this, we have ",
    "After that, ",
    "So after this ",
    "Then we see ",
    "Well, ",
    "Now then, ",
    "So we know ",
    "This is how we know that ",
    "We can say that ",
    "We also know that ",
)

UNSEEN_OPENERS = ("", "So now ", "Then we know ", "This means that ")


def number(value: int) -> str:
    """A number as the models write it."""
    return str(value)


def equation(left: int, operator: str, right: int, result: int) -> str:
    """The canonical body of a step, for instance ``5 + 7 = 12``."""
    return f"{left} {operator} {right} = {result}"


@dataclass(frozen=True)
class Wording:
    """Where the words of an experimenter's step come from.

    ``wide`` adds many more openers and sentences of random words to training, so that a step is
    read for its equation and not for its opener; ``unseen`` draws what only the gates use.
    """

    wide: bool = False
    unseen: bool = False


def reworded(rng: random.Random, wording: Wording, left: int, operator: str, right: int, result: int) -> str:
    """The same step in other words."""
    body = rng.choice(REWORDINGS[operator]).format(a=left, b=right, r=result)
    text = _opener(rng, wording) + body
    return text[0].upper() + text[1:]


def _opener(rng: random.Random, wording: Wording) -> str:
    if wording.unseen:
        return rng.choice(UNSEEN_OPENERS)
    if not wording.wide or (kind := rng.random()) < 0.35:
        return rng.choice(OPENERS)
    if kind < 0.7:
        return rng.choice(WIDE_OPENERS)
    return " ".join(rng.choices(COMMON, k=rng.randint(1, 4))) + rng.choice((" ", " ", ", "))


def _any_words(rng: random.Random) -> str:
    """A sentence of random words, some of them no words at all."""
    chosen = rng.choices(COMMON, k=rng.randint(3, 7))
    for index in range(len(chosen)):
        if rng.random() < 0.2:
            chosen[index] = "".join(rng.choices("abcdefghilmnoprstuw", k=rng.randint(3, 7)))
    return " ".join((rng.choice(("The", "A", "Some", "All", chosen[0].capitalize())), *chosen)) + "."


def irrelevant(rng: random.Random, wording: Wording) -> str:
    """A true sentence that has nothing to do with the question (in training also mere words)."""
    if wording.unseen:
        return rng.choice(UNSEEN_FACTS)
    if wording.wide and rng.random() < 0.4:
        return _any_words(rng)
    kind = rng.random()
    if kind < 0.2:
        return capitals.true_sentence(rng)
    if kind < 0.35:
        left, right = rng.randint(1, 20), rng.randint(1, 9)
        opener = rng.choice(("Note that", "Also,", "We know that"))
        return f"{opener} {equation(left, '+', right, left + right)}."
    return rng.choice(FACTS)


def wrong(rng: random.Random, left: int, operator: str, right: int, reach: int = 99) -> tuple[int, int, int]:
    """A step that is wrong in its result, or right about the wrong operands; never the true result.

    Returns ``(left, right, result)`` as written.
    """
    true = compute(left, operator, right)
    while True:
        kind = rng.random()
        if kind < 0.15 and operator != TIMES:
            shifted = right + rng.randint(1, 4)
            written = (left, shifted, compute(left, operator, shifted))
        elif kind < 0.25 and operator != TIMES:
            shifted = left + rng.choice((-3, -2, -1, 1, 2, 3))
            written = (shifted, right, compute(shifted, operator, right))
        elif kind < 0.65:
            written = (left, right, true + rng.choice((-1, 1)) * rng.randint(1, 10))
        else:
            written = (left, right, rng.randint(0, min(reach, rng.choice((30, 60, 90)))))
        if written[2] != true and 0 <= written[2] <= reach and written[0] >= 0:
            return written
