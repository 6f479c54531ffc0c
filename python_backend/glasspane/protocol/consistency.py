"""What must hold between the fields of a result, so that whoever reads one can rely on it.

A result may come from a file or a host and be of another version or changed by hand: one that contradicts
itself is refused where it is read. Every check raises ``ValueError``, which pydantic reports with its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

LARGEST_SUM = 1e300
"""Of all |scores|: small multiples of it are numbers still."""


class Stretch(Protocol):
    """Code points of a text, half open."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class PlacedToken(Stretch, Protocol):
    """A token as far as its place is concerned."""

    @property
    def index(self) -> int: ...
    @property
    def segment(self) -> int | None: ...


def refuse_misplaced(text: str, tokens: Sequence[PlacedToken], segments: Sequence[Stretch]) -> None:
    """Tokens are numbered in order; they and the segments lie within the text, and name segments there are."""
    if not tokens:
        raise ValueError("there are no tokens")
    if [token.index for token in tokens] != list(range(len(tokens))):
        raise ValueError("tokens are not numbered in order")
    if any(not 0 <= each.start <= each.end <= len(text) for each in (*tokens, *segments)):
        raise ValueError("a token or segment lies outside the text")
    if any(token.segment is not None and not 0 <= token.segment < len(segments) for token in tokens):
        raise ValueError("a token belongs to a segment that there is not")


def refuse_other_lengths(what: str, rows: Sequence[Sequence[object]], length: int) -> None:
    """Every row has ``length`` entries."""
    if any(len(row) != length for row in rows):
        raise ValueError(f"{what}: there must be {length} of them in every row")


def refuse_no_share(shares: Iterable[float]) -> None:
    """Shares and probabilities lie between 0 and 1, up to rounding."""
    if any(not -1e-6 <= share <= 1 + 1e-6 for share in shares):
        raise ValueError("a share does not lie between 0 and 1")


def refuse_overflow(rows: Sequence[Sequence[float]]) -> None:
    """Scores are finite one by one; shares and differences reckon with their sum."""
    if not sum(abs(score) for row in rows for score in row) <= LARGEST_SUM:
        raise ValueError("the scores are too large to reckon with")
