"""Truth by brute force: a transformer run node by node, any output or any edge of it replaced, in float64.

Every input of every head (q, k, v), of every MLP and of the unembedding is the sum of what earlier nodes wrote; an
intervention changes one summand of one input (an edge) or what a node writes (a node), and all that follows is
computed anew. Many interventions run side by side as rows, each by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import torch
from planted_circuits import Pair, PlantedCircuit
from planted_graph import EMBEDDING, LOGITS, Edge, Input, Node, all_edges, head, mlp, writers
from planted_transformer import PlantedForCausalLM, PlantedMLP
from torch import Tensor

Intervention = Mapping[Node, Tensor] | Mapping[Edge, Tensor] | Mapping[Node | Edge, Tensor]
"""What a node writes instead, or what an edge's target reads of its source instead: [token, dim] each."""

Ablation = Literal["mean", "resample"]


@dataclass(frozen=True)
class Run:
    """``outputs``: per node what it wrote, [row, token, dim]; ``logits`` [row, token, vocabulary]."""

    outputs: dict[Node, Tensor]
    logits: Tensor

    def of_row(self, row: int = 0) -> dict[Node, Tensor]:
        """[token, dim] per node."""
        return {node: written[row] for node, written in self.outputs.items()}

    def difference(self, pair: Pair) -> Tensor:
        """[row]: logit[right] − logit[wrong] at the last position."""
        return self.logits[:, -1, pair.right] - self.logits[:, -1, pair.wrong]


class NodeByNode:
    """The model's weights cut into heads, and run without its code."""

    def __init__(self, model: PlantedForCausalLM) -> None:
        self.config, self._model = model.config, model

    @torch.no_grad()
    def run(self, ids: Sequence[int] | Tensor, interventions: Sequence[Intervention] = ({},)) -> Run:
        """``ids`` [token], once for each of ``interventions`` (a row each; ``{}``: none)."""
        decoder, count = self._model.model, len(interventions)
        given = torch.as_tensor(ids)
        embedded = decoder.embed_tokens.weight[given] + decoder.embed_positions.weight[: len(given)]
        wanted: dict[Node | tuple[Node, Input], list[tuple[int, Node, Tensor]]] = {}
        for row, intervention in enumerate(interventions):
            for what, instead in intervention.items():
                place = what if isinstance(what, Node) else (what.target, what.into)
                source = what if isinstance(what, Node) else what.source
                wanted.setdefault(place, []).append((row, source, instead))
        outputs: dict[Node, Tensor] = {}

        def wrote(node: Node, written: Tensor) -> Tensor:
            outputs[node] = written = written.clone() if node in wanted else written
            for row, _, instead in wanted.get(node, ()):
                written[row] = instead
            return written

        def read(node: Node, into: Input, stream: Tensor) -> Tensor:
            changes = wanted.get((node, into), ())
            stream = stream.clone() if changes else stream
            for row, source, instead in changes:
                stream[row] += instead - outputs[source][row]
            return stream

        stream = wrote(EMBEDDING, embedded.expand(count, -1, -1).clone())
        for layer, block in enumerate(self._model.blocks):
            before, norm = stream, block.input_layernorm
            for index in range(self.config.num_attention_heads):
                node, rows = head(layer, index), block.self_attn.dimensions(index)
                query, key, value = (
                    norm(read(node, into, before)) @ project.weight[rows].T  # type: ignore[arg-type]
                    for into, project in (
                        ("q", block.self_attn.q_proj),
                        ("k", block.self_attn.k_proj),
                        ("v", block.self_attn.v_proj),
                    )
                )
                scores = query @ key.transpose(1, 2) / self.config.head_dim**0.5
                later = torch.ones(len(given), len(given), dtype=torch.bool).triu(1)
                z = scores.masked_fill(later, -torch.inf).softmax(-1) @ value
                stream = stream + wrote(node, z @ block.self_attn.o_proj.weight[:, rows].T)
            if isinstance(block.mlp, PlantedMLP):
                hidden = block.post_attention_layernorm(read(mlp(layer), "mlp", stream))
                hidden = (hidden @ block.mlp.up_proj.weight.T).relu() @ block.mlp.down_proj.weight.T
                stream = stream + wrote(mlp(layer), hidden)
        last = decoder.norm(read(LOGITS, "logits", stream))
        return Run(outputs, last @ self._model.lm_head.weight.T)


# ── effects ──────────────────────────────────────────────────────────────────

Part = TypeVar("Part", Node, Edge)


@dataclass(frozen=True)
class Effects(Generic[Part]):
    """Exact effects on the logit difference; above 0: what the clean prompt brings here helps the right answer.

    ``noising``: clean run − clean run with this part from the corrupted one. ``denoising``: corrupted run with
    this part from the clean one − corrupted run. ``clean`` and ``corrupted``: the logit differences of the
    runs themselves.
    """

    noising: dict[Part, float]
    denoising: dict[Part, float]
    clean: float
    corrupted: float

    @property
    def gap(self) -> float:
        return self.clean - self.corrupted


def node_effects(circuit: PlantedCircuit, pair: Pair) -> Effects[Node]:
    """Per head and MLP: its whole output, at every position, taken from the other run; what follows is recomputed."""
    return _effects(circuit, pair, writers(circuit.model))


def edge_effects(circuit: PlantedCircuit, pair: Pair) -> Effects[Edge]:
    """Per edge: what its target reads of its source, at every position, taken from the other run.

    The source itself and all else that reads it stay; what follows from the target is recomputed.
    """
    return _effects(circuit, pair, all_edges(circuit.model))


def _effects(circuit: PlantedCircuit, pair: Pair, parts: Sequence[Part]) -> Effects[Part]:
    runner = NodeByNode(circuit.model)
    clean, corrupted = (runner.run(ids).of_row() for ids in (pair.clean, pair.corrupted))

    def rows(other: dict[Node, Tensor]) -> list[Intervention]:
        changes: list[Intervention] = [{}]
        for part in parts:
            changes.append({part: other[part if isinstance(part, Node) else part.source]})
        return changes

    noised = runner.run(pair.clean, rows(corrupted)).difference(pair)
    denoised = runner.run(pair.corrupted, rows(clean)).difference(pair)
    return Effects(
        dict(zip(parts, (noised[0] - noised[1:]).tolist(), strict=True)),
        dict(zip(parts, (denoised[1:] - denoised[0]).tolist(), strict=True)),
        float(noised[0]),
        float(denoised[0]),
    )


# ── sets of nodes ────────────────────────────────────────────────────────────


def mean_outputs(circuit: PlantedCircuit, prompts: Sequence[Sequence[int]]) -> dict[Node, Tensor]:
    """Per node its mean output [token, dim] over ``prompts`` [prompt, token], position by position."""
    runner = NodeByNode(circuit.model)
    runs = [runner.run(ids).of_row() for ids in prompts]
    return {node: torch.stack([run[node] for run in runs]).mean(0) for node in runs[0]}


def ablated_difference(
    circuit: PlantedCircuit,
    pair: Pair,
    ablated: Collection[Node],
    ablation: Ablation = "resample",
    means: Mapping[Node, Tensor] | None = None,
) -> float:
    """Logit difference of the clean prompt with the outputs of ``ablated`` replaced and all others recomputed.

    ``resample``: by what the node writes for the corrupted prompt; ``mean``: by ``means`` (:func:`mean_outputs`).
    """
    runner = NodeByNode(circuit.model)
    if ablation == "mean":
        assert means is not None, "mean ablation needs the means"
        instead = means
    else:
        instead = runner.run(pair.corrupted).of_row()
    return float(runner.run(pair.clean, [{node: instead[node] for node in ablated}]).difference(pair))


def kept_difference(
    circuit: PlantedCircuit,
    pair: Pair,
    kept: Collection[Node],
    ablation: Ablation = "resample",
    means: Mapping[Node, Tensor] | None = None,
) -> float:
    """Logit difference of the clean prompt with every head and MLP but ``kept`` ablated; the embedding stays."""
    ablated = [node for node in writers(circuit.model) if node not in kept]
    return ablated_difference(circuit, pair, ablated, ablation, means)
