"""What probes reach at every layer, as an SVG image: bars with intervals, control task, majority, class balance."""

from __future__ import annotations

from html import escape

from ..protocol import ProbeLayer, ProbeResult
from .drawing import drawable, fitted, image, text_at
from .palette import background, css, ink, underline

_LEFT, _TOP, _PLOT, _RIGHT, _BELOW = 52.0, 86.0, 200.0, 18.0, 110.0
_LEAST, _WIDEST, _NARROWEST = 640.0, 90.0, 16.0
_CONTROL, _EDGE, _LINE, _QUIET = "#d5d5d5", "#777777", "#333333", "#555555"
_SHADES = ("#9a9a9a", "#c4c4c4")
_MOST_NAMED = 16
"""Layers beyond which only some are named below the axis."""


def probe_chart(result: ProbeResult) -> str:
    """A pair of bars for every layer: accuracy on unseen groups, and the control task's; whiskers are 95 % intervals.

    The dashed line is the majority baseline.
    """
    count = len(result.layers)
    step = max(_NARROWEST, min(_WIDEST, (_LEAST - _LEFT - _RIGHT) / count))
    width = max(_LEAST, _LEFT + count * step + _RIGHT)
    bottom = _TOP + _PLOT
    title = f"Probes of {result.task} on {result.subject.name}, {result.examples:,} examples"
    marks = [text_at(14, 22, fitted(title, 85), 13, css(ink()), "bold"), *_balance(result, width)]
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
        f"coloured: accuracy on held-out groups ({result.grouped_by}) · grey: random labels (control task)",
        "dashed: always naming the largest class · whiskers: 95 % · strip above: class balance",
    )
    marks += [
        text_at(14, bottom + _BELOW - 26 + 16 * line, fitted(said, 100), 11)
        for line, said in enumerate(legend)
    ]
    return image(width, bottom + _BELOW, title, marks)


def _height(share: float) -> float:
    return _TOP + (1 - share) * _PLOT


def _balance(result: ProbeResult, width: float) -> list[str]:
    """The classes side by side, each as wide as it is frequent."""
    marks, x, whole = [], _LEFT, width - _RIGHT - _LEFT
    for place, each in enumerate(result.classes):
        wide = each.share * whole
        said = f"{each.label}: {each.examples:,} ({each.share:.1%})"
        marks.append(
            f'<rect x="{x:.1f}" y="50" width="{wide:.1f}" height="10" fill="{_SHADES[place % 2]}" '
            f'stroke="#ffffff"><title>{escape(drawable(said))}</title></rect>'
        )
        if wide >= 60:  # others have no room for a name
            marks.append(text_at(round(x + 2, 1), 46, fitted(each.label, int(wide / 6.5)), 11, _QUIET))
        x += wide
    return marks


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
        f'stroke="{edge}"><title>{escape(drawable(said))}</title></rect>'
    )


def _whisker(x: float, low: float, high: float) -> str:
    top, bottom = _height(high), _height(low)
    return (
        f'<path d="M{x - 3:.1f} {top:.1f}h6M{x:.1f} {top:.1f}V{bottom:.1f}M{x - 3:.1f} {bottom:.1f}h6" '
        f'stroke="{_LINE}" fill="none"/>'
    )


def _named(site: str, x: float, y: float) -> str:
    return f'<g transform="rotate(-40 {x:.1f} {y:g})">{text_at(round(x, 1), y, site, 11, _QUIET, anchor="end")}</g>'
