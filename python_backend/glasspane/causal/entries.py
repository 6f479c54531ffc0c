"""Where a patched activation enters the stream: the first thing that a cell changes, as rows of the sweep.

Every site comes down to one of three: another residual at the start of a layer, another write of attention, or
another write of the MLP. Patched queries, patterns, keys and values are other head outputs, and these another write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .anatomy import Anatomy
from .cells import Cell
from .records import Recording

KEPT_BYTES = 64 * 2**20
"""How much one call of attention may hold for keys or values patched at many positions at once."""


@dataclass(frozen=True)
class Write:
    """What attention writes instead: ``vectors`` [position, dim] at the ``positions`` [position] of one cell."""

    cell: Cell
    positions: Tensor
    vectors: Tensor


class Entries:
    """Other head outputs and writes for one pair of runs; ``first`` is where their prompts first differ."""

    def __init__(self, anatomy: Anatomy, base: Recording, other: Recording, first: int) -> None:
        self._anatomy = anatomy
        self._base = base
        self._other = other
        self._first = first

    def places(self, cell: Cell, reaches_on: bool = False) -> Tensor:
        """The positions at which a cell's activation, or with ``reaches_on`` what follows of it, differs."""
        tokens, start = self._base.tokens, self._first if cell.position is None else cell.position
        stop = tokens if cell.position is None or reaches_on else start + 1
        return torch.arange(start, stop, device=self._base.layers[0].resid_pre.device)

    def attention_writes(self, cells: Sequence[Cell]) -> list[Write]:
        """The writes of cells of one layer and site."""
        site, layer = cells[0].site, cells[0].layer
        if site == "attn_out":
            source = self._other.layers[layer].attn_out
            return [Write(cell, where, source[where]) for cell in cells for where in [self.places(cell)]]
        sources = self._sources(site, layer, cells)
        places = [self.places(cell, reaches_on=site in ("k", "v")) for cell in cells]
        base = self._base.layers[layer].z
        changed = []
        for cell, where in zip(cells, places, strict=True):
            heads = self._changed_heads(cell)
            z = base[where].clone()
            z[:, heads] = sources[cell.position][where][:, heads]
            changed.append(z)
        written = self._anatomy.writes(layer, torch.cat(changed)).split([len(where) for where in places])
        return [Write(*one) for one in zip(cells, places, written, strict=True)]

    def _changed_heads(self, cell: Cell) -> slice:
        """A key-value head serves the queries of its group."""
        layer = self._base.layers[cell.layer]
        assert cell.head is not None
        group = layer.query.shape[0] // layer.key.shape[0] if cell.site in ("k", "v") else 1
        return slice(cell.head * group, (cell.head + 1) * group)

    def _sources(self, site: str, index: int, cells: Sequence[Cell]) -> dict[int | None, Tensor]:
        """Per patched position, every head's outputs [T, head, dim] with the site patched in that head there."""
        positions = sorted({cell.position for cell in cells if cell.position is not None})
        sources: dict[int | None, Tensor] = {}
        if site in ("k", "v"):
            sources |= dict(self._with_one_position(site, index, positions))
            if len(sources) == len({cell.position for cell in cells}):
                return sources
        base, other = self._base.layers[index], self._other.layers[index]
        if site == "z":
            z = other.z
        elif site == "pattern":
            z = self.with_patterns(index)
        else:
            given = {name: base.tensors[name] for name in ("q", "k", "v")}
            z = self._attend(index, *{**given, site: other.tensors[site]}.values())
        # Queries and patterns of one position touch nothing but that position's output.
        return {**dict.fromkeys((*positions, None), z), **sources}

    def _with_one_position(
        self, site: str, index: int, positions: Sequence[int]
    ) -> Iterator[tuple[int, Tensor]]:
        base, other = self._base.layers[index], self._other.layers[index]
        step = max(1, KEPT_BYTES // max(1, base.key.numel() * base.key.element_size()))
        for first in range(0, len(positions), step):
            some = torch.tensor(positions[first : first + step], device=base.key.device)
            given: dict[str, Tensor] = {
                name: base.tensors[name].expand(len(some), -1, -1, -1) for name in ("q", "k", "v")
            }
            given[site] = given[site].clone()
            rows = torch.arange(len(some), device=some.device)
            given[site][rows, :, some] = other.tensors[site].transpose(0, 1)[some]
            yield from zip(some.tolist(), self._called(index, *given.values()), strict=True)

    def with_patterns(self, index: int) -> Tensor:
        """Head outputs [T, head, dim] of the base run's values under the other run's attention patterns."""
        base, other = self._base.layers[index], self._other.layers[index]
        return self._attend(index, other.query, other.key, base.value)

    def _attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return self._called(layer, query[None], key[None], value[None])[0]

    def _called(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        record, functions = self._base.layers[layer], self._anatomy.functions
        assert functions is not None
        output: Tensor = functions[layer](
            self._anatomy.attentions[layer], query, key, value, record.mask, **record.options
        )[0]
        return output
