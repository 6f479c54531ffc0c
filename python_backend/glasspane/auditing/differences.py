"""Intervals and an exact test of the difference of two proportions, from separate or from paired replies."""

from __future__ import annotations

from math import comb, sqrt

from .proportions import Interval, Limits, wilson


def newcombe_independent(
    successes: float,
    trials: float,
    other_successes: float,
    other_trials: float,
    level: float = 0.95,
    limits: Limits = wilson,
) -> Interval:
    """Newcombe's hybrid score interval of p₁ − p₂, independent samples (1998, Stat. Med. 17:873, method 10).

    With (l, u) the ``limits`` of each proportion: p̂₁ − p̂₂ − √((p̂₁ − l₁)² + (u₂ − p̂₂)²) up to
    p̂₁ − p̂₂ + √((u₁ − p̂₁)² + (p̂₂ − l₂)²). ValueError where a sample is empty.
    """
    one = limits(successes, trials, level)
    other = limits(other_successes, other_trials, level)
    return _squared_and_added(one, other, 0.0)


def newcombe_paired(
    both: float,
    only_first: float,
    only_second: float,
    neither: float,
    level: float = 0.95,
    limits: Limits = wilson,
) -> Interval:
    """Newcombe's interval of p₁ − p₂ from pairs (1998, Stat. Med. 17:2635, method 10).

    As for independent samples, less 2 φ (p̂₁ − l₁)(u₂ − p̂₂) under the root, with φ = C / √(product of the margins);
    C = both · neither − only_first · only_second where that is negative, else that less n / 2 but at least 0 (the
    continuity correction that tells this method from method 8). ValueError where there are no pairs.
    """
    pairs = both + only_first + only_second + neither
    first, second = both + only_first, both + only_second
    one, other = limits(first, pairs, level), limits(second, pairs, level)
    margins = first * (pairs - first) * second * (pairs - second)
    together = both * neither - only_first * only_second
    if together > 0:
        together = max(0.0, together - pairs / 2.0)
    return _squared_and_added(one, other, together / sqrt(margins) if margins > 0 else 0.0)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Exact two-sided p that both members of a pair succeed equally often (McNemar 1947, Psychometrika 12:153).

    Twice the smaller binomial tail of the pairs that differ, at ½; 1 where none differ.
    """
    differing = only_first + only_second
    tail = sum(comb(differing, count) for count in range(min(only_first, only_second) + 1))
    return min(1.0, 2.0 * tail / 2.0**differing)


def _squared_and_added(one: Interval, other: Interval, phi: float) -> Interval:
    difference = one.estimate - other.estimate
    below = _length(one.estimate - one.low, other.high - other.estimate, phi)
    above = _length(one.high - one.estimate, other.estimate - other.low, phi)
    return Interval(difference, max(-1.0, difference - below), min(1.0, difference + above), one.level)


def _length(one: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, one * one - 2.0 * phi * one * other + other * other))
