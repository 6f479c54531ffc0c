"""A heat strip as SVG: wraps, carries sign by underline and number, needs no fonts of its own."""

from __future__ import annotations

from html import escape

from ..protocol import AttributionResult
from . import words
from .drawing import columns, drawable, image
from .palette import background, css, ink, underline

_CHARACTER, _LINE, _WIDTH, _MARGIN = 8.5, 52.0, 760.0, 14.0


def strip(result: AttributionResult) -> str:
    """The image beside a result in a notebook."""
    rows = words.rows(result)
    largest = max((abs(r.score) for r in rows if not r.special), default=0.0)
    marks: list[str] = []
    x, y = _MARGIN, 44.0
    for row in rows:
        number = words.signed(float(f"{row.score:.2g}"), result.method.signed)
        width = max(columns(row.text) * _CHARACTER, len(number) * 5.6) + 6
        if x + width > _WIDTH - _MARGIN and x > _MARGIN:
            x, y = _MARGIN, y + _LINE
        marks.append(_mark(row, number, x, y, width, largest, result.method.signed))
        x += width + 3
    height = y + _LINE + 8
    legend = "solid line, + : pushes for · dashed line, − : against" if result.method.signed else "size only"
    headline = drawable(words.headline(result))
    return image(
        _WIDTH,
        height,
        headline,
        [
            f'<text x="{_MARGIN}" y="24" font-family="sans-serif" font-size="13" font-weight="bold" '
            f'fill="{css(ink())}">{escape(headline)}</text>',
            *marks,
            f'<text x="{_MARGIN}" y="{height - 8:g}" font-family="sans-serif" font-size="11" fill="#666666">'
            f"{escape(legend)}</text>",
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
        f'<text x="{x + 3:.1f}" y="{y + 16:g}" font-family="monospace" font-size="14" fill="{text}" '
        f'xml:space="preserve">{escape(drawable(row.text))}</text>'
        f'<text x="{x + 3:.1f}" y="{y + 36:g}" font-family="sans-serif" font-size="10" fill="#666666">{number}</text>'
    )
