"""Intervals of sums of shares: what a score is, whatever the method."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt

from scipy import stats

from ..auditing.proportions import Interval, critical_value, wilson


def interval_of_sum(
    weights: Sequence[float], shares: Sequence[tuple[float, int]], level: float = 0.95
) -> Interval:
    """Of Σ w p with each share p from ``(estimate, replies)`` of its own.

    Of a difference of two shares it is Newcombe's interval (1998, method 10). In general, with Wilson's limits (l, u)
    of each: Σ w p̂ − √(Σ (w p̂ − min(w l, w u))²) up to Σ w p̂ + √(Σ (max(w l, w u) − w p̂)²), the method of variance
    estimates recovery (Zou, Huang & Zhang 2009, Comput. Stat. Data Anal. 53:1080). Of more than two shares near ½ that
    is too short (88 % for 95 % in simulations): there it is no shorter than ± z √(Σ w² p̃ (1 − p̃) / (n − 1)) with
    p̃ = (n p̂ + z²/2) / (n + z²), the shares of Agresti & Coull (1998).
    """
    z2 = critical_value(level) ** 2
    counted = [(w, share, replies) for w, (share, replies) in zip(weights, shares, strict=True) if w != 0.0]
    estimate = below = above = variance = 0.0
    for weight, share, replies in counted:
        limits = wilson(share * replies, replies, level)
        ends = sorted((weight * limits.low, weight * limits.high))
        estimate += weight * share
        below += (weight * share - ends[0]) ** 2
        above += (ends[1] - weight * share) ** 2
        drawn = (share * replies + z2 / 2) / (replies + z2)
        variance += weight**2 * drawn * (1 - drawn) / max(1, replies - 1)
    least = z2 * variance if len(counted) > 2 else 0.0
    return Interval(estimate, estimate - sqrt(max(below, least)), estimate + sqrt(max(above, least)), level)


def widened(interval: Interval, error: float, freedom: int) -> Interval:
    """By another source of chance, with this standard error and degrees of freedom (Student's t): the squares of what
    both reach add up."""
    reach = float(stats.t.ppf((1 + interval.level) / 2, freedom)) * error
    return Interval(
        interval.estimate,
        interval.estimate - hypot(interval.estimate - interval.low, reach),
        interval.estimate + hypot(interval.high - interval.estimate, reach),
        interval.level,
    )
