"""What probes reach at every layer, as an SVG image: bars with intervals, the control task, the majority."""

from __future__ import annotations

from ..protocol import ProbeLayer, ProbeResult
from .drawing import fitted, image, text_at
from .palette import background, css, ink, underline

_LEFT, _TOP, _PLOT, _RIGHT, _BELOW = 52.0, 58.0, 200.0, 18.0, 92.0
_WIDEST, _NARROWEST = 64.0, 16.0
_CONTROL, _EDGE, _LINE, _QUIET = "#d5d5d5", "#777777", "#333333", "#555555"
_MOST_NAMED = 16
"""Layers beyond which only some are named below the axis."""


def probe_chart(result: ProbeResult) -> str:
    """A pair of bars for every layer: accuracy on unseen groups, and the control task's; whiskers are 95 % intervals.

    The dashed line is the majority baseline.
    """
    count = len(result.layers)
    step = max(_NARROWEST, min(_WIDEST, 640.0 / count))
    width = max(560.0, _LEFT + count * step + _RIGHT)
    bottom = _TOP + _PLOT
    title = f"Probes of {result.task} on {result.subject.name}, {result.examples:,} examples"
    marks = [text_at(14, 22, fitted(title, 95), 13, css(ink()), "bold")]
    for tick in (0, 25, 50, 75, 100):
        y = _height(tick / 100)
        marks.append(
            f'<line x1="{_LEFT:g}" x2="{width - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e5e5"/>'
        )
        marks.append(text_at(_LEFT - 6, y + 4, f"{tick} %", 11, _QUIET, anchor="end"))
    every = -(-count // _MOST_NAMED)
    for place, layer in enumerate(result.layers):
        left = _LEFT + place * step
        marks += _bars(layer, left, step)
        if place % every == 0 or place == count - 1:
            marks.append(_named(layer.site, left + step / 2, bottom + 14))
    y = _height(result.majority)
    marks.append(
        f'<line x1="{_LEFT:g}" x2="{width - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_LINE}" '
        f'stroke-width="1.5" stroke-dasharray="6 4"><title>majority {result.majority:.1%}</title></line>'
    )
    legend = (
        f"coloured: accuracy on {result.grouped_by}s not in training · grey: random labels (control task) · "
        "dashed: the largest class · whiskers: 95 %"
    )
    marks.append(text_at(14, bottom + _BELOW - 10, fitted(legend, 120), 11))
    return image(width, bottom + _BELOW, title, marks)


def _height(share: float) -> float:
    return _TOP + (1 - share) * _PLOT


def _bars(layer: ProbeLayer, left: float, step: float) -> list[str]:
    bar = step * 0.4
    said = f"{layer.site}: {layer.accuracy:.1%} ({layer.low:.1%} to {layer.high:.1%})"
    control = f"{layer.site}, random labels: {layer.control_accuracy:.1%}"
    return [
        _bar(
            left + step * 0.08,
            bar,
            layer.accuracy,
            css(background(1, 1, False)),
            css(underline(1, False)),
            said,
        ),
        _whisker(left + step * 0.08 + bar / 2, layer.low, layer.high),
        _bar(left + step * 0.52, bar, layer.control_accuracy, _CONTROL, _EDGE, control),
        _whisker(left + step * 0.52 + bar / 2, layer.control_low, layer.control_high),
    ]


def _bar(x: float, width: float, share: float, fill: str, edge: str, said: str) -> str:
    y = _height(share)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_TOP + _PLOT - y:.1f}" fill="{fill}" '
        f'stroke="{edge}"><title>{said}</title></rect>'
    )


def _whisker(x: float, low: float, high: float) -> str:
    top, bottom = _height(high), _height(low)
    return (
        f'<path d="M{x - 3:.1f} {top:.1f}h6M{x:.1f} {top:.1f}V{bottom:.1f}M{x - 3:.1f} {bottom:.1f}h6" '
        f'stroke="{_LINE}" fill="none"/>'
    )


def _named(site: str, x: float, y: float) -> str:
    return f'<g transform="rotate(-40 {x:.1f} {y:g})">{text_at(round(x, 1), y, site, 11, _QUIET, anchor="end")}</g>'
