"""Numbers as they are written: read exactly, written back in the same manner, and said in words."""

from __future__ import annotations

import re
from fractions import Fraction

_BELOW_20 = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_FULL_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES = _BELOW_20.split()
TENS = _FULL_TENS.split()

LONGEST = 40
"""Digits of the longest numeral that is read; a longer one is a model that does not stop."""

DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"

_UNITS = "|".join(ONES[1:10])
_BELOW_100 = (
    rf"(?:(?:{'|'.join(TENS)})(?:[- ](?:{_UNITS})\b)?|{'|'.join(sorted(ONES, key=len, reverse=True))})"
)
_BELOW_1000 = rf"(?:(?:{_UNITS})[ ]hundred(?:(?:[ ]and)?[ ]{_BELOW_100}\b)?|{_BELOW_100})"
IN_WORDS = rf"\b(?:{_BELOW_1000}[ ]thousand(?:(?:[ ]and)?[ ]{_BELOW_1000})?|{_BELOW_1000})\b"
"""Blanks are written [ ], so that the pattern can stand in a verbose one."""

_FULL_DIGITS = re.compile(rf"[+-]?(?:{DIGITS})")
_FULL_WORDS = re.compile(IN_WORDS, re.IGNORECASE)


def read_number(text: str) -> Fraction | None:
    """The exact value of ``"1,234.50"``, ``"-7"`` or ``"twenty-five"``; ``None`` where it is no number.

    ``text`` is plain (see :func:`~glasspane.auditing.plain_text.plain`); a comma separates thousands only.
    """
    text = text.strip()
    if len(text) > LONGEST + LONGEST // 3:
        return None
    if _FULL_DIGITS.fullmatch(text):
        return Fraction(text.replace(",", ""))
    if _FULL_WORDS.fullmatch(text):
        return Fraction(_from_words(text.lower()))
    return None


def _from_words(text: str) -> int:
    total, below = 0, 0
    for word in re.split(r"[- ]+", text):
        if word == "thousand":
            total, below = total + below * 1000, 0
        elif word == "hundred":
            below *= 100
        elif word in TENS:
            below += 10 * (TENS.index(word) + 2)
        elif word != "and":
            below += ONES.index(word)
    return total + below


def number_in_words(value: Fraction) -> str | None:
    """``25`` as ``"twenty-five"``; ``None`` for anything but the whole numbers from 0 to 9999."""
    if value.denominator != 1 or not 0 <= value <= 9999:
        return None
    number = int(value)
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    head, rest = divmod(number, size)
    said = f"{number_in_words(Fraction(head))} {name}"
    if not rest:
        return said
    return (
        f"{said} and {number_in_words(Fraction(rest))}"
        if rest < 100
        else f"{said} {number_in_words(Fraction(rest))}"
    )


def decimal_text(value: Fraction) -> str | None:
    """The shortest exact decimal of ``value``; ``None`` where it has no end (1/3) or is very long."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or places > LONGEST:
        return None
    return _with_places(value, places)


def places(written: str) -> int:
    """Decimal places of a numeral as written: 2 for ``"3.50"``."""
    return len(written.partition(".")[2])


def write_like(value: Fraction, written: str) -> str | None:
    """``value`` in the manner of ``written``: its thousands commas, decimal places, sign and words.

    Decimal places are added where ``value`` needs more of them; ``None`` where it has no exact decimal.
    """
    if written.strip() and written.strip()[0].isalpha():
        return number_in_words(value)
    exact = decimal_text(value)
    if exact is None:
        return None
    text = _with_places(value, max(places(written), places(exact)))
    if "," in written:
        whole, point, decimals = text.partition(".")
        text = f"{int(whole):,}{point}{decimals}" if whole not in ("-0",) else text
    return text.replace("-", "−") if "−" in written else text


def round_half_away(value: Fraction, decimals: int) -> Fraction:
    """``value`` to so many decimal places, halves away from zero, as people round."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**decimals)


def _with_places(value: Fraction, decimals: int) -> str:
    scaled = abs(value) * 10**decimals
    digits = str(int(scaled)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)
