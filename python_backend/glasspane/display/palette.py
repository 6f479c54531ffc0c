"""Colours of static output: the front end's light palette, blended onto white.

``palette.json`` is written from ``extension_frontend/core/src/palette.ts``, the only place where heat
gets its colours. Sign also has a second channel wherever it is drawn: a plus or minus, a solid or
dashed underline.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

Colour = tuple[int, int, int]

LEVELS = 5
"""Bins on each side of zero."""


@cache
def _light() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "palette.json").read_text("utf-8")))


def level(score: float, largest: float) -> int:
    """Bin 0…5 of |score| when ``largest`` is the largest magnitude on show."""
    if largest <= 0 or not math.isfinite(score):
        return 0
    return math.floor(min(LEVELS, LEVELS * abs(score) / largest) + 0.5)


def background(score: float, largest: float, is_signed: bool) -> Colour:
    """The mark's colour over white; white where the score is too small to matter."""
    bin_ = level(score, largest)
    if bin_ == 0:
        return (255, 255, 255)
    ramp = _ramp(score, is_signed)
    opacity = ramp["opacity"][bin_ - 1]
    red, green, blue = (round(255 + opacity * (channel - 255)) for channel in ramp["colour"])
    return (red, green, blue)


def underline(score: float, is_signed: bool) -> Colour:
    """The colour of the line below a mark; solid for, dashed against."""
    red, green, blue = _ramp(score, is_signed)["underline"]
    return (red, green, blue)


def ink() -> Colour:
    """Text on a mark."""
    red, green, blue = _light()["text"]
    return (red, green, blue)


def css(colour: Colour) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)


def _ramp(score: float, is_signed: bool) -> dict[str, Any]:
    side = "unsigned" if not is_signed else "for" if score > 0 else "against"
    return dict(_light()[side])
