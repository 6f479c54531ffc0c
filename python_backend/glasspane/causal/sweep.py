"""Many patched runs in one pass through the layers, each computed only where it differs from the base run.

A patch at layer l and position p changes nothing before l, and, the model being causal, nothing before p. So a cell
joins the pass at its layer as a row of positions p…T-1, and earlier positions are read from the base run's keys and
values. Layers see the rows of all cells one after another as one long row of tokens: norms, projections and MLPs work
on each token by itself, and attention, taken out of the model for this while, is done row by row (rows that start at
one position together). The weights are read once for all cells.

Everything is the model's own: its layers, its attention function with its masks and options, its final norm and
unembedding. Whether that held is checked by the caller, cell by cell (see :mod:`glasspane.causal.grid`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from ..attribution.by_gradient.few_logits import FewLogits, few_logits_of
from ..attribution.by_gradient.fused_activation import fused_activations
from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..subjects.guard import attention_through
from .anatomy import Anatomy
from .cells import Cell
from .entries import Entries, Write
from .layer_calls import after_attention, call_layer, only_tokens
from .metrics import Metric
from .projections import projections_of
from .records import Recording
from .unembedding import LOGIT_BYTES, unembedded


@dataclass
class _Group:
    """Rows that start at one position: ``hidden`` [row, T - start, dim], in the order of ``cells``.

    ``points``: of the rows that have joined since the last layer, whether they differ at their first position alone.
    """

    start: int
    cells: list[Cell] = field(default_factory=list)
    hidden: list[Tensor] = field(default_factory=list)
    points: list[bool] = field(default_factory=list)

    def projected(self, tokens: int) -> Tensor:
        """Whose queries, keys and values the next layer has to make [row, T - start]: others' are the base run's."""
        needed = torch.ones(len(self.cells), tokens - self.start, dtype=torch.bool)
        new = needed[len(self.cells) - len(self.points) :]
        new[torch.tensor(self.points, dtype=torch.bool), 1:] = False
        return needed

    def joined(self) -> Tensor:
        if len(self.hidden) > 1:
            self.hidden = [torch.cat(self.hidden)]
        return self.hidden[0]


class SuffixSweep:
    """Patches cells of one site after another for one pair of runs: ``other``'s activations in the ``base`` run."""

    def __init__(
        self, anatomy: Anatomy, base: Recording, other: Recording, first: int, metric: Metric
    ) -> None:
        self._anatomy = anatomy
        self._base = base
        self._other = other
        self._entries = Entries(anatomy, base, other, first)
        self._metric = metric
        self._last_only = metric.keep == 1
        self._few = self._few_logits()
        self._projections = [_projections(attention) for attention in anatomy.attentions]
        self._attend: Callable[..., Tensor] | None = None
        self.token_layers = 0  # how many tokens went through a layer, for the cost

    def values(self, cells: Sequence[Cell], report: Report) -> dict[Cell, float]:
        """The metric with each of ``cells`` patched, in one pass through the layers."""
        groups: dict[int, _Group] = {}
        with torch.no_grad(), fused_activations(self._anatomy.subject), self._through_here():
            for layer in range(self._anatomy.count):
                report(layer / (self._anatomy.count + 1), f"layer {layer + 1} of {self._anatomy.count}")
                here = [cell for cell in cells if cell.layer == layer]
                for cell in _of(here, "resid_pre"):
                    places = self._entries.places(cell)
                    source = self._other.layers[layer].resid_pre[places]
                    self._join(groups, cell, places, source, self._base.layers[layer].resid_pre)
                if groups:
                    self._through_layer(layer, groups)
                for cell, places, source in self._after(layer, here):
                    self._join(groups, cell, places, source, self._base.layers[layer].resid_post)
        return {
            cell: value
            for group in groups.values()
            for cell, value in zip(group.cells, self._measured(group), strict=True)
        }

    # ── joining ──────────────────────────────────────────────────────────────

    def _join(
        self, groups: dict[int, _Group], cell: Cell, places: Tensor, source: Tensor, stream: Tensor
    ) -> None:
        start = int(places[0])
        row = stream[start:].clone()
        row[places - start] = source.to(row.dtype)
        group = groups.setdefault(start, _Group(start))
        group.cells.append(cell)
        group.hidden.append(row[None])
        group.points.append(len(places) == 1)

    def _after(self, layer: int, here: Sequence[Cell]) -> Iterator[tuple[Cell, Tensor, Tensor]]:
        """Cells that change what a layer writes, with what leaves it then."""
        base, other = self._base.layers[layer], self._other.layers[layer]
        for cell in _of(here, "mlp_out"):
            places = self._entries.places(cell)
            yield cell, places, base.resid_post[places] + (other.mlp_out - base.mlp_out)[places]
        writes: list[Write] = []
        for site in dict.fromkeys(cell.site for cell in here):
            if site not in ("resid_pre", "mlp_out"):
                writes += self._entries.attention_writes(_of(here, site))
        if not writes:
            return
        positions = torch.cat([write.positions for write in writes])
        written = torch.cat([write.vectors for write in writes])
        left = after_attention(self._anatomy, layer, self._base, positions, written)
        self.token_layers += len(positions)
        for write, rows in zip(writes, left.split([len(write.positions) for write in writes]), strict=True):
            yield write.cell, write.positions, rows

    # ── through one layer ────────────────────────────────────────────────────

    @contextmanager
    def _through_here(self) -> Iterator[None]:
        """Attention of the subject's layers goes where :attr:`_attend` says."""

        def attend(
            module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
        ) -> tuple[Tensor, None]:
            assert self._attend is not None
            return self._attend(query, key, value), None

        with attention_through(self._anatomy.subject, attend):
            yield

    def _through_layer(self, layer: int, groups: dict[int, _Group]) -> None:
        """Every row through ``layer``, in place."""
        held = [group.joined() for group in groups.values()]
        positions = torch.cat(
            [
                torch.arange(group.start, self._base.tokens, device=rows.device).repeat(len(rows))
                for group, rows in zip(groups.values(), held, strict=True)
            ]
        )
        hidden = torch.cat([rows.flatten(0, 1) for rows in held])
        ends = self._last_only and layer == self._anatomy.count - 1
        shapes = [(group.start, len(rows)) for group, rows in zip(groups.values(), held, strict=True)]
        needed = torch.cat([group.projected(self._base.tokens).flatten() for group in groups.values()])
        needed = needed.to(positions.device)
        filled = (~needed).nonzero()[:, 0]

        def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            kept = self._base.layers[layer]
            query, key, value = (
                made.index_copy(2, filled, known[None, :, positions[filled]]) if len(filled) else made
                for made, known in ((query, kept.query), (key, kept.key), (value, kept.value))
            )
            return self._row_by_row(layer, shapes, query, key, value, ends)

        self._attend = attend
        with ExitStack() as stack:
            if len(filled):
                for making in self._projections[layer]:
                    stack.enter_context(only_tokens(making, needed.nonzero()[:, 0]))
            if ends:
                read = (positions == self._base.tokens - 1).nonzero()[:, 0]
                for module in (self._anatomy.projection(layer), self._anatomy.mlp(layer)):
                    if module is not None:
                        stack.enter_context(only_tokens(module, read))
            left = call_layer(self._anatomy, layer, self._base, positions, hidden)
            self.token_layers += len(positions)
        for group, rows in zip(
            groups.values(), left.split([len(rows) * rows.shape[1] for rows in held]), strict=True
        ):
            group.points = []
            group.hidden = [rows.view(-1, self._base.tokens - group.start, rows.shape[-1])]

    def _row_by_row(
        self,
        layer: int,
        shapes: list[tuple[int, int]],
        query: Tensor,
        key: Tensor,
        value: Tensor,
        ends: bool,
    ) -> Tensor:
        """Attention of each row over the base run's keys and values before it and its own [1, token, head, dim]."""
        base, functions = self._base.layers[layer], self._anatomy.functions
        assert functions is not None
        output = query.new_zeros(1, query.shape[2], query.shape[1], value.shape[-1])
        offset = 0
        for start, rows in shapes:
            length = self._base.tokens - start
            part = slice(offset, offset + rows * length)
            offset = part.stop
            own = [_by_row(given[0, :, part], rows) for given in (query, key, value)]
            before = [given[None, :, :start].expand(rows, -1, -1, -1) for given in (base.key, base.value)]
            asked = slice(length - 1 if ends else 0, length)
            mask = base.mask
            if isinstance(mask, Tensor):
                mask = mask[..., start + asked.start : start + asked.stop, :]
            z = functions[layer](
                self._anatomy.attentions[layer],
                own[0][:, :, asked],
                torch.cat([before[0], own[1]], dim=2),
                torch.cat([before[1], own[2]], dim=2),
                mask,
                **base.options,
            )[0]
            output[0, part].unflatten(0, (rows, length))[:, asked] = z
        return output

    # ── the end ──────────────────────────────────────────────────────────────

    def _measured(self, group: _Group) -> list[float]:
        """The metric of every row of ``group``, from what leaves the last layer."""
        keep = self._metric.keep
        rows = group.joined()[:, -keep:]
        made = rows.shape[1]
        width = self._few.ids.numel() if self._few is not None else int(self._base.logits.shape[-1])
        step = max(1, LOGIT_BYTES // (made * width * 4))
        values: list[float] = []
        for some in rows.split(step):
            logits = self._unembed(some)
            if made < keep:  # before the patched position, the base run's own
                before = self._base.logits[-keep : len(self._base.logits) - made]
                logits = torch.cat([before.expand(len(some), -1, -1), logits], dim=1)
            metric = self._metric if self._few is None else replace(self._metric, of=self._of_few)
            values += metric(logits).tolist()
        return values

    def _of_few(self, logits: Tensor) -> Tensor:
        assert self._few is not None
        return self._few.objective(logits)[:, 0]

    def _few_logits(self) -> FewLogits | None:
        """The answers' logits alone, where they give the base run's value."""
        objective = self._metric.objective
        few = None if objective is None else few_logits_of(self._anatomy.subject, objective)
        if few is None:
            return None
        expected = self._metric(self._base.logits[None])
        last = self._base.layers[-1].resid_post[-1:][None]
        with torch.no_grad():
            agrees = few.agrees(
                lambda: few.objective(unembedded(self._anatomy, last, self._base.given.ids))[:, 0], expected
            )
        return few if agrees else None

    def _unembed(self, hidden: Tensor) -> Tensor:
        with torch.no_grad(), ExitStack() as stack:
            if self._few is not None:
                stack.enter_context(self._few.only())
            return unembedded(self._anatomy, hidden, self._base.given.ids)


def _projections(attention: nn.Module) -> list[nn.Module]:
    """What makes queries, keys and values; none where that is not known: then they are made for every token."""
    with suppress(GlasspaneError):
        return projections_of(attention)
    return []


def _of(cells: Sequence[Cell], site: str) -> list[Cell]:
    return [cell for cell in cells if cell.site == site]


def _by_row(given: Tensor, rows: int) -> Tensor:
    """[head, row × position, dim] → [row, head, position, dim]."""
    heads, _, size = given.shape
    return given.reshape(heads, rows, -1, size).transpose(0, 1)
