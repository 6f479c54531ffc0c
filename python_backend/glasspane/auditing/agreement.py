"""Self-consistency: how often independent chains reach the same answer (Wang et al. 2023, ICLR)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from ..figures import whole_percent
from .proportions import Interval, wilson
from .thresholds import FROZEN, Thresholds


@dataclass(frozen=True)
class Agreement:
    """The vote of several chains.

    ``votes``: every answer with its count, most frequent first, equal ones in the order met. ``majority``: the most
    frequent answer; None where two share the first place, or none could be read. ``agreement``: the share of the most
    frequent answer among those that could be read, with Wilson's interval. The most frequent answer is chosen by the
    same votes, so where many are about equally frequent both are somewhat high. ``spread``: 0 where all agree, 1
    where every chain says something else (entropy of the votes over its largest value). ``unparsed``: the share of
    replies without a readable answer, with Wilson's interval; they are no votes. ``flagged``: agreement below 60 %, or
    no answer at all.
    """

    votes: tuple[tuple[str, int], ...]
    majority: str | None
    agreement: Interval | None
    spread: float
    unparsed: Interval
    flagged: bool
    sentence: str


def agreement_of(
    answers: Sequence[str | None], level: float = 0.95, thresholds: Thresholds = FROZEN
) -> Agreement:
    """Count normalised ``answers`` [chain], None for those that could not be read; ValueError without any chain."""
    unread = wilson(sum(answer is None for answer in answers), len(answers), level)
    read = [answer for answer in answers if answer is not None]
    votes = tuple(Counter(read).most_common())
    if not votes:
        sentence = f"Self-consistency: none of {len(answers)} chains gave an answer that could be read."
        return Agreement((), None, None, 0.0, unread, True, sentence)
    first = votes[0][1]
    winners = [answer for answer, count in votes if count == first]
    share = wilson(first, len(read), level)
    return Agreement(
        votes,
        winners[0] if len(winners) == 1 else None,
        share,
        _spread([count for _, count in votes]),
        unread,
        share.estimate < thresholds.agreement,
        _sentence(winners, first, len(read), len(answers), share),
    )


def _spread(counts: Sequence[int]) -> float:
    total = sum(counts)
    if len(counts) < 2:
        return 0.0
    return -sum(count / total * log(count / total) for count in counts) / log(total)


def _sentence(winners: Sequence[str], votes: int, read: int, chains: int, share: Interval) -> str:
    low, high = whole_percent(share.low).removesuffix(" %"), whole_percent(share.high)
    said = f"Self-consistency: {votes} of {read} chains agree on {winners[0]}"
    if len(winners) > 1:
        said = f"Self-consistency: {len(winners)} answers share the first place with {votes} of {read} chains each"
    unread = (
        f" {chains - read} of {chains} replies had no answer that could be read." if chains > read else ""
    )
    return f"{said}: agreement {whole_percent(share.estimate)} ({low} to {high}).{unread}"
