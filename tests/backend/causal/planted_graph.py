"""The graph that a transformer is when its residual stream is a sum: who writes, who reads, and into what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planted_transformer import PlantedForCausalLM

Input = Literal["q", "k", "v", "mlp", "logits"]


@dataclass(frozen=True, order=True)
class Node:
    """What writes into the stream, or (``logits``) reads it last. ``embedding``: tokens and positions together."""

    layer: int
    kind: Literal["embedding", "head", "mlp", "logits"]
    head: int = -1

    def __str__(self) -> str:
        return {"head": f"{self.layer}.{self.head}", "mlp": f"mlp {self.layer}"}.get(self.kind, self.kind)


EMBEDDING = Node(-1, "embedding")
LOGITS = Node(1_000_000, "logits")
"""After every layer, however many there are."""


def head(layer: int, index: int) -> Node:
    return Node(layer, "head", index)


def mlp(layer: int) -> Node:
    return Node(layer, "mlp")


@dataclass(frozen=True, order=True)
class Edge:
    """What ``source`` wrote, as ``target`` reads it ``into`` one of its inputs."""

    source: Node
    target: Node
    into: Input

    def __str__(self) -> str:
        return f"{self.source} → {self.target}" + (f".{self.into}" if self.target.kind == "head" else "")


def inputs_of(node: Node) -> tuple[Input, ...]:
    if node.kind == "head":
        return ("q", "k", "v")
    return {"mlp": ("mlp",), "logits": ("logits",)}.get(node.kind, ())  # type: ignore[return-value]


def writes_before(source: Node, target: Node) -> bool:
    """Whether ``target`` sees what ``source`` writes: a layer's MLP reads after its heads, its heads side by side."""
    if source.layer == target.layer:
        return source.kind == "head" and target.kind == "mlp"
    return source.layer < target.layer


def writers(model: PlantedForCausalLM) -> list[Node]:
    """Heads and MLPs in the order in which they run; MLPs only where there are any."""
    config = model.config
    return [
        node
        for layer in range(config.num_hidden_layers)
        for node in (
            *(head(layer, index) for index in range(config.num_attention_heads)),
            *([mlp(layer)] if config.intermediate_size else []),
        )
    ]


def all_edges(model: PlantedForCausalLM) -> list[Edge]:
    """Every edge there could be, sources in order within targets in order."""
    nodes = writers(model)
    return [
        Edge(source, target, into)
        for target in (*nodes, LOGITS)
        for into in inputs_of(target)
        for source in (EMBEDDING, *nodes)
        if writes_before(source, target)
    ]
