"""When the answer appears: the first layer from which it is first and stays so, in sentences that say no more."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from ..figures import number
from ..protocol import DirectAttribution
from ..token_text import readable

_NAMED = 3
"""Parts of the model named in a sentence."""


def first_to_stay(holds: Sequence[bool]) -> int | None:
    """The first row from which ``holds`` is true to the end; None where it is not at the end."""
    if not holds or not holds[-1]:
        return None
    return max((row + 1 for row, one in enumerate(holds) if not one), default=0)


def appears(answer: str, ranks: Sequence[int]) -> str:
    """When ``answer``, of these ``ranks`` by row, comes first."""
    layers, name = len(ranks) - 1, f"“{readable(answer)}”"
    first = first_to_stay([rank == 1 for rank in ranks])
    if first is None:
        for_a_while = [row for row, rank in enumerate(ranks) if rank == 1]
        end = f"in the end its rank is {ranks[-1]}"
        if not for_a_while:
            return f"{name} never becomes first: {end}."
        return f"{name} comes first after {_layers(for_a_while)}, but does not stay: {end}."
    if first == 0:
        return f"{name} comes first in the embedding already, before any layer, and stays first to the end."
    before = [row for row in range(first) if ranks[row] == 1]
    lost = f" (it is first after {_layers(before)} too, but not to stay)" if before else ""
    if first == layers:
        if before:
            return f"{name} comes first to stay only after the last of {layers} layers{lost}."
        return f"{name} never becomes first before the end: only after the last of {layers} layers."
    return f"{name} comes first after {first} of {layers} layers and stays first to the end{lost}."


def pulls_ahead(answer: str, other: str, ahead: Sequence[bool]) -> str:
    """When ``answer`` becomes likelier than ``other``."""
    layers, pair = len(ahead) - 1, f"“{readable(answer)}” is likelier than “{readable(other)}”"
    first = first_to_stay(ahead)
    if first is None:
        for_a_while = [row for row, one in enumerate(ahead) if one]
        return (
            f"{pair} after {_layers(for_a_while)}, but not in the end."
            if for_a_while
            else f"{pair} after no layer."
        )
    if first == 0:
        return f"{pair} in the embedding already and stays so to the end."
    if first == layers:
        return f"{pair} to stay only after the last of {layers} layers."
    return f"{pair} after {first} of {layers} layers and stays so to the end."


def over_positions(own_layers: Sequence[int], layers: int) -> str | None:
    """How early what the model says after each position comes first there; None for one position."""
    if len(own_layers) < 2:
        return None
    late = sum(row == layers for row in own_layers)
    middle = median(own_layers)
    return (
        f"Over the {len(own_layers)} positions, what the model says after each comes first to stay after {middle:g} of "
        f"{layers} layers in the median; at {late} of them only after the last layer."
    )


def strongest_parts(direct: DirectAttribution, what: str) -> str:
    """The parts that add most to ``what``, and what all of them add up to."""
    parts = [(f"attention {layer}", value) for layer, value in enumerate(direct.attention)]
    parts += [(f"MLP {layer}", value) for layer, value in enumerate(direct.mlp)]
    heads = [
        (f"head {layer}.{head}", value)
        for layer, row in enumerate(direct.heads)
        for head, value in enumerate(row)
    ]
    said = (
        f"Written straight to the {what} ({number(direct.value)}): most by {_named(parts)}; "
        f"of single heads by {_named(heads)}."
    )
    if direct.capped is not None:
        said += (
            f" This model caps its logits: the parts add up to what is before the cap, which makes "
            f"{number(direct.capped)} of it."
        )
    return said


def _named(parts: list[tuple[str, float]]) -> str:
    strongest = sorted(parts, key=lambda part: -abs(part[1]))[:_NAMED]
    return ", ".join(f"{name} ({'−' if value < 0 else '+'}{abs(value):.3g})" for name, value in strongest)


def _layers(rows: Sequence[int]) -> str:
    names = [str(row) for row in rows]
    said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{said} layer{'s' if rows[-1] != 1 else ''}"
