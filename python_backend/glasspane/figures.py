"""Numbers as people read them."""

from __future__ import annotations

import operator
from math import floor


def whole_number(value: object) -> int | None:
    """Any whole number that a person may hand over, numpy's and torch's too; None for bools and all else."""
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def counted(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 call``, ``0 calls``, ``2 replies``; ``nouns``: the plural where it is not ``noun`` with an s."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"


def percent(share: float) -> str:
    """A share with one decimal and a true minus; only nothing is 0 %, and only all of it is 100 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    if -0.001 < share < 0:
        return "> −0.1 %"
    return f"{share:.1%}".replace("%", " %").replace("-", "−")


def percent_within(value: float, low: float, high: float) -> str:
    """A share with its interval, which is left out where it reads like the share itself."""
    said, least, most = percent(value), percent(low), percent(high)
    return said if said == least == most else f"{said} ({least} to {most})"


def whole_percent(share: float) -> str:
    """A share without decimals, e.g. ``7 %``, for sentences; what is not none or all never reads so."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{rounded(100 * share)} %"


def rounded(size: float) -> str:
    """A size, 0 or more, without decimals. Halves go up: an editor shows the same figure, and rounds it so."""
    return str(floor(size + 0.5))


def correlation(value: float) -> str:
    """Two decimals with a true minus; what rounds to nothing has no sign."""
    text = f"{abs(value):.2f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text


def signed(score: float, is_signed: bool) -> str:
    """A score with its sign spelled out (true minus), four significant digits."""
    text = f"{abs(score):.4g}"
    if not is_signed:
        return text
    return ("+" if score > 0 else "−" if score < 0 else "±") + text


def number(value: float | None) -> str:
    """Three significant digits with a true minus."""
    if value is None:
        return ""
    text = f"{abs(value):.3g}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
