"""The strongest tokens as signed bars around zero, as an SVG image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ..figures import signed
from ..protocol import AttributionResult
from . import words
from .drawing import CODE_FONT, TEXT_FONT, drawable, fitted, image, text_at
from .palette import background, css, ink, underline

TOP = 12
"""Bars drawn before the rest is summed up in one."""

_ROW, _LABEL, _BARS, _VALUE, _MARGIN, _HEAD = 22.0, 150.0, 430.0, 90.0, 14.0, 40.0

WIDTH = 2 * _MARGIN + _LABEL + _BARS + _VALUE
"""Of an image of bars."""


@dataclass(frozen=True)
class Bar:
    """One bar; ``rest``: the sum of all tokens that have none of their own."""

    label: str
    score: float
    rest: bool = False


def bars(result: AttributionResult, top: int = TOP) -> list[Bar]:
    """The ``top`` strongest tokens, the largest |score| first, and what all others add up to.

    Special tokens are counted with the others, so that all bars together are the sum of all scores.
    """
    rows = words.rows(result)
    order = sorted((row for row in rows if not row.special), key=lambda row: (-abs(row.score), row.index))
    chosen = order[:top]
    shown = {row.index for row in chosen}
    others = [row for row in rows if row.index not in shown]
    found = [Bar(row.text, row.score) for row in chosen]
    if others:
        label = f"{len(others)} other token{'s' if len(others) > 1 else ''}"
        found.append(Bar(label, sum(row.score for row in others), rest=True))
    return found


def bar_chart(result: AttributionResult, top: int = TOP) -> str:
    """The strongest tokens as an image: right of the line pushes for the answer, left of it against."""
    is_signed = result.method.signed
    marks, height = drawn_bars(bars(result, top), _HEAD, is_signed)
    legend = "+ pushes for it · − pushes against it" if is_signed else "size only, without direction"
    headline = words.headline(result)
    return image(
        WIDTH,
        _HEAD + height + 30,
        headline,
        [
            text_at(_MARGIN, 22, fitted(headline, 95), 13, css(ink()), "bold"),
            *marks,
            text_at(_MARGIN, _HEAD + height + 22, legend, 11),
        ],
    )


def drawn_bars(drawn: Sequence[Bar], top: float, is_signed: bool) -> tuple[list[str], float]:
    """Bars below one another from ``top`` on, with the line they start at; and how high they are together."""
    largest = max((abs(bar.score) for bar in drawn), default=0.0)
    two_sided = any(bar.score < 0 for bar in drawn)
    left = _MARGIN + _LABEL
    zero = left + (_BARS / 2 if two_sided else 0.0)
    scale = (_BARS / 2 if two_sided else _BARS) / largest if largest else 0.0
    height = len(drawn) * _ROW
    line = f'<line x1="{zero:g}" x2="{zero:g}" y1="{top - 6:g}" y2="{top + height + 4:g}" stroke="#999999"/>'
    marks = [_bar(bar, top + at * _ROW, zero, scale, largest, is_signed) for at, bar in enumerate(drawn)]
    return [line, *marks], height


def _bar(bar: Bar, y: float, zero: float, scale: float, largest: float, is_signed: bool) -> str:
    width = abs(bar.score) * scale
    x = zero - width if bar.score < 0 else zero
    fill = "#dddddd" if bar.rest else css(background(bar.score, largest, is_signed))
    edge = "#999999" if bar.rest else css(underline(bar.score, is_signed))
    dash = ' stroke-dasharray="4 3"' if is_signed and bar.score < 0 else ""
    font = TEXT_FONT if bar.rest else CODE_FONT
    return (
        f'<text x="{_MARGIN + _LABEL - 8:g}" y="{y + 14:g}" text-anchor="end" font-family="{font}" '
        f'font-size="12" fill="{css(ink())}" xml:space="preserve">{escape(drawable(fitted(bar.label, 19)))}</text>'
        f'<rect x="{x:.1f}" y="{y + 2:g}" width="{width:.1f}" height="{_ROW - 6:g}" fill="{fill}" '
        f'stroke="{edge}"{dash}/>'
        f"{text_at(_MARGIN + _LABEL + _BARS + 8, y + 14, signed(bar.score, is_signed), 11, '#444444')}"
    )
