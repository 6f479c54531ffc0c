"""Planned looks. Truth: published boundaries, scipy's multivariate normal distribution, and simulated random walks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from glasspane.auditing.looks import LookPlan, boundaries, plan_of, spent


@pytest.mark.parametrize(
    "expected",
    [
        (2.9626, 1.9686),
        (3.7103, 2.5114, 1.9930),
        (4.3326, 2.9631, 2.3590, 2.0141),
        (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
    ],
)
def test_boundaries_as_published(expected: tuple[float, ...]) -> None:
    """Two-sided 5 %, equal distances, O'Brien–Fleming-type spending: the tables of Reboussin, DeMets, Kim & Lan (2000,
    Control. Clin. Trials 21:190) and of the packages after them."""
    shares = tuple((at + 1) / len(expected) for at in range(len(expected)))
    assert boundaries(shares, 0.05) == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3, 0.005])
@pytest.mark.parametrize("shares", [(0.5, 0.75, 1.0), (0.1, 0.9, 1.0), (0.3, 0.35, 0.4, 1.0)])
def test_each_look_spends_what_it_may(shares: tuple[float, ...], alpha: float) -> None:
    """The probability to stay inside all boundaries up to each look, by scipy's integral over a box."""
    found = np.array(boundaries(shares, alpha))
    times = np.array(shares)
    correlation = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    for looks in range(1, len(shares) + 1):
        edge = found[:looks]
        inside = multivariate_normal(cov=correlation[:looks, :looks], abseps=1e-9, releps=1e-9).cdf(
            edge, lower_limit=-edge
        )
        assert 1 - inside == pytest.approx(spent(shares[looks - 1], alpha), rel=0.01, abs=1e-5)
    assert spent(1.0, alpha) == pytest.approx(alpha)


def test_random_walks_leave_as_often_as_allowed() -> None:
    steps = np.random.default_rng(5).standard_normal((200_000, 40)).cumsum(1)
    plan = plan_of(40, (0.5, 0.75, 1.0))
    left = np.zeros(len(steps), dtype=bool)
    for look, count in enumerate(plan.samples):
        left |= np.abs(steps[:, count - 1]) / np.sqrt(count) > norm.isf((1 - plan.level(look)) / 2)
    assert left.mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / len(steps)))


def test_one_look_is_no_correction() -> None:
    assert LookPlan((40,)).level(0) == pytest.approx(0.95)
    assert LookPlan((40,)).level(0, 0.01) == pytest.approx(0.99)


def test_plans() -> None:
    assert plan_of(40, (0.5, 0.75, 1.0)).samples == (20, 30, 40)
    assert plan_of(1, (0.5, 0.75, 1.0)).samples == (1,)
    assert plan_of(5, (0.5, 0.75)).samples == (3, 4, 5)
    for wrong in ((), (0, 4), (4, 4), (5, 4)):
        with pytest.raises(ValueError, match="look"):
            LookPlan(wrong)
