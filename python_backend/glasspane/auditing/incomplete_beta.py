"""The regularised incomplete beta function and its inverse, without scipy: an audit of an endpoint needs no more."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_MOST_TERMS = 1000


def regularised_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b), the probability that a Beta(a, b) variable is at most ``x``; ``a``, ``b`` > 0, 0 ≤ x ≤ 1.

    The continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions, 1 + d₁/(1 + d₂/(1 + …)),
    evaluated forwards (Lentz's way) on the side of the mean where it converges fast.
    """
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - regularised_beta(b, a, 1.0 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    fraction, above, below = 1.0, 1.0, 0.0
    for term in range(1, _MOST_TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1.0 / (1.0 + d * below)
        above = 1.0 + d / above
        fraction *= above * below
        if abs(above * below - 1.0) < 1e-15:
            break
    return front / fraction


def beta_quantile(a: float, b: float, probability: float) -> float:
    """The x at which I_x(a, b) is ``probability``, by bisection, to a relative 1e-12."""
    low, high = 0.0, 1.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if regularised_beta(a, b, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2
