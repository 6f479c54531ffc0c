"""One edge patched by itself: what its source writes in the other run, read by one input of its target alone.

The changed input is put through the target's own layer, and what the target then gives (queries, keys, values, an MLP's
output, logits) goes on through the sweep: everything behind it reacts, everything beside it is as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ..kernel.progress import silent
from ..subjects.guard import attention_through
from .cells import Cell
from .graph import Edge, Graph, Node
from .layer_calls import after_attention, call_layer
from .records import LayerRecord, Recording
from .runs import PairOfRuns
from .sweep import SuffixSweep
from .unembedding import unembedded


class ExactEdges:
    """Edges of one pair of runs; ``written`` is what each node writes differently (:func:`node_writes.changes`)."""

    def __init__(self, runs: PairOfRuns, graph: Graph, written: dict[Node, Tensor]) -> None:
        self._runs = runs
        self._graph = graph
        self._written = written
        self._positions = torch.arange(runs.base.tokens, device=runs.base.layers[0].resid_pre.device)
        self._read: dict[tuple[Node, int], LayerRecord] = {}

    @torch.no_grad()
    def effect(self, edge: Edge) -> float:
        """The change of the metric."""
        if edge.into == "logits":
            return self.on_logits([edge.source])[edge.source]
        change = self._written[edge.source]
        layer = edge.target.layer
        if edge.into == "mlp":
            seen = {"mlp_out": self._mlp(layer, change)[None]}
            cell = Cell("mlp_out", layer, None, None)
        else:
            made = self._attention(edge.source, layer, change)
            group = self._graph.heads // self._graph.key_value_heads
            head = edge.target.head if edge.into == "q" else edge.target.head // group
            seen = {edge.into: made.seen[edge.into]}
            cell = Cell(edge.into, layer, head, None)
        other = self._with(layer, seen)
        runs = self._runs
        sweep = SuffixSweep(runs.anatomy, runs.base, other, 0, runs.metric)
        return sweep.values([cell], silent)[cell] - runs.base_value

    @torch.no_grad()
    def on_logits(self, sources: Sequence[Node]) -> dict[Node, float]:
        """The change of the metric by the edge of each source to the logits, all in one pass."""
        runs = self._runs
        stream = runs.base.layers[-1].resid_post
        hidden = torch.stack([stream + self._written[source] for source in sources])[:, -runs.metric.keep :]
        values = runs.metric(unembedded(runs.anatomy, hidden, runs.base.given.ids)).tolist()
        return {source: value - runs.base_value for source, value in zip(sources, values, strict=True)}

    def _with(self, layer: int, seen: dict[str, Tensor]) -> Recording:
        layers = list(self._runs.base.layers)
        layers[layer] = replace(layers[layer], seen={**layers[layer].seen, **seen})
        return replace(self._runs.base, layers=layers)

    def _attention(self, source: Node, layer: int, change: Tensor) -> LayerRecord:
        """Queries, keys and values that the layer makes of the stream with the source's change in it."""
        if (source, layer) in self._read:
            return self._read[source, layer]
        anatomy, base = self._runs.anatomy, self._runs.base
        made = LayerRecord()

        def attend(
            _module: nn.Module, query: Tensor, key: Tensor, value: Tensor, _mask: Any, **_options: Any
        ) -> tuple[Tensor, None]:
            made.seen |= {"q": query, "k": key, "v": value}
            return query.transpose(1, 2), None

        with attention_through(anatomy.subject, attend):
            call_layer(anatomy, layer, base, self._positions, base.layers[layer].resid_pre + change)
        self._read[source, layer] = made
        return made

    def _mlp(self, layer: int, change: Tensor) -> Tensor:
        """What the layer's MLP writes with the source's change in what it reads."""
        anatomy, base = self._runs.anatomy, self._runs.base
        record = base.layers[layer]
        left = after_attention(anatomy, layer, base, self._positions, record.attn_out, change)
        return left - record.resid_pre - change - record.attn_out
