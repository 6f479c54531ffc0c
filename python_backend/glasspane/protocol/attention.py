"""Where the model looks: one view of it at a time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from .attribution import Cost
from .message import Message
from .prompts import Prompt, Segment, Token
from .subjects import AutoSubject, SubjectCard, SubjectRef
from .targets import ScoreFunction, Target, TargetCard, TopTarget


class OverviewView(Message):
    """Every head in figures: how spread its attention is, and on what it rests."""

    show: Literal["overview"] = "overview"


class HeadView(Message):
    """What one head reads, [query, key]; the matrix is quantised, the rows asked for are exact."""

    show: Literal["head"] = "head"
    layer: int = Field(ge=0, description="First layer: 0.")
    head: int = Field(ge=0, description="First head: 0.")
    token: int | None = Field(
        default=None, ge=0, description="A token whose exact weights are wanted: what it reads, who reads it."
    )
    without_sink: bool = Field(
        default=False,
        description="Leave out the first token and let every row's other weights add up to 1 again. "
        "Rows that read nothing else become 0.",
    )
    matrix: bool = Field(default=True, description="False: only the exact rows of ``token``.")
    bits: Literal[8, 16] = Field(default=16, description="Bits of each weight of the matrix.")


class RolloutView(Message):
    """Attention rollout (Abnar & Zuidema 2020) over all layers, [query, token], quantised."""

    show: Literal["rollout"] = "rollout"
    token: int | None = Field(
        default=None, ge=0, description="A token whose exact row and column are wanted."
    )
    matrix: bool = Field(default=True, description="False: only the exact rows of ``token``.")
    bits: Literal[8, 16] = Field(default=16, description="Bits of each share of the matrix.")


class ResidualView(Message):
    """The residual stream layer by layer: its size, what attention and MLP wrote, and from where to where."""

    show: Literal["residual"] = "residual"
    lines: int = Field(
        default=40,
        ge=0,
        le=2000,
        description="How many of the strongest contributions to keep per layer; "
        "the last token's eight strongest are always among them.",
    )


AttentionView = TypeAliasType(
    "AttentionView",
    Annotated[OverviewView | HeadView | RolloutView | ResidualView, Field(discriminator="show")],
)


class AttentionRequest(Message):
    """Where does the model look? One view at a time, so that long prompts stay affordable."""

    kind: Literal["attention"] = "attention"
    subject: SubjectRef = Field(default_factory=AutoSubject)
    prompt: Prompt
    view: AttentionView = Field(default_factory=OverviewView)
    target: Target = Field(
        default_factory=TopTarget,
        description="What the overview's gradient check explains; a completion is read behind the prompt.",
    )
    score: ScoreFunction = "logit"
    job: str | None = Field(
        default=None,
        description="Job id for progress and cancel; set by the server, or by a host without one.",
    )


class Matrix(Message):
    """Numbers for drawing, row by row: number = code × ``step``, codes little-endian in base64.

    ``uint8`` and ``uint16`` codes are rounded, so a number is off by at most half a ``step``;
    ``float32`` is exact (``step`` 1).
    """

    rows: int
    columns: int
    encoding: Literal["uint8", "uint16", "float32"]
    step: float
    data: str


class HeadFigures(Message):
    """One attention head in figures, each a mean over the queries that can read more than one token.

    (A causal model's first token can only read itself: it says nothing about the head.)
    """

    layer: int
    head: int
    entropy: float = Field(description="−Σ w·ln w of a query's weights w, in nats.")
    entropy_share: float = Field(
        description="The same divided by ln(number of tokens that the query can read): 0 to 1, 1 = uniform."
    )
    sink_share: float = Field(description="Weight on the first token (BOS, [CLS] or the first word).")
    special_share: float = Field(description="Weight on all tokens that were added, not written.")
    diagonal_share: float = Field(description="Weight of a token on itself.")
    previous_share: float = Field(description="Weight on the token before.")
    gradient_correlation: float | None = Field(
        description="Spearman rank correlation of what the deciding positions read with |gradient × input|; "
        "None where there is no gradient, or nothing to rank."
    )


class AttentionOverview(Message):
    """Answer to :class:`OverviewView`."""

    show: Literal["overview"] = "overview"
    layers: int
    heads: list[HeadFigures] = Field(description="Layer by layer, head by head.")
    deciding: list[int] = Field(
        description="Queries that the rank correlations are about (their mean); "
        "empty: all of an encoder–decoder's encoder."
    )
    gradient_correlation: float | None = Field(description="The same of the mean over all heads.")


class TokenReading(Message):
    """Exact numbers of one token, for a hover."""

    token: int
    reads: list[float] = Field(description="Its row: how much it takes from every token.")
    read_by: list[float] = Field(description="Its column: how much every token takes from it.")


class HeadDetail(Message):
    """Answer to :class:`HeadView`."""

    show: Literal["head"] = "head"
    layer: int
    head: int
    layers: int
    heads: int = Field(description="Heads of this layer.")
    weights: Matrix | None = Field(description="[query, key].")
    without_sink: bool
    sink: list[float] = Field(
        description="Exact weight of every query on the first token, before it is left out."
    )
    exact: TokenReading | None


class AttentionRollout(Message):
    """Answer to :class:`RolloutView`."""

    show: Literal["rollout"] = "rollout"
    layers: int
    shares: Matrix | None = Field(description="[query, token]; rows add up to 1.")
    exact: TokenReading | None


class Contribution(Message):
    """What ``target`` took from ``source`` in one layer, all heads together.

    ``strength`` = ‖Σ_h α_h·(v_h W_O,h)‖₂, summed over heads, W_O without its bias (Kobayashi et al. 2020,
    arXiv:2004.10102), before any normalisation that follows the projection.
    """

    layer: int
    source: int = Field(description="Token whose vector, as it enters the layer, is read.")
    target: int = Field(description="Token that reads.")
    strength: float
    share: float = Field(description="Strength divided by all that the target took in this layer.")


class ResidualStream(Message):
    """Answer to :class:`ResidualView`. Sizes are L2 norms, exact (float32)."""

    show: Literal["residual"] = "residual"
    layers: int
    stream: Matrix = Field(
        description="[layer + 1, token]: size as it enters each layer; last row: as it leaves the last one."
    )
    attention: Matrix = Field(description="[layer, token]: size of what attention added.")
    mlp: Matrix = Field(description="[layer, token]: size of what the MLP added.")
    attention_relative: Matrix = Field(description="``attention`` divided by ``stream`` entering that layer.")
    mlp_relative: Matrix = Field(description="``mlp`` divided by ``stream`` entering that layer.")
    normalised: bool = Field(
        description="True: the stream is normalised after every addition (BERT), so it does not grow."
    )
    lines: list[Contribution] = Field(description="Layer by layer, strongest first.")


AttentionAnswer = TypeAliasType(
    "AttentionAnswer",
    Annotated[
        AttentionOverview | HeadDetail | AttentionRollout | ResidualStream, Field(discriminator="show")
    ],
)


class AttentionResult(Message):
    """One view of where the model looks; self-contained."""

    kind: Literal["attention"] = "attention"
    glasspane: str = Field(description="Version that made it.")
    subject: SubjectCard
    text: str = Field(description="The text that token offsets refer to.")
    rendered: str | None = Field(
        default=None, description="What the model read, when the chat template changed the text."
    )
    template: Literal["chat", "raw"] = "raw"
    segments: list[Segment] = Field(default_factory=list)
    tokens: list[Token] = Field(
        description="What rows and columns stand for; of an encoder–decoder, what its encoder reads."
    )
    target: TargetCard | None = Field(description="What the gradient check explained; None without one.")
    answer: AttentionAnswer
    note: str = Field(description="What this view can and cannot say; to be shown beside it.")
    warnings: list[str]
    cost: Cost
    code: str = Field(description="The Python call that reproduces this result.")
    request: AttentionRequest = Field(description="The request that gives this result again.")
