"""Axioms that a method promises whatever the model: completeness, symmetry, sensitivity, invariance.

Truths: the axioms themselves (Sundararajan et al. 2017; Shapley 1953), and the model called by hand.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_model import of_ids, players, relative, with_absent
from planted import OnePlaceConfig, OnePlaceForSequenceClassification, one_place_subject
from tiny_models import make_model, make_tokenizer, tokenizer_of
from torch import nn
from transformers.modeling_outputs import SequenceClassifierOutput

import glasspane as gp
from glasspane.attribution import memory
from glasspane.attribution.by_inseq.inseq_table import PREFIX
from glasspane.attribution.by_masking.shapley import all_coalitions, exact_shapley
from glasspane.attribution.methods import METHODS

pytestmark = pytest.mark.wide

OURS = [name for name in METHODS if not name.startswith(PREFIX)]
WORDS = st.sampled_from(
    ["The", "capital", "of", "France", "is", "Mary", "bottle", "not", "Paris", ",", "café", "!"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=7).map(" ".join)
EXACT: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"first_steps": 64, "max_steps": 64},
    "smoothgrad": {"samples": 8},
    "gradient_shap": {"samples": 8},
    "lime": {"samples": 100},
    "partition_shap": {"samples": 4096},
}
END = "<|endoftext|>"


@cache
def double(family: str, seed: int = 0) -> Any:
    return gp.subject(make_model(family, seed=seed).double(), tokenizer_of(family))


# ── completeness and efficiency ──────────────────────────────────────────────


@settings(max_examples=12, deadline=None)
@given(
    text=TEXTS,
    family=st.sampled_from(["gpt2", "distilbert", "gpt2_classifier", "t5"]),
    seed=st.integers(0, 3),
    baseline=st.sampled_from(["pad", "mean"]),
    target=st.sampled_from([0, 1]),
)
def test_deeplift_and_integrated_gradients_add_up(
    text: str, family: str, seed: int, baseline: str, target: int
) -> None:
    subject = double(family, seed)
    exact = gp.explain(subject, text, method="deeplift", target=target, baseline=baseline)
    change = exact.target.value - exact.checks.baseline_value
    # T5 takes its norms, and GPT-2 nothing, in float32.
    precision = 1e-5 if family == "t5" else 1e-9
    size = max(1.0, float(np.abs(exact.scores).sum()))
    assert exact.scores.sum() == pytest.approx(change, abs=precision * size)
    path = gp.explain(subject, text, method="integrated_gradients", target=target, baseline=baseline)
    assert path.target.value - path.checks.baseline_value == pytest.approx(change, rel=1e-9)
    if path.checks.converged:
        assert path.scores.sum() == pytest.approx(change, rel=0.01)
    else:
        assert any("Not converged" in warning for warning in path.warnings)


@settings(max_examples=12, deadline=None)
@given(text=TEXTS, family=st.sampled_from(["gpt2", "llama", "distilbert"]), seed=st.integers(0, 3))
def test_shapley_values_share_out_exactly_what_the_tokens_bring(text: str, family: str, seed: int) -> None:
    """Efficiency, against the model called by hand with everything there and with nothing."""
    subject = double(family, seed)
    for method in ("kernel_shap", "partition_shap"):
        result = gp.explain(subject, text, method=method, target=1, samples=4096)
        count = len(players(subject, result))
        ends = torch.tensor([[True] * count, [False] * count])
        everyone, nobody = of_ids(subject, 1)(with_absent(result, ends, subject)).tolist()
        assert result.scores.sum() == pytest.approx(everyone - nobody, abs=1e-6)


# ── symmetry, dummies, sensitivity ───────────────────────────────────────────


class BagForSequenceClassification(OnePlaceForSequenceClassification):
    """An answer that hangs on the sum of the embeddings, so on no order: Σ tanh(W e) with pairs in play."""

    def __init__(self, config: OnePlaceConfig) -> None:
        super().__init__(config)
        self.mix = nn.Linear(config.hidden_size, config.num_labels)

    def forward(self, input_ids: Any = None, attention_mask: Any = None, **_: Any) -> Any:
        return SequenceClassifierOutput(logits=torch.tanh(self.mix(self.embed(input_ids).sum(1))))


def bag(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    model = BagForSequenceClassification(OnePlaceConfig()).eval().double()
    with torch.no_grad():
        model.embed.weight.normal_(0, 0.25)
        model.mix.weight.normal_(0, 0.5)
        model.embed.weight[0] = 0  # the token that stands for absence
    return gp.subject(model, make_tokenizer("byte_level"))


FOR_SYMMETRY = [
    "input_x_gradient",
    "integrated_gradients",
    "deeplift",
    "saliency",
    "occlusion",
    "kernel_shap",
]


@pytest.mark.parametrize("method", FOR_SYMMETRY)
@settings(max_examples=10, deadline=None)
@given(words=st.lists(WORDS, min_size=2, max_size=6), order=st.randoms(), seed=st.integers(0, 5))
def test_what_plays_the_same_part_gets_the_same(method: str, words: list[str], order: Any, seed: int) -> None:
    """The same token twice, in a model that knows no order; and any order of the words gives the same shares."""
    subject = bag(seed)
    replaced = {"replacement": END} if method in ("occlusion", "kernel_shap") else {}

    def shares(given: list[str]) -> dict[int, float]:
        result = gp.explain(
            subject, "".join(f" {word}" for word in given), method=method, target=2, **replaced,
            **EXACT.get(method, {}),
        )  # fmt: skip
        found: dict[int, float] = {}
        for token, score in zip(result.tokens, result.scores[0], strict=True):
            assert score == pytest.approx(found.setdefault(token.id, float(score)), abs=1e-9)
        return found

    first = shares(words)
    order.shuffle(words)
    assert shares(words) == pytest.approx(first, abs=1e-9)


BY_BASELINE = ["integrated_gradients", "deeplift", "gradient_shap"]
BY_REPLACEMENT = ["occlusion", "kernel_shap", "partition_shap"]


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3", "gemma2"])
@pytest.mark.parametrize("method", [*BY_BASELINE, *BY_REPLACEMENT])
def test_a_token_that_is_what_stands_for_its_absence_gets_nothing(family: str, method: str) -> None:
    """Dummy: taking it away changes nothing, in whatever company."""
    name = "baseline" if method in BY_BASELINE else "replacement"
    result = gp.explain(
        double(family), f"The capital{END} of France{END} is", method=method, target=42, **{name: "pad"},
        **EXACT.get(method, {}),
    )  # fmt: skip
    dummies = [token.id == 0 for token in result.tokens]
    assert sum(dummies) == 2
    assert np.abs(result.scores[0, dummies]).max() <= 1e-12
    assert np.abs(result.scores[0]).max() > 1e-3


@pytest.mark.parametrize(
    ("method", "family"),
    # Llama's padding token is all zeros: random points of that path say nothing near RMSNorm's pole.
    [
        (m, f)
        for m in [*BY_BASELINE, *BY_REPLACEMENT]
        for f in ["gpt2", "llama"]
        if (m, f) != ("gradient_shap", "llama")
    ],
)
def test_a_single_difference_from_the_baseline_gets_all_the_change(family: str, method: str) -> None:
    """Sensitivity(a): only one token differs from the baseline, so it alone answers for the change."""
    name = "baseline" if method in BY_BASELINE else "replacement"
    more = {"gradient_shap": {"samples": 4096}, "integrated_gradients": {"max_steps": 512}}.get(
        method, EXACT.get(method, {})
    )
    subject = double(family)
    result = gp.explain(subject, f"{END}{END} France{END}", method=method, target=42, **{name: "pad"}, **more)
    ids = torch.tensor([[token.id for token in result.tokens], [0] * len(result.tokens)])
    there, absent = of_ids(subject, 42)(ids).tolist()
    (own,) = [token.index for token in result.tokens if token.id != 0]
    tolerance = 0.1 if method == "gradient_shap" else 0.02 if method == "integrated_gradients" else 1e-5
    assert result.scores[0, own] == pytest.approx(there - absent, rel=tolerance)


@pytest.mark.parametrize("method", [m for m in OURS if not m.startswith("attention") and m != "lime"])
def test_a_token_that_the_answer_does_not_hang_on_gets_nothing(method: str) -> None:
    """Sensitivity(b): class c of this model reads the token at place c + 1 and no other."""
    subject = one_place_subject()
    for label in (0, 3):
        result = gp.explain(
            subject, " The capital of France is Paris", method=method, target=label, **EXACT.get(method, {})
        )
        own = label + 1
        assert abs(result.scores[0, own]) > 0.1
        assert np.abs(np.delete(result.scores[0], own)).max() <= 1e-6


def test_sampled_shapley_values_of_a_model_lie_within_their_intervals() -> None:
    """Brute force: all 2¹⁴ subsets of fourteen tokens, in a model that mixes them all."""
    text = " The capital of France is Paris, not a store, and Rome?"
    inside, wide = [], []
    for seed in range(4):
        subject = bag(seed)
        found = gp.explain(
            subject, text, method="kernel_shap", target=1, samples=600, seed=seed, replacement=END
        )
        ids = torch.tensor([token.id for token in found.tokens])
        assert len(ids) == 14
        kept = all_coalitions(14)
        with torch.no_grad():
            truth = exact_shapley(subject.model(torch.where(kept, ids, 0)).logits[:, 1:2])[:, 0].numpy()
        margins = np.asarray(found.data.margins[0])
        inside.append(np.abs(found.scores[0] - truth) <= margins)
        wide.append(margins.max() / np.abs(truth).max())
    assert np.mean(inside) >= 0.93
    assert np.max(wide) < 1  # an interval that holds everything says nothing


# ── implementation invariance ────────────────────────────────────────────────


def split_in_two(model: Any) -> Any:
    """An MLP's last projection W as (W Q)(Qᵀ), with Q orthogonal: the same function by other modules."""
    for block in model.transformer.h:
        wide = block.mlp.c_proj
        turn, _ = torch.linalg.qr(torch.randn(wide.weight.shape[1], wide.weight.shape[1]).to(wide.weight))
        one, two = nn.Linear(*wide.weight.shape, bias=False).double(), nn.Linear(*turn.shape).double()
        with torch.no_grad():
            one.weight.copy_((wide.weight @ turn).T)
            two.weight.copy_(turn)
            two.bias.copy_(wide.bias)
        block.mlp.c_proj = nn.Sequential(one, two)
    return model


def scaled_and_unscaled(model: Any) -> Any:
    """Values seven times as large, and what reads them a seventh of it; the last norm and the unembedding alike."""
    with torch.no_grad():
        for block in model.transformer.h:
            width = block.attn.c_proj.weight.shape[0]
            block.attn.c_attn.weight[:, -width:] *= 7
            block.attn.c_attn.bias[-width:] *= 7
            block.attn.c_proj.weight /= 7
        model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach() / 3)
        model.transformer.ln_f.weight *= 3
        model.transformer.ln_f.bias *= 3
    return model


@pytest.mark.parametrize("rewrite", [split_in_two, scaled_and_unscaled])
@pytest.mark.parametrize("method", OURS)
def test_two_ways_of_computing_a_function_are_explained_alike(method: str, rewrite: Any) -> None:
    """DeepLIFT promises this of linear maps and factors only, which these are."""
    torch.manual_seed(1)
    tok = make_tokenizer("byte_level")
    one, other = make_model("gpt2").double(), rewrite(copy.deepcopy(make_model("gpt2").double()))
    ids = torch.tensor([tok("The capital of France is")["input_ids"]])
    assert torch.allclose(one(ids).logits, other(ids).logits, rtol=1e-9, atol=1e-9)
    first, second = (
        gp.explain(model, tok, "The capital of France is", method=method, target=42, **EXACT.get(method, {}))
        for model in (one, other)
    )
    assert relative(first.scores, second.scores) <= 1e-6


# ── batches, padding, precision ──────────────────────────────────────────────

FAMILIES = ["gpt2", "llama", "gemma2", "distilbert", "bert_masked", "t5"]


def text_of(family: str) -> str:
    return (
        "the capital of [MASK] is paris" if family == "bert_masked" else "When Mary and John went, John gave"
    )


def runs(method: str, family: str) -> bool:
    return not (method == "attention_rollout" and family == "t5")


@pytest.mark.parametrize(("method", "family"), [(m, f) for m in OURS for f in FAMILIES if runs(m, f)])
def test_rows_together_are_rows_alone(method: str, family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = double(family)
    options = EXACT.get(method, {})
    together = gp.explain(subject, text_of(family), method=method, **options)
    monkeypatch.setitem(memory.ROWS_AT_ONCE, "cpu", 1)
    alone = gp.explain(subject, text_of(family), method=method, **options)
    # RMSNorm models take their norms in float32 whatever the weights are in.
    assert relative(together.scores, alone.scores) <= (1e-5 if family in ("llama", "gemma2", "t5") else 1e-9)


@pytest.mark.parametrize(("method", "family"), [(m, f) for m in OURS for f in FAMILIES if runs(m, f)])
def test_a_tokenizer_that_pads_on_the_left_changes_nothing(method: str, family: str) -> None:
    """Its owner batches with it; a prompt by itself has nothing to pad, and padding would move its positions."""
    model, options = make_model(family), EXACT.get(method, {})
    plain = tokenizer_of(family)
    padding = copy.deepcopy(plain)
    padding.padding_side = "left"
    padding.backend_tokenizer.enable_padding(direction="left", length=24)
    padding.backend_tokenizer.enable_truncation(5)
    ours = gp.explain(model, padding, text_of(family), method=method, **options)
    theirs = gp.explain(model, plain, text_of(family), method=method, **options)
    assert ours.tokens == theirs.tokens
    np.testing.assert_array_equal(ours.scores, theirs.scores)
    assert padding.padding_side == "left"
    assert padding.backend_tokenizer.padding["length"] == 24


BFLOAT16_BOUNDS = {
    "deeplift": 1 / 128,
    "attention": 1 / 32,
    "attention_rollout": 1 / 32,
    **dict.fromkeys(("integrated_gradients", "occlusion", "lime", "kernel_shap", "partition_shap"), 1 / 16),
    **dict.fromkeys(("input_x_gradient", "saliency", "smoothgrad", "gradient_shap"), 1 / 8),
}
"""As docs/decisions.md states them."""


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3", "gemma2"])
@pytest.mark.parametrize("method", OURS)
def test_bfloat16_stays_within_the_stated_bound_of_float32(method: str, family: str) -> None:
    options = EXACT.get(method, {})
    for seed in range(2):
        half = make_model(family, seed=seed).bfloat16()
        single = copy.deepcopy(half).float()
        ours, theirs = (
            gp.explain(model, tokenizer_of(family), text_of(family), method=method, target=42, **options)
            for model in (half, single)
        )
        size = float(np.abs(theirs.scores).max())
        if METHODS[method].spec.signed:
            size = max(size, abs(theirs.target.value), abs(theirs.checks.baseline_value or 0.0))
        assert np.abs(ours.scores - theirs.scores).max() <= BFLOAT16_BOUNDS[method] * size
