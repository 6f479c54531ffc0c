"""One head's weights, every head's figures, and the rollout: each from one pass, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...subjects import Subject
from ...subjects.architecture import Meter
from ...subjects.prompt import ReadPrompt
from .attention import rolled
from .attention_weights import QueryBlock, read_attention

SINK = 0
"""The token that attention rests on when it has nothing to look for (Xiao et al. 2023, arXiv:2309.17453)."""


@dataclass(frozen=True)
class HeadWeights:
    """``weights`` [query, key] of one head, exact, and how many layers and heads there are."""

    weights: Tensor
    layers: int
    heads: int


def head_weights(
    subject: Subject, read: ReadPrompt, layer: int, head: int, report: Report, meter: Meter | None = None
) -> HeadWeights:
    """The model's own eager weights of one head; the only T² matrix that is kept.

    Raises ``bad_option`` for a layer or head that is not there.
    """
    kept: Tensor | None = None
    heads = 0

    def observe(block: QueryBlock) -> None:
        nonlocal kept, heads
        if block.layer != layer:
            return
        heads = int(block.weights.shape[0])
        refuse_absent("head", head, heads)
        if kept is None:
            kept = block.weights.new_empty(block.queries, block.weights.shape[2])
        kept[block.rows] = block.weights[head]

    layers = read_attention(subject, read.given, observe, report, meter)
    if kept is None:
        refuse_absent("layer", layer, layers)
    assert kept is not None
    return HeadWeights(kept, layers, heads)


def refuse_absent(what: str, index: int, count: int) -> None:
    """Raise ``bad_option`` unless 0 ≤ ``index`` < ``count``."""
    if not 0 <= index < count:
        raise GlasspaneError(
            "bad_option", f"There is no {what} {index}.", f"There are {count}: choose 0 to {count - 1}."
        )


def without_sink(weights: Tensor) -> Tensor:
    """Rows of ``weights`` [query, key] without the first token, made to add up to 1 again.

    w′_ij = w_ij / Σ_{k≠0} w_ik. A row that reads nothing but the first token becomes 0.
    """
    left = weights.clone()
    left[:, SINK] = 0
    total = left.sum(-1, keepdim=True)
    return torch.where(total > 0, left / total, torch.zeros_like(left))


@dataclass(frozen=True)
class Rollout:
    """``shares`` [query, token], rows adding up to 1, and how many layers they go through."""

    shares: Tensor
    layers: int


def rollout_matrix(subject: Subject, read: ReadPrompt, report: Report, meter: Meter | None = None) -> Rollout:
    """Attention rollout over all layers (Abnar & Zuidema 2020), three T² matrices at its peak."""
    flow: Tensor | None = None
    mean: Tensor | None = None

    def observe(block: QueryBlock) -> None:
        nonlocal flow, mean
        if mean is None:
            mean = block.weights.new_empty(block.queries, block.weights.shape[2])
        mean[block.rows] = block.weights.mean(0)
        if block.last:
            flow, mean = rolled(mean, flow), None

    layers = read_attention(subject, read.given, observe, report, meter)
    assert flow is not None
    return Rollout(flow, layers)


@dataclass(frozen=True)
class LayerFigures:
    """Means over the queries that can read more than one token; every tensor is [head]."""

    entropy: Tensor
    entropy_share: Tensor
    sink: Tensor
    special: Tensor
    diagonal: Tensor
    previous: Tensor
    deciding: Tensor
    """[head, key]: what the deciding positions read, their mean."""


def head_figures(
    subject: Subject,
    read: ReadPrompt,
    deciding: Sequence[int],
    report: Report,
    meter: Meter | None = None,
) -> list[LayerFigures]:
    """Figures of every head, layer by layer; ``deciding`` are queries ≥ 0, empty for the mean of all."""
    done: list[LayerFigures] = []
    sums: _Sums | None = None
    special = [token.index for token in read.tokens if token.special]

    def observe(block: QueryBlock) -> None:
        nonlocal sums
        if sums is None:
            sums = _Sums(special, deciding)
        sums.add(block)
        if block.last:
            done.append(sums.means())
            sums = None

    read_attention(subject, read.given, observe, report, meter)
    return done


class _Sums:
    """One layer's figures in the making."""

    def __init__(self, special: Sequence[int], deciding: Sequence[int]) -> None:
        self._special = list(special)
        self._deciding = deciding
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, block: QueryBlock) -> None:
        weights = block.weights
        query = torch.arange(block.rows.start, block.rows.stop, device=weights.device)
        visible = block.visible.to(weights.device)
        # The only token of a prompt reads itself; else those that have no choice do not count.
        counted = (visible > 1) | (block.queries == 1)
        entropy = torch.special.entr(weights).sum(-1)
        self._collect("entropy", entropy, counted)
        self._collect("entropy_share", entropy / visible.clamp_min(2).log(), counted)
        self._collect("sink", weights[:, :, SINK], counted)
        written = [index for index in self._special if index < weights.shape[2]]
        self._collect("special", weights[:, :, written].sum(-1), counted)
        self._collect("diagonal", _at(weights, query), counted)
        self._collect("previous", _at(weights, (query - 1).clamp_min(0)), counted & (query > 0))
        asked = torch.ones_like(counted)
        if self._deciding:
            asked = torch.isin(query, torch.tensor(self._deciding, device=query.device))
        self._collect("deciding", weights, asked)

    def _collect(self, name: str, figure: Tensor, counted: Tensor) -> None:
        """``figure`` [head, query, …], summed over the queries that are ``counted``."""
        total = figure[:, counted].sum(1).cpu().double()
        self._sums[name] = self._sums[name] + total if name in self._sums else total
        self._counts[name] = self._counts.get(name, 0) + int(counted.sum())

    def means(self) -> LayerFigures:
        return LayerFigures(
            **{name: total / max(1, self._counts[name]) for name, total in self._sums.items()}
        )


def _at(weights: Tensor, key: Tensor) -> Tensor:
    """One key's weight for every query: [head, query, key], [query] → [head, query]."""
    index = key.view(1, -1, 1).expand(weights.shape[0], -1, 1)
    return weights.gather(2, index).squeeze(2)
