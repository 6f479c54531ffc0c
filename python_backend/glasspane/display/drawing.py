"""What all static images share: a white page with a name, and text that fits and can be written."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .terminal import columns

TEXT_FONT, CODE_FONT = "sans-serif", "monospace"


def image(width: float, height: float, name: str, marks: Sequence[str]) -> str:
    """A whole SVG image, ``width`` × ``height`` pixels, with ``name`` for those who cannot see it."""
    label = escape(drawable(name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{label}"><title>{label}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(marks)}</svg>'
    )


def text_at(
    x: float, y: float, text: str, size: float, fill: str = "#666666", weight: str = "", anchor: str = ""
) -> str:
    """A line of text whose baseline is at ``y``; ``fill`` is a quiet grey unless given."""
    bold = f' font-weight="{weight}"' if weight else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return (
        f'<text x="{x:g}" y="{y:g}"{where} font-family="{TEXT_FONT}" font-size="{size:g}"{bold} '
        f'fill="{fill}">{escape(drawable(text))}</text>'
    )


def drawable(text: str) -> str:
    """XML takes no control characters."""
    return "".join(c if c.isprintable() else "␀" for c in text)


_CONTROLS = str.maketrans(
    {
        **{chr(code): chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"},
        "\x7f": "␡",
        **dict.fromkeys(map(chr, range(0x80, 0xA0)), "\ufffd"),
        **{chr(plane + last): "\ufffd" for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)},
        **dict.fromkeys(map(chr, range(0xFDD0, 0xFDF0)), "\ufffd"),
    }
)


def well_formed(html: str) -> str:
    """HTML takes no control characters and no noncharacters, in whatever text they stand: they are drawn."""
    return html.translate(_CONTROLS)


def fitted(text: str, most: int) -> str:
    """At most so many columns, the rest an ellipsis."""
    if columns(text) <= most:
        return text
    kept = ""
    for character in text:
        if columns(kept + character) > most - 1:
            break
        kept += character
    return f"{kept}…"
