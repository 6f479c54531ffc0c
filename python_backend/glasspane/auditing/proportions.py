"""Intervals of one proportion.

Counts may be fractions: what further samples would show is asked with expected counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist

from .incomplete_beta import beta_quantile

NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """An estimate between ``low`` and ``high``, which hold the truth with confidence ``level`` (0 … 1, two-sided)."""

    estimate: float
    low: float
    high: float
    level: float

    def excludes(self, value: float) -> bool:
        return self.low > value or self.high < value


Limits = Callable[[float, float, float], Interval]
"""(successes, trials, level) → the interval of one proportion."""


def critical_value(level: float) -> float:
    """The standard normal quantile z of a two-sided ``level``, e.g. 1.96 for 0.95; ValueError unless 0 < level < 1."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    return -NORMAL.inv_cdf((1.0 - level) / 2.0)


def wilson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Wilson's score interval (E. B. Wilson 1927, J. Am. Stat. Assoc. 22:209; method 3 of Newcombe 1998, Stat. Med.
    17:857): all p with |p̂ − p| ≤ z √(p (1 − p) / n).

    ValueError where there are no trials or more successes than trials.
    """
    share = _share(successes, trials)
    z2 = critical_value(level) ** 2 / trials
    middle = (share + z2 / 2.0) / (1.0 + z2)
    margin = sqrt(share * (1.0 - share) * z2 + z2 * z2 / 4.0) / (1.0 + z2)
    # At the ends the two terms are equal; rounding must not leave 1e-17 there.
    low = 0.0 if share == 0.0 else max(0.0, middle - margin)
    high = 1.0 if share == 1.0 else min(1.0, middle + margin)
    return Interval(share, low, high, level)


def clopper_pearson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """The exact interval (Clopper & Pearson 1934, Biometrika 26:404): no tail beyond it is above (1 − level) / 2."""
    share, tail = _share(successes, trials), (1.0 - level) / 2.0
    failures = trials - successes
    low = beta_quantile(successes, failures + 1.0, tail) if successes > 0 else 0.0
    high = 1.0 - beta_quantile(failures, successes + 1.0, tail) if failures > 0 else 1.0
    return Interval(share, low, high, level)


@lru_cache(maxsize=65536)
def guarded_wilson(successes: float, trials: float, level: float = 0.95) -> Interval:
    """Wilson's interval, no shorter than the exact one on the side of the nearer end (0 or 1).

    There Wilson's limit is too short: a share near 0 has its lower limit missed far more often than (1 − level) / 2
    (Brown, Cai & DasGupta 2001, Stat. Sci. 16:101, who mend it for the first few counts). On the other side, which
    decides whether something never happens, it is Wilson's, unchanged.
    """
    score, exact = wilson(successes, trials, level), clopper_pearson(successes, trials, level)
    return Interval(
        score.estimate,
        min(score.low, exact.low) if score.estimate < 0.5 else score.low,
        max(score.high, exact.high) if score.estimate > 0.5 else score.high,
        level,
    )


def _share(successes: float, trials: float) -> float:
    if not trials > 0:
        raise ValueError("no trials, so no share")
    if not 0 <= successes <= trials * (1 + 1e-12):
        raise ValueError(f"{successes} successes in {trials} trials")
    return min(1.0, successes / trials)
