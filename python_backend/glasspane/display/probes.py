"""Probes by layer as text and as static HTML: a chart, a table, and what they do and do not say."""

from __future__ import annotations

from html import escape

from ..figures import percent
from ..protocol import LabelledText, ProbeLayer, ProbeResult
from .drawing import well_formed
from .probe_chart import probe_chart
from .terminal import safe

_HEADINGS = ("layer", "accuracy", "95 % interval", "balanced", "control", "selectivity", "can be read")


def report(result: ProbeResult) -> str:
    """Sentence, table with bars, classes and how the figures came about, for a terminal."""
    rows = [_HEADINGS, *(tuple(map(safe, _cells(layer))) for layer in result.layers)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = [safe(result.sentence), ""]
    for place, row in enumerate(rows):
        cells = [
            cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, wide, strict=True))
        ]
        bar = "" if place == 0 else "█" * round(20 * result.layers[place - 1].accuracy)
        lines.append(f"{'  '.join(cells)}  {bar}".rstrip())
    lines += ["", safe(_classes(result)), safe(_asked(result)), safe(result.intervals)]
    lines += [f"! {safe(warning)}" for warning in result.warnings]
    lines.append(safe(_origin(result)))
    return "\n".join(lines)


def fragment(result: ProbeResult) -> str:
    """The same for a notebook's text/html: no script, no class names."""
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{"left" if column in (0, len(_HEADINGS) - 1) else "right"}">{escape(cell)}</td>'
            for column, cell in enumerate(_cells(layer))
        )
        + "</tr>"
        for layer in result.layers
    )
    samples = "".join(f"<li>{_sample(each)}: <b>{escape(each.label)}</b></li>" for each in result.samples)
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">'
        f"<p><b>{escape(result.sentence)}</b></p>{probe_chart(result)}"
        f"<p>{escape(_classes(result))} {escape(_asked(result))}</p>"
        f"<details><summary>{len(result.layers)} layers</summary><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></details>"
        f"<details><summary>Some of the texts</summary><ul>{samples}</ul></details>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p><small>{escape(result.intervals)}</small></p>"
        f"<p><small>{escape(_origin(result))}</small></p></div>"
    )


def _cells(layer: ProbeLayer) -> tuple[str, ...]:
    return (
        layer.site,
        percent(layer.accuracy),
        f"{percent(layer.low)} … {percent(layer.high)}",
        percent(layer.balanced_accuracy),
        percent(layer.control_accuracy),
        f"{'−' if layer.selectivity < 0 else '+'}{percent(abs(layer.selectivity))}",
        "yes" if layer.decodable else "no",
    )


def _classes(result: ProbeResult) -> str:
    each = ", ".join(f"{one.label} {one.examples:,}" for one in result.classes)
    return (
        f"{result.examples:,} examples: {each}. Always naming the largest class: {percent(result.majority)}."
    )


def _asked(result: ProbeResult) -> str:
    return (
        f"Read at {result.read_at}. {result.groups:,} groups ({result.grouped_by}), none of them both in training and "
        "in the test of the accuracy; the control task and selectivity are of folds that split them."
    )


def _sample(row: LabelledText) -> str:
    if row.start is None or row.end is None:
        return escape(row.text)
    marked = f"<mark>{escape(row.text[row.start : row.end])}</mark>"
    return f"{escape(row.text[: row.start])}{marked}{escape(row.text[row.end :])}"


def _origin(result: ProbeResult) -> str:
    return (
        f"logistic regression (L2) of standardised activations, C chosen within {result.request.folds} folds, "
        f"seed {result.request.seed} · {result.subject.name} ({result.subject.architecture}) · "
        f"{result.cost.seconds:.1f} s · glasspane {result.glasspane}"
    )
