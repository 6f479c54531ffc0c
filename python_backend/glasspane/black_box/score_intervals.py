"""Intervals of sums of shares: what a score is, whatever the method."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from ..auditing.proportions import Interval, wilson


def interval_of_sum(
    weights: Sequence[float], shares: Sequence[tuple[float, int]], level: float = 0.95
) -> Interval:
    """Of Σ w p with each share p from ``(estimate, replies)`` of its own, with Wilson's limits (l, u) of each.

    Σ w p̂ − √(Σ (w p̂ − min(w l, w u))²) up to Σ w p̂ + √(Σ (max(w l, w u) − w p̂)²): the method of variance estimates
    recovery (Zou, Huang & Zhang 2009, Comput. Stat. Data Anal. 53:1080). Of a difference of two shares it is
    Newcombe's interval (1998, method 10).
    """
    estimate = below = above = 0.0
    for weight, (share, replies) in zip(weights, shares, strict=True):
        if weight == 0.0:
            continue
        limits = wilson(share * replies, replies, level)
        ends = sorted((weight * limits.low, weight * limits.high))
        estimate += weight * share
        below += (weight * share - ends[0]) ** 2
        above += (ends[1] - weight * share) ** 2
    return Interval(estimate, estimate - sqrt(below), estimate + sqrt(above), level)
