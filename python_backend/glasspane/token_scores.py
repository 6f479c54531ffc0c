"""Sums over the scores of a result's tokens. Special tokens were added, not written: scales leave them out."""

from __future__ import annotations

from collections.abc import Sequence

from .protocol import AttributionResult, Token


def summed(result: AttributionResult) -> list[float]:
    """The scores of all targets together [token], in units of the score function."""
    return [sum(column) for column in zip(*result.scores, strict=True)]


def magnitude(scores: Sequence[float], tokens: Sequence[Token]) -> float:
    """Σ|score| over written tokens: what shares are of."""
    return sum(abs(score) for score, token in zip(scores, tokens, strict=True) if not token.special)


def largest(scores: Sequence[float], tokens: Sequence[Token]) -> float:
    """The strongest |score| of a written token, against which colours are scaled; 0 where there is none."""
    written = (abs(score) for score, token in zip(scores, tokens, strict=True) if not token.special)
    return max(written, default=0.0)
