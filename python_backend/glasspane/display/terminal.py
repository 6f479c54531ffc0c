"""A coloured line and a table for the terminal."""

from __future__ import annotations

import unicodedata

from ..figures import percent, signed
from ..grain import Grain
from ..protocol import AttributionResult
from ..token_text import visible
from . import words
from .palette import background, ink


def report(result: AttributionResult, colour: bool, by: Grain = "token") -> str:
    """Headline, the prompt with its heat, a table by token (or word, sentence, line, message), and how far
    to trust it."""
    rows = words.rows(result, by=by)
    largest = words.largest_of(rows)
    is_signed = result.method.signed
    lines = [safe(words.headline(result)), ""]
    if colour:
        lines += ["".join(_painted(row, largest, is_signed) for row in rows), ""]
    wide = max([len(by), *(columns(safe(row.text)) for row in rows)])
    lines.append(f"{'#':>4}  {by}{' ' * (wide - len(by))}  {'score':>10}  {'share':>8}")
    for row in rows:
        share = "added" if row.special else percent(row.share) if row.share is not None else ""
        sign = "" if not is_signed else "−" if row.score < 0 else "+"
        bar = sign + "█" * round(16 * abs(row.score) / largest) if largest else ""
        text = safe(row.text)
        lines.append(
            f"{row.index:>4}  {text}{' ' * (wide - columns(text))}  "
            f"{signed(row.score, is_signed):>10}  {share:>8}  {'' if row.special else bar}"
        )
    likely = "  ".join(f"{safe(visible(p.text))} {percent(p.probability)}" for p in result.predictions[:5])
    lines += ["", f"likeliest: {likely}", safe(words.trust(result))]
    lines += [f"! {safe(warning)}" for warning in result.warnings]
    lines.append(safe(words.origin(result)))
    return "\n".join(lines)


def _painted(row: words.Row, largest: float, is_signed: bool) -> str:
    text = safe(row.text).replace("·", " ") if row.text.strip("·") else safe(row.text)
    if row.special:
        return f"\x1b[2m{text}\x1b[0m"
    back = ";".join(map(str, background(row.score, largest, is_signed)))
    fore = ";".join(map(str, ink()))
    # 4:5 is a dashed underline where the terminal knows it, a plain one elsewhere.
    line = "\x1b[4:5m" if is_signed and row.score < 0 else ""
    return f"\x1b[48;2;{back}m\x1b[38;2;{fore}m{line}{text}\x1b[0m"


def safe(text: str) -> str:
    """A token must not move the cursor: control characters are drawn, not sent."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def columns(text: str) -> int:
    """How many columns of a terminal it takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def padded(text: str, wide: int) -> str:
    """``text`` and as many spaces as fill ``wide`` columns."""
    return text + " " * (wide - columns(text))
