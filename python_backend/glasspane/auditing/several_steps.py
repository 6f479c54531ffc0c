"""Verdicts on several steps at once: with each further step a wrong verdict somewhere grows more likely.

Holm's step-down procedure (1979, Scand. J. Stat. 6:65) keeps the probability of any wrong verdict in a chain below
alpha: the clearest of S steps is judged at alpha / S, the next at alpha / (S − 1), and so on until one is not decided;
the rest is judged at that last share.

Which intervals go with it is a choice. Simultaneous intervals that always agree with Holm's verdicts exist
(Strassburger & Bretz 2008; Guilbaud 2008), but as long as one step is open they end, for each decided step, exactly at
the threshold: they say "above 0.2" and hide how far. So each step shows the interval at the level it was judged at. It
agrees with the verdict by construction, it holds its own step's truth with at least 1 − alpha, and those of the
undecided steps do so together. That *all* steps' truths lie in theirs at once is only promised by the Bonferroni
intervals, at 1 − alpha / S each; they are given beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log

from .proportions import Interval

_SMALLEST_P = 1e-12


@dataclass(frozen=True)
class Share:
    """The part of the allowed error that a step was judged at, and whether it was decided there."""

    alpha: float
    decided: bool


def step_down(
    steps: Sequence[int], decided_at: Callable[[int, float], bool], alpha: float
) -> dict[int, Share]:
    """Holm's procedure over ``steps``, where ``decided_at(step, α)`` says whether its interval at error α decides.

    An interval that decides at some error must decide at any larger one. Steps that are equally clear share a round and
    are judged at its α; the verdicts are those of Holm's ordered p.
    """
    still, shares = list(steps), {}
    while still:
        each = alpha / len(still)
        clear = [step for step in still if decided_at(step, each)]
        for step in clear or still:
            shares[step] = Share(each, bool(clear))
        still = [step for step in still if step not in shares]
    return shares


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p, in the order given: p₍ⱼ₎ · (S − j + 1), made monotone, at most 1."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[at] * (len(p_values) - rank)))
        adjusted[at] = largest
    return adjusted


def together(alpha: float, steps: int) -> float:
    """The error each of ``steps`` intervals may have so that all hold at once with 1 − ``alpha`` (Bonferroni)."""
    return alpha / max(1, steps)


def p_of(interval_at: Callable[[float], Interval], value: float) -> float:
    """The smallest error at which the interval of that level excludes ``value``: the two-sided p of the test that the
    intervals are made of. By bisection, to a relative 1e-6, at least 1e-12; 1 where no interval excludes it."""
    low, high = log(_SMALLEST_P), log(1.0 - 1e-9)
    if not interval_at(1.0 - exp(high)).excludes(value):
        return 1.0
    if interval_at(1.0 - _SMALLEST_P).excludes(value):
        return _SMALLEST_P
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        if interval_at(1.0 - exp(middle)).excludes(value):
            high = middle
        else:
            low = middle
    return exp(high)
