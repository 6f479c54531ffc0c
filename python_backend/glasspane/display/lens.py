"""What every layer would say as lines for a terminal and as static HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from ..figures import number, percent, signed
from ..protocol import DirectAttribution, LensResult
from ..token_text import visible
from . import words
from .drawing import well_formed
from .html import page as whole_page
from .lens_image import bars_image, headline, row_name
from .palette import background, css, ink
from .terminal import columns, padded, safe

COLUMNS = 40
"""Positions that a table shows: the last ones."""


@dataclass(frozen=True)
class Cell:
    """What one layer would say after one token, the likeliest first; ``rank`` and ``probability`` of the answer."""

    likely: list[tuple[str, float]]
    rank: int
    probability: float
    answered: bool


def cell(result: LensResult, row: int, column: int) -> Cell:
    """``column`` counts the result's positions."""
    table, place = result.table, row * len(result.positions) + column
    texts = {token.id: token.text for token in result.texts}
    part = slice(place * result.top, (place + 1) * result.top)
    ids = table.top_ids[part]
    likely = [(texts[one], share) for one, share in zip(ids, table.top_probabilities[part], strict=True)]
    return Cell(likely, table.answer_rank[place], table.answer_probability[place], ids[0] == result.answer.id)


def lines(result: LensResult) -> list[str]:
    """For a terminal: the sentences, the answer's way through the layers, and the parts that add to its logit."""
    column = result.positions.index(result.position)
    said = [safe(headline(result)), "", *map(safe, result.sentences), ""]
    rows = [cell(result, row, column) for row in range(result.layers + 1)]
    shown = [safe(visible(one.likely[0][0])) for one in rows]
    wide = max([5, *map(columns, shown)])
    said.append(f"{'layers':>9}  {padded('first', wide)}  {'share':>8}  {'rank':>6}  {'answer':>8}")
    said += [
        f"{row_name(result, row):>9}  {padded(text, wide)}  {percent(one.likely[0][1]):>8}  {one.rank:>6}  "
        f"{percent(one.probability):>8}"
        for row, (one, text) in enumerate(zip(rows, shown, strict=True))
    ]
    if result.direct is not None:
        said += ["", *_direct_lines(result.direct)]
    said += [f"! {safe(warning)}" for warning in result.warnings]
    said.append(safe(_origin(result)))
    return said


def _direct_lines(direct: DirectAttribution) -> list[str]:
    positions = "" if direct.positions is None else f"  positions {signed(direct.positions, True)}"
    said = [
        f"{'layer':>9}  {'attention':>10}  {'MLP':>10}  strongest head",
        *(
            f"{layer:>9}  {signed(attention, True):>10}  {signed(mlp, True):>10}  {_strongest_head(heads)}"
            for layer, (attention, mlp, heads) in enumerate(
                zip(direct.attention, direct.mlp, direct.heads, strict=True)
            )
        ),
    ]
    return [
        *said,
        f"embedding {signed(direct.embedding, True)}{positions}  bias {signed(direct.bias, True)}",
        f"all together {signed(direct.value, True)}{_cap(direct)}",
    ]


def _strongest_head(heads: list[float]) -> str:
    head = max(range(len(heads)), key=lambda index: abs(heads[index]))
    return f"{head}: {signed(heads[head], True)}"


def _cap(direct: DirectAttribution) -> str:
    return "" if direct.capped is None else f" before the cap on logits, {number(direct.capped)} behind it"


def fragment(result: LensResult) -> str:
    """For a notebook's text/html: sentences, the table and the bars; no script, no class names, all text escaped."""
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.sentences)
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">'
        f"<p><b>{escape(headline(result))}</b></p><ul>{said}</ul>{_table(result)}"
        f"{_direct(result) if result.direct is not None else ''}"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}<p><small>{escape(_origin(result))}</small></p></div>"
    )


def _table(result: LensResult) -> str:
    """The last layer on top, as it is in a picture of the model; a frame marks cells that say the answer."""
    left_out = max(0, len(result.positions) - COLUMNS)
    shown = list(enumerate(result.positions))[left_out:]
    heads = "".join(
        f'<th title="position {position}" style="{"text-decoration:underline" if position == result.position else ""}">'
        f"<code>{escape(visible(result.tokens[position].text))}</code></th>"
        for _, position in shown
    )
    body = "".join(
        f"<tr><th>{row_name(result, row)}</th>"
        + "".join(_painted(cell(result, row, column)) for column, _ in shown)
        + "</tr>"
        for row in reversed(range(result.layers + 1))
    )
    note = f" Only the last {COLUMNS} positions are drawn." if left_out else ""
    return (
        f'<div style="overflow-x:auto"><table><thead><tr><th>layers</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
        f"<p><small>Each cell: what would come next if the model ended there, darker where it is likelier, framed "
        f"where it is the answer; hover for more.{note}</small></p>"
    )


def _painted(one: Cell) -> str:
    text, share = one.likely[0]
    tip = "\n".join(f"{visible(each)} {percent(likely)}" for each, likely in one.likely)
    tip += f"\nanswer: rank {one.rank}, {percent(one.probability)}"
    frame = f";outline:2px solid {css(ink())};outline-offset:-2px" if one.answered else ""
    return (
        f'<td title="{escape(tip)}" style="background:{css(background(share, 1.0, False))};color:{css(ink())};'
        # Notebooks paint code grey, which would hide the cell's colour.
        f'text-align:left{frame}"><code style="background:none;color:inherit">{escape(visible(text))}</code></td>'
    )


def _direct(result: LensResult) -> str:
    direct = result.direct
    assert direct is not None
    heads = sorted(
        ((layer, head, value) for layer, row in enumerate(direct.heads) for head, value in enumerate(row)),
        key=lambda one: -abs(one[2]),
    )
    rows = "".join(
        f'<tr><td>{layer}.{head}</td><td align="right">{signed(value, True)}</td></tr>'
        for layer, head, value in heads
    )
    return (
        f"{bars_image(result)}<p><small>Written straight to the answer, the final norm frozen: all parts together "
        f"are {escape(signed(direct.value, True))}{escape(_cap(direct))}. What a part does through later layers is "
        f"not in it.</small></p><details><summary>{len(heads)} heads</summary><table><thead><tr><th>head</th>"
        f"<th>contribution</th></tr></thead><tbody>{rows}</tbody></table></details>"
    )


def page(result: LensResult) -> str:
    """A page of its own, which loads nothing from anywhere."""
    return whole_page(headline(result), f"{fragment(result)}<pre>{escape(result.code)}</pre>", "")


def _origin(result: LensResult) -> str:
    return f"{words.model(result.subject)} · glasspane {result.glasspane}"
