"""The cells of a grid: which activation each one patches, and how many layers and heads there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor

from ..errors import GlasspaneError
from ..protocol import SiteName
from .records import Recording
from .sites import SITES, Grid, Site


@dataclass(frozen=True)
class Cell:
    """One activation: the ``site`` of a ``layer``, one ``head`` or none, one ``position`` or (None) every position."""

    site: SiteName
    layer: int
    head: int | None
    position: int | None


AxisName = Literal["layer", "head", "position"]


@dataclass(frozen=True)
class GridShape:
    """``[layer, pos]``, ``[layer, head]`` or ``[layer, head, pos]`` of one site."""

    site: Site
    grid: Grid
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    positions: int

    @property
    def axes(self) -> dict[AxisName, tuple[int, ...]]:
        """Which layers, heads and positions lie along each axis, the slowest first."""
        places = {"layer": self.layers, "head": self.heads, "position": tuple(range(self.positions))}
        names: tuple[AxisName, ...] = ("layer", "head", "position")
        if self.grid != "head_position":
            names = ("layer", self.grid)
        return {name: places[name] for name in names}

    def only(self, layers: Sequence[int] | None, heads: Sequence[int] | None) -> GridShape:
        """The same for some layers and heads; raises ``bad_option`` where there are no such."""
        return replace(
            self,
            layers=_chosen("layer", self.layers, layers),
            heads=self.heads if self.grid == "position" else _chosen("head", self.heads, heads),
        )

    def cells(self) -> list[Cell]:
        """In the order of the flattened grid."""
        heads: list[int | None] = list(self.heads) if self.grid != "position" else [None]
        places: list[int | None] = list(range(self.positions)) if self.grid != "head" else [None]
        return [
            Cell(self.site.name, layer, head, place)
            for layer in self.layers
            for head in heads
            for place in places
        ]


def grid_shape(site: Site, grid: Grid, recording: Recording) -> GridShape:
    heads = 0
    if site.heads != "none":
        seen = recording.layers[0].tensors
        # Where attention is not called by name, what its heads gave is all that is seen of them.
        name = "q" if site.heads == "query" else "k"
        heads = int(seen[name].shape[0] if name in seen else seen["z"].shape[1])
    return GridShape(site, grid, tuple(range(len(recording.layers))), tuple(range(heads)), recording.tokens)


def _chosen(what: str, there: tuple[int, ...], asked: Sequence[int] | None) -> tuple[int, ...]:
    if asked is None:
        return there
    missing = [index for index in asked if index not in there]
    if missing:
        raise GlasspaneError(
            "bad_option",
            f"There is no {what} {missing[0]}: this model's are 0 to {there[-1]}.",
            f"Choose {what}s between 0 and {there[-1]}; they are counted from 0.",
        )
    return tuple(sorted(set(asked)))


def first_difference(one: Tensor, other: Tensor) -> int:
    """The first position [token] at which two prompts differ; causal runs are the same before it."""
    different = (one != other).nonzero()
    return int(different[0]) if len(different) else len(one)


def nothing_changes(cell: Cell, first: int, tokens: int, layers: int, last_only: bool) -> bool:
    """Whether patching is known to change nothing.

    Before the ``first`` differing token both runs are the same; and in the last layer only what reaches the last
    position is read, where the metric reads that alone.
    """
    if cell.position is None:
        return first >= tokens
    if cell.position < first:
        return True
    ends = last_only and cell.layer == layers - 1 and not SITES[cell.site].reaches_on
    return ends and cell.position < tokens - 1
