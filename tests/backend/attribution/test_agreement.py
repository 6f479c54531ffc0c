"""Agreement of two maps, against scipy and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from glasspane.attribution.comparing.agreement import NamedMap, agreement, disagreement, spearman

TOKENS = ["The", " capital", " of", " France", " is"]
ATTENTION = NamedMap("attention", [0.3, 0.1, 0.04, 0.15, 0.41], signed=False)
GRADIENT = NamedMap("gradient × input", [0.1, -0.2, 0.02, 0.64, 0.04], signed=True)
INTEGRATED = NamedMap("integrated gradients", [0.15, -0.2, 0.02, 0.62, -0.01], signed=True)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=12))
def test_spearman_is_scipys_ties_included(pairs: list[tuple[int, int]]) -> None:
    one, other = np.abs(np.array(pairs, dtype=float)).T
    ours = spearman(torch.tensor(one), torch.tensor(other))
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(spearmanr(one, other).statistic)


def test_overlap_counts_the_strongest_that_both_have() -> None:
    # By size: attention is, The, France; gradient France, capital, The.
    assert agreement(TOKENS, ATTENTION, GRADIENT).overlap == pytest.approx(2 / 3)
    assert agreement(TOKENS, ATTENTION, GRADIENT, top=1).overlap == 0
    assert agreement(TOKENS, INTEGRATED, GRADIENT).overlap == 1
    assert agreement(TOKENS[:2], NamedMap("a", [1, 0], True), NamedMap("b", [0, 1], True)).top == 2


def test_one_that_stands_alone_is_said_in_plain_words() -> None:
    said = disagreement(TOKENS, ATTENTION, [GRADIENT, INTEGRATED])
    # France: 15 % against at least 62 %, the widest gap, and attention below all.
    assert said == "attention puts 15 % on `France`; every other method puts at least 62 % there."
    fond = NamedMap("attention", [0.0, 0.1, 0.04, 0.45, 0.41], signed=False)
    said = disagreement(TOKENS, fond, [GRADIENT, INTEGRATED])
    assert said == "attention puts 41 % on `is`; no other method puts more than 4 % there."
    assert agreement(TOKENS, fond, GRADIENT).sentence == (
        "attention puts 41 % on `is`, gradient × input 4 %."
    )


def test_an_opposite_direction_is_said_first() -> None:
    turned = NamedMap("occlusion", [0.1, 0.2, 0.0, 0.6, 0.1], signed=True)
    assert agreement(TOKENS, turned, GRADIENT).sentence == (
        "occlusion says that `capital` pushes for the answer (20 %), "
        "gradient × input that it pushes against it (20 %)."
    )
    assert "all other methods say that it pushes against it" in str(
        disagreement(TOKENS, turned, [GRADIENT, INTEGRATED])
    )
    # An unsigned map has no direction to contradict.
    sizes = NamedMap("saliency", [0.1, 0.2, 0.0, 0.6, 0.1], signed=False)
    assert "pushes" not in agreement(TOKENS, sizes, GRADIENT).sentence


def test_maps_that_agree_are_said_to() -> None:
    found = agreement(TOKENS, GRADIENT, INTEGRATED)
    assert (
        found.sentence == "gradient × input and integrated gradients differ by less than 10 % on every token."
    )
    assert found.spearman == pytest.approx(
        spearmanr(np.abs(GRADIENT.scores), np.abs(INTEGRATED.scores)).statistic
    )
    assert agreement(TOKENS, NamedMap("nothing", [0.0] * 5, True), GRADIENT).spearman is None
