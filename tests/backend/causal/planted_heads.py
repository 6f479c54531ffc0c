"""Heads written by hand: what each attends to and moves, over a residual stream cut into named channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

HeadClass = Literal[
    "previous_token",
    "induction",
    "duplicate_token",
    "s_inhibition",
    "name_mover",
    "negative_mover",
    "backup_mover",
]

SAME_IN_BOTH = frozenset({"position", "kind"})
"""Channels on which the two prompts of a pair never differ: where a token stands, and whether it is a symbol."""


@dataclass(frozen=True)
class Reading:
    """``weights`` [dim, slot] read one channel of the stream."""

    channel: str
    weights: Tensor


@dataclass(frozen=True)
class Score:
    """One summand of attention scores: strength · ⟨query(x_i), key(x_j)⟩, in nats."""

    strength: float
    query: Reading
    key: Reading


@dataclass(frozen=True)
class HeadPlan:
    """Attends where its ``scores`` add up highest, and moves what it ``moves`` there into the channel ``into``."""

    label: HeadClass
    scores: tuple[Score, ...]
    moves: Reading
    into: str
    gain: float = 1.0

    def reads(self, into: Literal["q", "k", "v"]) -> set[str]:
        if into == "v":
            return {self.moves.channel}
        return {(score.query if into == "q" else score.key).channel for score in self.scores}

    @property
    def slots(self) -> int:
        """Fewest dimensions the head needs."""
        return max(sum(s.query.weights.shape[1] for s in self.scores), self.moves.weights.shape[1])


@dataclass
class Stream:
    """The stream before it is rotated: one axis per token, per position, per symbol and channel, and junk axes.

    ``symbols`` are the token ids that the circuit is about. ``sharp``: by how many nats a head's first choice
    leads. Everything a head reads of the embedding is one-hot.
    """

    vocabulary: int
    length: int
    symbols: Sequence[int]
    channels: Sequence[str]
    junk: int = 12
    sharp: float = 8.0
    places: dict[str, slice] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {"token": self.vocabulary, "position": self.length}
        sizes |= {channel: len(self.symbols) for channel in self.channels} | {"junk": self.junk}
        start = 0
        for name, size in sizes.items():
            self.places[name] = slice(start, start + size)
            start += size
        self.dim = start

    def axes(self, name: str) -> Tensor:
        """[dim, size of the channel], one-hot columns."""
        return torch.eye(self.dim, dtype=torch.float64)[:, self.places[name]]

    def symbol(self) -> Reading:
        """Which symbol the token is, if it is one."""
        return Reading("token", self.axes("token")[:, list(self.symbols)])

    def is_symbol(self) -> Reading:
        return Reading("kind", self.symbol().weights.sum(1, keepdim=True))

    def written(self, channel: str) -> Reading:
        return Reading(channel, self.axes(channel))

    def position(self, columns: slice = slice(None)) -> Reading:
        return Reading("position", self.axes("position")[:, columns])

    def anywhere(self) -> Reading:
        """1 at every position."""
        return Reading("position", self.axes("position").sum(1, keepdim=True))

    def first(self) -> Reading:
        return self.position(slice(0, 1))

    def late(self) -> Reading:
        """1 in the second half of the longest prompt."""
        half = self.position(slice(self.length // 2 + 1, None))
        return Reading("position", half.weights.sum(1, keepdim=True))

    def rest(self) -> Score:
        """A liking for the first token, where attention stays when nothing better comes."""
        return Score(self.sharp, self.anywhere(), self.first())

    # ── heads ────────────────────────────────────────────────────────────────

    def previous_token(self, into: str) -> HeadPlan:
        """Attends from i to i − 1 and tells which symbol stood there."""
        back = Score(2 * self.sharp, self.position(slice(1, None)), self.position(slice(None, -1)))
        return HeadPlan("previous_token", (back,), self.symbol(), into)

    def induction(self, previous: str, into: str) -> HeadPlan:
        """Attends to what came after an earlier token like this one, and copies it (Elhage et al. 2021)."""
        match = Score(2 * self.sharp, self.symbol(), self.written(previous))
        return HeadPlan("induction", (match, self.rest()), self.symbol(), into)

    def duplicate_token(self, into: str) -> HeadPlan:
        """Attends to an earlier symbol like this one, not to itself, and tells which it was."""
        match = Score(2 * self.sharp, self.symbol(), self.symbol())
        not_itself = Score(-2 * self.sharp, self.position(), self.position())
        return HeadPlan("duplicate_token", (match, not_itself, self.rest()), self.symbol(), into)

    def s_inhibition(self, duplicated: str, into: str) -> HeadPlan:
        """Attends to the symbol in the second half, and passes on what was found duplicated there.

        Not simply to the last one: scores that grow with the position are large, and norms would upset them.
        """
        late = Score(1.5 * self.sharp, self.anywhere(), self.late())
        symbol = Score(1.5 * self.sharp, self.anywhere(), self.is_symbol())
        return HeadPlan("s_inhibition", (late, symbol), self.written(duplicated), into)

    def name_mover(self, inhibited: str, into: str) -> HeadPlan:
        """Attends to symbols other than the inhibited one, and copies them (Wang et al. 2022)."""
        symbol = Score(1.5 * self.sharp, self.anywhere(), self.is_symbol())
        not_inhibited = Score(-1.5 * self.sharp, self.written(inhibited), self.symbol())
        return HeadPlan("name_mover", (symbol, not_inhibited), self.symbol(), into)

    def negative(self, mover: HeadPlan) -> HeadPlan:
        """Looks where ``mover`` looks and takes some of what it wrote away."""
        return HeadPlan("negative_mover", mover.scores, mover.moves, mover.into, gain=-0.4)

    def backup(self, mover: HeadPlan) -> HeadPlan:
        """Looks where ``mover`` looks unless that is written already, and rests on the first token then."""
        scores = [s for s in mover.scores if s.key.weights.shape[1] > 1 or s.key.channel == "kind"]
        stronger = tuple(Score(s.strength * 2 * self.sharp / abs(s.strength), s.query, s.key) for s in scores)
        said = Score(-2 * self.sharp, self.written(mover.into), self.symbol())
        return HeadPlan("backup_mover", (*stronger, said, self.rest()), mover.moves, mover.into)


@dataclass(frozen=True)
class HeadWeights:
    """``query``, ``key``, ``value`` [dim, head dim], ``output`` [head dim, dim]; scores take 1/√(head dim)."""

    query: Tensor
    key: Tensor
    value: Tensor
    output: Tensor


def written_out(plan: HeadPlan, stream: Stream, head_dim: int) -> HeadWeights:
    """A plan as matrices; what it does not need of ``head_dim`` is zero."""
    query = torch.cat([score.strength * score.query.weights for score in plan.scores], dim=1)
    key = torch.cat([score.key.weights for score in plan.scores], dim=1)
    # Evenly on both sides, so that neither is conspicuous.
    share = (query.norm() * head_dim**0.5 / key.norm()).sqrt()
    query, key = query * head_dim**0.5 / share, key * share

    def widened(matrix: Tensor) -> Tensor:
        return torch.nn.functional.pad(matrix, (0, head_dim - matrix.shape[1]))

    output = widened(plan.gain * stream.axes(plan.into)).T
    return HeadWeights(widened(query), widened(key), widened(plan.moves.weights), output)


def distractor(stream: Stream, like: HeadWeights, leak: float, random: torch.Generator) -> HeadWeights:
    """Attends some places back, to the first token or at random, reads all, and writes where no circuit head reads.

    What it can move, ‖value · output‖, is between 0.6 and 1.6 times that of ``like``. ``leak``: how strongly it
    writes everywhere else too, as a share of what it writes into junk.
    """

    def noise(model: Tensor) -> Tensor:
        return torch.randn(model.shape, generator=random, dtype=torch.float64)

    def uniform() -> float:
        return float(torch.rand((), generator=random, dtype=torch.float64))

    query, key = noise(like.query), noise(like.key)
    kind = int(torch.randint(3, (), generator=random))
    if kind > 0:
        query, key = query * 0.01, key * 0.01
    if kind == 1:
        back = int(torch.randint(2, 5, (), generator=random))
        slots = min(stream.length - back, query.shape[1])
        query[:, :slots] += stream.position(slice(back, back + slots)).weights
        key[:, :slots] += stream.position(slice(0, slots)).weights
    if kind == 2:
        query[:, :1] += stream.anywhere().weights
        key[:, :1] += stream.first().weights
    value, output = noise(like.value), noise(like.output)
    within = torch.full((stream.dim,), leak, dtype=torch.float64)
    within[stream.places["junk"]] = 1.0
    output = output * within
    value = value * like.value.norm() / value.norm()
    output = output * (like.value @ like.output).norm() / (value @ output).norm() * 2.5 ** (uniform() - 0.5)
    return HeadWeights(
        query * like.query.norm() / query.norm(), key * like.key.norm() / key.norm(), value, output
    )
