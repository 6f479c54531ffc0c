"""Maps of patched activations as an image, as static HTML and as lines for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..figures import number
from ..protocol import PatchMap, PatchResult
from ..token_text import visible
from . import html
from .drawing import CODE_FONT, drawable, fitted, image, text_at, well_formed
from .origin import origin
from .palette import background, css, ink
from .terminal import padded, safe

HEAD_ROWS = 24
"""Heads that a map by head and position shows: those with the strongest cells."""

_CELL, _LEFT, _MARGIN = 22.0, 64.0, 14.0
_STRONGEST = 12


@dataclass(frozen=True)
class Row:
    """One line of a map: a layer, or a head of one; ``effects`` is what each cell moved, ``estimated`` which are."""

    name: str
    effects: list[float]
    estimated: list[bool]


def svg(result: PatchResult) -> str:
    """Every map below one another; layers go up the page."""
    marks: list[str] = []
    top, widest = 34.0, 420.0
    for one in result.maps:
        drawn, height, width = _drawn(result, one, top)
        marks += drawn
        top += height
        widest = max(widest, width)
    head = headline(result)
    legend = (
        f"{unit(result)} · solid: towards the {_towards(result)} run · dashed border: away · dot: estimated"
    )
    return image(
        max(widest, 8.0 * len(head) + 2 * _MARGIN, 6.2 * len(legend) + 2 * _MARGIN),
        top + 22,
        head,
        [text_at(_MARGIN, 22, head, 13, css(ink()), "bold"), *marks, text_at(_MARGIN, top + 10, legend, 11)],
    )


def headline(result: PatchResult) -> str:
    """What was patched into what, and what was read."""
    source, target = ("corrupted", "clean") if result.direction == "noising" else ("clean", "corrupted")
    answers = ""
    if result.right is not None:
        answers = f" of {visible(result.right.text)}"
        if result.wrong is not None:
            answers += f" over {visible(result.wrong.text)}"
    return fitted(f"{result.metric}{answers}, {source} activations in the {target} run", 110)


def unit(result: PatchResult) -> str:
    """What :func:`effects` are: 0 is the run that was patched, whichever that is."""
    if result.refused is None:
        patched = "clean" if result.direction == "noising" else "corrupted"
        return f"0: as in the {patched} run, 1: as in the {_towards(result)} one"
    return f"change of the {result.metric}"


def _towards(result: PatchResult) -> str:
    return "corrupted" if result.direction == "noising" else "clean"


def base_value(result: PatchResult) -> float:
    """The metric of the run that was patched."""
    return result.clean.value if result.direction == "noising" else result.corrupted.value


def effects(result: PatchResult, one: PatchMap) -> list[float]:
    """How far each cell moved the patched run towards the other; 1 is all the way, where that has a meaning."""
    base = base_value(result)
    other = result.corrupted.value if result.direction == "noising" else result.clean.value
    if result.refused is None:
        return [(value - base) / (other - base) for value in one.raw]
    return [value - base for value in one.raw]


def columns_of(result: PatchResult, one: PatchMap) -> list[str]:
    """What stands below a map's columns: tokens, or heads."""
    axis = one.axes[-1]
    if axis.name == "position":
        return [visible(result.clean.tokens[place].text) for place in axis.places]
    return [str(place) for place in axis.places]


def rows_of(result: PatchResult, one: PatchMap) -> tuple[list[Row], int]:
    """The lines of a map, the lowest layer first, and how many heads were left out."""
    moved, guessed = effects(result, one), set(one.estimated)
    width = len(one.axes[-1].places)
    names = [str(layer) for layer in one.axes[0].places]
    if len(one.axes) == 3:
        names = [f"{layer}.{head}" for layer in one.axes[0].places for head in one.axes[1].places]
    rows = [
        Row(
            name,
            moved[start : start + width],
            [place in guessed for place in range(start, start + width)],
        )
        for name, start in zip(names, range(0, len(moved), width), strict=True)
    ]
    if len(rows) <= HEAD_ROWS or len(one.axes) < 3:
        return rows, 0
    strongest = sorted(rows, key=lambda row: -max(map(abs, row.effects)))[:HEAD_ROWS]
    return [row for row in rows if row in strongest], len(rows) - HEAD_ROWS


def _drawn(result: PatchResult, one: PatchMap, top: float) -> tuple[list[str], float, float]:
    """(marks, height, width) of one map."""
    rows, hidden = rows_of(result, one)
    columns = columns_of(result, one)
    largest = max((abs(value) for row in rows for value in row.effects), default=0.0)
    title = one.label + (f" ({HEAD_ROWS} strongest of {hidden + HEAD_ROWS} heads)" if hidden else "")
    marks = [text_at(_LEFT, top + 14, title, 12, css(ink()))]
    marks.append(text_at(_LEFT - 6, top + 14, "layer" if len(one.axes) < 3 else "head", 10, anchor="end"))
    y = top + 24
    for row in reversed(rows):
        marks.append(text_at(_LEFT - 6, y + 15, row.name, 10, anchor="end"))
        for place, (value, guess) in enumerate(zip(row.effects, row.estimated, strict=True)):
            marks.append(_cell(_LEFT + place * _CELL, y, value, largest, guess))
        y += _CELL
    for place, column in enumerate(columns):
        x = _LEFT + place * _CELL + 13
        marks.append(
            f'<text x="{x:g}" y="{y + 8:g}" transform="rotate(50 {x:g} {y + 8:g})" font-family="{CODE_FONT}" '
            f'font-size="11" fill="{css(ink())}" xml:space="preserve">{escape(drawable(fitted(column, 12)))}</text>'
        )
    width = _LEFT + len(columns) * _CELL + 60
    longest = min(12, max(map(len, columns), default=0))
    return marks, y + 30 + 5.2 * longest - top, width


def _cell(x: float, y: float, value: float, largest: float, guess: bool) -> str:
    fill = css(background(value, largest, True))
    dash = ' stroke="#8a8a8a" stroke-dasharray="2 2"' if value < -0.1 * largest else ' stroke="#eeeeee"'
    dot = f'<circle cx="{x + 11:g}" cy="{y + 11:g}" r="1.5" fill="#777777"/>' if guess else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{_CELL - 1:g}" height="{_CELL - 1:g}" fill="{fill}"{dash}>'
        f"<title>{escape(number(value))}</title></rect>{dot}"
    )


def strongest(result: PatchResult, one: PatchMap, count: int = _STRONGEST) -> list[tuple[str, float, bool]]:
    """(name, effect, estimated) of the strongest cells of a map, strongest first."""
    rows, columns = rows_of(result, one)[0], columns_of(result, one)
    by_place = one.axes[-1].name == "position"
    cells = [
        (
            f"layer {row.name} at {place} {column}"
            if by_place and len(one.axes) == 2
            else f"head {row.name} at {place} {column}"
            if by_place
            else f"head {row.name}.{column}",
            value,
            guess,
        )
        for row in rows
        for place, (column, value, guess) in enumerate(zip(columns, row.effects, row.estimated, strict=True))
    ]
    return [cell for cell in sorted(cells, key=lambda cell: -abs(cell[1]))[:count] if cell[1] != 0]


def lines(result: PatchResult) -> list[str]:
    """For a terminal: both prompts, the strongest cells of every map, and how far to trust them."""
    said = [
        safe(headline(result)),
        safe(f"clean      {number(result.clean.value)}  {result.clean.text}"),
        safe(f"corrupted  {number(result.corrupted.value)}  {result.corrupted.text}"),
    ]
    if result.pairs > 1:
        said.append(f"means over {result.pairs} pairs")
    for one in result.maps:
        said += ["", safe(one.label)]
        cells = strongest(result, one)
        wide = max((len(name) for name, _, _ in cells), default=0)
        for name, value, guess in cells:
            sign = "−" if value < 0 else "+"
            note = "  (estimated)" if guess else ""
            said.append(f"  {padded(safe(name), wide)}  {sign}{abs(value):.3g}{note}")
    said += ["", safe(unit(result))]
    if result.refused is not None:
        said.append(safe(result.refused))
    said.append(safe(result.check.sentence))
    said += [f"! {safe(warning)}" for warning in result.warnings]
    return said


def fragment(result: PatchResult) -> str:
    """For a notebook's text/html: the image, the strongest cells and what was checked; no script, no class names."""
    tables = "".join(
        f"<details><summary>{escape(one.label)}: strongest cells</summary><table><tbody>"
        + "".join(
            f'<tr><td style="text-align:left">{escape(name)}</td><td>{escape(number(value))}</td>'
            f"<td>{'estimated' if guess else 'exact'}</td></tr>"
            for name, value, guess in strongest(result, one)
        )
        + "</tbody></table></details>"
        for one in result.maps
    )
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">{svg(result)}'
        f"<p>clean <code>{escape(result.clean.text)}</code> {escape(number(result.clean.value))} · "
        f"corrupted <code>{escape(result.corrupted.text)}</code> {escape(number(result.corrupted.value))}"
        f"{f' · means over {result.pairs} pairs' if result.pairs > 1 else ''}</p>"
        f"{f'<p>{escape(result.refused)}</p>' if result.refused else ''}{tables}"
        f"<p><small>{escape(result.check.sentence)}</small></p>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}</div>"
    )


def page(result: PatchResult) -> str:
    """A page of its own, which loads nothing from anywhere."""
    said = origin(result.code, result.subject, result.glasspane, result.versions)
    return html.page(headline(result), fragment(result) + said)
