"""From the tokens of a sentence to the sides of its equations, by recursive descent."""

from __future__ import annotations

from dataclasses import dataclass, field

from .arithmetic_tokens import Token
from .expressions import Expression, Operation, Operator, Quantity
from .units import UNITS, unit_of

MOST_NOUNS = 4
"""Words that may stand behind a number as what it counts: "3 boxes of red pens"."""

MOST_OPERANDS = 60
"""Numbers of one side; a longer one is a model that does not stop, and is not read."""

DEEPEST = 20
"""Brackets within brackets that are read."""

TOGETHER = frozenset(("more", "together", "combined", "altogether", "total"))
_NAMING = "step option question day part number equation line item no case chapter problem choice"
NAMING = frozenset(_NAMING.split())
"""Words before a number that make it a name: "step 2" is not two of anything."""

CONNECTING = frozenset(("to", "from", "by", "with", "then", "so", "but"))
"""Words that end what a number counts."""


@dataclass
class Side:
    """One side of an equation: its tree over ``operands``, and the tokens it spans."""

    expression: Expression
    operands: list[Quantity]
    first: int
    after: int


@dataclass
class SideReader:
    """Reads one side that starts at token ``place``; the operands are collected on the way."""

    tokens: tuple[Token, ...]
    text: str
    place: int = 0
    operands: list[Quantity] = field(default_factory=list)
    depth: int = 0

    def side(self, start: int) -> Side | None:
        """The longest side that starts at token ``start``, or ``None``."""
        self.place, self.operands, self.depth = start, [], 0
        expression = self._sum()
        if expression is None or len(self.operands) > MOST_OPERANDS:
            return None
        return Side(expression, self.operands, start, self.place)

    def _peek(self, ahead: int = 0) -> Token | None:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def _sum(self) -> Expression | None:
        left = self._product()
        while left is not None and (operator := self._operator(("+", "-", "less than"))) is not None:
            kept = self.place, len(self.operands)
            self.place += 1
            right = self._product()
            if right is None:
                self.place = kept[0]
                del self.operands[kept[1] :]
                break
            if operator == "less than":
                left = Operation("-", right, left)
            else:
                left = Operation("+" if operator == "+" else "-", left, right)
        return left

    def _product(self) -> Expression | None:
        left = self._power()
        while left is not None and (operator := self._operator(("×", "÷", "of"))) is not None:
            if operator == "of" and not (isinstance(left, int) and self.operands[left].percent):
                break
            kept = self.place, len(self.operands)
            self.place += 1
            right = self._power()
            if right is None:
                self.place = kept[0]
                del self.operands[kept[1] :]
                break
            left = Operation("÷" if operator == "÷" else "×", left, right)
        return left

    def _power(self) -> Expression | None:
        base = self._atom()
        if base is not None and self._operator(("^",)) is not None:
            kept = self.place, len(self.operands)
            self.place += 1
            exponent = self._atom()
            if exponent is not None:
                return Operation("^", base, exponent)
            self.place = kept[0]
            del self.operands[kept[1] :]
        return base

    def _operator(self, allowed: tuple[str, ...]) -> str | None:
        token = self._peek()
        return (
            token.operator
            if token is not None and token.kind == "operator" and token.operator in allowed
            else None
        )

    def _atom(self) -> Expression | None:
        token = self._peek()
        if len(self.operands) > MOST_OPERANDS:
            return None
        if token is not None and token.kind == "open":
            if self.depth == DEEPEST:
                return None
            kept = self.place
            self.place, self.depth = self.place + 1, self.depth + 1
            inner = self._sum()
            self.depth -= 1
            closing = self._peek()
            if inner is None or closing is None or closing.kind != "close":
                self.place = kept
                return None
            self.place += 1
            self._nouns()
            return inner
        return self.quantity()

    def quantity(self) -> int | None:
        """A number at the present token, with its sign, currency, percent sign and nouns: its place in ``operands``."""
        place, negative = self.place, False
        first = self.tokens[place].start if place < len(self.tokens) else 0
        before = self.tokens[place - 1] if place else None
        if before is not None and before.kind == "word" and before.text.lower() in NAMING:
            return None
        while (token := self._at(place)) is not None and (
            token.kind == "currency"
            or (token.text in ("-", "−", "–") and not negative and self._sign_binds(place))
        ):
            negative = negative or token.kind == "operator"
            place += 1
        if token is None or token.kind != "number":
            return None
        self.place = place + 1
        value = -token.value if negative else token.value
        start = token.start
        if negative and self.text[first : token.start].strip() in ("-", "−", "–"):
            start = first
        percent = (sign := self._peek()) is not None and sign.kind == "percent"
        if percent:
            self.place += 1
            value /= 100
        nouns_from = self.place
        nouns = self._nouns()
        if nouns and len(nouns.split()[0]) == 1 and nouns.split()[0].isalpha() and unit_of(nouns) is None:
            return None  # "2x + 3": a variable, so there is nothing to compute
        money = self.text[first : token.start].strip("-−– ")
        end = self.tokens[self.place - 1].end
        unit = UNITS.get(money) or (unit_of(nouns) if self.place > nouns_from else None)
        quantity = Quantity(start, token.end, first, end, self.text[start : token.end], value, unit, percent)
        self.operands.append(quantity)
        return len(self.operands) - 1

    def _at(self, place: int) -> Token | None:
        return self.tokens[place] if place < len(self.tokens) else None

    def _sign_binds(self, place: int) -> bool:
        """A minus is a sign where it touches the number (or its currency) behind it."""
        following = self._at(place + 1)
        return following is not None and following.start == self.tokens[place].end

    def _nouns(self) -> str:
        """Step over the words that say what a number counts."""
        start = self.place
        while (token := self._peek()) is not None and self.place - start < MOST_NOUNS:
            slash = token.text == "/" and (unit := self._peek(1)) is not None and unit.kind == "word"
            of = token.operator == "of" and (unit := self._peek(1)) is not None and unit.kind == "word"
            if token.kind not in ("word", "currency") and not slash and not (of and self.place > start):
                break
            if token.kind == "currency" and self.place > start:
                break
            if token.text.lower() in CONNECTING:
                break
            self.place += 1
        return " ".join(token.text for token in self.tokens[start : self.place])


def joined(left: Side, right: Side, operator: Operator) -> Side:
    """Two sides as one: "5 and 7" where a relation says what they make."""
    shift = len(left.operands)
    return Side(
        Operation(operator, left.expression, _shifted(right.expression, shift)),
        [*left.operands, *right.operands],
        left.first,
        right.after,
    )


def _shifted(expression: Expression, shift: int) -> Expression:
    if isinstance(expression, int):
        return expression + shift
    return Operation(expression.operator, _shifted(expression.left, shift), _shifted(expression.right, shift))
