"""95 % intervals for shares and means of examples that come in groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .folds import Integers

Floats = NDArray[np.float64]


NORMAL_QUANTILE = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


class Interval(NamedTuple):
    """A value between ``low`` and ``high``, with 95 % confidence."""

    value: float
    low: float
    high: float


def share_of(right: NDArray[np.bool_], groups: Integers) -> Interval:
    """Wilson's score interval for the share of ``right`` [example], pooled over all folds.

    Examples of one group tend to be right together, so they count as fewer: their number is divided by the design
    effect (Kish 1965), the variance of the share by groups over that of independent examples, kept between 1 and the
    mean size of a group. Where all are right, or none, it cannot be seen, and its largest value is taken.
    """
    count, value = len(right), float(right.mean())
    most = count / len(np.unique(groups))
    effect = most
    if 0.0 < value < 1.0:
        by_groups = _variance_of_mean(right.astype(np.float64) - value, groups)
        effect = min(max(by_groups / (value * (1 - value) / count), 1.0), most)
    return wilson(value, count / effect)


def wilson(share: float, count: float) -> Interval:
    """Wilson's score interval (1927) for a share of ``count`` independent examples."""
    z2 = NORMAL_QUANTILE**2 / count
    middle = (share + z2 / 2) / (1 + z2)
    margin = float(np.sqrt(share * (1 - share) * z2 + z2**2 / 4)) / (1 + z2)
    return Interval(share, max(0.0, middle - margin), min(1.0, middle + margin))


def mean_of(values: Floats, groups: Integers) -> Interval:
    """Student's interval for the mean of ``values`` [example], its variance by groups (cluster-robust)."""
    from scipy.stats import t

    value = float(values.mean())
    count_groups = len(np.unique(groups))
    if count_groups < 2:
        return Interval(value, value, value)
    margin = float(t.ppf(0.975, count_groups - 1)) * float(np.sqrt(_variance_of_mean(values - value, groups)))
    return Interval(value, value - margin, value + margin)


def _variance_of_mean(residuals: Floats, groups: Integers) -> float:
    """Σ_g (Σ_i∈g r_i)² / n² · G / (G − 1)."""
    _, at = np.unique(groups, return_inverse=True)
    sums = np.bincount(at, weights=residuals)
    count = len(sums)
    return float((sums**2).sum() / len(residuals) ** 2 * count / max(1, count - 1))
