"""Saliency, SmoothGrad and gradient SHAP against captum with the same draws, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import GradientShap, InputXGradient, Saliency
from plain_model import TEXT, embed, ids_of, of_embeddings, relative, subject_of

import glasspane as gp

FAMILIES = ["gpt2", "llama", "qwen3", "gemma2", "neox", "distilbert", "bert"]


@pytest.mark.parametrize("family", FAMILIES)
def test_saliency_equals_captum(family: str) -> None:
    subject = subject_of(family)
    ours = gp.explain(subject, TEXT, method="saliency")
    ids = ids_of(ours)
    theirs = Saliency(of_embeddings(subject, ids, ours.target.ids[0])).attribute(
        embed(subject, ids).requires_grad_(), abs=False
    )
    assert relative(ours.scores[0], theirs.norm(dim=-1)[0]) <= 1e-5
    assert not ours.method.signed


@pytest.mark.parametrize("family", FAMILIES)
def test_smoothgrad_equals_captums_gradient_on_the_same_noisy_copies(family: str) -> None:
    subject = subject_of(family)
    ours = gp.explain(subject, TEXT, method="smoothgrad", samples=20, noise=0.1, seed=7)
    ids = ids_of(ours)
    embeddings = embed(subject, ids)
    chance = torch.Generator().manual_seed(7)
    noise = torch.cat([torch.randn((rows, *embeddings.shape[1:]), generator=chance) for rows in (16, 4)])
    noisy = embeddings + 0.1 * (embeddings.max() - embeddings.min()) * noise
    theirs = InputXGradient(of_embeddings(subject, ids, ours.target.ids[0])).attribute(noisy.requires_grad_())
    assert relative(ours.scores[0], theirs.sum(-1).mean(0)) <= 1e-5
    spread = theirs.sum(-1).std(0) / 20**0.5
    np.testing.assert_allclose(np.asarray(ours.data.margins)[0], 1.96 * spread.detach(), rtol=1e-2)


def test_without_noise_smoothgrad_is_gradient_x_input() -> None:
    subject = subject_of("gpt2", double=True)
    still = gp.explain(subject, TEXT, method="smoothgrad", samples=4, noise=0.0)
    np.testing.assert_allclose(
        still.scores, gp.explain(subject, TEXT, method="input_x_gradient").scores, rtol=1e-9
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_shap_equals_captum_with_the_same_draws(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = subject_of(family)
    ours = gp.explain(subject, TEXT, method="gradient_shap", baseline="mean", samples=16, seed=5)
    ids = ids_of(ours)
    rows = subject.model.get_input_embeddings().weight.detach()
    # What the embedding layer gives, scaling included.
    mean = embed(subject, torch.arange(len(rows))[None])[0].mean(0)
    embeddings = embed(subject, ids)
    alpha = (torch.arange(16) + torch.rand(16, generator=torch.Generator().manual_seed(5))) / 16
    monkeypatch.setattr(np.random, "uniform", lambda *_: alpha.numpy())
    theirs = GradientShap(of_embeddings(subject, ids, ours.target.ids[0])).attribute(
        embeddings.requires_grad_(),
        baselines=mean.expand_as(embeddings).contiguous(),
        n_samples=16,
        stdevs=0.0,
    )
    assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-5


def test_gradient_shap_over_random_tokens_adds_up_as_the_samples_grow() -> None:
    """Completeness of expected gradients (Erion et al. 2021), within what its own spread allows."""
    subject = subject_of("gpt2", double=True)
    gaps = {}
    for samples in (64, 4096):
        ours = gp.explain(subject, TEXT, method="gradient_shap", samples=samples)
        gaps[samples] = abs(ours.checks.completeness_difference)
    allowed = np.asarray(ours.data.margins)[0].sum()
    assert gaps[4096] <= allowed
    assert gaps[4096] < gaps[64]


def test_intervals_of_smoothgrad_cover_the_mean_of_many_more_samples() -> None:
    subject = subject_of("gpt2")
    truth = gp.explain(subject, TEXT, method="smoothgrad", samples=4096, seed=1000).scores[0]
    inside = []
    for seed in range(25):
        ours = gp.explain(subject, TEXT, method="smoothgrad", samples=64, seed=seed)
        inside += list(np.abs(ours.scores[0] - truth) <= np.asarray(ours.data.margins)[0])
    assert np.mean(inside) >= 0.9


def test_the_same_seed_gives_the_same_numbers_and_leaves_the_users_random_state_alone() -> None:
    subject = subject_of("gpt2")
    before = torch.get_rng_state()
    one, same, other = (
        gp.explain(subject, TEXT, method="gradient_shap", samples=8, seed=seed).scores for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)
    assert torch.equal(before, torch.get_rng_state())
