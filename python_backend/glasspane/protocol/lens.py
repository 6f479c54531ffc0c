"""Lenses: what each layer would say if it were the last, and what each part of the model adds to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self, TypeAliasType

from .attribution import Cost
from .consistency import refuse_misplaced, refuse_no_share, refuse_other_lengths, refuse_overflow
from .message import Message
from .patching import AnswerToken
from .prompts import Prompt, Segment, Token
from .subjects import AutoSubject, SubjectCard, SubjectRef
from .targets import ContrastTarget, TokenTarget, TopTarget

LensTarget = TypeAliasType(
    "LensTarget", Annotated[TopTarget | TokenTarget | ContrastTarget, Field(discriminator="kind")]
)


class LensRequest(Message):
    """From which layer on does the model know its answer, and which of its parts say it?"""

    kind: Literal["lens"] = "lens"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    prompt: Prompt
    target: LensTarget = Field(default_factory=TopTarget)
    position: int = Field(
        default=-1, description="The token after which the answer is read; below 0, counted from the end."
    )
    last: int | None = Field(
        default=None,
        ge=1,
        description="Only so many of the last positions; None: all, as far as there is room.",
    )
    top: int = Field(default=5, ge=1, le=20, description="How many of the likeliest tokens per cell.")
    direct: bool = Field(
        default=True, description="Whether the logit is attributed to the model's parts too."
    )
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class LensTable(Message):
    """What the residual stream says, decoded by the final norm and the unembedding.

    Flat, [row, position] with positions running fastest; row l is the stream after l layers, so that row 0 is the
    embedding and the last one what the model itself says. ``top_ids`` and ``top_probabilities`` have ``top`` entries
    per cell, the likeliest first.
    """

    top_ids: list[int]
    top_probabilities: list[float]
    entropy: list[float] = Field(description="Of the next-token distribution, in nats.")
    divergence: list[float] = Field(description="KL(the model's own prediction ‖ this row's), in nats.")
    answer_probability: list[float]
    answer_rank: list[int] = Field(description="1: no token is likelier.")
    versus_probability: list[float] | None
    versus_rank: list[int] | None
    own_rank: list[int] = Field(description="Rank of what the model itself says in the end at this position.")


class DirectAttribution(Message):
    """The logit (or difference of two) at the answer's position as a sum of what was written into the stream.

    The final norm is frozen at its scale on this prompt, so that it is linear: embedding + positions + Σ attention +
    Σ mlp + bias = value. An attention layer's own term is Σ heads + its bias.
    """

    value: float = Field(description="The logit or difference, before any cap on logits.")
    capped: float | None = Field(description="The same behind the cap; None: this model caps no logits.")
    embedding: float
    positions: float | None = Field(description="None: positions are not added to the stream.")
    attention: list[float] = Field(description="[layer]")
    mlp: list[float] = Field(description="[layer]")
    heads: list[list[float]] = Field(description="[layer, head]")
    attention_bias: list[float] = Field(description="[layer]: of the output projection, in no head.")
    bias: float = Field(description="Of the final norm and the unembedding.")
    gap: float = Field(description="The value less the sum of all terms: what rounding left.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        rows: list[Sequence[object]] = [self.attention, self.mlp, self.heads, self.attention_bias]
        refuse_other_lengths("layers", rows, len(self.attention))
        if not all(self.heads):
            raise ValueError("a layer has no heads")
        terms = [self.value, self.embedding, self.positions or 0.0, self.bias]
        refuse_overflow([terms, self.attention, self.mlp, self.attention_bias, *self.heads])
        return self


class LensResult(Message):
    """Answer to :class:`LensRequest`; self-contained."""

    kind: Literal["lens"] = "lens"
    glasspane: str = Field(description="Version that made it.")
    versions: dict[str, str] = Field(description="torch, transformers, python.")
    subject: SubjectCard
    text: str
    rendered: str | None = None
    template: Literal["chat", "raw"] = "raw"
    segments: list[Segment] = Field(default_factory=list)
    tokens: list[Token]
    layers: int = Field(description="The table has a row more: the embedding.")
    positions: list[int] = Field(description="The tokens that are the table's columns.")
    position: int = Field(description="The token after which the answer is read.")
    answer: AnswerToken
    versus: AnswerToken | None
    top: int = Field(description="How many of the likeliest tokens each cell has.")
    texts: list[AnswerToken] = Field(description="Every token that is likeliest somewhere, by id.")
    table: LensTable
    answer_layer: int | None = Field(
        description="Layers after which the answer comes first, to stay; None: it is not first in the end."
    )
    ahead_layer: int | None = Field(
        description="Layers after which the answer is likelier than the other one, to stay; None: it is not, or alone."
    )
    own: list[AnswerToken] = Field(description="What the model itself says after each of the positions.")
    own_layers: list[int] = Field(description="Layers after which that comes first, to stay.")
    sentences: list[str] = Field(description="When the answer appears, and what adds most to it.")
    direct: DirectAttribution | None
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: LensRequest = Field(description="The request that gives this result again.")

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        refuse_misplaced(self.text, self.tokens, self.segments)
        cells = (self.layers + 1) * len(self.positions)
        table = self.table
        rows: list[Sequence[object]] = [table.entropy, table.divergence, table.own_rank]
        rows += [table.answer_probability, table.answer_rank]
        rows += [row for row in (table.versus_probability, table.versus_rank) if row is not None]
        refuse_other_lengths("cells", rows, cells)
        refuse_other_lengths("tokens", [table.top_ids, table.top_probabilities], cells * self.top)
        refuse_other_lengths("positions", [self.own, self.own_layers], len(self.positions))
        refuse_no_share(table.top_probabilities)
        if not set(table.top_ids) <= {each.id for each in self.texts}:
            raise ValueError("a token of the table has no text")
        if self.position not in self.positions or max(self.positions) >= len(self.tokens):
            raise ValueError("a position is meant that there is not")
        return self
