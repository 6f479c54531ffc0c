"""The residual stream against hooks written here; contributions against plain sums of α·(v W_O)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from plain_model import subject_of
from tiny_models import make_model, older_model, tokenizer
from torch import Tensor

import glasspane as gp
from glasspane.attribution.by_attention import attention_weights
from glasspane.attribution.by_attention.drawn_matrix import numbers
from glasspane.protocol import ResidualView

LONG = (
    "When Mary and John went to the store, John gave a bottle to Mary, not to the capital of France and Spain"
)


def views_of(family: str) -> gp.AttentionViews:
    return gp.attention(subject_of(family), LONG)


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
    """The strongest of all, and the eight of the last token."""
    last = len(strengths) - 1
    best = strengths.flatten().topk(count)
    kept = {(int(i) // strengths.shape[1], int(i) % strengths.shape[1]) for i in best.indices}
    kept |= {(last, int(i)) for i in strengths[last].topk(min(8, last + 1)).indices}
    pairs = sorted(kept, key=lambda pair: -float(strengths[pair]))
    return [(q, k, float(strengths[q, k]), float(strengths[q, k] / strengths[q].sum())) for q, k in pairs]


@pytest.mark.parametrize("queries", [3, 1000])
def test_contributions_of_gpt2_by_plain_computation(queries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the strongest have to be found over several blocks of queries."""
    views = views_of("gpt2")
    monkeypatch.setattr(attention_weights, "BLOCK_BYTES", 4 * 4 * queries * len(views.tokens))
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
    views = gp.attention(older_model("gptj"), tokenizer("byte_level"), LONG)
    result = views.result(ResidualView())
    assert result.answer.lines == []
    assert any("does not show its value vectors" in warning for warning in result.warnings)
    np.testing.assert_array_equal(numbers(result.answer.stream), views.residual(lines=0).stream)


def test_contributions_count_a_lora_adapter_on_the_projection() -> None:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    config = LoraConfig(r=4, target_modules=["o_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    model = get_peft_model(make_model("llama"), config).eval()
    merged = get_peft_model(make_model("llama"), config).eval()
    merged.load_state_dict(model.state_dict())
    merged = merged.merge_and_unload()
    with_adapter = gp.attention(model, tokenizer("byte_level"), LONG).residual(lines=10).lines
    as_one = gp.attention(merged, tokenizer("byte_level"), LONG).residual(lines=10).lines
    plain = gp.attention(make_model("llama"), tokenizer("byte_level"), LONG).residual(lines=10).lines
    np.testing.assert_allclose(with_adapter.strength, as_one.strength, rtol=1e-4)
    assert np.abs(with_adapter.strength - plain.strength).max() > 0.01
