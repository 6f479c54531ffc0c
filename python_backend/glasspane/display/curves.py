"""How the answer's probability falls and rises as tokens go and come, as an SVG image."""

from __future__ import annotations

from collections.abc import Sequence

from ..protocol import FaithfulnessCurve, FaithfulnessResult
from .drawing import fitted, image, text_at
from .palette import css, ink

_WIDTH, _HEIGHT, _PANEL, _PLOT, _LEFT, _TOP = 760.0, 290.0, 372.0, 180.0, 52.0, 62.0
_BAND, _LINE, _GREY = "#d5d5d5", "#be5400", "#555555"

_SAID = {
    "deletion": ("Deletion: the strongest tokens left out first", "tokens left out", "lower is better"),
    "insertion": ("Insertion: the strongest tokens put in first", "tokens put in", "higher is better"),
}


def curves(result: FaithfulnessResult) -> str | None:
    """Both curves beside the mean and the 95 % band of random rankings; None where there are none."""
    if not result.curves:
        return None
    count = f"{result.rankings:,}"
    which = f"all {count} rankings" if result.every_ranking else f"{count} random rankings"
    marks = [
        text_at(14, 22, fitted(result.measured, 100), 13, css(ink()), "bold"),
        *(_panel(curve, at * _PANEL + 6) for at, curve in enumerate(result.curves)),
        text_at(
            14,
            _HEIGHT - 8,
            f"solid: this explanation · dashed: mean of {which}, grey: 95 % of them",
            11,
        ),
    ]
    return image(_WIDTH, _HEIGHT, f"Deletion and insertion curves: {result.measured}", marks)


def _panel(curve: FaithfulnessCurve, left: float) -> str:
    title, axis, better = _SAID[curve.name]
    x0, y0 = left + _LEFT, _TOP
    width = _PANEL - _LEFT - 18
    highest = max([*curve.values, *curve.random_high, 0.0]) or 1.0
    lowest = min([*curve.values, *curve.random_low, 0.0])

    def place(fraction: float, value: float) -> str:
        return f"{x0 + fraction * width:.1f},{y0 + (highest - value) / (highest - lowest) * _PLOT:.1f}"

    def path(values: Sequence[float]) -> str:
        return " ".join(place(f, v) for f, v in zip(curve.fractions, values, strict=True))

    band = f"{path(curve.random_high)} " + " ".join(
        place(f, v) for f, v in reversed([*zip(curve.fractions, curve.random_low, strict=True)])
    )
    below = y0 + _PLOT + 16
    return (
        f"{text_at(x0, y0 - 14, title, 12, css(ink()))}"
        f'<rect x="{x0:g}" y="{y0:g}" width="{width:g}" height="{_PLOT:g}" fill="none" stroke="#bbbbbb"/>'
        f'<polygon points="{band}" fill="{_BAND}"/>'
        f'<polyline points="{path(curve.random_mean)}" fill="none" stroke="{_GREY}" stroke-dasharray="4 3"/>'
        f'<polyline points="{path(curve.values)}" fill="none" stroke="{_LINE}" stroke-width="2"/>'
        f"{text_at(x0 - 6, y0 + 8, f'{highest:.2g}', 11, _GREY, anchor='end')}"
        f"{text_at(x0 - 6, y0 + _PLOT, f'{lowest:.2g}', 11, _GREY, anchor='end')}"
        f"{text_at(x0, below, '0 %', 11, _GREY)}"
        f"{text_at(x0 + width, below, '100 %', 11, _GREY, anchor='end')}"
        f"{text_at(x0 + width / 2, below, f'{axis} · {better}', 11, _GREY, anchor='middle')}"
    )
