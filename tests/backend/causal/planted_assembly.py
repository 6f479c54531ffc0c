"""From plans to a model: heads placed, distractors between them, everything turned so that no axis tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from planted_graph import EMBEDDING, LOGITS, Edge, Node, head, inputs_of, mlp, writes_before
from planted_heads import SAME_IN_BOTH, HeadClass, HeadPlan, HeadWeights, Stream, distractor, written_out
from planted_transformer import (
    PlantedAttention,
    PlantedConfig,
    PlantedForCausalLM,
    PlantedMLP,
    PlantedRMSNorm,
)
from torch import Tensor


@dataclass(frozen=True)
class Difficulty:
    """What makes a circuit harder to find than the plain one.

    ``leak``: distractors also write into every channel, at this share of what they write into junk. ``backup``:
    a head in a later layer does the mover's work when the mover does not. ``negative``: a head beside the mover
    takes away 0.4 of what it writes. ``mlps``: ``distract``, MLPs that write junk (and leak), or ``relay``, where
    the last one also passes the mover's answer on. ``rms_norm``: before every read, so that all who write count
    a little. ``sharp``: by how many nats heads prefer what they attend to.
    """

    leak: float = 0.0
    backup: bool = False
    negative: bool = False
    mlps: str = "none"
    rms_norm: bool = False
    sharp: float = 8.0


@dataclass
class Placed:
    """Plans at their heads, and the graph that follows from what they read and write."""

    layers: int
    heads: dict[Node, HeadPlan] = field(default_factory=dict)
    relay: tuple[str, str] | None = (
        None  # the last MLP reads the first of these channels and writes the second
    )
    answer: str = "answer"

    @property
    def classes(self) -> dict[Node, HeadClass]:
        return {node: plan.label for node, plan in self.heads.items()}

    def nodes(self) -> set[Node]:
        return {*self.heads, *([mlp(self.layers - 1)] if self.relay else [])}

    def edges(self) -> tuple[set[Edge], set[Edge]]:
        """Those over which the prompts of a pair can differ, and those that carry the same in both."""
        nodes = self.nodes()
        varying: set[Edge] = set()
        constant: set[Edge] = set()
        for target in (*nodes, LOGITS):
            for into in inputs_of(target):
                for source in (EMBEDDING, *nodes):
                    shared = self._writes(source) & self._reads(target, into)
                    if shared and writes_before(source, target):
                        (varying if shared - SAME_IN_BOTH else constant).add(Edge(source, target, into))
        return varying, constant

    def _writes(self, node: Node) -> set[str]:
        if node == EMBEDDING:
            return {"token", *SAME_IN_BOTH}
        if node.kind == "mlp":
            assert self.relay is not None
            return {self.relay[1]}
        return {self.heads[node].into}

    def _reads(self, node: Node, into: str) -> set[str]:
        if node == LOGITS:
            return {self.answer}
        if node.kind == "mlp":
            assert self.relay is not None
            return {self.relay[0], "position"}
        return self.heads[node].reads(into)  # type: ignore[arg-type]


def place(
    stages: Sequence[Sequence[HeadPlan]], layers: int, heads: int, random: torch.Generator
) -> dict[Node, HeadPlan]:
    """Each stage at a layer of its own, in order; its plans at any heads there."""
    at = sorted(torch.randperm(layers, generator=random)[: len(stages)].tolist())
    return {
        head(layer, index): plan
        for layer, stage in zip(at, stages, strict=True)
        for index, plan in zip(
            torch.randperm(heads, generator=random)[: len(stage)].tolist(), stage, strict=True
        )
    }


def assembled(
    placed: Placed,
    stream: Stream,
    heads: int,
    difficulty: Difficulty,
    random: torch.Generator,
    typical: Tensor,
    output_scale: float = 10.0,
) -> PlantedForCausalLM:
    """The model in float64 and evaluation mode. ``typical`` [row, token]: ids by which norms are scaled."""
    head_dim = max(plan.slots for plan in placed.heads.values())
    written = {node: written_out(plan, stream, head_dim) for node, plan in placed.heads.items()}
    config = PlantedConfig(
        vocab_size=stream.vocabulary,
        hidden_size=stream.dim,
        head_dim=head_dim,
        num_hidden_layers=placed.layers,
        num_attention_heads=heads,
        intermediate_size=0 if difficulty.mlps == "none" else stream.dim,
        max_position_embeddings=stream.length,
        rms_norm=difficulty.rms_norm,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
        attn_implementation="eager",
    )
    with torch.random.fork_rng(devices=[]):
        model: PlantedForCausalLM = PlantedForCausalLM(config).double().eval()
    turn = _orthogonal(stream.dim, random)
    models = list(written.values())
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(stream.axes("token").T @ turn)
        model.model.embed_positions.weight.copy_(stream.axes("position").T @ turn)
        model.lm_head.weight.zero_()
        model.lm_head.weight[list(stream.symbols)] = (output_scale * stream.axes(placed.answer)).T @ turn
        for layer, block in enumerate(model.blocks):
            for index in range(heads):
                weights = written.get(head(layer, index))
                if weights is None:
                    like = models[int(torch.randint(len(models), (), generator=random))]
                    weights = distractor(stream, like, difficulty.leak, random)
                _put(block.self_attn, index, weights, turn, random)
            if isinstance(block.mlp, PlantedMLP):
                passes_on = placed.relay if layer == placed.layers - 1 else None
                _fill_mlp(block.mlp, stream, passes_on, difficulty.leak, turn, random)
        if difficulty.rms_norm:
            _scale_norms(model, typical)
    return model


def _put(
    attention: PlantedAttention, index: int, head: HeadWeights, turn: Tensor, random: torch.Generator
) -> None:
    """One head's matrices, turned with the stream and, inside, by two turns of their own."""
    size = head.query.shape[1]
    rows = attention.dimensions(index)
    inner, outer = _orthogonal(size, random), _orthogonal(size, random)
    attention.q_proj.weight[rows] = (turn.T @ head.query @ inner).T
    attention.k_proj.weight[rows] = (turn.T @ head.key @ inner).T
    attention.v_proj.weight[rows] = (turn.T @ head.value @ outer).T
    attention.o_proj.weight[:, rows] = (outer.T @ head.output @ turn).T


def _fill_mlp(
    layer: PlantedMLP,
    stream: Stream,
    relay: tuple[str, str] | None,
    leak: float,
    turn: Tensor,
    random: torch.Generator,
) -> None:
    """Random and into junk; a relay passes what is above 0.2 of one channel into another."""
    up = torch.randn(stream.dim, stream.dim, generator=random, dtype=torch.float64) / stream.dim**0.5
    down = torch.randn(stream.dim, stream.dim, generator=random, dtype=torch.float64) / stream.dim**0.5
    within = torch.full((stream.dim,), leak, dtype=torch.float64)
    within[stream.places["junk"]] = 1.0
    down *= 0.6 * within  # loud enough to be noticed by norms, not to drown the answer
    if relay is not None:
        size = len(stream.symbols)
        up[:, :size] = stream.axes(relay[0]) - 0.2 * stream.anywhere().weights
        down[:size] = stream.axes(relay[1]).T / 0.8
    shuffle = torch.randperm(stream.dim, generator=random)
    layer.up_proj.weight.copy_((turn.T @ up)[:, shuffle].T)
    layer.down_proj.weight.copy_((down[shuffle] @ turn).T)


def _scale_norms(model: PlantedForCausalLM, typical: Tensor) -> None:
    """Each norm's weight becomes the usual size of what it gets, so that it gives about that back.

    One number for all axes: a norm with different weights would tell axes apart. In order, for each norm
    changes what the next one gets.
    """
    norms = [module for module in model.modules() if isinstance(module, PlantedRMSNorm)]
    for norm in sorted(norms, key=lambda norm: norm is model.model.norm):  # the final one last
        seen: list[Tensor] = []
        handle = norm.register_forward_pre_hook(lambda _, given, seen=seen: seen.append(given[0]))
        model(typical)
        handle.remove()
        norm.weight.fill_(float(seen[0].square().mean(-1).sqrt().mean()))


def _orthogonal(size: int, random: torch.Generator) -> Tensor:
    """A random rotation or reflection, evenly distributed (Mezzadri 2007)."""
    q, r = torch.linalg.qr(torch.randn(size, size, generator=random, dtype=torch.float64))
    turn: Tensor = q * r.diagonal().sign()
    return turn
