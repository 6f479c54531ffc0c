"""A transformer as a graph: heads and MLPs write into the residual stream, and read what was written before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Input = Literal["q", "k", "v", "mlp", "logits"]
"""What of a node reads the stream."""


@dataclass(frozen=True, order=True)
class Node:
    """What writes into the stream: the embedding, a head, an MLP; or the logits, which read it last.

    Written as TransformerLens' users do: ``9.6`` is head 6 of layer 9, ``mlp 3`` the MLP of layer 3.
    """

    layer: int
    kind: Literal["embed", "head", "mlp", "logits"]
    head: int = -1

    def __str__(self) -> str:
        if self.kind == "head":
            return f"{self.layer}.{self.head}"
        return f"mlp {self.layer}" if self.kind == "mlp" else self.kind


@dataclass(frozen=True, order=True)
class Edge:
    """What ``source`` wrote, as ``target`` reads it into one of its inputs."""

    source: Node
    target: Node
    into: Input

    def __str__(self) -> str:
        into = f".{self.into}" if self.target.kind == "head" else ""
        return f"{self.source} → {self.target}{into}"


@dataclass(frozen=True)
class Graph:
    """How many layers and heads there are; ``parallel``: an MLP reads what its layer's attention reads."""

    layers: int
    heads: int
    key_value_heads: int
    parallel: bool

    @property
    def embed(self) -> Node:
        return Node(-1, "embed")

    @property
    def logits(self) -> Node:
        return Node(self.layers, "logits")

    def writers(self) -> list[Node]:
        """Heads and MLPs, as they run."""
        return [
            node
            for layer in range(self.layers)
            for node in (*(Node(layer, "head", head) for head in range(self.heads)), Node(layer, "mlp"))
        ]

    def writes_before(self, source: Node, target: Node) -> bool:
        """Whether ``target`` sees what ``source`` writes."""
        if source.layer != target.layer:
            return source.layer < target.layer
        return source.kind == "head" and target.kind == "mlp" and not self.parallel

    def edges(self) -> list[Edge]:
        """Every edge there could be; keys and values of grouped heads stand at the first head of the group."""
        sources = [self.embed, *self.writers()]
        group = self.heads // self.key_value_heads
        edges = []
        for target in (*self.writers(), self.logits):
            for into in self._inputs(target, group):
                edges += [
                    Edge(source, target, into) for source in sources if self.writes_before(source, target)
                ]
        return edges

    def _inputs(self, target: Node, group: int) -> tuple[Input, ...]:
        if target.kind == "head":
            return ("q", "k", "v") if target.head % group == 0 else ("q",)
        return ("mlp",) if target.kind == "mlp" else ("logits",)


def node_named(name: str) -> Node:
    """``"9.6"``, ``"mlp 3"``, ``"embed"``; raises ``ValueError`` for anything else."""
    text = name.strip().lower()
    if text == "embed":
        return Node(-1, "embed")
    if text.startswith("mlp"):
        return Node(int(text.removeprefix("mlp").strip()), "mlp")
    layer, _, head = text.partition(".")
    return Node(int(layer), "head", int(head))
