"""Rules that make a step's arithmetic, or a number it states, wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .chains import Chain
from .consequences import Consequence
from .equations import Equation, find_equations, find_quantities
from .expressions import Quantity, evaluate
from .numerals import places, write_like
from .plain_text import plain

NEAR = 10
"""How far (in units of the last written place) a near miss lies from the right number."""

TRIES = 400
"""Distant numbers that are drawn before a rule gives up."""


@dataclass(frozen=True)
class Change:
    """A step's body with one thing changed; ``follows`` is set by rules that know the consequence themselves."""

    body: str
    kind: Literal["result", "operand", "number", "date", "option"]
    was: str
    now: str
    verified: bool
    original: Fraction | None = None
    changed: Fraction | None = None
    follows: Consequence | None = None


def wrong_results(rng: random.Random, body: str, equation: Equation) -> Iterator[Change]:
    """The same operands with another result, near misses and distant ones by turns."""
    result = equation.result
    for value in other_numbers(rng, result):
        text = write_like(value, result.text)
        if text is None:
            continue
        changed = _replaced(body, equation, [(result, text)], result.value, text)
        last = _equation(changed, equation)
        if last is not None and last.check == "wrong" and last.stated != equation.stated:
            yield Change(changed, "result", result.text, text, True, equation.stated, last.stated)


def wrong_operands(rng: random.Random, body: str, equation: Equation) -> Iterator[Change]:
    """Another operand and the result that belongs to it: right arithmetic about the wrong numbers."""
    if equation.check != "right":
        return
    places_left = list(range(len(equation.operands)))
    pools = {place: other_numbers(rng, equation.operands[place]) for place in places_left}
    for _ in range(TRIES):
        if not places_left:
            return
        place = rng.choice(places_left)
        value = next(pools[place], None)
        if value is None:
            places_left.remove(place)
            continue
        operand = equation.operands[place]
        if value == 0:
            continue  # nobody writes "12 - 0"
        values = [one.value for one in equation.operands]
        values[place] = value / 100 if operand.percent else value
        result = evaluate(equation.expression, values)
        if result is None or result == equation.stated or equation.result.percent:
            continue
        texts = write_like(value, operand.text), write_like(result, equation.result.text)
        if texts[0] is None or texts[1] is None:
            continue
        edits = [(operand, texts[0]), (equation.result, texts[1])]
        changed = _replaced(body, equation, edits, equation.result.value, texts[1])
        last = _equation(changed, equation)
        if last is not None and last.check == "right" and last.stated == result:
            yield Change(changed, "operand", operand.text, texts[0], True, equation.stated, result)


def wrong_statements(rng: random.Random, chain: Chain, index: int, question: str | None) -> Iterator[Change]:
    """Another number in a step without an equation.

    Verified wrong where the question or an earlier step states the number, which the changed step then contradicts.
    """
    body = chain.steps[index].body
    quantities = find_quantities(body)
    known = {one.value for one in find_quantities(question or "")}
    for step in chain.steps[:index]:
        known |= {one.stated for one in find_equations(step.body) if one.check == "right"}
    values = [one.value for one in quantities]
    for quantity in sorted(quantities, key=lambda one: one.value not in known):
        if values.count(quantity.value) > 1 or quantity.percent:
            continue
        for value in other_numbers(rng, quantity):
            text = write_like(value, quantity.text)
            if text is None or value in known:
                continue
            changed = body[: quantity.start] + text + body[quantity.end :]
            verified = quantity.value in known and find_quantities(changed) != quantities
            yield Change(changed, "number", quantity.text, text, verified, quantity.value, value)


def other_numbers(rng: random.Random, quantity: Quantity) -> Iterator[Fraction]:
    """Numbers of the same sort as ``quantity`` (sign, decimal places, digits), without end of repetition.

    Near misses and distant numbers by turns; all of them differ from it. Of a percentage the number itself.
    """
    right = quantity.value * (100 if quantity.percent else 1)
    unit = Fraction(1, 10 ** places(plain(quantity.text)))
    near = [right + sign * distance * unit for distance in range(1, NEAR + 1) for sign in (-1, 1)]
    rng.shuffle(near)
    digits = max(2, len(str(abs(int(right)))))
    seen = {right}
    for place in range(TRIES):
        if near and place % 2 == 0:
            value = near.pop()
        else:
            reach = rng.choice((Fraction(3, 10), Fraction(6, 10), Fraction(1))) * 10**digits / unit
            value = rng.randrange(int(reach)) * unit
            value = -value if right < 0 else value
        if value in seen or (right >= 0 and value < 0):
            continue
        seen.add(value)
        yield value


def _replaced(
    body: str, equation: Equation, edits: list[tuple[Quantity, str]], right: Fraction, text: str
) -> str:
    """``body`` with ``edits``; where the step says its result again behind the equation, that is changed too."""
    again = [
        (one, text)
        for one in find_quantities(body)
        if one.start >= equation.end and one.value == right and one.percent == equation.result.percent
    ]
    for quantity, said in sorted([*edits, *again], key=lambda one: one[0].start, reverse=True):
        body = body[: quantity.start] + said + body[quantity.end :]
    return body


def _equation(body: str, original: Equation) -> Equation | None:
    """The equation of a changed body that stands where ``original`` stood."""
    return next((one for one in find_equations(body) if one.start == original.start), None)
