"""Activation patching: which activations carry the difference between two prompts."""

from __future__ import annotations

from math import prod
from typing import Literal, TypeAlias

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .attribution import Cost
from .consistency import refuse_misplaced, refuse_other_lengths
from .message import Message
from .prompts import Prompt, Segment, Token
from .subjects import AutoSubject, SubjectCard, SubjectRef
from .targets import Prediction

SiteName = TypeAliasType(
    "SiteName", Literal["resid_pre", "attn_out", "mlp_out", "z", "q", "k", "v", "pattern"]
)
GridName = TypeAliasType("GridName", Literal["position", "head", "head_position"])
MetricName = TypeAliasType("MetricName", Literal["logit_difference", "log_prob", "prob", "kl", "loss"])
Direction = TypeAliasType("Direction", Literal["denoising", "noising"])
SweepWay: TypeAlias = Literal["fast", "plain"]


class PatchSite(Message):
    """A kind of activation, and the map it is asked for as."""

    site: SiteName = "resid_pre"
    grid: GridName | None = Field(
        default=None,
        description="[layer, pos], [layer, head] or [layer, head, pos]; None: the usual one of the site.",
    )


class PromptPair(Message):
    """Two prompts of one length in tokens that differ in what matters, and their answers."""

    clean: Prompt
    corrupted: Prompt
    right: int | str | None = Field(
        default=None,
        description="The answer to the clean prompt, one token as text or id; None: its likeliest.",
    )
    wrong: int | str | None = Field(
        default=None,
        description="What is compared with it; None: the likeliest after the corrupted prompt.",
    )


class PatchRequest(Message):
    """What does the answer do when activations of one prompt are put into the run of the other?"""

    kind: Literal["patch"] = "patch"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    pairs: list[PromptPair] = Field(min_length=1, max_length=1000)
    sites: list[PatchSite] = Field(default_factory=lambda: [PatchSite()], min_length=1, max_length=8)
    direction: Direction = Field(
        default="denoising",
        description="denoising: clean activations into the corrupted run; noising: the reverse.",
    )
    metric: MetricName = "logit_difference"
    layers: list[int] | None = Field(
        default=None, min_length=1, description="Only these layers; None: all of them."
    )
    heads: list[int] | None = Field(default=None, min_length=1, description="Only these heads; None: all.")
    exact: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the cells that is computed exactly, those with the strongest estimates first.",
    )
    seed: int = Field(default=0, description="Of the cells that are checked one by one.")
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class PatchAxis(Message):
    """One axis of a map, and which layers, heads or positions lie along it."""

    name: Literal["layer", "head", "position"]
    places: list[int]


class PatchMap(Message):
    """The metric with one activation patched, for every activation of one site; flat, the last axis running fastest."""

    site: SiteName
    label: str
    grid: GridName
    axes: list[PatchAxis]
    raw: list[float] = Field(description="The metric; of several pairs, its mean.")
    normalised: list[float] | None = Field(
        description="0: as in the corrupted run, 1: as in the clean one. None: refused, see the result."
    )
    low: list[float] | None = Field(
        default=None, description="Lower end of the 95 % interval of the mean (raw); None: one pair."
    )
    high: list[float] | None = None
    estimated: list[int] = Field(
        description="Cells whose value is a first-order estimate (attribution patching), not computed exactly."
    )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        cells = prod(len(axis.places) for axis in self.axes)
        rows = [row for row in (self.raw, self.normalised, self.low, self.high) if row is not None]
        refuse_other_lengths("cells", rows, cells)
        if any(not 0 <= index < cells for index in self.estimated):
            raise ValueError("a cell is estimated that there is not")
        return self


class PatchRun(Message):
    """One of the two prompts of the first pair, as the model reads it and continues it."""

    text: str
    rendered: str | None = None
    template: Literal["chat", "raw"] = "raw"
    segments: list[Segment] = Field(default_factory=list)
    tokens: list[Token]
    predictions: list[Prediction]
    value: float = Field(description="The metric of this prompt; of several pairs, the mean.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        refuse_misplaced(self.text, self.tokens, self.segments)
        return self


class AnswerToken(Message):
    """An answer as the model knows it."""

    id: int
    text: str


class SweepCheck(Message):
    """Cells of the fast sweep, computed again one by one by whole forward passes with hooks."""

    way: SweepWay = Field(description="How the exact cells that are shown were computed.")
    cells: int
    largest_difference: float
    tolerance: float
    sentence: str


class PatchResult(Message):
    """Answer to :class:`PatchRequest`; self-contained."""

    kind: Literal["patching"] = "patching"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str] = Field(description="torch, transformers, python.")
    subject: SubjectCard
    clean: PatchRun
    corrupted: PatchRun
    pairs: int
    first_difference: int = Field(
        description="The first token at which the two prompts (of any pair) differ."
    )
    right: AnswerToken | None
    wrong: AnswerToken | None
    metric: str = Field(description="Its name for people.")
    direction: Direction
    maps: list[PatchMap]
    refused: str | None = Field(description="Why there are no normalised values; None: there are.")
    check: SweepCheck
    complete: bool = Field(default=True, description="False: cancelled, or still under way.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: PatchRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if len(self.clean.tokens) != len(self.corrupted.tokens):
            raise ValueError("the two prompts have different numbers of tokens")
        if not self.maps:
            raise ValueError("there are no maps")
        return self
