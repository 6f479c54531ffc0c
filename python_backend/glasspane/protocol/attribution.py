"""An explanation: scores of the prompt's tokens, with what they rest on and what they cost."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from .consistency import refuse_misplaced, refuse_other_lengths, refuse_overflow
from .message import Message
from .methods import MethodCard, OptionValue
from .prompts import Prompt, Segment, Token
from .subjects import AutoSubject, SubjectCard, SubjectRef
from .targets import Prediction, ScoreFunction, Target, TargetCard, TopTarget


class ExplainRequest(Message):
    """Attribute ``target`` to the prompt's tokens."""

    kind: Literal["explain"] = "explain"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    prompt: Prompt
    method: str = "integrated_gradients"
    options: dict[str, OptionValue] = Field(default_factory=dict)
    target: Target = Field(default_factory=TopTarget)
    score: ScoreFunction = "logit"
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class Checks(Message):
    """Evidence of how far to trust the scores. None = does not apply to this method."""

    completeness_gap: float | None = Field(
        default=None, description="|sum of scores − (f(x) − f(baseline))| / |f(x) − f(baseline)|."
    )
    completeness_difference: float | None = Field(
        default=None, description="The same gap with its sign, in units of the score."
    )
    baseline_value: float | None = Field(default=None, description="f(baseline) in units of the score.")
    steps: int | None = Field(default=None, description="Path points, samples or maskings used.")
    converged: bool | None = Field(default=None, description="Whether the stopping rule was met.")
    largest_move: float | None = Field(
        default=None,
        description="Largest change of a score at the last doubling, relative to the largest score.",
    )
    sink_share: float | None = Field(
        default=None, description="Share of |score| (or attention) on special tokens and the first position."
    )
    surrogate_r2: float | None = Field(
        default=None, description="Share of the maskings' variance that the fitted linear model explains."
    )
    complete: bool = Field(default=True, description="False: cancelled or interrupted; a partial result.")
    check_seconds: float | None = Field(
        default=None,
        description="Estimated seconds of a check; None: this cannot be checked, or was not finished.",
    )


class Cost(Message):
    """What the answer cost."""

    seconds: float
    stages: dict[str, float] = Field(default_factory=dict, description="Seconds by stage.")
    forwards: int = Field(default=0, description="Rows pushed forward through the model.")
    backwards: int = Field(default=0, description="Rows pushed backward through the model.")
    cached: bool = False


class AttributionResult(Message):
    """Scores of every input token for one or more targets; self-contained."""

    kind: Literal["attribution"] = "attribution"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str] = Field(description="torch, transformers, python.")
    subject: SubjectCard
    text: str = Field(description="The text that token offsets refer to.")
    rendered: str | None = Field(
        default=None, description="What the model read, when the chat template changed the text."
    )
    template: Literal["chat", "raw"] = "raw"
    segments: list[Segment] = Field(default_factory=list)
    tokens: list[Token]
    target: TargetCard
    predictions: list[Prediction] = Field(description="Most likely next tokens or classes, best first.")
    method: MethodCard
    scores: list[list[float]] = Field(description="One row per target, one number per token.")
    margins: list[list[float]] | None = Field(
        default=None,
        description="Half the width of each score's 95 % interval; None: not estimated by sampling.",
    )
    checks: Checks
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: ExplainRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        refuse_misplaced(self.text, self.tokens, self.segments)
        if not self.scores:
            raise ValueError("there are no scores")
        refuse_other_lengths("scores", self.scores, len(self.tokens))
        refuse_overflow(self.scores)
        if self.margins is not None:
            if len(self.margins) != len(self.scores):
                raise ValueError("there must be as many rows of margins as of scores")
            refuse_other_lengths("margins", self.margins, len(self.tokens))
        if self.target.pieces and len(self.target.pieces) != len(self.scores):
            raise ValueError("every row of scores must have its piece of the target")
        if not self.predictions:
            raise ValueError("there are no predictions")
        return self
