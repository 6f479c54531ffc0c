"""Circuits: which heads and MLPs carry a behaviour, how they are wired, and whether that holds elsewhere."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, model_validator
from typing_extensions import Self

from .attribution import Cost
from .message import Message
from .patching import AnswerToken, PromptPair
from .subjects import AutoSubject, SubjectCard, SubjectRef

Ablation: TypeAlias = Literal["resample", "mean"]
ValidationSet: TypeAlias = Literal["pairs", "held-out pairs"]


class CircuitRequest(Message):
    """Which heads and MLPs make the answer of ``pairs`` come out right?"""

    kind: Literal["circuit"] = "circuit"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    pairs: list[PromptPair] = Field(min_length=2, max_length=1000, description="Those it is found on.")
    held_out: list[PromptPair] = Field(
        default_factory=list, max_length=1000, description="Those it is validated on as well."
    )
    ablation: Ablation = Field(
        default="resample",
        description="What ablated nodes write: what they write for the pair's corrupted prompt, or the mean of that.",
    )
    enough: float = Field(
        default=0.9, gt=0, le=1, description="Share of the behaviour that the circuit has to carry by itself."
    )
    steps: int = Field(
        default=5, ge=1, le=64, description="Points between the prompts at which edges' slopes are taken."
    )
    random_sets: int = Field(default=50, ge=10, le=1000)
    sets: list[list[str]] = Field(
        default_factory=list,
        max_length=100,
        description="Sets of nodes to be ablated together, by their names.",
    )
    seed: int = 0
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class Interval(Message):
    """A mean over pairs with its 95 % interval (bootstrap), or over random sets with their 95 % range."""

    value: float
    low: float
    high: float


class NodeClass(Message):
    """What a head does, and the figures that show it."""

    name: str
    evidence: dict[str, float]


class CircuitNode(Message):
    """A head or MLP; effects are shares of the behaviour, means over pairs."""

    name: str = Field(description="9.6: head 6 of layer 9; mlp 3.")
    layer: int
    head: int | None
    inside: bool = Field(
        description="Whether it is of the circuit; others are listed where they have an effect."
    )
    lost: float = Field(description="What goes when it alone is ablated.")
    restores: float = Field(description="What comes back when it alone is restored to the corrupted run.")
    classes: list[NodeClass] = Field(default_factory=list)


class CircuitEdge(Message):
    """What ``source`` writes, read by one input of ``target``; effects are shares of the behaviour."""

    source: str
    target: str
    into: Literal["q", "k", "v", "mlp", "logits"]
    estimated: float
    exact: float


class CircuitValidation(Message):
    """On one set of pairs; shares of the behaviour there."""

    on: ValidationSet
    pairs: int
    distinct: int = Field(description="Pairs that differ from one another.")
    whole: float = Field(description="Logit difference with every node at work.")
    empty: float = Field(description="Logit difference with every node ablated.")
    faithfulness: Interval = Field(description="Of the circuit by itself.")
    left_without: Interval = Field(description="Of the model without the circuit: what it misses.")
    random_sets: Interval = Field(description="Of random sets of as many heads and MLPs.")
    beaten: float = Field(description="Share of those sets that the circuit beats.")
    minimality: dict[str, Interval] = Field(description="What the circuit loses without one of its nodes.")


class AblatedSet(Message):
    """Nodes ablated together, and what that does beside what each does alone."""

    nodes: list[str]
    lost: Interval
    sum_of_each: float = Field(
        description="Above ``lost`` where they do the same, below where they stand in."
    )


class CircuitResult(Message):
    """Answer to :class:`CircuitRequest`; self-contained."""

    kind: Literal["circuit"] = "circuit"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str] = Field(description="torch, transformers, python.")
    subject: SubjectCard
    layers: int
    heads: int
    right: AnswerToken = Field(description="Of the first pair.")
    wrong: AnswerToken
    nodes: list[CircuitNode]
    edges: list[CircuitEdge] = Field(description="Within the circuit, the strongest first.")
    validation: list[CircuitValidation]
    sets: list[AblatedSet]
    ablation: str = Field(description="What ablated nodes write, in words.")
    verdict: Literal["validated", "not validated", "not held out"]
    summary: list[str] = Field(description="What was shown, and nothing else.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: CircuitRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        names = {node.name for node in self.nodes}
        known = names | {"embed", "logits"}
        if any(edge.source not in known or edge.target not in known for edge in self.edges):
            raise ValueError("an edge leads to a node that is not listed")
        if not self.validation:
            raise ValueError("there is no validation")
        return self
