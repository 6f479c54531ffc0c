"""Several methods on one prompt, and one method on two prompts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from .attribution import AttributionResult, Checks, Cost, ExplainRequest
from .consistency import refuse_misplaced, refuse_other_lengths, refuse_overflow
from .errors import ErrorResult
from .message import Message
from .methods import MethodCard, OptionValue
from .prompts import Segment, Token
from .subjects import SubjectCard
from .targets import TargetCard


class MethodChoice(Message):
    """A method, with those of its options that are not to have their defaults."""

    method: str
    options: dict[str, OptionValue] = Field(default_factory=dict)


class CompareRequest(Message):
    """Do several methods say the same of one prompt? The first row is ``explain`` as it stands."""

    kind: Literal["compare"] = "compare"
    explain: ExplainRequest
    methods: list[MethodChoice] = Field(
        min_length=1, max_length=7, description="The rows after the first: the same asked of other methods."
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class ComparisonRow(Message):
    """What one method says. With a ``problem`` it says nothing, and ``scores`` and ``shares`` are empty."""

    label: str = Field(
        description="The method's name within a sentence, told apart from its like by options."
    )
    method: MethodCard
    scores: list[float] = Field(description="One per token; of a completion's rows, their sum.")
    shares: list[float] = Field(
        description="|score| of a written token as a share of all written ones; 0 for special tokens."
    )
    margins: list[float] | None = Field(
        default=None,
        description="Half the width of each score's 95 % interval; None: not by sampling, or a sum of rows.",
    )
    checks: Checks
    warnings: list[str] = Field(description="Those of this row alone.")
    seconds: float
    problem: ErrorResult | None = Field(
        default=None, description="Why there are no scores: the method refused, failed or was not reached."
    )


class PairAgreement(Message):
    """How far two rows agree on the written tokens, by size |score|."""

    spearman: float | None = Field(
        description="Rank correlation, ties sharing their mean rank; None: one row is the same everywhere."
    )
    overlap: float = Field(description="Share of their ``top`` strongest tokens that they have in common.")
    top: int


class ComparisonResult(Message):
    """Answer to :class:`CompareRequest`; self-contained."""

    kind: Literal["comparison"] = "comparison"
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
    target: TargetCard = Field(description="The same for every row.")
    rows: list[ComparisonRow]
    agreement: list[list[PairAgreement | None]] = Field(
        description="[row, row]; None where one of the two has no scores."
    )
    sentences: list[str] = Field(description="Where one method stands alone, or that none does.")
    complete: bool = Field(description="False: cancelled; rows not reached have the problem ``cancelled``.")
    warnings: list[str] = Field(description="Those of the comparison, and those that every row has.")
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: CompareRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        refuse_misplaced(self.text, self.tokens, self.segments)
        if not self.rows:
            raise ValueError("there are no rows")
        for row in self.rows:
            lists = [row.scores, row.shares, *([] if row.margins is None else [row.margins])]
            refuse_other_lengths("scores", lists, len(self.tokens) if row.problem is None else 0)
            refuse_overflow([row.scores])
        refuse_other_lengths("rows of agreement", [self.agreement, *self.agreement], len(self.rows))
        return self


class DiffRequest(Message):
    """What changes when the prompt does? One method, before and after."""

    kind: Literal["diff"] = "diff"
    before: ExplainRequest
    after: ExplainRequest
    same_target: bool = Field(
        default=True,
        description="Where ``after`` leaves its target open (the likeliest, or what the model itself would "
        "say), explain there what ``before`` explained: then the scores are of one thing.",
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class TokenPair(Message):
    """A token before and its counterpart after; one side is None where it was added or removed."""

    before: int | None = Field(description="Index into the tokens before.")
    after: int | None = Field(description="Index into the tokens after.")
    change: Literal["same", "replaced", "removed", "added"]
    score_before: float | None
    score_after: float | None
    difference: float = Field(description="Score after − score before; what is not there counts 0.")


class PromptDiffResult(Message):
    """Answer to :class:`DiffRequest`; self-contained."""

    kind: Literal["prompt_diff"] = "prompt_diff"
    glasspane: str = Field(description="Version that made it.")
    before: AttributionResult
    after: AttributionResult
    pairs: list[TokenPair] = Field(description="Every token of both, in order.")
    moved: list[int] = Field(
        description="Indices of the pairs whose unchanged token's score changed most, most first."
    )
    sentences: list[str]
    warnings: list[str] = Field(description="Why the two may not be comparable.")
    cost: Cost
    code: str = Field(description="The Python calls that reproduce this result.")
    request: DiffRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        for name, result in (("before", self.before), ("after", self.after)):
            places = [getattr(pair, name) for pair in self.pairs]
            if sorted(place for place in places if place is not None) != list(range(len(result.tokens))):
                raise ValueError(f"every token {name} must be in one pair")
        if any(not 0 <= place < len(self.pairs) for place in self.moved):
            raise ValueError("a pair that moved is not there")
        return self
