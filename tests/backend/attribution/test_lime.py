"""LIME against the lime package and captum, on the same maskings of the same model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from plain_model import TEXT, of_ids, players, relative, subject_of, with_absent

import glasspane as gp
from glasspane.attribution.by_masking.perturbation import KERNEL_WIDTH, random_maskings

SAMPLES = 300


def explained(family: str) -> tuple[Any, gp.Explanation, torch.Tensor, np.ndarray]:
    subject = subject_of(family, double=True)
    ours = gp.explain(subject, TEXT, method="lime", samples=SAMPLES, seed=3)
    kept = random_maskings(SAMPLES, len(players(subject, ours)), torch.Generator().manual_seed(3))
    values = of_ids(subject, ours.target.ids[0])(with_absent(ours, kept, subject)).numpy()
    return subject, ours, kept, values


def kernel(distances: np.ndarray) -> np.ndarray:
    """lime's own: √exp(−d²/width²), here in cosine distances of 0 to 1 instead of 0 to 100."""
    return np.sqrt(np.exp(-(distances**2) / KERNEL_WIDTH**2))


@pytest.mark.parametrize("family", ["gpt2", "distilbert"])
def test_it_equals_the_lime_package_on_the_same_maskings(family: str) -> None:
    from lime.lime_base import LimeBase
    from sklearn.metrics import pairwise_distances

    subject, ours, kept, values = explained(family)
    data = kept.numpy().astype(float)
    # cosine distance to the whole prompt; of nothing kept, 1
    distances = pairwise_distances(data, data[:1], metric="cosine").ravel()
    _, theirs, r2, _ = LimeBase(kernel).explain_instance_with_data(
        data, values[:, None], distances, 0, data.shape[1], feature_selection="none"
    )
    expected = np.zeros(len(ours.tokens))
    for player, weight in theirs:
        expected[players(subject, ours)[player]] = weight
    assert relative(ours.scores[0], expected) <= 1e-9
    assert ours.checks.surrogate_r2 == pytest.approx(r2, abs=1e-9)


def test_it_equals_captum_on_the_same_maskings() -> None:
    from captum._utils.models.linear_model import SkLearnRidge
    from captum.attr import LimeBase

    subject, ours, kept, values = explained("gpt2")
    rows = iter(kept.float())
    answers = iter(values)

    theirs = LimeBase(
        lambda *_: torch.tensor([next(answers)]),
        SkLearnRidge(alpha=1.0),
        similarity_func=lambda _o, _p, mask, **_: torch.tensor(
            kernel(np.asarray(1 - np.sqrt(float(mask.mean()))))
        ),
        perturb_func=lambda *_, **__: next(rows)[None],
        perturb_interpretable_space=True,
        from_interp_rep_transform=lambda mask, *_, **__: mask,
        to_interp_rep_transform=None,
    ).attribute(torch.ones(1, kept.shape[1]), n_samples=SAMPLES)
    # captum sees the same weights, but fits in single precision.
    assert relative(ours.scores[0][players(subject, ours)], theirs[0]) <= 1e-4


def test_the_spread_over_seeds_covers_what_another_seed_gives() -> None:
    """The interval is for the coefficients that infinitely many maskings would give: fifteen seeds agree
    with a much larger sample about as often as it says."""
    subject = subject_of("gpt2")
    truth = gp.explain(subject, TEXT, method="lime", samples=8_000, seed=99).scores[0]
    inside = []
    for seed in range(15):
        ours = gp.explain(subject, TEXT, method="lime", samples=400, seed=seed)
        margins = np.asarray(ours.data.margins)[0]
        inside += list(np.abs(ours.scores[0] - truth) <= margins)
    assert np.mean(inside) >= 0.9


def test_too_few_maskings_for_an_interval_are_said() -> None:
    ours = gp.explain(subject_of("gpt2"), TEXT, method="lime", samples=20)
    assert ours.data.margins is None
    assert any("too few" in warning for warning in ours.warnings)


def test_a_model_of_interactions_only_is_said_not_to_be_a_sum() -> None:
    """A parity of the tokens has no best single weights: R² is near zero, and a sentence says so."""
    from glasspane.attribution.by_masking.perturbation import proximity, weighted_ridge

    kept = random_maskings(2000, 8, torch.Generator().manual_seed(0))
    parity = (kept.sum(1) % 2).double()[:, None]
    _, r2 = weighted_ridge(kept, parity, proximity(kept))
    assert float(r2[0]) < 0.3
    total = kept.double().sum(1, keepdim=True)
    coefficients, r2 = weighted_ridge(kept, total, proximity(kept))
    assert float(r2[0]) > 0.99
    np.testing.assert_allclose(coefficients.numpy(), 1.0, atol=0.1)
