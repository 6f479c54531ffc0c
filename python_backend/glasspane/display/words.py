"""The sentences and shown tokens that every static surface shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..attribution.methods import within_a_sentence
from ..figures import percent
from ..grain import Grain, grouped
from ..protocol import AttributionResult, Family, SubjectCard, TargetCard
from ..token_scores import magnitude, summed
from ..token_text import visible


@dataclass(frozen=True)
class Row:
    """One token (or some joined) as a table row: its score, and its share of Σ|score| over written tokens."""

    index: int
    text: str
    score: float
    share: float | None
    special: bool


def rows(result: AttributionResult, target: int | None = None, by: Grain = "token") -> list[Row]:
    """A row for every token, or for every group of them that ``by`` joins, at its first token's index.

    Of several targets their sum, unless one is named. Shares are of the tokens' Σ|score| at every grain.
    """
    scores = summed(result) if target is None else result.scores[target]
    total = magnitude(scores, result.tokens)
    joined = [(sum(scores[i] for i in group.tokens), group) for group in grouped(result, by)]
    return [
        Row(g.tokens[0], visible(g.text), s, None if g.special or not total else abs(s) / total, g.special)
        for s, g in joined
    ]


def largest_of(rows: Sequence[Row]) -> float:
    """The strongest |score| of a written row, against which colours are scaled."""
    return max((abs(row.score) for row in rows if not row.special), default=0.0)


def headline(result: AttributionResult) -> str:
    """E.g. ``next token " Paris" (97.3 %), by integrated gradients``."""
    said = answer(result.target, result.subject.family)
    return f"{said}, by {within_a_sentence(result.method.label)}"


def answer(target: TargetCard, family: Family) -> str:
    """E.g. ``next token " Paris" (97.3 %)``."""
    token = "token at the mask" if family == "masked_lm" else "next token"
    what = {"token": token, "class": "class", "completion": "completion", "contrast": "contrast"}
    said = (
        f'"{visible(target.text.removesuffix(f" − {target.versus_text}"))}" rather than "{visible(target.versus_text)}"'
        if target.versus_text is not None
        else f'{what[target.kind]} "{visible(target.text)}"'
    )
    likely = "" if target.probability is None else f" ({percent(target.probability)})"
    return f"{said}{likely}"


def trust(result: AttributionResult) -> str:
    """How far the scores add up, as a sentence."""
    checks = result.checks
    partial = "" if checks.complete else "Partial: the run was not finished. "
    if checks.completeness_gap is None:
        return f"{partial}{result.method.note or ''}"
    within = (
        f"{partial}The scores add up to the change from the baseline ({result.method.baseline}) within "
        f"{percent(checks.completeness_gap)}"
    )
    if checks.converged is None:
        return f"{within}."
    return f"{within}; {'converged' if checks.converged else 'not converged'} at {checks.steps} steps."


def origin(result: AttributionResult) -> str:
    """What was explained and with what, on one line."""
    options = ", ".join(f"{k}={v}" for k, v in result.method.options.items())
    return (
        f"{model(result.subject)} · "
        f"score: {result.target.score} {result.target.value:.4g} · {result.method.name}"
        f"{f' ({options})' if options else ''} · glasspane {result.glasspane}"
    )


def model(card: SubjectCard) -> str:
    """Which model it was and how it was held, on one line."""
    return (
        f"{card.name} · {card.architecture} · {card.parameters:,} parameters · {card.device} · {card.dtype}"
    )
