"""Arithmetic as a tree over numbers written in a text, evaluated exactly and without ``eval``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .units import Unit

Operator = Literal["+", "-", "×", "÷", "^"]

LARGEST_POWER = 64
"""Exponent up to which powers are computed."""


@dataclass(frozen=True)
class Quantity:
    """A number as written: its own span, and the span with its currency sign, percent sign and nouns.

    ``value`` is a hundredth of the number where a percent sign follows.
    """

    start: int
    end: int
    whole_start: int
    whole_end: int
    text: str
    value: Fraction
    unit: Unit | None = None
    percent: bool = False


@dataclass(frozen=True)
class Operation:
    """``left operator right``; a leaf is the place of an operand in the equation."""

    operator: Operator
    left: Expression
    right: Expression


Expression = Operation | int


def evaluate(expression: Expression, values: Sequence[Fraction]) -> Fraction | None:
    """The exact value with ``values`` for the operands; ``None`` where it is not defined (÷ 0, 2 ^ ½, very large)."""
    if isinstance(expression, int):
        return values[expression]
    left, right = evaluate(expression.left, values), evaluate(expression.right, values)
    if left is None or right is None:
        return None
    if expression.operator == "+":
        return left + right
    if expression.operator == "-":
        return left - right
    if expression.operator == "×":
        return left * right
    if expression.operator == "÷":
        return left / right if right else None
    if right.denominator != 1 or abs(right) > LARGEST_POWER or (left == 0 and right < 0):
        return None
    return left ** int(right)


def meaning(expression: Expression, values: Sequence[Fraction]) -> str:
    """A normal form in which ``a + b`` and ``b + a`` are the same, but ``a - b`` and ``b - a`` are not."""
    if isinstance(expression, int):
        return str(values[expression])
    sides = [meaning(expression.left, values), meaning(expression.right, values)]
    if expression.operator in "+×":
        sides.sort()
    return f"({sides[0]} {expression.operator} {sides[1]})"


def operators(expression: Expression) -> list[Operator]:
    """Every operator in the tree, from left to right."""
    if isinstance(expression, int):
        return []
    return [*operators(expression.left), expression.operator, *operators(expression.right)]
