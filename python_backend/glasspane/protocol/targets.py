"""What of the answer is explained: asked for, and resolved."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .message import Message


class TopTarget(Message):
    """The most likely next token, or the most likely class."""

    kind: Literal["top"] = "top"


class TokenTarget(Message):
    """One chosen next token: its text (must be exactly one token) or its id."""

    kind: Literal["token"] = "token"
    token: int | str


class ContrastTarget(Message):
    """``token`` rather than ``versus``: the difference of their scores. Works for classes too."""

    kind: Literal["contrast"] = "contrast"
    token: int | str
    versus: int | str


class ClassTarget(Message):
    """A class of a classifier: its label or index."""

    kind: Literal["class"] = "class"
    label: int | str


class CompletionTarget(Message):
    """A continuation: the sum of its tokens' scores, or each of them, given what precedes it."""

    kind: Literal["completion"] = "completion"
    text: str | None = Field(
        default=None, min_length=1, description="None: what the model itself would say, greedily."
    )
    each: bool = Field(default=False, description="A row of scores for every token instead of their sum.")
    tokens: int = Field(
        default=16, ge=1, le=256, description="Most tokens to generate where no text is given."
    )


Target = TypeAliasType(
    "Target",
    Annotated[
        TopTarget | TokenTarget | ContrastTarget | ClassTarget | CompletionTarget, Field(discriminator="kind")
    ],
)


ScoreFunction = TypeAliasType("ScoreFunction", Literal["logit", "log_prob", "prob"])


class Prediction(Message):
    """A likely next token, or a class."""

    id: int
    text: str
    probability: float
    logit: float


class TargetPiece(Message):
    """One token of what was explained, where each has a row of scores of its own."""

    id: int
    text: str
    start: int = Field(description="Code point offset in the result's text.")
    end: int
    value: float = Field(description="Its score, given what precedes it.")
    probability: float


class TargetCard(Message):
    """What was explained, resolved: the token ids, their text and the value of the score."""

    kind: Literal["token", "contrast", "class", "completion"]
    text: str = Field(description='E.g. " Paris", or " Paris − Rome" for a contrast.')
    ids: list[int]
    versus_ids: list[int] = Field(default_factory=list)
    versus_text: str | None = Field(default=None, description="The other side of a contrast.")
    score: ScoreFunction
    value: float = Field(description="The score (or difference of scores) on the prompt.")
    probability: float | None = Field(description="Probability of the token, class or completion.")
    pieces: list[TargetPiece] = Field(
        default_factory=list, description="The row of scores each belongs to; empty where there is one row."
    )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if not self.ids or min([*self.ids, *self.versus_ids]) < 0:
            raise ValueError("the target must name ids, from 0")
        if self.versus_ids and len(self.versus_ids) != len(self.ids):
            raise ValueError("a contrast must have as many ids on both sides")
        return self
