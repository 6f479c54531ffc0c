"""One method on a prompt before and after an edit: what the edit changed, and which tokens carry it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import GlasspaneError
from ...kernel.progress import Report, never_back, part_of, silent
from ...protocol import (
    AttributionResult,
    ClassTarget,
    CompletionTarget,
    ContrastTarget,
    Cost,
    DiffRequest,
    ExplainRequest,
    PartialResult,
    PromptDiffResult,
    Target,
    TokenPair,
    TokenTarget,
    TopTarget,
)
from ...token_scores import largest, summed
from ...version import glasspane_version
from ..call import diff_call
from .prompt_diff_words import sentences, warnings
from .token_alignment import aligned

if TYPE_CHECKING:
    from ...subjects import Subject
    from .compare import Explained

MOVED_FROM = 0.1
"""Differences below this share of the largest |score| of either prompt are not worth naming."""

MOST_MOVED = 5
"""How many unchanged tokens are named at most."""


def explain_both(
    subjects: tuple[Subject, Subject], request: DiffRequest, explained: Explained, report: Report = silent
) -> PromptDiffResult:
    """Explain ``request.before`` on the first of ``subjects`` and ``request.after`` on the second, and compare.

    Raises :class:`GlasspaneError` for everything a person can mend, and ``Cancelled`` from ``report``: half
    a comparison is none.
    """
    began = time.perf_counter()
    _refuse_incomparable(request.before, request.after)
    before = explained(subjects[0], request.before, _named(report, 0.0, 0.5, "before"))
    asked = _asked_after(request, before, subjects)
    after = explained(subjects[1], asked, _named(report, 0.5, 1.0, "after"))
    carried_over = asked.target != request.after.target
    result = difference(before, after, carried_over)
    cost = result.cost.model_copy(update={"seconds": time.perf_counter() - began})
    asked_again = result.request.model_copy(update={"same_target": request.same_target})
    return result.model_copy(update={"cost": cost, "request": asked_again})


def difference(
    before: AttributionResult, after: AttributionResult, carried_over: bool = False
) -> PromptDiffResult:
    """The difference of two explanations by one method, token by token; runs no model.

    Of a completion's rows their sum is compared. Σ differences = change of f − change of f(baseline) +
    change of the completeness difference, where the method is complete. ``carried_over``: the second was
    asked for what the first explained. Raises ``bad_request`` where methods or score functions differ.
    """
    _refuse_incomparable(before.request, after.request)
    one, other = summed(before), summed(after)
    pairs = [
        TokenPair(
            before=i,
            after=j,
            change=change,
            score_before=None if i is None else one[i],
            score_after=None if j is None else other[j],
            difference=(0.0 if j is None else other[j]) - (0.0 if i is None else one[i]),
        )
        for i, j, change in aligned(before.tokens, after.tokens)
    ]
    moved = _moved(before, after, pairs)
    fresh = [each.cost for each in (before, after) if not each.cost.cached]
    return PromptDiffResult(
        glasspane=glasspane_version(),
        before=before,
        after=after,
        pairs=pairs,
        moved=moved,
        sentences=sentences(before, after, pairs, moved, carried_over),
        warnings=warnings(before, after),
        cost=Cost(
            seconds=sum(each.seconds for each in fresh),
            forwards=sum(each.forwards for each in fresh),
            backwards=sum(each.backwards for each in fresh),
            cached=not fresh,
        ),
        code=diff_call(before.code, after.code),
        request=DiffRequest(before=before.request, after=after.request),
    )


def _refuse_incomparable(before: ExplainRequest, after: ExplainRequest) -> None:
    for what, one, other in (
        ("method", before.method, after.method),
        ("score function", before.score, after.score),
    ):
        if one != other:
            raise GlasspaneError(
                "bad_request",
                f"Two prompts are compared by one {what}, not by {one} and {other}.",
                f"Explain both with the same {what}.",
            )


def _asked_after(
    request: DiffRequest, before: AttributionResult, subjects: tuple[Subject, Subject]
) -> ExplainRequest:
    """``request.after``, its target that of ``before`` where it was left open and one thing is asked of both."""
    target = request.after.target
    left_open = isinstance(target, TopTarget) or (
        isinstance(target, CompletionTarget) and target.text is None
    )
    if not request.same_target or not left_open:
        return request.after
    return request.after.model_copy(update={"target": _resolved(before, subjects)})


def _resolved(before: AttributionResult, subjects: tuple[Subject, Subject]) -> Target:
    """What ``before`` explained, spelt out: by id where both subjects mean the same by one."""
    from ...subjects.tokens import tokenizer_fingerprint
    from ..explain import spelt_out

    card = before.target
    if card.kind == "completion":
        return spelt_out(before).target
    fingerprints = [tokenizer_fingerprint(each.tokenizer) for each in subjects]
    same = fingerprints[0] == fingerprints[1] and subjects[0].labels == subjects[1].labels
    own = card.text.removesuffix(f" − {card.versus_text}")
    chosen = card.ids[0] if same else own
    if card.kind == "contrast":
        return ContrastTarget(token=chosen, versus=card.versus_ids[0] if same else card.versus_text or "")
    return ClassTarget(label=chosen) if card.kind == "class" else TokenTarget(token=chosen)


def _moved(before: AttributionResult, after: AttributionResult, pairs: Sequence[TokenPair]) -> list[int]:
    strongest = max(largest(summed(each), each.tokens) for each in (before, after))
    margins = [
        each.margins[0] if each.margins is not None and len(each.margins) == 1 else None
        for each in (before, after)
    ]

    def noise(pair: TokenPair) -> float:
        """Half the 95 % interval of the difference of two independent estimates."""
        sides = zip(margins, (pair.before, pair.after), strict=True)
        return math.hypot(*(row[i] for row, i in sides if row is not None and i is not None))

    found = [
        place
        for place, pair in enumerate(pairs)
        if pair.change == "same"
        and pair.before is not None
        and not before.tokens[pair.before].special
        and pair.difference != 0.0
        and abs(pair.difference) >= max(MOVED_FROM * strongest, noise(pair))
    ]
    return sorted(found, key=lambda place: -abs(pairs[place].difference))[:MOST_MOVED]


def _named(report: Report, first: float, last: float, which: str) -> Report:
    """Progress says which prompt it is about; a partial map of one is no partial difference."""
    if report is silent:
        return silent
    within = never_back(part_of(report, first, last))

    def named(fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        within(fraction, f"{which}: {stage}")

    return named
