"""The cells of a grid: which activation each one patches, and how many layers and heads there are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .recording import Recording
from .sites import SITES, Grid, Site


@dataclass(frozen=True)
class Cell:
    """One activation: the ``site`` of a ``layer``, one ``head`` or none, one ``position`` or (None) every position."""

    site: str
    layer: int
    head: int | None
    position: int | None


@dataclass(frozen=True)
class GridShape:
    """``[layer, pos]``, ``[layer, head]`` or ``[layer, head, pos]`` of one site."""

    site: Site
    grid: Grid
    layers: int
    heads: int
    positions: int

    @property
    def shape(self) -> tuple[int, ...]:
        sizes = {"layer": self.layers, "head": self.heads, "position": self.positions}
        return tuple(sizes[axis] for axis in self.axes)

    @property
    def axes(self) -> tuple[str, ...]:
        return {
            "position": ("layer", "position"),
            "head": ("layer", "head"),
            "head_position": ("layer", "head", "position"),
        }[self.grid]

    def cells(self) -> list[Cell]:
        """In the order of the flattened grid."""
        heads: list[int | None] = list(range(self.heads)) if self.grid != "position" else [None]
        places: list[int | None] = list(range(self.positions)) if self.grid != "head" else [None]
        return [
            Cell(self.site.name, layer, head, place)
            for layer in range(self.layers) for head in heads for place in places
        ]


def grid_shape(site: Site, grid: Grid, recording: Recording) -> GridShape:
    heads = 0
    if site.heads != "none":
        heads = int(recording.layers[0].tensors["q" if site.heads == "query" else "k"].shape[0])
    return GridShape(site, grid, len(recording.layers), heads, recording.tokens)


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


def flat(values: dict[Cell, float], shape: GridShape) -> Tensor:
    """Values of all cells as the grid, in double precision."""
    return torch.tensor([values[cell] for cell in shape.cells()], dtype=torch.float64).view(shape.shape)
