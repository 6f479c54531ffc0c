"""Wrong versions of a step, each verified wrong by computation and with what would follow from it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..errors import GlasspaneError
from .answers import Unparsed, read_answer
from .chains import Chain
from .consequences import Consequence, consequence
from .equations import find_equations, find_quantities
from .numerals import places
from .plain_text import plain
from .wrong_dates import wrong_dates
from .wrong_numbers import Change, wrong_operands, wrong_results, wrong_statements
from .wrong_options import wrong_options

WrongKind = Literal["result", "operand", "number", "date", "option", "written"]
Source = Literal["rule", "user", "model"]


@dataclass(frozen=True)
class WrongStep:
    """A wrong version of one step, to be put in its place.

    ``body`` replaces the step's body, its label is kept. ``original`` and ``changed`` are what the step stated and
    states now, where both are numbers; ``was`` and ``now`` are the same as written. ``verified`` says that computation
    showed it to be wrong; a model's or user's words that hold nothing to compute are not verified.
    """

    step: int
    body: str
    kind: WrongKind
    source: Source
    verified: bool
    was: str
    now: str
    consequence: Consequence
    original: Fraction | None = None
    changed: Fraction | None = None


@dataclass(frozen=True)
class WrongSteps:
    """The variants that could be made, and why there are fewer than asked for (``None``: there are not)."""

    variants: tuple[WrongStep, ...]
    missing: str | None = None


def wrong_steps(
    chain: Chain,
    index: int,
    count: int,
    seed: int = 0,
    *,
    question: str | None = None,
    options: Mapping[str, str] | None = None,
    told_only: bool = False,
) -> WrongSteps:
    """``count`` distinct wrong versions of step ``index``, made by rules; the same ``seed`` gives the same ones, and
    a smaller ``count`` gives the first of them.

    A step with an equation gets other results and other operands (computed on rightly); one without gets other
    numbers, dates or options. Variants that would lead to the original answer are left out. With ``told_only`` only
    those whose consequence is told are kept. Raises ``bad_option`` for a step that the chain does not have.
    """
    if not 0 <= index < len(chain.steps):
        raise GlasspaneError(
            "bad_option",
            f"The chain has no step {index + 1}.",
            f"Choose one of its {len(chain.steps)} steps.",
        )
    rng = random.Random(f"wrong:{seed}:{index}")
    made: list[WrongStep] = []
    seen = {chain.steps[index].body}
    for change in _changes(rng, chain, index, question, options):
        if len(made) == count:
            break
        if change.body in seen:
            continue
        seen.add(change.body)
        one = _variant(chain, index, change, question, options)
        if one.consequence.reason == "no_difference" or (told_only and one.consequence.answer is None):
            continue
        if change.kind in ("result", "operand", "number") and not _fits(chain, one):
            continue
        made.append(one)
    if len(made) == count:
        return WrongSteps(tuple(made))
    if made:
        return WrongSteps(tuple(made), f"Only {len(made)} of {count} wrong versions could be made.")
    return WrongSteps((), "The step holds no equation, number, date or option that a rule could make wrong.")


def written_wrong_step(
    chain: Chain,
    index: int,
    body: str,
    source: Literal["user", "model"],
    *,
    target: str | None = None,
    question: str | None = None,
    options: Mapping[str, str] | None = None,
) -> WrongStep:
    """A wrong step in a user's or a model's own words; ``target`` is the answer that the user expects to follow.

    It is verified where its last equation is wrong, or right about other operands than a right original's. A model's
    step is never called verified. Raises ``bad_option`` for empty words, the original's, or an unread ``target``.
    """
    step = chain.steps[index]
    if not body.strip() or body.strip() == step.body.strip():
        raise GlasspaneError(
            "bad_option", "The wrong step is empty, or the same as the original.", "Write another step."
        )
    original, changed = _stated(step.body), _stated(body)
    follows = Consequence(None, "no_value")
    if target is not None:
        read = read_answer(target, options)
        if isinstance(read, Unparsed):
            raise GlasspaneError(
                "bad_option",
                f"The expected answer cannot be read: {read.why}.",
                "Give it as the model would.",
            )
        follows = Consequence(read, "user_target")
    elif original is not None and changed is not None and original != changed:
        follows = consequence(chain, index, original, changed, question=question, options=options)
    verified = source == "user" and is_wrong(body, step.body)
    return WrongStep(index, body, "written", source, verified, step.body, body, follows, original, changed)


def is_wrong(body: str, original: str) -> bool:
    """Whether computation shows ``body`` to be wrong, given that ``original`` stands in its place.

    Its last equation is wrong; or the original's is right, and this one states another result.
    """
    mine, before = find_equations(body), find_equations(original)
    if not mine:
        return False
    if mine[-1].check == "wrong":
        return True
    right = bool(before) and before[-1].check == "right" and mine[-1].check == "right"
    return right and mine[-1].stated != before[-1].stated


def _stated(body: str) -> Fraction | None:
    equations = find_equations(body)
    if equations:
        return equations[-1].stated
    quantities = find_quantities(body)
    return quantities[0].value if len(quantities) == 1 else None


def _changes(
    rng: random.Random, chain: Chain, index: int, question: str | None, options: Mapping[str, str] | None
) -> Iterator[Change]:
    body = chain.steps[index].body
    equations = find_equations(body)
    if equations and equations[-1].check in ("right", "rounded", "wrong"):
        results = wrong_results(rng, body, equations[-1])
        others = iter(wrong_operands(rng, body, equations[-1]))
        for place, change in enumerate(results):
            if place % 4 == 3 and (other := next(others, None)) is not None:
                yield other
            yield change
        return
    yield from wrong_dates(rng, chain, index, question)
    yield from wrong_options(rng, chain, index, options)
    yield from wrong_statements(rng, chain, index, question)


def _variant(
    chain: Chain, index: int, change: Change, question: str | None, options: Mapping[str, str] | None
) -> WrongStep:
    follows = change.follows
    if follows is None:
        if change.original is None or change.changed is None:
            follows = Consequence(None, "no_value")
        else:
            follows = consequence(
                chain, index, change.original, change.changed, question=question, options=options
            )
    return WrongStep(
        index,
        change.body,
        change.kind,
        "rule",
        change.verified,
        change.was,
        change.now,
        follows,
        change.original,
        change.changed,
    )


def _fits(chain: Chain, variant: WrongStep) -> bool:
    """Whether what follows stays among numbers of the chain's sort: no negative and no broken ones out of nowhere,
    none with more digits than the largest there (two at least)."""
    numbers = [one for step in chain.steps for one in find_quantities(step.body)]
    values = [value for _, value in variant.consequence.values]
    values += [] if variant.changed is None else [variant.changed]
    negative = any(one.value < 0 for one in numbers)
    decimals = max((places(plain(one.text)) for one in numbers if not one.percent), default=0)
    digits = max((len(str(abs(int(one.value)))) for one in numbers), default=1)
    percent = any(one.percent for one in numbers)
    return all(
        (negative or value >= 0)
        and abs(value) < 10 ** max(2, digits)
        and (percent or (value * 10**decimals).denominator == 1)
        for value in values
    )
