"""Arithmetic that a step states, found in its words and verified by exact computation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from .arithmetic_tokens import Token, tokens
from .dates import find_dates
from .equation_grammar import NAMING, TOGETHER, Side, SideReader, joined
from .expressions import Expression, Operation, Quantity, evaluate, meaning, operators
from .numerals import places, round_half_away
from .plain_text import plain

Check = Literal["right", "rounded", "wrong", "untold"]

PREFIXED: dict[str, dict[str, str]] = {
    "add": {"to": "b + a", "and": "a + b", "with": "a + b"},
    "subtract": {"from": "b - a"},
    "take": {"from": "b - a"},
    "remove": {"from": "b - a"},
    "multiply": {"by": "a × b", "and": "a × b", "with": "a × b"},
    "divide": {"by": "a ÷ b"},
    "sum": {"and": "a + b"},
    "product": {"and": "a × b"},
    "difference": {"and": "|a - b|"},
    "quotient": {"and": "a ÷ b"},
}
"""Operations that are named before their operands: "adding 7 to 5 gives 12", "the sum of 5 and 7 is 12"."""

_FORMS = {
    form: name
    for name, forms in {
        "add": "add adding adds added",
        "subtract": "subtract subtracting subtracts",
        "take": "take taking takes",
        "remove": "remove removing removes",
        "multiply": "multiply multiplying multiplies",
        "divide": "divide dividing divides",
        "sum": "sum",
        "product": "product",
        "difference": "difference",
        "quotient": "quotient",
    }.items()
    for form in forms.split()
}
_RESULT_FIRST = re.compile(r"=|is|equals|is equal to")
_ROUGHLY = re.compile(r"≈|about|approximately")
_REMAINDER = re.compile(r"\s*(?:,|with|and)?\s*(?:an?\s+)?(?:remainder|rest|R\d?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Equation:
    """``expression`` over ``operands`` is stated to be ``result``; all spans are characters of the text read.

    ``approximate`` says that the text itself calls the result rough. ``comparable`` is false where units or
    percentages make the plain arithmetic say nothing ("1 hour + 30 minutes = 90 minutes").
    """

    start: int
    end: int
    text: str
    expression: Expression
    operands: tuple[Quantity, ...]
    result: Quantity
    approximate: bool = False
    comparable: bool = True

    @property
    def exact(self) -> Fraction | None:
        """What the expression is, by exact arithmetic."""
        return evaluate(self.expression, [operand.value for operand in self.operands])

    @property
    def stated(self) -> Fraction:
        """What the text says it is; "20 ÷ 80 × 100 = 25%" states 25."""
        value = self.result.value
        if self.result.percent and not any(operand.percent for operand in self.operands):
            return value * 100 if self.exact == value * 100 else value
        return value

    @property
    def check(self) -> Check:
        """Whether it is right: exactly, after rounding to the decimals written, wrong, or not to be told."""
        exact = self.exact
        if exact is None or not self.comparable:
            return "untold"
        if exact == self.stated:
            return "right"
        if round_half_away(exact, places(plain(self.result.text))) == self.stated:
            return "rounded"
        return "untold" if self.approximate else "wrong"

    @property
    def meaning(self) -> str:
        """A normal form: two equations with the same one say the same."""
        left = meaning(self.expression, [operand.value for operand in self.operands])
        return f"{left} = {self.stated}"


@lru_cache(maxsize=4096)
def find_equations(text: str) -> tuple[Equation, ...]:
    """Every equation in ``text`` with at least one operation, in the order of the text.

    Read are signs (``12 - 7 = 5``, ``5 × 5 = 25``), words (``3 plus 4 is 7``, ``adding 7 to 5 gives 12``), brackets
    and precedence, nouns behind numbers, results first (``5 is 12 minus 7``), percentages of a number, and running
    equations (``5 + 3 = 8 - 2 = 6``). Variables, dates, quotients with a remainder and prose are left alone.
    """
    parts = tokens(text)
    reader = SideReader(parts, text)
    found: list[Equation] = []
    place = 0
    while place < len(parts):
        sides, relations = _chain(reader, place)
        if len(sides) < 2:
            place += 1
            continue
        after = sides[-1].after
        if any(isinstance(side.expression, Operation) for side in sides) and not _dangling(parts, after):
            found += _equations(text, parts, sides, relations)
        place = after
    dated = {place for date in find_dates(plain(text)) for place in range(date.start, date.end)}
    return tuple(one for one in found if dated.isdisjoint(range(one.start, one.end)))


@lru_cache(maxsize=4096)
def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Every number in ``text`` that counts something: no labels ("step 2"), no parts of dates, no "one"."""
    parts = tokens(text)
    dated = {place for date in find_dates(plain(text)) for place in range(date.start, date.end)}
    found = []
    for place, token in enumerate(parts):
        named = place > 0 and parts[place - 1].text.lower() in NAMING
        if token.kind != "number" or named or token.start in dated or token.text.lower() == "one":
            continue
        reader = SideReader(parts, text, place)
        if reader.quantity() is not None:
            found.append(reader.operands[0])
    return tuple(found)


def _chain(reader: SideReader, place: int) -> tuple[list[Side], list[Token]]:
    """The sides of an equation that starts at token ``place``, and the relations between them."""
    parts = reader.tokens
    if not _may_start(parts, place):
        return [], []
    side = _prefixed(reader, place) or _with_and(reader, place)
    if side is None:
        return [], []
    sides, relations = [side], []
    while side.after < len(parts) and parts[side.after].kind == "relation":
        following = reader.side(side.after + 1)
        if following is None:
            break
        relations.append(parts[side.after])
        sides.append(side := following)
    return sides, relations


def _may_start(parts: tuple[Token, ...], place: int) -> bool:
    if parts[place].kind not in ("number", "open", "currency", "word", "operator"):
        return False
    before = parts[place - 1] if place else None
    if before is None or before.kind not in ("operator", "open"):
        return True
    if before.kind == "operator":
        return before.operator == "of" and place > 1 and parts[place - 2].kind == "word"
    return place < 2 or (parts[place - 2].kind != "operator" and parts[place - 2].end < before.start)


def _dangling(parts: tuple[Token, ...], after: int) -> bool:
    """Whether the last side goes on with something that could not be read ("= 7 × y")."""
    if after >= len(parts) or parts[after].kind != "operator" or parts[after].text.isalpha():
        return False
    following = parts[after + 1] if after + 1 < len(parts) else None
    return following is None or following.kind != "word" or len(following.text) < 3


def _with_and(reader: SideReader, place: int) -> Side | None:
    """A side; "5 and 7" is one where what follows says that they are taken together."""
    parts = reader.tokens
    left = reader.side(place)
    if left is None or left.after + 1 >= len(parts) or parts[left.after].kind != "and":
        return left
    right = reader.side(left.after + 1)
    if right is None or right.after >= len(parts) or parts[right.after].kind != "relation":
        return left
    said = {part.text.lower() for part in parts[right.first : right.after]}
    relation = parts[right.after].text.lower().split()
    if said & TOGETHER or {"make", "makes", "give", "gives", "together", "altogether"} & set(relation):
        return joined(left, right, "+")
    return left


def _prefixed(reader: SideReader, place: int) -> Side | None:
    """A side whose operation is named first ("adding 7 to 5")."""
    parts = reader.tokens
    forms = PREFIXED[_FORMS[parts[place].text.lower()]] if parts[place].text.lower() in _FORMS else None
    if forms is None or parts[place].kind != "word":
        return None
    start = place + 1
    while start < len(parts) and parts[start].text.lower() in ("of", "between", "together", "the", "away"):
        start += 1
    left = reader.side(start)
    if left is None or left.after >= len(parts):
        return None
    link = left.after
    form = forms.get(parts[link].text.lower())
    right = reader.side(link + 1) if form is not None else None
    if form is None or right is None:
        return None
    if form == "|a - b|":
        values = [
            evaluate(one.expression, [operand.value for operand in one.operands]) for one in (left, right)
        ]
        form = "b - a" if None not in values and values[0] < values[1] else "a - b"  # type: ignore[operator]
    pair = (left, right) if form.startswith("a") else (right, left)
    side = joined(*pair, form[2])  # type: ignore[arg-type]
    return Side(side.expression, side.operands, place, right.after)


def _equations(
    text: str, parts: tuple[Token, ...], sides: list[Side], relations: list[Token]
) -> list[Equation]:
    found = []
    for index, side in enumerate(sides):
        if isinstance(side.expression, int):
            continue
        at = _result(sides, relations, index)
        if at is None or _REMAINDER.match(plain(text), sides[at[0]].operands[at[1]].end):
            continue
        result = sides[at[0]].operands[at[1]]
        start, end = parts[side.first].start, parts[side.after - 1].end
        start, end = min(start, result.whole_start), max(end, result.whole_end)
        operands = tuple(side.operands)
        rough = _ROUGHLY.search(relations[min(index, len(relations) - 1)].text.lower()) is not None
        comparable = _comparable(side.expression, operands, result)
        found.append(
            Equation(start, end, text[start:end], side.expression, operands, result, rough, comparable)
        )
    return found


def _result(sides: list[Side], relations: list[Token], index: int) -> tuple[int, int] | None:
    """``(side, operand)`` that is stated as the result of side ``index``."""
    if index + 1 < len(sides):
        following = sides[index + 1]
        if isinstance(following.expression, Operation):
            values = [operand.value for operand in following.operands]
            mine = evaluate(sides[index].expression, [operand.value for operand in sides[index].operands])
            if mine == values[0] != evaluate(following.expression, values):
                return index + 1, 0  # a running equation: 5 + 3 = 8 - 2 = 6
    for later in range(index + 1, len(sides)):
        if isinstance(sides[later].expression, int):
            return later, 0
    if index and isinstance(sides[index - 1].expression, int):
        relation = " ".join(relations[index - 1].text.lower().split())
        return (index - 1, 0) if _RESULT_FIRST.fullmatch(relation) else None
    return None


def _comparable(expression: Expression, operands: tuple[Quantity, ...], result: Quantity) -> bool:
    if not set(operators(expression)) <= {"+", "-"}:
        return True
    quantities = (*operands, result)
    units = {quantity.unit for quantity in quantities if quantity.unit is not None}
    return len(units) < 2 and len({quantity.percent for quantity in quantities}) == 1
