"""Static HTML: readable with styles, and without them (numbers and signs are text)."""

from __future__ import annotations

from html import escape

from ..figures import percent, signed
from ..protocol import AttributionResult
from ..token_text import visible
from . import words
from .drawing import well_formed
from .palette import background, css, ink, underline


def fragment(result: AttributionResult) -> str:
    """For a notebook's text/html: no script, no class names, every token text escaped."""
    rows = words.rows(result)
    largest = words.largest_of(rows)
    is_signed = result.method.signed
    strip = "".join(_token(row, largest, is_signed) for row in rows)
    body = "".join(
        f"<tr><td>{row.index}</td><td><code>{escape(row.text)}</code></td>"
        f'<td align="right">{signed(row.score, is_signed)}</td>'
        f'<td align="right">{percent(row.share) if row.share is not None else "added"}</td>'
        f"<td>{_bar(row.score, largest, is_signed)}</td></tr>"
        for row in rows
    )
    likely = ", ".join(
        f"<code>{escape(visible(p.text))}</code> {percent(p.probability)}" for p in result.predictions[:5]
    )
    warnings = "".join(f"<li>{escape(w)}</li>" for w in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">'
        f"<p><b>{escape(words.headline(result))}</b></p>"
        f'<p style="font-family:ui-monospace,monospace;line-height:2.2;white-space:pre-wrap">{strip}</p>'
        f"<p>{'+ pushes for, − against' if is_signed else 'unsigned: size only'} · likeliest: {likely}</p>"
        f"<p>{escape(words.trust(result))}</p>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<details><summary>{len(rows)} tokens</summary><table><thead><tr><th>#</th><th>token</th>"
        f"<th>score</th><th>share</th><th></th></tr></thead><tbody>{body}</tbody></table></details>"
        f"<p><small>{escape(words.origin(result))}</small></p></div>"
    )


def page(title: str, body: str, style: str = "body{max-width:60rem}") -> str:
    """``body``, HTML already, as a page that needs nothing else; ``style``: CSS beside what all pages have."""
    return well_formed(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        # Whatever a prompt may hold: the page loads nothing and runs nothing.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<style>body{{margin:2rem auto;padding:0 1rem;background:#fff;color:{css(ink())}}}"
        f"pre{{white-space:pre-wrap;overflow-wrap:anywhere}}{style}</style></head>"
        f"<body>{body}</body></html>"
    )


def _token(row: words.Row, largest: float, is_signed: bool) -> str:
    if row.special:
        return f'<small style="color:#777">{escape(row.text)}</small> '
    colour, below = background(row.score, largest, is_signed), underline(row.score, is_signed)
    line = "dashed" if is_signed and row.score < 0 else "solid"
    number = signed(row.score, is_signed)
    return (
        f'<span title="{number}" style="background:{css(colour)};color:{css(ink())};padding:2px 1px;'
        f'border-bottom:2px {line} {css(below)}">{escape(row.text)}</span>'
        f'<sub style="color:#777">{number}</sub> '
    )


def _bar(score: float, largest: float, is_signed: bool) -> str:
    if not largest:
        return ""
    sign = "" if not is_signed else "−" if score < 0 else "+"
    return sign + "█" * round(12 * min(1.0, abs(score) / largest))
