"""Which parts of a prompt does an answer depend on, found out by asking the model and by nothing else."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .attribution import Cost
from .audit import AnswerReading, AuditBudget, AuditPrices, AuditSource, AuditSpent, SubjectSource
from .consistency import refuse_overflow
from .message import Message
from .prompts import Prompt, Segment

BlackBoxMethod = TypeAliasType("BlackBoxMethod", Literal["occlusion", "lime", "partition_shap"])
PieceGrain = TypeAliasType("PieceGrain", Literal["words", "sentences", "messages"])
BlackBoxScore = TypeAliasType("BlackBoxScore", Literal["auto", "log_prob", "agreement"])
BlackBoxMeasure = TypeAliasType("BlackBoxMeasure", Literal["log_prob", "first_token_log_prob", "agreement"])


class BlackBoxRequest(Message):
    """On which words, sentences or messages of the prompt does the model's answer depend?"""

    kind: Literal["black_box"] = "black_box"
    model: AuditSource = Field(default_factory=SubjectSource)
    prompt: Prompt
    method: BlackBoxMethod = "occlusion"
    grain: PieceGrain = "sentences"
    replacement: str = Field(
        default="delete", min_length=1, description='"delete", or the text that stands for a missing piece.'
    )
    answer: str | None = Field(
        default=None, min_length=1, description="The answer in question; None: the one that is likeliest."
    )
    reading: AnswerReading = Field(
        default_factory=AnswerReading, description="How the answer is found in longer replies."
    )
    score: BlackBoxScore = Field(
        default="auto",
        description="auto: the answer's log-probability where it is short and the model tells, else agreement.",
    )
    samples: int = Field(
        default=20, ge=10, le=2000, description="Replies to each version of the prompt, for agreement."
    )
    maskings: int = Field(
        default=64, ge=4, le=4096, description="Versions of the prompt, at most; occlusion needs no limit."
    )
    temperature: float = Field(default=0.7, gt=0, le=5)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=256, ge=1, le=8192, description="Of one reply.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    budget: AuditBudget = Field(default_factory=AuditBudget)
    prices: AuditPrices | None = None
    ledger: str | None = Field(
        default=None, description="A file that keeps every reply; None: they are kept with the result alone."
    )
    preview: bool = Field(
        default=False, description="Tell what it would cost: nothing is sent but what that takes."
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class MaskedValue(Message):
    """What the model did with one version of the prompt."""

    missing: list[int] = Field(description="Pieces that were not there, counted from 0.")
    value: float = Field(description="Share of replies with the answer, or log-probability in nats.")
    at_most: bool = Field(
        description="A token of the answer was below those that the model lists: the value is an upper bound."
    )
    replies: int | None = Field(description="How many were sampled; None: the log-probability was read.")
    answers: dict[str, int] = Field(
        description="What the replies answered, most frequent first; those without an answer are left out."
    )


class ScoreInterval(Message):
    """Holds the score with confidence ``level``."""

    low: float
    high: float
    level: float = Field(gt=0, lt=1)


class PieceScore(Message):
    """A piece of the prompt, and by how much it raised the answer's share or log-probability."""

    text: str
    start: int = Field(description="Code point offset in the result's text.")
    end: int
    segment: int | None = Field(description="Index into the result's segments.")
    score: float | None = Field(description="None: it was not reached before the run ended.")
    interval: ScoreInterval | None = Field(description="None: nothing was left to chance.")
    tells: bool | None = Field(
        description="Whether the interval excludes 0; False: no better than noise. None: there is no interval."
    )


class BlackBoxResult(Message):
    """Answer to :class:`BlackBoxRequest`; self-contained."""

    kind: Literal["black_box"] = "black_box"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str]
    model: str = Field(description="As people call it.")
    identity: str = Field(description="Which very model: its weights, or its address.")
    text: str = Field(description="What the offsets of pieces and segments refer to.")
    segments: list[Segment] = Field(description="The messages, each with its role; none of a plain text.")
    pieces: list[PieceScore]
    answer: str = Field(description="The answer in question, as it is compared.")
    scored: str = Field(description="The very text whose log-probability was read, or the reply it is from.")
    measure: BlackBoxMeasure
    measured_by: str = Field(description="What the scores are, and why not something better.")
    absent: str = Field(description="What stands for a missing piece, as a phrase.")
    interval_of: str | None = Field(description="What the intervals allow for; None: there are none.")
    whole: MaskedValue | None = Field(description="With all pieces; None: not reached.")
    nothing: MaskedValue | None = Field(description="With none of them, where the method asks that.")
    gap: float | None = Field(
        description="Sum of scores − (whole − nothing), where the method promises that it is 0."
    )
    surrogate_r2: float | None = Field(
        description="How much of the values a sum over pieces explains (LIME)."
    )
    masked: list[MaskedValue] = Field(description="Every version of the prompt that was asked.")
    sentence: str
    complete: bool = Field(description="False: cancelled, or the budget was spent.")
    spent: AuditSpent
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: BlackBoxRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if not self.pieces:
            raise ValueError("there are no pieces")
        places = [(each.start, each.end) for each in self.pieces]
        places += [(each.start, each.end) for each in self.segments]
        if any(not 0 <= start <= end <= len(self.text) for start, end in places):
            raise ValueError("a piece or segment lies outside the text")
        if any(
            each.segment is not None and not 0 <= each.segment < len(self.segments) for each in self.pieces
        ):
            raise ValueError("a piece belongs to a segment that there is not")
        if any(self.text[each.start : each.end] != each.text for each in self.pieces):
            raise ValueError("a piece is not what stands at its place")
        refuse_overflow([[each.score or 0.0 for each in self.pieces]])
        for each in self.masked:
            if any(not 0 <= piece < len(self.pieces) for piece in each.missing):
                raise ValueError("a piece is missing that there is not")
        return self
