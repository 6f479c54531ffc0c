"""Holm's procedure. Truth: statsmodels, the definition by ordered p, and brute force over look-alike intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from glasspane.auditing.proportions import Interval, wilson
from glasspane.auditing.several_steps import holm, p_of, step_down, together

P_VALUES = st.lists(st.floats(1e-9, 1), min_size=1, max_size=9)


def test_holm_by_hand() -> None:
    """0.005 · 4, 0.01 · 3, 0.03 · 2, and 0.04 · 1 raised to the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(P_VALUES)
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@given(P_VALUES, st.sampled_from([0.01, 0.05, 0.3]))
def test_stepping_down_decides_what_holms_p_do(p_values: list[float], alpha: float) -> None:
    shares = step_down(range(len(p_values)), lambda step, error: p_values[step] <= error, alpha)
    adjusted = holm(p_values)
    for step, share in shares.items():
        if abs(adjusted[step] - alpha) > 1e-9:
            assert share.decided == (adjusted[step] < alpha)
        assert share.decided == (p_values[step] <= share.alpha)


def test_the_undecided_share_the_error_that_is_left() -> None:
    shares = step_down([1, 2, 3], lambda step, error: [0.001, 0.04, 0.9][step - 1] <= error, 0.05)
    assert [shares[step].alpha for step in (1, 2, 3)] == pytest.approx([0.05 / 3, 0.025, 0.025])
    assert [shares[step].decided for step in (1, 2, 3)] == [True, False, False]
    assert together(0.05, 4) == 0.0125


@given(st.integers(0, 60), st.floats(0.05, 0.95))
def test_p_of_intervals_is_the_score_tests(count: int, value: float) -> None:
    """Wilson's interval is made of the score test, whose p is known."""
    z = (count / 60 - value) / np.sqrt(value * (1 - value) / 60)
    expected = max(1e-12, 2 * norm.sf(abs(z)))

    def at(level: float) -> Interval:
        return wilson(count, 60, level)

    assert p_of(at, value) == pytest.approx(min(1.0, expected), rel=1e-3)
