"""A circuit as an image, as static HTML and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..figures import percent, percent_within
from ..protocol import CircuitEdge, CircuitNode, CircuitResult, CircuitValidation
from . import html
from .drawing import fitted, image, text_at, well_formed
from .origin import origin
from .palette import css, ink, underline
from .terminal import padded, safe

_WIDTH, _ROW, _TOP, _MARGIN, _NODE = 760.0, 74.0, 52.0, 14.0, 74.0
_WIDEST = 9.0
_INPUTS = {"q": "queries", "k": "keys", "v": "values", "mlp": "input", "logits": "input"}


def svg(result: CircuitResult) -> str:
    """Layers up the page, the embedding below and the logits above; lines as wide as edges are strong."""
    inside = [node for node in result.nodes if node.inside]
    levels: list[list[str]] = [["embed"]]
    for layer in sorted({node.layer for node in inside}):
        levels.append([node.name for node in inside if node.layer == layer and node.head is not None])
        levels.append([node.name for node in inside if node.layer == layer and node.head is None])
    levels = [*(level for level in levels if level), ["logits"]]
    height = _TOP + len(levels) * _ROW + 24
    places: dict[str, tuple[float, float]] = {}
    for index, level in enumerate(levels):
        y = height - 40 - index * _ROW
        for column, name in enumerate(level):
            # MLPs stand aside, so that lines between heads do not run through them.
            across = 0.78 if name.startswith("mlp") else (column + 1) / (len(level) + 1)
            places[name] = (_WIDTH * across, y)
    largest = max((abs(edge.exact) for edge in result.edges), default=1.0)
    marks = [text_at(_MARGIN, 22, fitted(headline(result), 100), 13, css(ink()), "bold")]
    marks += [_line(edge, places, largest) for edge in reversed(result.edges) if _drawn(edge, places)]
    by_name = {node.name: node for node in inside}
    marks += [_node(name, place, by_name.get(name)) for name, place in places.items()]
    marks.append(
        text_at(
            _MARGIN, height - 8, "solid line: for the answer · dashed: against it · width: exact effect", 11
        )
    )
    return image(_WIDTH, height, headline(result), marks)


def headline(result: CircuitResult) -> str:
    nodes = ", ".join(node.name for node in result.nodes if node.inside)
    return f"Circuit of {result.subject.name} ({result.verdict}): {nodes}"


def _drawn(edge: CircuitEdge, places: dict[str, tuple[float, float]]) -> bool:
    return edge.source in places and edge.target in places


def _line(edge: CircuitEdge, places: dict[str, tuple[float, float]], largest: float) -> str:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    shift = {"q": -18.0, "k": 0.0, "v": 18.0}.get(edge.into, 0.0)
    wide = max(0.8, _WIDEST * abs(edge.exact) / largest)
    dash = ' stroke-dasharray="6 4"' if edge.exact < 0 else ""
    bend = (y1 + y2) / 2
    said = f"{edge.source} → {edge.target} ({_INPUTS[edge.into]}): {percent(edge.exact)}"
    return (
        f'<path d="M{x1:.1f},{y1 - 12:.1f} C{x1:.1f},{bend:.1f} {x2 + shift:.1f},{bend:.1f} '
        f'{x2 + shift:.1f},{y2 + 12:.1f}" fill="none" stroke="{css(underline(edge.exact, True))}" '
        f'stroke-width="{wide:.1f}" stroke-opacity="0.55"{dash}><title>{escape(said)}</title></path>'
    )


def _node(name: str, place: tuple[float, float], node: CircuitNode | None) -> str:
    x, y = place
    does = node.classes[0].name if node is not None and node.classes else ""
    return (
        f'<rect x="{x - _NODE / 2:.1f}" y="{y - 13:.1f}" width="{_NODE:g}" height="26" rx="6" fill="#ffffff" '
        f'stroke="#555555"/>{text_at(round(x, 1), y + 4, name, 12, css(ink()), anchor="middle")}'
        f"{text_at(round(x, 1), y + 25, does, 10, anchor='middle') if does else ''}"
    )


def lines(result: CircuitResult) -> list[str]:
    """For a terminal: the summary, the nodes and the edges."""
    said = [safe(headline(result)), "", *map(safe, result.summary), ""]
    nodes = [("node", "", "lost", "restores", "class"), *map(_node_cells, result.nodes)]
    said += _table(nodes)
    edges = [
        ("edge", "into", "exact", "estimated"),
        *(
            (
                f"{edge.source} → {edge.target}",
                _INPUTS[edge.into],
                percent(edge.exact),
                percent(edge.estimated),
            )
            for edge in result.edges
        ),
    ]
    said += ["", *_table(edges), "", safe(f"ablated nodes write {result.ablation}")]
    return [*said, *(f"! {safe(warning)}" for warning in result.warnings)]


def _node_cells(node: CircuitNode) -> tuple[str, ...]:
    return (
        node.name,
        "in the circuit" if node.inside else "outside",
        percent(node.lost),
        percent(node.restores),
        ", ".join(each.name for each in node.classes),
    )


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    rows = [tuple(map(safe, row)) for row in rows]
    wide = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(padded(cell, width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in rows
    ]


def _validation_row(found: CircuitValidation) -> str:
    cells = (
        f"{found.pairs} {found.on}",
        *(
            percent_within(each.value, each.low, each.high)
            for each in (found.faithfulness, found.left_without, found.random_sets)
        ),
        percent(found.beaten),
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def fragment(result: CircuitResult) -> str:
    """For a notebook's text/html: graph, sentences, validation and nodes; no script, no class names."""
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.summary)
    nodes = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _node_cells(node))}</tr>"
        for node in result.nodes
    )
    heads = ("", "circuit alone", "left without it", "random sets alone", "random sets beaten")
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">{svg(result)}<ul>{sentences}</ul>'
        f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead>"
        f"<tbody>{''.join(map(_validation_row, result.validation))}</tbody></table>"
        f"<details><summary>Nodes</summary><table><thead><tr><th>node</th><th></th><th>lost</th><th>restores</th>"
        f"<th>class</th></tr></thead><tbody>{nodes}</tbody></table></details>"
        f"<p><small>Ablated nodes write {escape(result.ablation)}.</small></p>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}</div>"
    )


def page(result: CircuitResult) -> str:
    """A page of its own, which loads nothing from anywhere."""
    said = origin(result.code, result.subject, result.glasspane, result.versions)
    return html.page(headline(result), fragment(result) + said)
