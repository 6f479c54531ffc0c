"""The check of an explanation as text and as static HTML: a table, and every figure as a sentence."""

from __future__ import annotations

from html import escape

from ..figures import number, percent
from ..protocol import FaithfulnessFigure, FaithfulnessResult
from .drawing import well_formed
from .terminal import safe

_HEADINGS = ("figure", "value", "random", "95 % of them", "as good", "better", "verdict")
_NUMBERS = (1, 2, 4)


def report(result: FaithfulnessResult) -> str:
    """Verdict, table, sentences and how the figures came about, for a terminal."""
    rows = [_HEADINGS, *(tuple(map(safe, _cells(figure))) for figure in result.figures)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = [safe(result.sentence), safe(result.confidence_sentence), ""]
    for row in rows:
        cells = [
            cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, wide, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.append("")
    lines += [safe(f"{figure.label}: {figure.sentence}") for figure in result.figures]
    lines += [f"! {safe(warning)}" for warning in result.warnings]
    lines.append(safe(_origin(result)))
    return "\n".join(lines)


def fragment(result: FaithfulnessResult) -> str:
    """The same for a notebook's text/html: no script, no class names."""
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    body = "".join(
        f'<tr title="{escape(figure.sentence)}">'
        + "".join(
            f'<td style="text-align:{"right" if column in _NUMBERS else "left"}">{escape(cell)}</td>'
            for column, cell in enumerate(_cells(figure))
        )
        + "</tr>"
        for figure in result.figures
    )
    said = "".join(
        f"<li><b>{escape(figure.label)}:</b> {escape(figure.sentence)}</li>" for figure in result.figures
    )
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">'
        f"<p><b>{escape(result.sentence)}</b> {escape(result.confidence_sentence)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<details><summary>In words</summary><ul>{said}</ul></details>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p><small>{escape(_origin(result))}</small></p></div>"
    )


def _cells(figure: FaithfulnessFigure) -> tuple[str, ...]:
    if figure.value is None or figure.as_good is None:
        return (figure.label, "none", "", "", "", figure.direction, "")
    return (
        figure.label,
        number(figure.value),
        number(figure.random_mean),
        f"{number(figure.random_low)} … {number(figure.random_high)}",
        percent(figure.as_good),
        figure.direction,
        figure.verdict or "",
    )


def _origin(result: FaithfulnessResult) -> str:
    """How the figures came about, on one line."""
    which = "all that there are" if result.every_ranking else f"seed {result.request.seed}"
    return (
        f"absent: {result.replacement} · tokens go {result.ranked} · {result.rankings:,} rankings beside it "
        f"({which}) · {result.maskings:,} masked prompts evaluated of {result.maskings_asked:,} · "
        f"{result.method.name} on {result.subject.name} · glasspane {result.glasspane}"
    )
