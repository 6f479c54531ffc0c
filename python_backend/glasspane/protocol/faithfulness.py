"""How far an explanation is to be trusted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .attribution import AttributionResult, Cost, ExplainRequest
from .consistency import refuse_other_lengths
from .message import Message
from .methods import MethodCard
from .subjects import SubjectCard
from .targets import TargetCard


class CheckRequest(Message):
    """How far is an explanation to be trusted? ``explain`` is computed first, or taken from what is kept."""

    kind: Literal["check"] = "check"
    explain: ExplainRequest
    replacement: str = Field(
        default="default",
        description="What stands for a token left out: default, mask, pad, drop, or the text of one token.",
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Of everything that is drawn.")
    rankings: int = Field(
        default=40,
        ge=40,
        le=1000,
        description="Random rankings to stand beside it; fewer have no 95 % interval by rank. "
        "More are taken where they cost nothing.",
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


Verdict = TypeAliasType(
    "Verdict", Literal["better than random", "no better than random", "worse than random"]
)


class FigureAt(Message):
    """A figure with the strongest ``percent`` of the tokens left out (or kept), beside random rankings."""

    percent: int
    tokens: int = Field(description="How many tokens that is here, at least one.")
    value: float
    random_mean: float
    random_low: float
    random_high: float


class FaithfulnessFigure(Message):
    """One measure of how far the scores say what the model does, beside the same of random rankings.

    ``value`` None: it cannot be given here, and ``sentence`` says why.
    """

    name: str
    label: str
    value: float | None
    direction: Literal["higher", "lower"] = Field(description="Which is better.")
    unit: str = Field(description='E.g. "probability".')
    random_mean: float | None
    random_low: float | None = Field(description="95 % of random rankings are between this …")
    random_high: float | None = Field(description="… and this.")
    as_good: float | None = Field(description="Share of random rankings that do as well or better.")
    verdict: Verdict | None
    sentence: str
    replacement: str = Field(description="What is put in place of what is left out, as a phrase.")
    reference: str
    at: list[FigureAt] = Field(
        default_factory=list, description="Where the value is a mean over thresholds: each of them."
    )


class FaithfulnessCurve(Message):
    """The answer's probability as tokens are left out or put in, strongest first."""

    name: Literal["deletion", "insertion"]
    fractions: list[float] = Field(description="Share of the tokens left out (or put in).")
    values: list[float]
    random_mean: list[float]
    random_low: list[float]
    random_high: list[float]

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        lines = [self.values, self.random_mean, self.random_low, self.random_high]
        refuse_other_lengths("points of a curve", lines, len(self.fractions))
        return self


class FaithfulnessResult(Message):
    """Answer to :class:`CheckRequest`: how far the scores are faithful to the model, and how sure the model is."""

    kind: Literal["faithfulness"] = "faithfulness"
    glasspane: str = Field(description="Version that made it.")
    subject: SubjectCard
    method: MethodCard = Field(description="Of the scores that were checked.")
    target: TargetCard
    figures: list[FaithfulnessFigure]
    curves: list[FaithfulnessCurve]
    measured: str = Field(description='What falls and rises, e.g. "the probability of “ Paris”".')
    replacement: str = Field(description="What stands for a token left out, as a phrase.")
    ranked: str = Field(description="In which order tokens were left out, as a phrase.")
    tokens: int = Field(description="How many tokens could be left out.")
    rankings: int = Field(description="How many random rankings stand beside it.")
    every_ranking: bool = Field(description="Whether those are all that there are.")
    verdict: Verdict = Field(description="Of the figures by leaving tokens out, taken together.")
    beats: float = Field(description="Share of random rankings that do worse, the figures taken together.")
    sentence: str
    confidence: float | None = Field(description="The model's own probability of what was explained.")
    confidence_sentence: str
    maskings: int = Field(description="Masked prompts that were evaluated, each once.")
    maskings_asked: int = Field(description="Masked prompts that the definitions ask for, one by one.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python calls that reproduce this result.")
    request: CheckRequest

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if not self.figures:
            raise ValueError("there are no figures")
        return self


class CheckedAttribution(Message):
    """An explanation with its check, as ``glasspane explain --check --json`` prints it."""

    kind: Literal["checked_attribution"] = "checked_attribution"
    attribution: AttributionResult
    faithfulness: FaithfulnessResult
