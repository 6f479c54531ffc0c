"""Numbers as people read them."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share with one decimal; only nothing is 0 %, and only all of it is 100 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share:.1%}".replace("%", " %")
