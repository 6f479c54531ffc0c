"""What every layer would say, and what each part adds, as images."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..figures import percent
from ..protocol import LensResult
from ..token_text import visible
from .bar_chart import WIDTH, Bar, drawn_bars
from .drawing import CODE_FONT, drawable, fitted, image, text_at
from .palette import background, css, ink

_DRAWN = 24
"""Positions in an image: the last ones."""

_HEADS = 12
_WIDE, _HIGH, _LEFT, _MARGIN = 74.0, 22.0, 80.0, 14.0


def svg(result: LensResult) -> str:
    """The table, the last layer on top, and below it the bars of direct attribution."""
    title = fitted(headline(result), 100)
    marks, bottom, right = _table(result, 40.0)
    if result.direct is not None:
        bars, height = _bars(result, bottom + 30)
        marks += bars
        bottom += 30 + height
        right = max(right, WIDTH)
    return image(
        max(right, 8.0 * len(title) + 2 * _MARGIN),
        bottom + 14,
        title,
        [text_at(_MARGIN, 22, title, 13, css(ink()), "bold"), *marks],
    )


def bars_image(result: LensResult) -> str:
    """The bars alone."""
    marks, height = _bars(result, 10.0)
    return image(WIDTH, height + 20, f"What each part adds to “{result.answer.text}”", marks)


def headline(result: LensResult) -> str:
    """E.g. ``“·Paris” after each layer of demo-lm``."""
    versus = "" if result.versus is None else f" rather than “{visible(result.versus.text)}”"
    return f"“{visible(result.answer.text)}”{versus} after each layer of {result.subject.name}"


def row_name(result: LensResult, row: int) -> str:
    """The stream after ``row`` layers."""
    return "embedding" if row == 0 else "end" if row == result.layers else str(row)


def _table(result: LensResult, top: float) -> tuple[list[str], float, float]:
    """(marks, bottom, right)."""
    texts = {token.id: visible(token.text) for token in result.texts}
    columns = len(result.positions)
    first = max(0, columns - _DRAWN)
    marks, y = [], top
    for row in reversed(range(result.layers + 1)):
        marks.append(text_at(_LEFT - 6, y + 15, row_name(result, row), 10, anchor="end"))
        for column in range(first, columns):
            place = (row * columns + column) * result.top
            token, share = result.table.top_ids[place], result.table.top_probabilities[place]
            x = _LEFT + (column - first) * _WIDE
            marks.append(_cell(x, y, texts[token], share, token == result.answer.id))
        y += _HIGH
    for column in range(first, columns):
        position = result.positions[column]
        text = fitted(visible(result.tokens[position].text), 10)
        weight = "bold" if position == result.position else "normal"
        marks.append(
            f'<text x="{_LEFT + (column - first) * _WIDE + 3:g}" y="{y + 14:g}" font-family="{CODE_FONT}" '
            f'font-size="11" font-weight="{weight}" fill="{css(ink())}" xml:space="preserve">'
            f"{escape(drawable(text))}</text>"
        )
    return marks, y + 20, _LEFT + (columns - first) * _WIDE + _MARGIN


def _cell(x: float, y: float, text: str, share: float, answered: bool) -> str:
    edge, width = (css(ink()), 1.5) if answered else ("#eeeeee", 1)
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{_WIDE - 2:g}" height="{_HIGH - 2:g}" '
        f'fill="{css(background(share, 1.0, False))}" stroke="{edge}" stroke-width="{width:g}">'
        f"<title>{escape(drawable(f'{text} {percent(share)}'))}</title></rect>"
        f'<text x="{x + 3:g}" y="{y + 14:g}" font-family="{CODE_FONT}" font-size="11" fill="{css(ink())}" '
        f'xml:space="preserve">{escape(drawable(fitted(text, 10)))}</text>'
    )


def _bars(result: LensResult, top: float) -> tuple[list[str], float]:
    """(marks, height): what the layers' parts add in their order, then the strongest heads."""
    direct = result.direct
    assert direct is not None
    parts = [Bar("embedding", direct.embedding, rest=True)]
    if direct.positions is not None:
        parts.append(Bar("positions", direct.positions, rest=True))
    for layer, (attention, mlp) in enumerate(zip(direct.attention, direct.mlp, strict=True)):
        parts += [Bar(f"attention {layer}", attention), Bar(f"MLP {layer}", mlp)]
    parts.append(Bar("bias", direct.bias, rest=True))
    heads = [
        Bar(f"head {layer}.{head}", value)
        for layer, row in enumerate(direct.heads)
        for head, value in enumerate(row)
    ]
    strongest = sorted(heads, key=lambda bar: -abs(bar.score))[:_HEADS]
    of = "logit" if result.versus is None else "difference of the logits"
    marks, height = _panel(f"Written straight to the {of}, by layer", parts, top)
    more, lower = _panel(f"The {len(strongest)} strongest of {len(heads)} heads", strongest, top + height)
    return [*marks, *more], height + lower


def _panel(title: str, bars: Sequence[Bar], top: float) -> tuple[list[str], float]:
    marks, height = drawn_bars(bars, top + 24, True)
    return [text_at(_MARGIN, top + 10, title, 12, css(ink())), *marks], height + 44
