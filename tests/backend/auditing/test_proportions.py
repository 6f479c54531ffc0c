"""Intervals of shares and their differences. Truth: the papers' worked examples, scipy, statsmodels, and exact coverage
by summing binomial and multinomial probabilities of every possible count."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy.stats import binom, binomtest, multinomial
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from glasspane.auditing.differences import mcnemar_p, newcombe_independent, newcombe_paired
from glasspane.auditing.incomplete_beta import beta_quantile, regularised_beta
from glasspane.auditing.proportions import (
    Interval,
    Limits,
    clopper_pearson,
    critical_value,
    guarded_wilson,
    wilson,
)

SHARES = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0]
"""The grid on which coverage is stated, of one share or of both that are compared."""
ROUNDING = 1e-9


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (6, 10, 0.31, 0.83),
        (12, 20, 0.39, 0.78),
        (24, 40, 0.45, 0.74),
        (4, 10, 0.17, 0.69),
    ],
)
def test_wilson_as_published(count: int, of: int, low: float, high: float) -> None:
    """Newcombe 1998, Stat. Med. 17:857, table I, and shares of ten to forty replies rounded to two decimals."""
    places = 2 if of in (10, 40) or (count, of) == (12, 20) else 4
    assert tuple(round(end, places) for end in ends(wilson(count, of))) == (low, high)


@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.975, 0.999, 0.999999]))
def test_single_intervals_are_those_of_scipy_and_statsmodels(of: int, part: float, level: float) -> None:
    count = round(part * of)
    assert ends(wilson(count, of, level)) == pytest.approx(
        proportion_confint(count, of, 1 - level, "wilson"), abs=1e-9
    )
    exact = binomtest(count, of).proportion_ci(level, "exact")
    assert ends(clopper_pearson(count, of, level)) == pytest.approx((exact.low, exact.high), abs=1e-8)


@given(st.floats(0.05, 400), st.floats(0.05, 400), st.floats(0, 1))
def test_incomplete_beta_is_scipys(a: float, b: float, x: float) -> None:
    assert regularised_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), abs=1e-10)


@given(st.floats(1, 200), st.floats(1, 200), st.floats(1e-7, 1 - 1e-7))
def test_beta_quantile_is_scipys(a: float, b: float, probability: float) -> None:
    assert beta_quantile(a, b, probability) == pytest.approx(special.betaincinv(a, b, probability), rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_independent_as_published(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Newcombe 1998, Stat. Med. 17:873, table II, method 10, all eight examples."""
    assert tuple(round(end, 4) for end in ends(newcombe_independent(*counts))) == (low, high)


@given(st.integers(1, 80), st.integers(1, 80), st.floats(0, 1), st.floats(0, 1))
def test_newcombe_independent_is_statsmodels(of: int, other_of: int, part: float, other_part: float) -> None:
    counts = round(part * of), of, round(other_part * other_of), other_of
    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=0.03)
    assert ends(newcombe_independent(*counts, level=0.97)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((1, 1, 7, 12), -0.507, -0.026), ((59, 6, 16, 80), -0.1186, -0.0046)],
)
def test_newcombe_paired_as_published(table: tuple[int, int, int, int], low: float, high: float) -> None:
    """Fagerland, Lydersen & Laake, Statistical Analysis of Contingency Tables (2017), chapter 8: airway
    hyper-responsiveness before and after a transplantation, and complete response before and after a therapy."""
    places = 3 if sum(table) == 21 else 4
    assert tuple(round(end, places) for end in ends(newcombe_paired(*table))) == (low, high)


def test_paired_without_association_is_independent() -> None:
    """φ = 0 where the cross products are equal; then pairing changes nothing."""
    assert ends(newcombe_paired(4, 6, 8, 12)) == pytest.approx(ends(newcombe_independent(10, 30, 12, 30)))


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_statsmodels(one: int, other: int) -> None:
    expected = mcnemar([[3, one], [other, 4]], exact=True).pvalue if one + other else 1.0
    assert mcnemar_p(one, other) == pytest.approx(expected)


def test_mcnemar_as_published() -> None:
    """The same two examples: exact conditional P = 0.0703 and 0.0525."""
    assert round(mcnemar_p(1, 7), 4) == 0.0703
    assert round(mcnemar_p(6, 16), 4) == 0.0525


@pytest.mark.parametrize("limits", [wilson, guarded_wilson])
def test_intervals_widen_with_the_level_and_narrow_with_the_samples(limits: Limits) -> None:
    for part in np.linspace(0, 1, 21):
        by_level = [limits(40 * part, 40, level) for level in (0.9, 0.95, 0.99, 0.9999)]
        by_count = [limits(count * part, count, 0.95) for count in (10, 11, 20, 40, 400)]
        for narrow, wide in pairwise(by_level):
            assert wide.low <= narrow.low <= narrow.high <= wide.high
        for wide, narrow in pairwise(by_count):
            assert wide.low <= narrow.low + ROUNDING
            assert narrow.high <= wide.high + ROUNDING


def test_what_is_no_share_is_refused() -> None:
    for call in (
        lambda: wilson(0, 0),
        lambda: wilson(3, 2),
        lambda: wilson(-1, 2),
        lambda: newcombe_independent(1, 2, 0, 0),
        lambda: newcombe_paired(0, 0, 0, 0),
        lambda: critical_value(1.0),
    ):
        with pytest.raises(ValueError, match=r"trials|level"):
            call()


@pytest.mark.parametrize("of", [20, 40])
def test_exact_coverage_of_a_single_share(of: int) -> None:
    counts = np.arange(of + 1)
    found = [guarded_wilson(count, of) for count in range(of + 1)]
    low, high = np.array([each.low for each in found]), np.array([each.high for each in found])
    coverage = [
        binom.pmf(counts, of, p)[(low <= p + ROUNDING) & (p - ROUNDING <= high)].sum() for p in SHARES
    ]
    print(f"guarded Wilson, n = {of}: coverage {min(coverage):.3f} to {max(coverage):.3f}")
    assert min(coverage) >= 0.93


@pytest.mark.parametrize("of", [20, 40])
def test_exact_coverage_of_a_difference_of_separate_samples(of: int) -> None:
    counts = np.arange(of + 1)
    found = [
        [newcombe_independent(one, of, other, of, 0.95, guarded_wilson) for other in counts] for one in counts
    ]
    low = np.array([[each.low for each in row] for row in found])
    high = np.array([[each.high for each in row] for row in found])
    coverage = []
    for p in SHARES:
        for q in SHARES:
            inside = (low <= p - q + ROUNDING) & (p - q - ROUNDING <= high)
            coverage.append(binom.pmf(counts, of, p) @ inside @ binom.pmf(counts, of, q))
    print(
        f"separate, n = {of}: coverage {min(coverage):.3f} to {max(coverage):.3f}, mean {np.mean(coverage):.3f}"
    )
    assert min(coverage) >= 0.93


@pytest.mark.parametrize("of", [20, 40])
def test_exact_coverage_of_a_difference_of_pairs(of: int) -> None:
    """Over every table of ``of`` pairs, for the shares of the grid, independent and halfway to the most association."""
    tables = np.array(
        [
            (a, b, c, of - a - b - c)
            for a in range(of + 1)
            for b in range(of + 1 - a)
            for c in range(of + 1 - a - b)
        ]
    )
    found = [newcombe_paired(*table, 0.95, guarded_wilson) for table in tables.tolist()]
    low, high = np.array([each.low for each in found]), np.array([each.high for each in found])
    coverage = {}
    for p in SHARES:
        for q in SHARES:
            for association in (0.0, 0.5):
                both = (1 - association) * p * q + association * min(p, q)
                cells = np.clip([both, p - both, q - both, 1 - p - q + both], 0, 1)
                weights = multinomial.pmf(tables, of, cells / cells.sum())
                inside = (low <= p - q + ROUNDING) & (p - q - ROUNDING <= high)
                coverage[p, q, association] = weights[inside].sum()
    worst = min(coverage, key=coverage.__getitem__)
    print(
        f"paired, n = {of}: coverage from {coverage[worst]:.3f} at {worst}, mean {np.mean(list(coverage.values())):.3f}"
    )
    assert coverage[worst] >= 0.93
