"""Colours of static output, the same bins the front end paints with (see ``palette.ts``).

Diverging, zero-centred and safe for colour-blind eyes: blue speaks for, orange against. Sign
also has a second channel wherever it is drawn: a plus or minus, a solid or dashed underline.
"""

from __future__ import annotations

import math

LEVELS = 5
"""Bins on each side of zero."""

LIGHT: dict[int, str] = {
    -5: "#f0913a",
    -4: "#f5aa66",
    -3: "#f9c291",
    -2: "#fcd8b9",
    -1: "#feecdd",
    0: "#ffffff",
    1: "#e3eefa",
    2: "#c5dcf4",
    3: "#a3c8ee",
    4: "#7fb2e6",
    5: "#5a9bdc",
}
INK = "#1a1a1a"


def level(score: float, largest: float) -> int:
    """Bin of ``score`` in −5…5 when ``largest`` is the largest magnitude on show."""
    if largest <= 0 or not math.isfinite(score):
        return 0
    share = min(1.0, abs(score) / largest)
    step = math.ceil(share * LEVELS - 1e-9) if share > 0.02 else 0
    return int(math.copysign(step, score)) if step else 0
