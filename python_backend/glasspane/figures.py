"""Numbers as people read them."""

from __future__ import annotations

import operator


def whole_number(value: object) -> int | None:
    """Any whole number that a person may hand over, numpy's and torch's too; None for bools and all else."""
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def percent(share: float) -> str:
    """A share with one decimal; only nothing is 0 %, and only all of it is 100 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", " %")
