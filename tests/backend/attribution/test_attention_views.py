"""Attention views against the model's own eager weights, hooks written here, and sums done by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from plain_model import MASKED, subject_of
from scipy.stats import spearmanr
from tiny_models import make_model, tokenizer, tokenizer_of
from torch import Tensor
from transformers import BloomConfig, BloomForCausalLM, GPTJConfig, GPTJForCausalLM

import glasspane as gp
from glasspane.attribution import attention_weights
from glasspane.attribution.attention import rollout
from glasspane.attribution.drawn_matrix import numbers, quantised
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


def _older_model(kind: str) -> Any:
    """Models that look up no attention function by name."""
    torch.manual_seed(0)
    ids: dict[str, Any] = {
        "vocab_size": 600, "n_layer": 2, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0,
        "initializer_range": 0.25,
    }  # fmt: skip
    if kind == "bloom":
        return BloomForCausalLM(BloomConfig(hidden_size=32, **ids)).eval()
    return GPTJForCausalLM(GPTJConfig(n_embd=32, rotary_dim=4, n_positions=64, **ids)).eval()


@pytest.mark.parametrize("kind", ["gptj", "bloom"])
def test_older_models_give_their_weights_layer_by_layer(kind: str) -> None:
    model = _older_model(kind)
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


# ── the residual stream ──────────────────────────────────────────────────────

WRITTEN = {
    "gpt2": ("transformer.h", "attn", "mlp"),
    "llama": ("model.layers", "self_attn", "mlp"),
    "gemma2": ("model.layers", "post_attention_layernorm", "post_feedforward_layernorm"),
    "neox": ("gpt_neox.layers", "attention", "mlp"),
    "bert": ("bert.encoder.layer", "attention.output.dense", "output.dense"),
    "t5": ("encoder.block", "layer.0.SelfAttention", "layer.1.DenseReluDense"),
}


@pytest.mark.parametrize("family", list(WRITTEN))
def test_sizes_are_those_that_hooks_see(family: str) -> None:
    views = views_of(family)
    found = views.residual()
    model = make_model(family)
    path, attention, mlp = WRITTEN[family]
    seen: dict[tuple[str, int], Tensor] = {}

    def size(vectors: Any) -> Tensor:
        return (vectors[0] if isinstance(vectors, tuple) else vectors)[0].detach().norm(dim=-1)

    for index, block in enumerate(model.get_submodule(path)):
        block.register_forward_pre_hook(
            lambda _m, args, kwargs, i=index: seen.update({("in", i): size(args or kwargs["hidden_states"])}),
            with_kwargs=True,
        )
        block.register_forward_hook(lambda _m, _i, out, i=index: seen.update({("in", i + 1): size(out)}))
        for name, at in (("attention", attention), ("mlp", mlp)):
            block.get_submodule(at).register_forward_hook(
                lambda _m, _i, out, n=name, i=index: seen.update({(n, i): size(out)})
            )
    ids = torch.tensor([[token.id for token in views.tokens]])
    with torch.no_grad():
        (model.get_encoder() if family == "t5" else model)(ids)
    stream = torch.stack([seen["in", i] for i in range(3)])
    for name, sizes in (("attention", found.attention), ("mlp", found.mlp)):
        expected = torch.stack([seen[name, i] for i in range(2)])
        np.testing.assert_allclose(sizes, expected, rtol=1e-4)
        np.testing.assert_allclose(getattr(found, f"{name}_relative"), expected / stream[:-1], rtol=1e-4)
    np.testing.assert_allclose(found.stream, stream, rtol=1e-4)
    assert found.normalised == (family == "bert")


def test_a_stream_that_does_not_add_up_is_refused() -> None:
    """A layer that halves what it was given is not understood, whatever its parts are called."""
    model = make_model("llama")
    model.model.layers[1].register_forward_hook(lambda _m, _i, out: out / 2)
    with pytest.raises(gp.GlasspaneError, match="cannot be read yet") as caught:
        gp.attention(model, tokenizer("byte_level"), LONG).residual()
    assert caught.value.code == "unsupported_model"


def _plain_contributions(weights: Tensor, values: Tensor, output: Tensor) -> Tensor:
    """‖Σ_h α_h·(v_h W_O,h)‖ [query, key]: α [head, query, key], v [head, key, dim], W_O [head·dim, width]."""
    heads, _, width = values.shape
    moved = torch.einsum("hkd,hdw->hkw", values, output.view(heads, width, -1))
    return torch.einsum("hqk,hkw->qkw", weights, moved).norm(dim=-1)


def _strongest(strengths: Tensor, count: int) -> list[tuple[int, int, float, float]]:
    best = strengths.flatten().topk(count)
    pairs = [(int(i) // strengths.shape[1], int(i) % strengths.shape[1]) for i in best.indices]
    return [(q, k, float(strengths[q, k]), float(strengths[q, k] / strengths[q].sum())) for q, k in pairs]


@pytest.mark.usefixtures("blocks")
def test_contributions_of_gpt2_by_plain_computation() -> None:
    views = views_of("gpt2")
    model = make_model("gpt2").double()
    ids = torch.tensor([[token.id for token in views.tokens]])
    model.set_attn_implementation("eager")
    with torch.no_grad():
        said = model(ids, output_attentions=True, output_hidden_states=True)
    found = views.residual(lines=25)
    for index, block in enumerate(model.transformer.h):
        with torch.no_grad():
            read = block.attn.c_attn(block.ln_1(said.hidden_states[index]))[0]
        values = read[:, 64:].view(-1, 4, 8).transpose(0, 1)
        strengths = _plain_contributions(said.attentions[index][0], values, block.attn.c_proj.weight.detach())
        lines = found.lines[found.lines.layer == index]
        expected = np.array(_strongest(strengths, 25))
        np.testing.assert_allclose(lines.strength, expected[:, 2], rtol=1e-4)
        np.testing.assert_allclose(lines.share, expected[:, 3], rtol=1e-4)
        assert list(zip(lines.target, lines.source, strict=True)) == [
            (int(q), int(k)) for q, k, *_ in expected
        ]


def test_contributions_where_heads_share_their_values() -> None:
    """Llama with two value heads for four heads."""
    views = views_of("llama")
    model = make_model("llama").double()
    ids = torch.tensor([[token.id for token in views.tokens]])
    model.set_attn_implementation("eager")
    with torch.no_grad():
        said = model(ids, output_attentions=True, output_hidden_states=True)
        layer = model.model.layers[1]
        read = layer.self_attn.v_proj(layer.input_layernorm(said.hidden_states[1]))[0]
    values = read.view(-1, 2, 8).transpose(0, 1)[[0, 0, 1, 1]]
    output = layer.self_attn.o_proj.weight.detach().T
    expected = np.array(_strongest(_plain_contributions(said.attentions[1][0], values, output), 10))
    lines = views.residual(lines=10).lines
    np.testing.assert_allclose(lines.strength[lines.layer == 1], expected[:, 2], rtol=1e-4)


def test_without_value_vectors_sizes_remain_and_it_is_said() -> None:
    views = gp.attention(_older_model("gptj"), tokenizer("byte_level"), LONG)
    result = views.result(ResidualView())
    assert result.answer.lines == []
    assert any("does not show its value vectors" in warning for warning in result.warnings)
    np.testing.assert_array_equal(numbers(result.answer.stream), views.residual(lines=0).stream)


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
    monkeypatch.setattr("glasspane.attribution.attend.DRAWN_AT_MOST", 5)
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
