"""Attention views against the model's own eager weights, hooks written here, and sums done by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from plain_model import MASKED, subject_of
from scipy.stats import spearmanr
from tiny_models import make_model, older_model, tokenizer, tokenizer_of
from torch import Tensor

import glasspane as gp
from glasspane.attribution.by_attention import attention_weights
from glasspane.attribution.by_attention.attention import rollout
from glasspane.attribution.by_attention.drawn_matrix import numbers, quantised
from glasspane.protocol import HeadView, OverviewView, ResidualView, RolloutView

LONG = (
    "When Mary and John went to the store, John gave a bottle to Mary, not to the capital of France and Spain"
)
FAMILIES = ["gpt2", "llama", "qwen3", "gemma2", "neox", "bert", "bert_masked", "distilbert", "t5"]


def text_for(family: str) -> str:
    return MASKED if family == "bert_masked" else LONG


def views_of(family: str) -> gp.AttentionViews:
    return gp.attention(subject_of(family), text_for(family))


def eager_maps(model: Any, ids: Tensor) -> list[Tensor]:
    """[head, query, key] per layer, from the model itself; of an encoder–decoder, the encoder's."""
    model.set_attn_implementation("eager")
    with torch.no_grad():
        if model.config.is_encoder_decoder:
            model = model.get_encoder()
        return [layer[0] for layer in model(ids, output_attentions=True).attentions]


def maps_of(family: str, views: gp.AttentionViews) -> list[Tensor]:
    return eager_maps(make_model(family), torch.tensor([[token.id for token in views.tokens]]))


@pytest.fixture(params=["one block", "blocks of three queries"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny prompts fit one block: cut them as long prompts are."""
    if request.param != "one block":
        monkeypatch.setattr(attention_weights, "BLOCK_BYTES", 4 * 4 * 3 * 24)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_heads_weights_are_the_models_own(family: str) -> None:
    views = views_of(family)
    maps = maps_of(family, views)
    for layer in range(2):
        for head in range(4):
            np.testing.assert_allclose(views.head(layer, head), maps[layer][head], rtol=0, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_cutting_the_queries_changes_nothing(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In float64: rounding differs with the shape of a product, and a random model's sharp softmax magnifies it."""
    subject = subject_of(family, double=True)
    views = gp.attention(subject, text_for(family))
    monkeypatch.setattr(attention_weights, "BLOCK_BYTES", 8 * 4 * 3 * len(views.tokens))
    maps = eager_maps(make_model(family).double(), torch.tensor([[t.id for t in views.tokens]]))
    for layer in range(2):
        for head in range(4):
            np.testing.assert_allclose(views.head(layer, head), maps[layer][head], rtol=0, atol=1e-6)


def test_a_sliding_window_is_the_models_own() -> None:
    """The prompt is longer than Gemma's window here, so that some tokens are out of sight."""
    views = gp.attention(subject_of("gemma2"), f"{LONG}. {LONG}")
    maps = maps_of("gemma2", views)
    assert len(views.tokens) > 32
    assert float(maps[0][:, -1, 0].abs().max()) == 0.0 < float(maps[1][:, -1, 0].min())
    np.testing.assert_allclose(views.head(0, 1), maps[0][1], rtol=0, atol=1e-6)
    seen = torch.arange(1, len(views.tokens) + 1).clamp_max(32)
    shares = _entropy(maps[0])[:, 1:] / seen[1:].log()
    frame = views.overview()
    np.testing.assert_allclose(frame.entropy_share[frame.layer == 0], shares.mean(1), atol=1e-5)


@pytest.mark.parametrize("kind", ["gptj", "bloom"])
def test_older_models_give_their_weights_layer_by_layer(kind: str) -> None:
    model = older_model(kind)
    views = gp.attention(model, tokenizer("byte_level"), LONG)
    heads = [[views.head(layer, head) for head in range(4)] for layer in range(2)]
    shares = views.overview()
    ids = torch.tensor([[token.id for token in views.tokens]])
    maps = eager_maps(model, ids)
    np.testing.assert_allclose(np.array(heads), torch.stack(maps), rtol=0, atol=1e-6)
    np.testing.assert_allclose(shares.sink_share, torch.stack(maps)[..., 1:, 0].mean(2).flatten(), atol=1e-5)


def test_half_precision_keeps_the_models_own_rounding() -> None:
    subject = gp.subject(make_model("llama").bfloat16(), tokenizer("byte_level"))
    views = gp.attention(subject, LONG)
    maps = eager_maps(make_model("llama").bfloat16(), torch.tensor([[t.id for t in views.tokens]]))
    np.testing.assert_allclose(views.head(0, 3), maps[0][3].float(), rtol=0, atol=1 / 256)


# ── figures ──────────────────────────────────────────────────────────────────


def _entropy(maps: Tensor) -> Tensor:
    """[head, query] in nats, 0·ln 0 = 0."""
    return -torch.where(maps > 0, maps * maps.clamp_min(1e-45).log(), torch.zeros(())).sum(-1)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("family", ["gpt2", "llama", "bert", "t5"])
def test_figures_of_every_head_by_hand(family: str) -> None:
    views = views_of(family)
    frame = views.overview()
    maps = torch.stack(maps_of(family, views))  # [layer, head, query, key]
    tokens = len(views.tokens)
    causal = family in ("gpt2", "llama")
    first = 1 if causal else 0  # a causal model's first token has no choice
    entropy = torch.stack([_entropy(layer) for layer in maps])[..., first:]
    seen = torch.arange(1, tokens + 1)[first:] if causal else torch.full((tokens,), tokens)
    special = [token.index for token in views.tokens if token.special]
    by_hand = {
        "entropy": entropy.mean(-1),
        "entropy_share": (entropy / seen.log()).mean(-1),
        "sink_share": maps[..., first:, 0].mean(-1),
        "special_share": maps[..., first:, special].sum(-1).mean(-1),
        "diagonal_share": maps.diagonal(dim1=2, dim2=3)[..., first:].mean(-1),
        "previous_share": maps[..., 1:, :].diagonal(dim1=2, dim2=3).mean(-1),
    }
    for name, figures in by_hand.items():
        np.testing.assert_allclose(frame[name], figures.flatten(), atol=1e-5, err_msg=name)
    assert list(zip(frame["layer"], frame["head"], strict=True)) == [
        (i, j) for i in range(2) for j in range(4)
    ]


@pytest.mark.parametrize("family", ["gpt2", "bert", "bert_masked", "t5"])
def test_figures_stand_beside_a_gradient_method(family: str) -> None:
    views = views_of(family)
    result = views.result(OverviewView())
    maps = torch.stack(maps_of(family, views))
    tokens = len(views.tokens)
    pushes = np.abs(gp.explain(views.subject, text_for(family), method="input_x_gradient").scores[0][:tokens])
    asked = [token.index for token in views.tokens if token.id == views.subject.tokenizer.mask_token_id]
    rows = {"gpt2": [tokens - 1], "bert": [0], "bert_masked": asked, "t5": []}[family]
    assert result.answer.deciding == rows
    reads = maps[:, :, rows].mean(2) if rows else maps.mean(2)
    for figures in result.answer.heads:
        expected = spearmanr(reads[figures.layer, figures.head], pushes).statistic
        assert figures.gradient_correlation == pytest.approx(expected, abs=1e-4)
    mean = spearmanr(reads.mean((0, 1)), pushes).statistic
    assert result.answer.gradient_correlation == pytest.approx(mean, abs=1e-4)
    assert "not what changes its answer" in result.note
    assert f"{mean:+.2f}" in result.note


def test_one_token_looks_at_itself() -> None:
    row = gp.attention(subject_of("gpt2"), "a").overview().iloc[0]
    figures = ["entropy", "entropy_share", "sink_share", "diagonal_share", "previous_share"]
    assert [row[name] for name in figures] == [0, 0, 1, 1, 0]


# ── rollout ──────────────────────────────────────────────────────────────────


def test_rollout_of_two_layers_by_hand() -> None:
    """Oracle of the method ``attention_rollout`` too. Mean over heads, then ½A + ½I, later layers in front:

    layer 1: A = [[1, 0], [½, ½]] → [[1, 0], [¼, ¾]]; layer 2: A = [[1, 0], [⅕, ⅘]] → [[1, 0], [1/10, 9/10]];
    product: [[1, 0], [1/10 + 9/10·¼, 9/10·¾]] = [[1, 0], [0.325, 0.675]].
    """
    first = torch.tensor([[[1.0, 0.0], [0.25, 0.75]], [[1.0, 0.0], [0.75, 0.25]]])
    second = torch.tensor([[[1.0, 0.0], [0.4, 0.6]], [[1.0, 0.0], [0.0, 1.0]]])
    torch.testing.assert_close(rollout([first, second]), torch.tensor([[1.0, 0.0], [0.325, 0.675]]))


def test_rollout_renormalises_rows_that_lost_weight() -> None:
    """As behind an adapter's virtual tokens: row [½, 0] → ½[½ + 1, 0] → [1, 0]."""
    torch.testing.assert_close(
        rollout([torch.tensor([[[0.5, 0.0], [0.5, 0.5]]])])[0], torch.tensor([1.0, 0.0])
    )


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("family", FAMILIES)
def test_rollout_is_the_plain_product(family: str) -> None:
    views = views_of(family)
    product = torch.eye(len(views.tokens), dtype=torch.float64)
    for layer in maps_of(family, views):
        product = (0.5 * layer.double().mean(0) + 0.5 * torch.eye(len(views.tokens))) @ product
    np.testing.assert_allclose(views.rollout(), product, rtol=0, atol=1e-6)


@pytest.mark.parametrize("family", ["gpt2", "distilbert"])
def test_the_method_rollout_gives_the_deciding_row(family: str) -> None:
    views = views_of(family)
    product = torch.eye(len(views.tokens))
    for layer in maps_of(family, views):
        product = (0.5 * layer.mean(0) + 0.5 * torch.eye(len(views.tokens))) @ product
    scores = gp.explain(views.subject, LONG, method="attention_rollout").scores[0]
    np.testing.assert_allclose(scores, product[0 if family == "distilbert" else -1], atol=1e-6)


# ── what is sent ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bits", [8, 16])
def test_rounding_stays_within_half_a_step(bits: Any) -> None:
    values = torch.rand(37, 23, generator=torch.Generator().manual_seed(1)) ** 6
    matrix = quantised(values, bits)
    assert matrix.step == pytest.approx(float(values.max()) / (2**bits - 1), rel=1e-12)
    assert np.abs(numbers(matrix) - values.double().numpy()).max() <= matrix.step / 2 * (1 + 1e-9)
    assert not numbers(quantised(torch.zeros(2, 3), bits)).any()


def test_a_pane_gets_the_matrix_and_exact_rows() -> None:
    views = views_of("gpt2")
    maps = maps_of("gpt2", views)
    detail = views.result(HeadView(layer=1, head=2, token=5, bits=8)).answer
    drawn = numbers(detail.weights)
    assert np.abs(drawn - maps[1][2].numpy()).max() <= detail.weights.step / 2 + 1e-6
    np.testing.assert_allclose(detail.exact.reads, maps[1][2][5], rtol=0, atol=1e-6)
    np.testing.assert_allclose(detail.exact.read_by, maps[1][2][:, 5], rtol=0, atol=1e-6)
    np.testing.assert_allclose(detail.sink, maps[1][2][:, 0], rtol=0, atol=1e-6)
    assert (detail.layers, detail.heads) == (2, 4)
    only = views.result(HeadView(layer=1, head=2, token=5, matrix=False)).answer
    assert only.weights is None
    assert only.exact == detail.exact
    rolled = views.result(RolloutView(token=5)).answer
    np.testing.assert_allclose(numbers(rolled.shares)[5], rolled.exact.reads, atol=rolled.shares.step)


def test_without_the_sink_the_rest_adds_up_to_one() -> None:
    views = views_of("gpt2")
    weights = maps_of("gpt2", views)[0][3].double()
    expected = weights.clone()
    expected[:, 0] = 0
    expected[1:] /= 1 - weights[1:, :1]
    np.testing.assert_allclose(views.head(0, 3, without_sink=True), expected, rtol=0, atol=1e-5)
    detail = views.result(HeadView(layer=0, head=3, without_sink=True)).answer
    assert np.abs(numbers(detail.weights) - expected.numpy()).max() <= detail.weights.step / 2 + 1e-5
    np.testing.assert_allclose(detail.sink, weights[:, 0], atol=1e-6)


@pytest.mark.parametrize("view", [OverviewView(), HeadView(layer=1, head=3), RolloutView(), ResidualView()])
def test_the_call_that_is_told_gives_the_same(view: Any) -> None:
    result = gp.attention(gp.subject("demo-lm"), "The capital of France is").result(view)
    names: dict[str, Any] = {}
    *setup, call = result.code.splitlines()
    exec("\n".join(setup), names)
    again = eval(call, names)
    answer = result.answer
    if view.show == "head":
        np.testing.assert_allclose(again, numbers(answer.weights), atol=answer.weights.step)
    elif view.show == "rollout":
        np.testing.assert_allclose(again, numbers(answer.shares), atol=answer.shares.step)
    elif view.show == "residual":
        np.testing.assert_array_equal(again.mlp, numbers(answer.mlp))
        assert again.lines.to_dict("records") == [line.model_dump() for line in answer.lines]
    else:
        assert again.to_dict("records") == [figures.model_dump() for figures in answer.heads]


# ── what cannot be asked ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("view", "message", "step"),
    [
        (HeadView(layer=7, head=0), "no layer 7", "choose 0 to 1"),
        (HeadView(layer=0, head=4), "no head 4", "choose 0 to 3"),
        (HeadView(layer=0, head=0, token=99), "no token 99", "choose 0 to"),
        (RolloutView(token=99), "no token 99", "choose 0 to"),
    ],
)
def test_what_is_not_there_is_refused(view: Any, message: str, step: str) -> None:
    with pytest.raises(gp.GlasspaneError, match=message) as caught:
        views_of("gpt2").result(view)
    assert caught.value.code == "bad_option"
    assert step in caught.value.result.next_step


def test_a_matrix_that_no_editor_could_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasspane.attribution.by_attention.attend.DRAWN_AT_MOST", 5)
    views = views_of("gpt2")
    with pytest.raises(gp.GlasspaneError, match="too large to draw") as caught:
        views.result(HeadView(layer=0, head=0))
    assert caught.value.code == "prompt_too_long"
    only = views.result(HeadView(layer=0, head=0, token=6, matrix=False)).answer
    np.testing.assert_array_equal(only.exact.reads, views.head(0, 0)[6])


def test_a_prompt_that_memory_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasspane.attribution.memory.free_memory", lambda _device: 4000)
    views = views_of("gpt2")
    with pytest.raises(gp.GlasspaneError, match="tokens needs about") as caught:
        views.rollout()
    assert caught.value.code == "not_enough_memory"
    result = views.result(OverviewView())  # a gradient would not fit: its figures come without
    assert {figures.gradient_correlation for figures in result.answer.heads} == {None}
    assert any("could not be compared" in warning for warning in result.warnings)
    assert math.isfinite(result.answer.heads[0].entropy)


def test_tokens_of_the_tokenizer_stand_for_rows() -> None:
    views = views_of("t5")
    kept = tokenizer_of("t5")(LONG)["input_ids"]
    assert [token.id for token in views.tokens] == kept  # what the encoder reads, no decoder start
    assert repr(views).startswith(f"<Attention of {views.subject.name}: {len(kept)} tokens")


# ── adapters ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["prompt", "prefix"])
def test_an_adapters_virtual_tokens_are_cut_off(kind: str) -> None:
    """Weights between the tokens that were written are as they are beside the virtual ones: rows lose weight."""
    from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model

    config = (PromptTuningConfig if kind == "prompt" else PrefixTuningConfig)(
        task_type="CAUSAL_LM", num_virtual_tokens=5
    )
    torch.manual_seed(3)
    model = get_peft_model(make_model("llama"), config).eval()
    views = gp.attention(model, tokenizer("byte_level"), LONG)
    ours = np.array([[views.head(layer, head) for head in range(4)] for layer in range(2)])
    figures, rolled = views.overview(), views.rollout()
    tokens = len(views.tokens)
    ids = torch.tensor([[token.id for token in views.tokens]])
    model.base_model.set_attn_implementation("eager")
    with torch.no_grad():
        said = model(ids, attention_mask=torch.ones_like(ids), output_attentions=True).attentions
    maps = torch.stack([layer[0][:, -tokens:, -tokens:] for layer in said])
    assert float(maps[0, :, -1].sum(-1).max()) < 0.999
    np.testing.assert_allclose(ours, maps, rtol=0, atol=1e-6)
    np.testing.assert_allclose(figures.sink_share, maps[:, :, 1:, 0].mean(2).flatten(), atol=1e-5)
    np.testing.assert_allclose(rolled, rollout(list(maps)), rtol=0, atol=1e-6)
