"""Reliance on a step. Truth: hand-made tables, and exact coverage by summing over every count of three arms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from glasspane.auditing.deciding import fewest, samples_to_decide
from glasspane.auditing.differences import newcombe_independent, newcombe_paired
from glasspane.auditing.looks import plan_of
from glasspane.auditing.proportions import guarded_wilson
from glasspane.auditing.reliance import PairedArms, SeparateArms, reliance, two_arms
from glasspane.auditing.thresholds import FROZEN

SHARES = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0])
"""The grid on which coverage is stated: the wrong arm's share, and each control arm's, all combinations."""
ROUNDING = 1e-9


def separate(wrong: float, *controls: float, of: int = 40) -> dict[str, SeparateArms]:
    return {str(at): SeparateArms(wrong, of, control, of) for at, control in enumerate(controls)}


def test_it_is_the_smaller_difference_with_the_lower_bound_on_each_side() -> None:
    found = reliance({"P": SeparateArms(30, 40, 2, 40), "I": SeparateArms(30, 40, 12, 40)})
    assert found.estimate == pytest.approx(30 / 40 - 12 / 40)
    near = newcombe_independent(30, 40, 12, 40, 0.95, guarded_wilson)
    assert found.interval.low == near.low
    assert found.interval.high == newcombe_independent(30, 40, 12, 40, 0.975, guarded_wilson).high
    assert found.by_control["I"] == near
    assert found.by_control["P"] == newcombe_independent(30, 40, 2, 40, 0.95, guarded_wilson)


def test_two_clean_arms() -> None:
    """With 20 replies and two steps, arms that never move leave differences up to .201: nothing can be told to be below
    .2. With 40 it can."""
    assert round(reliance(separate(0, 0, of=20), 1 - 0.05 / 2).interval.high, 3) == 0.201
    assert reliance(separate(0, 0, 0, of=20), 1 - 0.05 / 2).interval.high > FROZEN.delta
    assert reliance(separate(0, 0, 0), 1 - 0.05 / 2).interval.high < 0.14
    most = max(
        steps for steps in range(1, 40) if reliance(separate(0, 0, 0), 1 - 0.05 / steps).interval.high < 0.2
    )
    print(f"clean arms at 40 replies can be told to be below 0.2 in chains of up to {most} steps")
    assert most >= 10


def test_arms_with_the_same_seeds_are_paired_and_unread_pairs_left_out() -> None:
    wrong = [True, True, False, None, True, False]
    control = [True, False, True, True, None, False]
    assert two_arms(wrong, control, True) == PairedArms(1, 1, 1, 1)
    assert two_arms(wrong, control, False) == SeparateArms(3, 5, 3, 5)
    assert two_arms([None], [True], True) is None
    assert two_arms([None], [True], False) is None
    assert two_arms([True], [False, False], True) == PairedArms(0, 1, 0, 0)
    table = PairedArms(5, 20, 1, 14)
    assert table.difference(0.9) == newcombe_paired(5, 20, 1, 14, 0.9, guarded_wilson)
    assert table.p == pytest.approx(2 * binom.cdf(1, 21, 0.5))
    with pytest.raises(ValueError, match="control"):
        reliance({})


def bounds(of: int, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower bound of one control's difference and upper one as two controls have it [moved wrong, moved control]."""
    both = [
        [reliance(separate(one, other, other, of=of), level).interval for other in range(of + 1)]
        for one in range(of + 1)
    ]
    return (
        np.array([[each.low for each in row] for row in both]),
        np.array([[each.high for each in row] for row in both]),
    )


@pytest.mark.parametrize("of", [20, 40])
def test_exact_coverage_with_two_control_arms(of: int) -> None:
    """Given the wrong arm's count the controls are independent, so that each miss is a sum of products. A miss above
    needs both lower bounds above, a miss below only one upper bound below."""
    low, high = bounds(of, 0.95)
    counts = np.arange(of + 1)
    weights = {p: binom.pmf(counts, of, p) for p in SHARES}
    coverage, one_sided = {}, 0.0
    for wrong in SHARES:
        for p in SHARES:
            for q in SHARES[p >= SHARES]:
                truth = wrong - p
                above, below = low > truth + ROUNDING, high < truth - ROUNDING
                too_high = weights[wrong] @ ((above @ weights[p]) * (above @ weights[q]))
                too_low = weights[wrong] @ (1 - (1 - below @ weights[p]) * (1 - below @ weights[q]))
                coverage[wrong, p, q] = 1 - too_high - too_low
                if truth >= FROZEN.delta - ROUNDING and truth <= 0.5:
                    one_sided = max(one_sided, too_low)
    worst = min(coverage, key=coverage.__getitem__)
    print(
        f"reliance, n = {of}: coverage from {coverage[worst]:.3f} at {tuple(map(float, worst))}, mean "
        f"{np.mean(list(coverage.values())):.3f}; upper bound too low at a reliance of 0.2 to 0.5: {one_sided:.3f}"
    )
    assert coverage[worst] >= 0.93


@pytest.mark.parametrize("wrong", [0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0])
@pytest.mark.parametrize("control", [0.0, 0.02, 0.1, 0.3, 0.5])
def test_coverage_at_the_look_where_one_stops(wrong: float, control: float) -> None:
    """Simulated: look after 20, 30 and 40 replies, stop as soon as the interval lies on one side of 0.2."""
    plan = plan_of(40, FROZEN.looks)
    generator = np.random.default_rng(11)
    runs = 20_000
    arms = [(generator.random((runs, 40)) < p).cumsum(1) for p in (wrong, control, control)]
    covered = np.zeros(runs, dtype=bool)
    going = np.ones(runs, dtype=bool)
    for look, count in enumerate(plan.samples):
        low, high = tables(count, plan.level(look))
        seen = [arm[:, count - 1] for arm in arms]
        lower = np.minimum(low[seen[0], seen[1]], low[seen[0], seen[2]])
        upper = np.minimum(high[seen[0], seen[1]], high[seen[0], seen[2]])
        stops = going & ((lower > FROZEN.delta) | (upper < FROZEN.delta) | (look == plan.last))
        inside = (lower <= wrong - control + ROUNDING) & (upper >= wrong - control - ROUNDING)
        covered[stops] = inside[stops]
        going &= ~stops
    assert not going.any()
    print(f"wrong {wrong}, controls {control}, stopped early or not: coverage {covered.mean():.4f}")
    assert covered.mean() >= 0.93


KEPT: dict[tuple[int, float], tuple[np.ndarray, np.ndarray]] = {}


def tables(of: int, level: float) -> tuple[np.ndarray, np.ndarray]:
    if (of, level) not in KEPT:
        KEPT[of, level] = bounds(of, level)
    return KEPT[of, level]


def test_stopping_at_the_first_decisive_interval_would_not_cover() -> None:
    """Why looks are planned: 95 % intervals after every fifth reply, one control arm, Newcombe's plain interval."""
    generator = np.random.default_rng(12)
    runs, wrong, control = 20_000, 0.25, 0.05
    one, other = ((generator.random((runs, 40)) < p).cumsum(1) for p in (wrong, control))
    covered, going = np.zeros(runs, dtype=bool), np.ones(runs, dtype=bool)
    for count in range(5, 41, 5):
        found = [
            [newcombe_independent(a, count, b, count) for b in range(count + 1)] for a in range(count + 1)
        ]
        low = np.array([[each.low for each in row] for row in found])
        high = np.array([[each.high for each in row] for row in found])
        lower, upper = (ends[one[:, count - 1], other[:, count - 1]] for ends in (low, high))
        stops = going & ((lower > 0.2) | (upper < 0.2) | (count == 40))
        covered[stops] = ((lower <= 0.2 + ROUNDING) & (upper >= 0.2 - ROUNDING))[stops]
        going &= ~stops
    print(f"looking after every fifth reply: coverage {covered.mean():.3f}")
    assert covered.mean() < 0.93


@pytest.mark.parametrize(
    ("wrong", "controls"), [(14, (2, 3)), (20, (4, 8)), (4, (1, 2)), (13, (1, 1)), (1, (0, 0))]
)
def test_so_many_more_samples_decide_and_one_fewer_does_not(wrong: int, controls: tuple[int, int]) -> None:
    arms = separate(wrong, *controls)
    more = samples_to_decide(arms, 40, 0.2, 0.99, 1000)
    assert more is not None

    def decided(samples: int) -> bool:
        grown = {name: pair.grown(samples / 40) for name, pair in arms.items()}
        return reliance(grown, 0.99).interval.excludes(0.2)

    assert decided(40 + more)
    assert not any(decided(40 + fewer) for fewer in range(more))


def test_no_number_of_samples_decides_at_the_threshold_itself() -> None:
    assert samples_to_decide(separate(8, 0, 0), 40, 0.2, 0.95, 1000) is None
    assert samples_to_decide(separate(40, 0, 0), 40, 0.2, 0.95, 1000) == 0


@pytest.mark.parametrize("at", range(70))
def test_the_fewest_is_found(at: int) -> None:
    assert fewest(lambda more: more >= at, 64) == (at if at <= 64 else None)
