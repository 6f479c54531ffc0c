"""Lenses. Truth: transformer_lens' residuals, the model's own logits, norms written out by hand, planted models."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from pairs import FAMILIES, RIGHT, WRONG, subject_of
from test_guard import fingerprint
from tiny_models import make_model, older_model, tokenizer, tokenizer_of
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

import glasspane as gp
from glasspane.causal import lens as reading
from glasspane.causal import lens_table
from glasspane.causal.appearance import appears, first_to_stay, pulls_ahead
from glasspane.cli import main
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.kernel.entry import run
from glasspane.protocol import LensRequest, LensResult, TextPrompt

TEXT = "The capital of France is"
IOI = "When Mary and John went to the store, John gave a bottle to"


@pytest.fixture(scope="module")
def demo() -> Any:
    return gp.subject("demo-lm")


def ids_of(subject: Any, text: str = TEXT) -> Tensor:
    return torch.tensor([subject.tokenizer(text)["input_ids"]])


# ── every layer decoded ──────────────────────────────────────────────────────


def _lens_logits(subject: Any) -> Tensor:
    """[row, position, vocabulary]: what transformer_lens caches, through its final norm and unembedding."""
    bridge = gp.bridge(subject)
    with torch.no_grad():
        _, cache = bridge.run_with_cache(ids_of(subject))
        layers = bridge.cfg.n_layers
        rows = [cache[f"blocks.{layer}.hook_resid_pre"] for layer in range(layers)]
        rows.append(cache[f"blocks.{layers - 1}.hook_resid_post"])
        logits = torch.cat([bridge.unembed(bridge.ln_final(row)) for row in rows])
    cap = getattr(subject.core.config, "final_logit_softcapping", None)
    return cap * torch.tanh(logits / cap) if cap else logits


@pytest.mark.parametrize("family", FAMILIES)
def test_every_layer_says_what_transformer_lens_makes_of_its_residuals(family: str) -> None:
    """In float64, with the attention that the bridge computes by: eager, but torch's for GPT-NeoX."""
    subject = subject_of(family, "sdpa" if family == "neox" else "eager")
    found = gp.lens(subject, TEXT, target=(RIGHT, WRONG), top=3)
    logits = _lens_logits(subject)
    expected = logits.log_softmax(-1)
    likely = expected.topk(3, dim=-1)
    table = found.data.table
    shape = logits.shape[:2]
    np.testing.assert_array_equal(np.array(table.top_ids).reshape(*shape, 3), likely.indices)
    for ours, theirs in (
        (np.array(table.top_probabilities).reshape(*shape, 3), likely.values.exp()),
        (found.probability, expected[..., RIGHT].exp()),
        (np.array(table.versus_probability).reshape(shape), expected[..., WRONG].exp()),
        (found.entropy, -(expected.exp() * expected).sum(-1)),
        (found.divergence, (expected[-1].exp() * (expected[-1] - expected)).sum(-1)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(found.rank, 1 + (logits > logits[..., RIGHT, None]).sum(-1))
    own = logits[-1].argmax(-1)
    assert [token.id for token in found.data.own] == own.tolist()
    ranks = 1 + (logits > logits.gather(2, own.expand(shape)[..., None])).sum(-1)
    assert found.data.own_layers == [
        min(row for row in range(len(ranks)) if bool((ranks[row:, place] == 1).all()))
        for place in range(shape[1])
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_last_row_is_what_the_model_says(family: str) -> None:
    subject = subject_of(family)
    found = gp.lens(subject, TEXT, target=RIGHT)
    with torch.no_grad():
        expected = subject.model(ids_of(subject)).logits[0].softmax(-1)
    np.testing.assert_allclose(found.probability[-1], expected[:, RIGHT], rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.divergence[-1], 0, atol=1e-10)
    assert found.data.own[-1].id == int(expected[-1].argmax())


def test_an_earlier_position_reads_as_the_prompt_that_ends_there(demo: Any) -> None:
    """Causal models know nothing of what follows."""
    tokens = [token.text for token in gp.lens(demo, IOI).data.tokens]
    early = gp.lens(demo, IOI, position=8)
    short = gp.lens(demo, "".join(tokens[:9]))
    assert early.answer == short.answer
    np.testing.assert_allclose(early.probability[:, :9], short.probability, atol=1e-5)
    assert early.answer_layer == short.answer_layer
    assert early.data.sentences[0] == f"Read after “{tokens[8]}” at 8: {short.data.sentences[0]}"
    np.testing.assert_allclose(
        early.contributions().contribution, short.contributions().contribution, atol=1e-4
    )
    assert gp.lens(demo, IOI, position=8 - len(tokens)).data.table == early.data.table


def test_a_few_positions_at_a_time_give_the_same_numbers(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gp.lens(demo, IOI)
    monkeypatch.setattr(lens_table, "DECODED_BYTES", 1)
    parts = gp.lens(demo, IOI)
    np.testing.assert_allclose(parts.probability, whole.probability, atol=1e-6)
    assert parts.data.table.top_ids == whole.data.table.top_ids
    assert parts.data.own_layers == whole.data.own_layers


def test_long_prompts_are_narrowed_to_their_last_positions_and_say_so(
    demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gp.lens(demo, IOI)
    monkeypatch.setattr(reading, "CELLS", 20)
    narrow = gp.lens(demo, IOI, position=2)
    assert narrow.data.positions == [2, 10, 11, 12, 13]
    assert "last 4 of 14" in narrow.data.warnings[0]
    asked = gp.lens(demo, IOI, last=3)
    assert asked.data.positions == [11, 12, 13]
    assert asked.tokens == whole.tokens[-3:]
    np.testing.assert_allclose(asked.probability, whole.probability[:, -3:], atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bridge_is_read_as_the_model_it_was_made_of(family: str) -> None:
    subject = subject_of(family, "sdpa" if family == "neox" else "eager")
    ours = gp.lens(subject, TEXT, target=RIGHT)
    theirs = gp.lens(gp.subject(gp.bridge(subject)), TEXT, target=RIGHT)
    np.testing.assert_allclose(theirs.probability, ours.probability, rtol=0, atol=1e-10)
    assert theirs.answer_layer == ours.answer_layer
    assert theirs.data.direct is None
    assert any("bridge" in warning for warning in theirs.data.warnings)


# ── the logit as a sum ───────────────────────────────────────────────────────


@pytest.mark.parametrize("target", [RIGHT, (RIGHT, WRONG)])
@pytest.mark.parametrize("family", [*FAMILIES, "gptj"])
def test_parts_add_up_to_the_logit(family: str, target: Any) -> None:
    """Embedding, positions, attention, MLPs and biases; each attention layer is its heads and its own bias."""
    if family == "gptj":  # whose unembedding has a bias
        model = older_model("gptj").double()
        torch.nn.init.normal_(model.lm_head.bias)
        subject = gp.subject(model, tokenizer("byte_level"))
    else:
        subject = subject_of(family)
    for parameter in subject.model.parameters():  # biases and norms do something
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, mean=float(parameter.detach().mean()), std=0.2)
    found = gp.lens(subject, TEXT, target=target)
    direct = found.data.direct
    assert direct is not None
    with torch.no_grad():
        hidden = subject.core.base_model(ids_of(subject)).last_hidden_state[0, -1]
        logits = subject.core.get_output_embeddings()(hidden)
        final = subject.model(ids_of(subject)).logits[0, -1]
    value = float(logits[RIGHT] - logits[WRONG] if isinstance(target, tuple) else logits[RIGHT])
    frame = found.contributions()
    parts = frame[frame.part.isin(["embedding", "positions", "attention", "mlp", "bias"])]
    assert parts.contribution.sum() == pytest.approx(value, rel=0, abs=1e-10)
    assert direct.value == pytest.approx(value, rel=0, abs=1e-10)
    for layer, whole in enumerate(direct.attention):
        split = frame[frame.part.isin(["head", "attention_bias"]) & (frame.layer == layer)]
        assert split.contribution.sum() == pytest.approx(whole, rel=0, abs=1e-10)
    assert (direct.positions is not None) == (family == "gpt2")
    if family == "gemma2":
        shown = float(final[RIGHT] - final[WRONG] if isinstance(target, tuple) else final[RIGHT])
        assert direct.capped == pytest.approx(shown, rel=0, abs=1e-10)
        assert abs(shown - value) > 1e-6
        assert "before the cap" in found.data.sentences[-1]
    else:
        assert direct.capped is None


def _gain(norm: Any, at: Tensor) -> Tensor:
    """∂N/∂x with the norm's scale held, written out: LayerNorm w/σ; RMSNorm w/rms, Gemma's 1 + w."""
    if isinstance(norm, torch.nn.LayerNorm):
        return norm.weight / (at.var(unbiased=False) + norm.eps).sqrt()
    epsilon = getattr(norm, "variance_epsilon", None) or norm.eps
    weight = 1 + norm.weight if "Gemma" in type(norm).__name__ else norm.weight
    return weight / (at.pow(2).mean() + epsilon).sqrt()


_PARTS: dict[str, tuple[str, str, str]] = {
    "gpt2": ("transformer.h", "attn.c_proj", "transformer.ln_f"),
    "neox": ("gpt_neox.layers", "attention.dense", "gpt_neox.final_layer_norm"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_adds_what_is_missing_when_its_slice_is_zero(family: str) -> None:
    """Brute force: the projection run with and without the head, through norms held by hand. RMS norms of these
    models compute in float32, which bounds how well a formula can meet them."""
    subject = subject_of(family)
    layers_at, projection_at, norm_at = _PARTS.get(family, ("model.layers", "self_attn.o_proj", "model.norm"))
    layers, norm = subject.core.get_submodule(layers_at), subject.core.get_submodule(norm_at)
    taken: dict[int, Tensor] = {}
    ends: list[Tensor] = []
    handles = [
        layer.get_submodule(projection_at).register_forward_pre_hook(
            lambda _module, inputs, at=index: taken.update({at: inputs[0][0, -1].detach()})
        )
        for index, layer in enumerate(layers)
    ]
    handles.append(norm.register_forward_pre_hook(lambda _module, inputs: ends.append(inputs[0][0, -1])))
    with torch.no_grad():
        subject.model(ids_of(subject))
    for handle in handles:
        handle.remove()
    direct = gp.lens(subject, TEXT, target=(RIGHT, WRONG)).data.direct
    assert direct is not None
    weight = subject.core.get_output_embeddings().weight
    for index, layer in enumerate(layers):
        project, z = layer.get_submodule(projection_at), taken[index]
        for head in range(4):
            without = z.clone()
            without[head * 8 : (head + 1) * 8] = 0
            with torch.no_grad():
                written = project(z) - project(without)
                if family in ("gemma2", "gemma3"):
                    written = written * _gain(layer.post_attention_layernorm, project(z))
                if isinstance(norm, torch.nn.LayerNorm):
                    written = written - written.mean()
                expected = float((weight[RIGHT] - weight[WRONG]) @ (_gain(norm, ends[0]) * written))
            close = 1e-10 if isinstance(norm, torch.nn.LayerNorm) else 1e-5
            assert direct.heads[index][head] == pytest.approx(expected, rel=0, abs=close)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_rounding_stays_a_small_gap(family: str, dtype: torch.dtype) -> None:
    exact = gp.lens(subject_of(family), TEXT, target=RIGHT).data.direct
    rounded = gp.lens(make_model(family).to(dtype), tokenizer("byte_level"), TEXT, target=RIGHT).data.direct
    assert exact is not None
    assert rounded is not None
    close = 1e-4 if dtype == torch.float32 else 0.1
    np.testing.assert_allclose(rounded.heads, exact.heads, atol=close)
    assert abs(rounded.gap) < close


def test_a_model_whose_parts_do_not_add_up_is_told_apart() -> None:
    """A hook of the user's steers a layer: what is added there, no part wrote."""
    model, steering = make_model("gpt2"), torch.linspace(-1, 1, 32)
    model.transformer.h[0].register_forward_hook(lambda _module, _inputs, output: output + steering)
    subject = gp.subject(model, tokenizer("byte_level"))
    with pytest.raises(GlasspaneError, match="does not add up") as caught:
        gp.lens(subject, TEXT)
    assert caught.value.code == "unsupported_model"
    assert "direct=False" in caught.value.result.next_step
    assert gp.lens(subject, TEXT, direct=False).data.direct is None


def test_a_model_that_adds_more_behind_its_layers_is_told_apart() -> None:
    """Here something that hangs on the position, which the stream does not hold."""
    model, more = make_model("gpt2"), torch.linspace(-1, 1, 32)

    def adding(_module: Any, _inputs: Any, output: Any) -> Any:
        steps = torch.arange(output.last_hidden_state.shape[1])
        output.last_hidden_state = output.last_hidden_state + steps[:, None] * more
        return output

    model.transformer.register_forward_hook(adding)
    with pytest.raises(GlasspaneError, match="is not all that its logits") as caught:
        gp.lens(model, tokenizer("byte_level"), TEXT, direct=False)
    assert caught.value.code == "unsupported_model"


def test_an_ending_that_is_no_norm_is_told_apart() -> None:
    model = make_model("gpt2")
    model.transformer.ln_f = torch.nn.Tanh()
    subject = gp.subject(model, tokenizer("byte_level"))
    with pytest.raises(GlasspaneError, match="cannot be taken apart") as caught:
        gp.lens(subject, TEXT)
    assert caught.value.code == "unsupported_model"
    found = gp.lens(subject, TEXT, direct=False, target=RIGHT)
    with torch.no_grad():
        expected = model(ids_of(subject)).logits[0].softmax(-1)[:, RIGHT]
    np.testing.assert_allclose(found.probability[-1], expected, atol=1e-6)


# ── when does the answer appear? ─────────────────────────────────────────────


def _silent(layers: int = 5) -> Any:
    """A GPT-2 whose layers write nothing, until something is planted; its unembedding is its own."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=600, n_layer=layers, n_head=4, n_embd=64, n_positions=64, tie_word_embeddings=False,
            bos_token_id=0, eos_token_id=0, pad_token_id=0,
        )
    ).double().eval()  # fmt: skip
    with torch.no_grad():
        for block in model.transformer.h:
            for projection in (block.attn.c_proj, block.mlp.c_proj):
                projection.weight.zero_()
                projection.bias.zero_()
    return model


def _direction(model: Any, token: int) -> Tensor:
    """What raises this token's logit most."""
    row = model.lm_head.weight[token].detach()
    return 40 * row / row.norm()


@pytest.mark.parametrize("layer", [0, 2, 4])
def test_an_answer_written_by_one_mlp_appears_exactly_there(layer: int) -> None:
    model = _silent()
    with torch.no_grad():
        model.transformer.h[layer].mlp.c_proj.bias.copy_(_direction(model, RIGHT))
    found = gp.lens(model, tokenizer("byte_level"), TEXT)
    assert found.data.answer.id == RIGHT
    assert found.answer_layer == layer + 1
    assert found.data.own_layers == [layer + 1] * len(found.tokens)
    assert (found.rank[: layer + 1, -1] > 1).all()
    assert (found.rank[layer + 1 :, -1] == 1).all()
    direct = found.data.direct
    assert direct is not None
    assert direct.mlp[layer] > 0.9 * direct.value
    np.testing.assert_allclose([*direct.attention, *np.delete(direct.mlp, layer)], 0, atol=1e-12)


@pytest.mark.parametrize(("layer", "head"), [(1, 2), (3, 0)])
def test_an_answer_written_by_one_head_is_that_heads(layer: int, head: int) -> None:
    """The head's value is a constant, which its slice of the output projection turns to the answer."""
    model = _silent()
    block, place = model.transformer.h[layer].attn, head * 16
    with torch.no_grad():
        block.c_attn.bias[128 + place] = 1.0  # queries, keys, values: 64 each
        block.c_attn.weight[:, 128 + place] = 0.0
        block.c_proj.weight[place] = _direction(model, RIGHT)
    found = gp.lens(model, tokenizer("byte_level"), TEXT)
    assert found.answer_layer == layer + 1
    direct = found.data.direct
    assert direct is not None
    heads = np.array(direct.heads)
    assert heads[layer, head] > 0.9 * direct.value
    heads[layer, head] = 0
    np.testing.assert_allclose(heads, 0, atol=1e-12)
    assert f"head {layer}.{head} (+" in found.data.sentences[-1]


def test_an_answer_that_is_taken_back_does_not_stay() -> None:
    model = _silent()
    with torch.no_grad():
        model.transformer.h[1].mlp.c_proj.bias.copy_(_direction(model, RIGHT))
        model.transformer.h[3].mlp.c_proj.bias.copy_(_direction(model, WRONG) - _direction(model, RIGHT))
    found = gp.lens(model, tokenizer("byte_level"), TEXT, target=(RIGHT, WRONG))
    assert found.answer_layer is None
    assert found.data.ahead_layer is None
    assert "after 2 and 3 layers, but does not stay: in the end its rank is" in found.data.sentences[0]
    back = gp.lens(model, tokenizer("byte_level"), TEXT, target=(WRONG, RIGHT))
    assert back.answer_layer == back.data.ahead_layer == 4


@pytest.mark.parametrize(
    ("ranks", "first", "said"),
    [
        ([1, 1, 1], 0, "in the embedding already"),
        ([9, 4, 1], 2, "never becomes first before the end: only after the last of 2 layers"),
        ([9, 1, 1], 1, "after 1 of 2 layers and stays first to the end."),
        ([1, 2, 1, 1], 2, "(it is first after 0 layers too, but not to stay)"),
        ([9, 1, 2, 1], 3, "only after the last of 3 layers (it is first after 1 layer too, but not to stay)"),
        ([1, 1, 3], None, "after 0 and 1 layer, but does not stay: in the end its rank is 3"),
        ([9, 8, 7], None, "never becomes first: in the end its rank is 7"),
    ],
)
def test_sentences_say_what_the_ranks_show(ranks: list[int], first: int | None, said: str) -> None:
    assert first_to_stay([rank == 1 for rank in ranks]) == first
    assert said in appears(" Paris", ranks)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        ([True, True], "in the embedding already"),
        ([False, True, True], "after 1 of 2 layers and stays so"),
        ([False, False, True], "only after the last of 2 layers"),
        ([False, True, False], "after 1 layer, but not in the end"),
        ([False, False], "after no layer"),
    ],
)
def test_a_pair_is_told_apart_from_where_the_numbers_do(ahead: list[bool], said: str) -> None:
    assert said in pulls_ahead(" Paris", " Rome", ahead)


# ── what cannot be asked ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"target": " Bartholomew"}, "not_one_token", "Bartholomew"),
        ({"target": (" Mary", " Mary")}, "unknown_target", "compared with itself"),
        ({"target": 10**7}, "unknown_target", "no token"),
        ({"position": 14}, "bad_option", "14 tokens"),
        ({"position": -15}, "bad_option", "14 tokens"),
        ({"position": "end"}, "bad_option", "whole number"),
        ({"last": 0}, "bad_option", "from 1"),
        ({"top": 21}, "bad_option", "from 1 to 20"),
        ({"text": ""}, "empty_prompt", "empty"),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_next_step(demo: Any, asked: Any, code: str, said: str) -> None:
    with pytest.raises(GlasspaneError, match=said) as caught:
        gp.lens(demo, **{"text": IOI, **asked})
    assert caught.value.code == code
    assert caught.value.result.next_step


@pytest.mark.parametrize("family", ["bert_masked", "t5", "distilbert"])
def test_models_that_read_both_ways_are_refused(family: str) -> None:
    with pytest.raises(GlasspaneError, match="from left to right") as caught:
        gp.lens(make_model(family), tokenizer_of(family), "the capital of paris")
    assert caught.value.code == "unsupported_model"


def test_activations_that_are_not_finite_are_named() -> None:
    model = make_model("gpt2")
    with torch.no_grad():
        model.transformer.h[1].mlp.c_fc.weight[0, 0] = torch.nan
    with pytest.raises(GlasspaneError, match="not finite") as caught:
        gp.lens(model, tokenizer("byte_level"), TEXT)
    assert caught.value.code == "non_finite"


# ── on its way ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("family", ["llama", "gemma2", "gpt2"])
def test_nothing_of_the_model_changes_on_success_error_or_cancel(family: str) -> None:
    model, words = make_model(family).train(), tokenizer("byte_level")
    subject = gp.subject(model, words)
    before = fingerprint(model, words)
    request = LensRequest(prompt=TextPrompt(text=TEXT))
    calls = 0

    def counting(fraction: float, stage: str, partial: Any = None) -> None:
        nonlocal calls
        calls += 1

    found = reading.lens(subject, request, counting)
    assert "training mode" in found.warnings[0]
    assert fingerprint(model, words) == before
    with pytest.raises(GlasspaneError):
        reading.lens(subject, request.model_copy(update={"position": 99}))
    assert fingerprint(model, words) == before
    for last in range(1, calls + 1):  # between layers, while decoding and while attributing
        left = last

        def cancelling(fraction: float, stage: str, partial: Any = None) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Cancelled

        with pytest.raises(Cancelled):
            reading.lens(subject, request, cancelling)
        assert fingerprint(model, words) == before
    assert calls >= 1 + 3 + 2


def test_a_result_survives_json_and_gives_itself_again(demo: Any) -> None:
    found = gp.lens(demo, IOI, target=(" Mary", " John"), last=4, top=2)
    again = LensResult.model_validate(json.loads(found.json()))
    assert again == found.data
    scope: dict[str, Any] = {}
    exec(found.data.code.replace("gp.lens", "found = gp.lens"), scope)
    assert scope["found"].data.table == found.data.table
    assert scope["found"].data.direct == found.data.direct
    frame = found.to_frame()
    row = frame[(frame.layer == 3) & (frame.position == 13)]
    assert float(row.answer_probability.iloc[0]) == found.probability[3, -1]
    assert row.top.iloc[0] == found.top(3)[0][0]


def test_a_kernel_answers_and_keeps_it(demo: Any) -> None:
    request = LensRequest(subject=demo.ref, prompt=TextPrompt(text=IOI), job="watched").model_dump_json()
    first, second = run(request).result, run(request).result
    assert isinstance(first, LensResult), first
    assert isinstance(second, LensResult)
    assert second.cost.cached
    assert second.table == first.table == gp.lens(demo, IOI).data.table


def test_the_command_line_gives_the_same(
    demo: Any, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    page = tmp_path / "lens.html"
    assert main(["lens", "-t", " Mary", "--versus", " John", "--html", str(page), "--json", IOI]) == 0
    printed = LensResult.model_validate_json(capsys.readouterr().out)
    called = gp.lens(demo, IOI, target=(" Mary", " John"))
    assert printed.table == called.data.table
    assert printed.direct == called.data.direct
    assert called.data.sentences[0] in page.read_text("utf-8")
    assert main(["lens", "--no-direct", IOI]) == 0
    said = capsys.readouterr().out
    assert called.data.sentences[0].split("”")[0] in said
    assert "attention" not in said
    assert main(["lens", "--position", "99", IOI]) == 1


def test_what_is_drawn_says_what_was_found(demo: Any, tmp_path: Any) -> None:
    found = gp.lens(demo, IOI, target=(" Mary", " John"))
    for ending in ("json", "csv", "svg", "html"):
        found.save(tmp_path / f"lens.{ending}")
    drawn = ElementTree.parse(tmp_path / "lens.svg").getroot()
    texts = ["".join(node.itertext()) for node in drawn.iter() if node.tag.endswith("text")]
    frame = found.contributions()
    heads = frame[frame.part == "head"].contribution
    strongest = frame.loc[heads.abs().idxmax()]
    assert f"head {strongest['layer']}.{strongest['head']}" in texts
    assert "".join(("+", f"{strongest.contribution:.4g}")) in texts
    shown = found._repr_mimebundle_()
    for sentence in found.data.sentences[:2]:
        assert sentence in shown["text/plain"]
        assert sentence in shown["text/html"]
    with pytest.raises(GlasspaneError, match="not saved as"):
        found.save(tmp_path / "lens.xlsx")
