"""A heat strip as SVG: wraps, carries sign by underline and number, needs no fonts of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ..figures import signed
from ..protocol import AttributionResult
from . import words
from .drawing import CODE_FONT, drawable, image, text_at
from .palette import background, css, ink, underline
from .terminal import columns

_CHARACTER, _LINE, _WIDTH, _MARGIN = 8.5, 52.0, 760.0, 14.0


@dataclass(frozen=True)
class Strip:
    """Tokens with their heat, coloured against ``largest``; ``title`` stands above them."""

    rows: Sequence[words.Row]
    is_signed: bool
    largest: float
    title: str = ""


def strip(result: AttributionResult) -> str:
    """The image beside a result in a notebook."""
    rows = words.rows(result)
    return stacked(words.headline(result), [Strip(rows, result.method.signed, words.largest_of(rows))])


def stacked(headline: str, strips: Sequence[Strip]) -> str:
    """Strips below one another, under a headline."""
    marks: list[str] = []
    top = 20.0
    for each in strips:
        if each.title:
            top += 26.0
            marks.append(text_at(_MARGIN, top, each.title, 12, css(ink())))
        x, y = _MARGIN, top + (6.0 if each.title else 24.0)
        for row in each.rows:
            number = signed(float(f"{row.score:.2g}"), each.is_signed)
            width = max(columns(row.text) * _CHARACTER, len(number) * 5.6) + 6
            if x + width > _WIDTH - _MARGIN and x > _MARGIN:
                x, y = _MARGIN, y + _LINE
            marks.append(_mark(row, number, x, y, width, each.largest, each.is_signed))
            x += width + 3
        top = y + 36.0 if each.rows else top + 8.0
    height = top + 24.0
    signs = any(each.is_signed for each in strips)
    sizes = any(not each.is_signed for each in strips)
    legend = "solid line, + : pushes for · dashed line, − : against" if signs else ""
    if sizes:
        legend += " · without sign: size only" if signs else "size only"
    return image(
        _WIDTH,
        height,
        headline,
        [
            text_at(_MARGIN, 24, headline, 13, css(ink()), "bold"),
            *marks,
            text_at(_MARGIN, height - 8, legend, 11),
        ],
    )


def _mark(
    row: words.Row, number: str, x: float, y: float, width: float, largest: float, is_signed: bool
) -> str:
    fill = "#eeeeee" if row.special else css(background(row.score, largest, is_signed))
    below, text = css(underline(row.score, is_signed)), css(ink())
    dash = ' stroke-dasharray="4 3"' if is_signed and row.score < 0 else ""
    return (
        f'<rect x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="22" rx="3" fill="{fill}"/>'
        f'<line x1="{x + 2:.1f}" x2="{x + width - 2:.1f}" y1="{y + 24:g}" y2="{y + 24:g}" stroke="{below}" '
        f'stroke-width="1.5"{dash}/>'
        f'<text x="{x + 3:.1f}" y="{y + 16:g}" font-family="{CODE_FONT}" font-size="14" fill="{text}" '
        f'xml:space="preserve">{escape(drawable(row.text))}</text>'
        f"{text_at(round(x + 3, 1), y + 36, number, 10)}"
    )
