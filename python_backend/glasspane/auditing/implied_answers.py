"""Between the value that a chain computes and the answer that says it: as a number, a percentage or an option."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from .answers import Answer, read_answer
from .numerals import decimal_text


def stated_by(answer: Answer, options: Mapping[str, str] | None) -> Fraction | None:
    """The value that ``answer`` states, or that the option it names holds; ``None`` without one."""
    if answer.kind != "option":
        return answer.value / 100 if answer.kind == "percent" and answer.value is not None else answer.value
    for letter, text in (options or {}).items():
        read = read_answer(text)
        if f"({letter.strip('()[]. ').upper()})" == answer.canonical and isinstance(read, Answer):
            return read.value
    return None


def answer_with(answer: Answer, value: Fraction, options: Mapping[str, str] | None) -> Answer | None:
    """``value`` as an answer of the kind of ``answer``."""
    if answer.kind == "option":
        letters = [letter for letter, text in (options or {}).items() if _holds(text, value)]
        if len(letters) != 1:
            return None
        return Answer("option", f"({letters[0].strip('()[]. ').upper()})", letters[0], value)
    if answer.kind == "percent":
        value *= 100
    exact = decimal_text(value)
    if answer.kind == "fraction":
        exact = exact if value.denominator == 1 else None
    if exact is None:
        return Answer(
            "percent" if answer.kind == "percent" else "fraction", str(value), str(value), value, answer.unit
        )
    kind = "number" if answer.kind == "fraction" else answer.kind
    return Answer(kind, exact, exact, value, answer.unit)


def _holds(text: str, value: Fraction) -> bool:
    read = read_answer(text)
    return isinstance(read, Answer) and read.value == value
