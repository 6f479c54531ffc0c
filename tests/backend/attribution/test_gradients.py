"""Gradient methods against captum, against brute force and against their axioms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients
from tiny_models import make_model, make_tokenizer, tokenizer

import glasspane as gp

CAUSAL = ["gpt2", "llama", "qwen3", "gemma2", "neox"]
TEXT = "When Mary and John went to the store, John gave"


def subject_of(family: str) -> Any:
    kind = "wordpiece" if family == "distilbert" else "byte_level"
    return gp.subject(make_model(family), tokenizer(kind))


def plain_forward(subject: Any, ids: torch.Tensor, target: int) -> Any:
    """f(embeddings) written without glasspane: inputs_embeds, explicit mask and positions."""
    mask = torch.ones_like(ids)

    def f(embeddings: torch.Tensor) -> torch.Tensor:
        logits = subject.model(
            inputs_embeds=embeddings, attention_mask=mask.expand(embeddings.shape[0], -1)
        ).logits
        return logits[:, target] if logits.ndim == 2 else logits[:, -1, target]

    return f


def embed(subject: Any, ids: torch.Tensor) -> torch.Tensor:
    return subject.model.get_input_embeddings()(ids).detach()


def relative(ours: np.ndarray, theirs: torch.Tensor) -> float:
    return float(np.abs(ours - theirs.detach().numpy()).max() / theirs.abs().max())


@pytest.mark.parametrize("family", [*CAUSAL, "distilbert"])
def test_input_x_gradient_equals_captum(family: str) -> None:
    subject = subject_of(family)
    ours = gp.explain(subject, TEXT, method="input_x_gradient")
    ids = torch.tensor([[t.id for t in ours.tokens]])
    theirs = InputXGradient(plain_forward(subject, ids, ours.target.ids[0])).attribute(
        embed(subject, ids).requires_grad_()
    )
    assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-5


@pytest.mark.parametrize("family", [*CAUSAL, "distilbert"])
@pytest.mark.parametrize("baseline", ["mean", "pad"])
def test_integrated_gradients_equals_captum_at_the_same_nodes(family: str, baseline: str) -> None:
    subject = subject_of(family)
    if family != "distilbert":
        with torch.no_grad():  # made of zeros, which RMSNorm wants other nodes for
            subject.model.get_input_embeddings().weight[subject.tokenizer.pad_token_id] = 0.1
    ours = gp.explain(subject, TEXT, method="integrated_gradients", baseline=baseline, max_steps=32)
    ids = torch.tensor([[t.id for t in ours.tokens]])
    embeddings = embed(subject, ids)
    if baseline == "mean":
        start = subject.model.get_input_embeddings()(torch.arange(subject.card().vocabulary_size))
        start = start.detach().mean(0).expand_as(embeddings)
    else:
        absent = torch.tensor([[t.id if t.special else subject.tokenizer.pad_token_id for t in ours.tokens]])
        start = embed(subject, absent)
    theirs = IntegratedGradients(plain_forward(subject, ids, ours.target.ids[0])).attribute(
        embeddings, baselines=start, n_steps=ours.checks.steps, method="gausslegendre"
    )
    assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-5


@pytest.mark.parametrize("family", ["gpt2", "llama", "distilbert"])
def test_integrated_gradients_add_up_and_equal_a_fine_riemann_sum(family: str) -> None:
    subject = subject_of(family)
    subject.model.double()
    ours = gp.explain(subject, TEXT, method="integrated_gradients", baseline="mean", max_steps=512)
    assert ours.checks.converged
    assert ours.checks.completeness_gap <= 0.01
    change = ours.target.value - ours.checks.baseline_value
    assert abs(ours.scores[0].sum() - change) / abs(change) == pytest.approx(
        ours.checks.completeness_gap, abs=1e-9
    )
    ids = torch.tensor([[t.id for t in ours.tokens]])
    embeddings = embed(subject, ids)
    start = subject.model.get_input_embeddings()(torch.arange(subject.card().vocabulary_size)).mean(0)
    start = start.detach().expand_as(embeddings)
    f = plain_forward(subject, ids, ours.target.ids[0])
    total, points = torch.zeros_like(embeddings), 600
    for chunk in ((torch.arange(points).double() + 0.5) / points).split(100):
        path = (start + chunk.view(-1, 1, 1) * (embeddings - start)).requires_grad_()
        total += torch.autograd.grad(f(path).sum(), path)[0].sum(0, keepdim=True) / points
    brute = ((embeddings - start) * total).sum(-1)[0]
    # Both stopping rules promise one per cent of the largest score.
    assert relative(ours.scores[0], brute) <= 0.01


def test_a_contrast_is_the_difference_of_its_two_answers() -> None:
    subject = subject_of("gpt2")
    one, other = 17, 301
    apart = [gp.explain(subject, TEXT, method="input_x_gradient", target=t) for t in (one, other)]
    together = gp.explain(subject, TEXT, method="input_x_gradient", target=(one, other))
    np.testing.assert_allclose(together.scores, apart[0].scores - apart[1].scores, rtol=1e-3, atol=1e-5)
    assert together.target.value == pytest.approx(apart[0].target.value - apart[1].target.value, rel=1e-4)


def test_a_completion_is_the_sum_of_its_tokens_each_given_what_precedes_it() -> None:
    subject = subject_of("gpt2")
    subject.model.double()  # (RMSNorm models compute their norms in float32 all the same)
    ids = tokenizer("byte_level")(TEXT + " a bottle to Mary")["input_ids"]
    whole = gp.explain(
        subject, TEXT, completion=" a bottle to Mary", method="input_x_gradient", score="log_prob"
    )
    first = len(ids) - len(whole.target.ids)
    total = np.zeros(len(ids) - 1)
    for at in range(first, len(ids)):
        given = torch.tensor([ids[:at]])
        embeddings = embed(subject, given).requires_grad_()
        logits = subject.model(inputs_embeds=embeddings).logits[0, -1].log_softmax(-1)
        (gradient,) = torch.autograd.grad(logits[ids[at]], embeddings)
        total[:at] += (embeddings * gradient).sum(-1)[0].detach().numpy()
    np.testing.assert_allclose(whole.scores[0], total, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("score", ["logit", "log_prob", "prob"])
def test_the_score_function_is_the_one_named(score: Any) -> None:
    subject = subject_of("gpt2")
    ours = gp.explain(subject, TEXT, method="input_x_gradient", target=42, score=score)
    logits = subject.model(torch.tensor([[t.id for t in ours.tokens]])).logits[0, -1]
    wanted = {"logit": logits, "log_prob": logits.log_softmax(-1), "prob": logits.softmax(-1)}[score][42]
    assert ours.target.value == pytest.approx(float(wanted), rel=1e-5)
    assert ours.target.probability == pytest.approx(float(logits.softmax(-1)[42]), rel=1e-4)


def test_batches_change_nothing() -> None:
    """16 path points at once = one at a time."""
    from glasspane.attribution import memory

    subject = subject_of("qwen3")
    at_once = gp.explain(subject, TEXT, baseline="mean", max_steps=16)
    rows = dict(memory.ROWS_AT_ONCE)
    try:
        memory.ROWS_AT_ONCE["cpu"] = 1
        one_by_one = gp.explain(subject, TEXT, baseline="mean", max_steps=16)
    finally:
        memory.ROWS_AT_ONCE.update(rows)
    largest = np.abs(one_by_one.scores).max()
    np.testing.assert_allclose(at_once.scores, one_by_one.scores, atol=1e-5 * largest)


def test_a_zero_baseline_under_rmsnorm_is_called_ill_conditioned() -> None:
    result = gp.explain(subject_of("llama"), TEXT, baseline="zero", max_steps=16)
    assert any("ill-conditioned" in warning for warning in result.warnings)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma2"])
def test_a_padding_token_of_zeros_is_a_zero_baseline_too(family: str) -> None:
    """Its embedding is what transformers makes of padding. Crowded nodes bring the scores
    near what they must add up to; where they do not (Gemma scales what it embeds), that is said."""
    subject = subject_of(family)
    assert not subject.model.get_input_embeddings().weight[subject.tokenizer.pad_token_id].any()
    result = gp.explain(subject, TEXT, target=42, baseline="pad", first_steps=128, max_steps=256)
    assert any("ill-conditioned" in warning for warning in result.warnings)
    if family == "gemma2":
        assert any("Not converged" in warning for warning in result.warnings)
    else:
        assert result.checks.completeness_gap <= 0.02
    by_text = gp.explain(subject, TEXT, target=42, baseline="<|endoftext|>", first_steps=128, max_steps=256)
    np.testing.assert_array_equal(by_text.scores, result.scores)


def test_a_baseline_text_of_another_length_is_refused_with_both_lengths() -> None:
    with pytest.raises(gp.GlasspaneError, match=r"baseline text has \d+ tokens, the prompt \d+") as caught:
        gp.explain(subject_of("gpt2"), TEXT, baseline="Two words")
    assert caught.value.code == "bad_option"


def test_half_precision_accumulates_in_single() -> None:
    """bf16 embeddings and gradients are multiplied and added in float32: equal to the explicit float32 sum,
    which adding in bf16 misses by far more than the tolerance."""
    subject = subject_of("gpt2")
    subject.model.bfloat16()
    ours = gp.explain(subject, TEXT, method="input_x_gradient", target=42)
    ids = torch.tensor([[t.id for t in ours.tokens]])
    embeddings = embed(subject, ids).requires_grad_()
    logits = subject.model(inputs_embeds=embeddings, attention_mask=torch.ones_like(ids)).logits
    (gradient,) = torch.autograd.grad(logits[0, -1, 42].float(), embeddings)
    wanted = (embeddings.float() * gradient.float()).sum(-1)[0]
    rough = (embeddings * gradient).sum(-1)[0].float()
    assert relative(ours.scores[0], wanted) <= 1e-6
    assert float((rough - wanted).abs().max() / wanted.abs().max()) > 1e-4


def test_token_types_embedded_by_the_same_layer_keep_their_own_vectors() -> None:
    """GPT-2 adds a vector per token type from its token embedding: only the prompt's ids are explained."""
    tok = make_tokenizer("byte_level")
    tok.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    model = make_model("gpt2")
    ours = gp.explain(model, tok, TEXT, method="input_x_gradient")
    given = tok(TEXT, return_tensors="pt")
    embeddings = model.transformer.wte(given["input_ids"]).detach().requires_grad_()
    logits = model(inputs_embeds=embeddings, token_type_ids=given["token_type_ids"]).logits[0, -1]
    (gradient,) = torch.autograd.grad(logits.max(), embeddings)
    assert ours.target.ids == [int(logits.argmax())]
    assert relative(ours.scores[0], (embeddings * gradient).sum(-1)[0]) <= 1e-5


def test_a_decoder_classifier_without_a_pad_token_goes_row_by_row() -> None:
    """It refuses batches, not explanations: the scores are those of the same model with one."""
    padded, bare = make_model("gpt2_classifier"), make_model("gpt2_classifier")
    bare.config.pad_token_id = None
    tok = tokenizer("byte_level")
    np.testing.assert_allclose(
        gp.explain(bare, tok, TEXT, max_steps=16).scores,
        gp.explain(padded, tok, TEXT, max_steps=16).scores,
        rtol=1e-3,
        atol=1e-5,
    )


def test_a_model_that_scales_its_embeddings_in_place_is_explained_at_the_embeddings() -> None:
    from transformers import CTRLConfig, CTRLLMHeadModel

    torch.manual_seed(0)
    config = CTRLConfig(vocab_size=600, n_embd=32, dff=64, n_layer=2, n_head=4, initializer_range=0.2)
    model, tok = CTRLLMHeadModel(config).eval(), tokenizer("byte_level")
    ours = gp.explain(model, tok, TEXT, method="input_x_gradient")
    ids = torch.tensor([[t.id for t in ours.tokens]])
    embeddings = model.get_input_embeddings()(ids).detach().requires_grad_()
    logits = model(inputs_embeds=embeddings.clone()).logits[0, -1]
    assert ours.target.ids == [int(logits.argmax())]
    (gradient,) = torch.autograd.grad(logits.max(), embeddings)
    assert relative(ours.scores[0], (embeddings * gradient).sum(-1)[0]) <= 1e-5
    path = gp.explain(model, tok, TEXT, baseline="mean", max_steps=64)
    assert path.checks.completeness_gap <= 0.01
