"""Where continuations come from: one small interface, so that another kind of model is one more file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..kernel.progress import Report
from ..protocol import Prompt
from .sampling import Continuation, Sampling


@dataclass(frozen=True)
class Ask:
    """One continuation that is wanted: of ``begun``, the reply's beginning, behind ``prompt``.

    ``arm`` and ``index`` say what it is for, so that two asks alike in all else are two calls.
    """

    prompt: Prompt
    begun: str
    seed: int
    sampling: Sampling
    arm: str
    index: int = 0


@dataclass(frozen=True)
class Reply:
    """What came of an :class:`Ask`; ``prompt_tokens`` is None where nobody counted them."""

    continuation: Continuation
    prompt_tokens: int | None

    @property
    def text(self) -> str:
        return self.continuation.text


@dataclass(frozen=True)
class Ability:
    """Whether a source can do something, and how that is known."""

    able: bool
    shown_by: str


@dataclass(frozen=True)
class Abilities:
    """What was found out about a source, by asking it and never by its name."""

    continues: Ability
    """It goes on with a reply that was begun for it."""
    seeds: Ability
    """The same seed gives the same reply."""
    scores: Ability
    """It tells the log-probability of a given answer."""
    distinct: Ability
    """Other seeds give other replies."""

    @property
    def cautions(self) -> tuple[str, ...]:
        """What figures of such a source must not be taken for."""
        return ()

    @property
    def mark(self) -> str:
        """Goes behind the arm's name where a source is asked in a way of its own."""
        return ""

    @property
    def otherwise(self) -> str:
        """A sentence where the source is asked in a way that makes it another test; else empty."""
        return ""

    @property
    def unseen(self) -> str:
        """A sentence where the model was seen to reason out of sight; else empty."""
        return ""


class Watch(Protocol):
    """Hears of every call of a source, by its place among the asks, from whatever thread makes it."""

    def before(self, at: int) -> None:
        """A call is about to be made; raises where it may not be."""
        ...

    def failed(self, at: int, problem: str, tokens: int = 0) -> None:
        """It brought no reply, for a reason with a short name such as ``429``."""
        ...

    def written(self, at: int, reply: Reply) -> None: ...


class Source(Protocol):
    """A model that replies.

    ``identity`` names the very model (its weights or revision, its address): replies of two sources with the same
    identity may stand for one another.
    """

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...

    def abilities(self) -> Abilities:
        """Found out once and kept."""
        ...

    def write(self, asks: Sequence[Ask], report: Report, watch: Watch) -> None:
        """A reply to each of ``asks``, told to ``watch`` as soon as it is there.

        Raises what ``watch.before`` raises, once the calls made before are done; and
        :class:`~glasspane.errors.GlasspaneError` where a reply cannot be had.
        """
        ...

    def score(self, asks: Sequence[Ask], answers: Sequence[str], report: Report) -> list[AnswerScore] | None:
        """Log-probability of ``answers[i]`` behind ``asks[i]``; None where the source does not tell."""
        ...


@dataclass(frozen=True)
class AnswerScore:
    """Σ log p (nats) over the answer's tokens, and how many there are: for the mean per token.

    ``at_most``: one of the tokens was not told of; ``log_prob`` is what it cannot be above, and ``tokens`` ends there.
    """

    log_prob: float
    tokens: int
    at_most: bool = False

    @property
    def per_token(self) -> float:
        return self.log_prob / self.tokens


@runtime_checkable
class BoundsScores(Protocol):
    """A source that tells of the likeliest tokens alone: what it does not list has an upper bound."""

    def score_or_bound(
        self, asks: Sequence[Ask], answers: Sequence[str], report: Report, most_tokens: int | None = None
    ) -> list[AnswerScore] | None:
        """As ``score``, of the first ``most_tokens`` alone if given, with a bound where a token is not listed.

        None where nothing is listed at all, or an answer has more tokens than can be walked along.
        """
        ...

    def scoring_calls(
        self, asks: Sequence[Ask], answers: Sequence[str], most_tokens: int | None = None
    ) -> tuple[int, int]:
        """Calls that :meth:`score_or_bound` makes at most, and how many of them are kept from before. Sends nothing."""
        ...
