"""The test of whether a model uses what a probe reads, as text and as static HTML."""

from __future__ import annotations

from html import escape

from ..figures import number, percent
from ..protocol import ProbeChange, ProbeEffect, ProbeTestResult
from .drawing import well_formed
from .terminal import safe

_HEADINGS = (
    "change",
    "measure",
    "effect",
    "95 % interval",
    "random",
    "95 % of them",
    "beyond random",
    "as large",
)


def report(result: ProbeTestResult) -> str:
    """Sentence, table and how the figures came about, for a terminal."""
    rows = [_HEADINGS, *(tuple(map(safe, row)) for row in _rows(result))]
    wide = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = [safe(result.sentence), ""]
    for row in rows:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, wide, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines += ["", safe(_how(result))]
    lines += [f"! {safe(warning)}" for warning in result.warnings]
    lines.append(safe(_origin(result)))
    return "\n".join(lines)


def fragment(result: ProbeTestResult) -> str:
    """The same for a notebook's text/html: no script, no class names."""
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{"left" if column < 2 else "right"}">{escape(cell)}</td>'
            for column, cell in enumerate(row)
        )
        + "</tr>"
        for row in _rows(result)
    )
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5"><p><b>{escape(result.sentence)}</b></p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(_how(result))}</p>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p><small>{escape(_origin(result))}</small></p></div>"
    )


def _rows(result: ProbeTestResult) -> list[tuple[str, ...]]:
    return [_cells(change, effect) for change in result.changes for effect in change.effects]


def _cells(change: ProbeChange, effect: ProbeEffect) -> tuple[str, ...]:
    return (
        f"{change.label} ({percent(change.relative_size)} of the stream)",
        f"{effect.label}, {effect.unit}",
        number(effect.value),
        f"{number(effect.low)} … {number(effect.high)}",
        number(effect.random_mean),
        f"{number(effect.random_low)} … {number(effect.random_high)}",
        f"{number(effect.difference)} ({number(effect.difference_low)} … {number(effect.difference_high)})",
        percent(effect.as_large),
    )


def _how(result: ProbeTestResult) -> str:
    answers = f" Answers: {', '.join(map(repr, result.answers))}." if result.answers else ""
    return (
        f"Changed: {result.changed}. Compared: {result.measured}.{answers} The direction ({result.dimensions} "
        f"dimension{'' if result.dimensions == 1 else 's'}) was fitted on {result.fitted_on:,} texts and tested on "
        f"{result.tested_on:,} of other groups; of all that were held out, the probe is right in "
        f"{percent(result.accuracy)} (largest class {percent(result.majority)}). Beside it: {result.directions} random "
        "directions with changes of the same size, text by text. Intervals: 95 %, of means over texts, by groups."
    )


def _origin(result: ProbeTestResult) -> str:
    return (
        f"{result.subject.name} ({result.subject.architecture}) · seed {result.request.probe.seed} · "
        f"{result.cost.forwards:,} passes · {result.cost.seconds:.1f} s · glasspane {result.glasspane}"
    )
