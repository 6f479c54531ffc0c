"""Every token of a completion by itself, and the kinds of subject beside causal language models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients
from plain_model import (
    MASKED,
    TEXT,
    embed,
    ids_of,
    of_embeddings,
    relative,
    subject_of,
)

import glasspane as gp
from glasspane.errors import GlasspaneError

SAID = " a bottle to Mary"
METHODS: list[tuple[str, dict[str, Any]]] = [
    ("input_x_gradient", {}),
    ("saliency", {}),
    ("deeplift", {"baseline": "mean"}),
    ("integrated_gradients", {"baseline": "mean", "max_steps": 8}),
    ("smoothgrad", {"samples": 4}),
    ("gradient_shap", {"samples": 4}),
    ("occlusion", {}),
    ("lime", {"samples": 64}),
    ("kernel_shap", {"samples": 64}),
    ("partition_shap", {"samples": 10_000}),
]


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_rows_add_up_to_the_span_and_nothing_pushes_backwards(method: str, options: dict[str, Any]) -> None:
    """Every method here is linear in what it explains (but the sizes of saliency), and a causal model's
    token cannot depend on later ones."""
    subject = subject_of("gpt2", double=True)
    span = gp.explain(subject, TEXT, method=method, completion=SAID, **options)
    rows = gp.explain(subject, TEXT, method=method, completion=SAID, each=True, **options)
    count = len(rows.target.ids)
    assert count == len(rows.scores) > 2
    assert [piece.id for piece in rows.target.pieces] == rows.target.ids
    if method == "saliency":
        assert (rows.scores.sum(0) >= span.scores[0] - 1e-12).all()
    else:
        np.testing.assert_allclose(
            rows.scores.sum(0), span.scores[0], rtol=1e-6, atol=1e-9 * np.abs(span.scores).max()
        )
    first = len(rows.tokens) - (count - 1)
    largest = np.abs(rows.scores).max()
    for row, scores in enumerate(rows.scores):
        if method not in ("lime", "kernel_shap"):  # estimates: their zeros are only near
            assert np.abs(scores[first + row :]).max(initial=0.0) <= 1e-12 * largest
    assert rows.target.value == pytest.approx(sum(piece.value for piece in rows.target.pieces))


@pytest.mark.parametrize("family", ["gpt2", "llama", "neox"])
def test_a_row_is_its_token_explained_after_what_precedes_it(family: str) -> None:
    subject = subject_of(family, double=True)
    rows = gp.explain(subject, TEXT, method="integrated_gradients", completion=SAID, each=True,
                      baseline="mean", max_steps=4)  # fmt: skip
    ids = ids_of(rows)
    first = ids.shape[1] - len(rows.target.ids) + 1
    mean = embed(subject, torch.arange(subject.card().vocabulary_size)[None])[0].mean(0)
    for row, token in enumerate(rows.target.ids):
        given = ids[:, : first + row]
        embeddings = embed(subject, given)
        theirs = IntegratedGradients(of_embeddings(subject, given, token)).attribute(
            embeddings, baselines=mean.expand_as(embeddings), n_steps=4, method="gausslegendre"
        )
        ours = rows.scores[row][: first + row]
        # captum's weights are in float32; so are the norms of RMSNorm models.
        assert relative(ours, theirs.sum(-1)[0]) <= (1e-4 if family == "llama" else 1e-6)


def test_pieces_say_where_they_stand_in_the_text_and_how_likely_they_are() -> None:
    subject = subject_of("gpt2")
    rows = gp.explain(subject, TEXT, method="input_x_gradient", completion=SAID, each=True)
    pieces = rows.target.pieces
    assert "".join(rows.text[piece.start : piece.end] for piece in pieces) == SAID
    assert rows.text == TEXT + SAID
    ids = torch.tensor([[*ids_of(rows)[0].tolist(), rows.target.ids[-1]]])
    likely = subject.model(ids).logits[0].softmax(-1)
    for place, piece in enumerate(pieces, start=ids.shape[1] - len(pieces)):
        assert piece.probability == pytest.approx(float(likely[place - 1, piece.id]), rel=1e-4)


def test_a_generated_completion_is_the_models_own_greedy_one() -> None:
    subject = gp.subject("demo-lm")
    ours = gp.explain(subject, "The capital of France is", completion=True, each=True, new_tokens=3,
                      method="input_x_gradient")  # fmt: skip
    ids = torch.tensor([subject.tokenizer("The capital of France is")["input_ids"]])
    for _ in range(3):
        ids = torch.cat([ids, subject.model(ids).logits[:, -1].argmax(-1, keepdim=True)], 1)
    said = ids[0, -3:].tolist()
    if subject.tokenizer.eos_token_id in said:
        said = said[: said.index(subject.tokenizer.eos_token_id)]
    assert ours.target.ids == said
    assert len(said) > 1
    assert ours.target.pieces[0].text == " Paris"
    assert "completion=True" in ours.data.code
    assert "each=True" in ours.data.code


def test_each_without_a_completion_is_refused() -> None:
    with pytest.raises(GlasspaneError, match="Only a completion"):
        gp.explain(subject_of("gpt2"), TEXT, each=True)


# ── masked language models ───────────────────────────────────────────────────


def test_a_masked_model_is_explained_at_its_mask() -> None:
    subject = subject_of("bert_masked")
    ours = gp.explain(subject, MASKED, method="input_x_gradient")
    ids = ids_of(ours)
    place = int((ids[0] == subject.tokenizer.mask_token_id).nonzero()[0])
    logits = subject.model(ids).logits[0, place]
    assert ours.target.ids == [int(logits.argmax())]
    assert [p.id for p in ours.predictions] == logits.topk(10).indices.tolist()
    theirs = InputXGradient(of_embeddings(subject, ids, ours.target.ids[0])).attribute(
        embed(subject, ids).requires_grad_()
    )
    assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-5


def test_the_mask_that_is_asked_about_stays_in_the_baseline() -> None:
    """With every other token masked too, the question is still what stands at this mask."""
    subject = subject_of("bert_masked")
    ours = gp.explain(subject, MASKED, baseline="pad", max_steps=64)
    ids = ids_of(ours)
    absent = ids.clone()
    for token in ours.tokens:
        if not token.special and token.id != subject.tokenizer.mask_token_id:
            absent[0, token.index] = subject.tokenizer.pad_token_id
    theirs = IntegratedGradients(of_embeddings(subject, ids, ours.target.ids[0])).attribute(
        embed(subject, ids),
        baselines=embed(subject, absent),
        n_steps=ours.checks.steps,
        method="gausslegendre",
    )
    assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-4
    place = int((ids[0] == subject.tokenizer.mask_token_id).nonzero()[0])
    assert ours.scores[0][place] == 0.0


def test_a_prompt_without_a_mask_is_told_what_to_write() -> None:
    with pytest.raises(GlasspaneError) as caught:
        gp.explain(subject_of("bert_masked"), "the capital of france")
    assert caught.value.code == "bad_request"
    assert "[MASK]" in caught.value.result.next_step


def test_of_two_masks_the_first_is_explained_and_a_sentence_says_so() -> None:
    subject = subject_of("bert_masked")
    ours = gp.explain(subject, "the [MASK] of [MASK]", method="input_x_gradient")
    place = int((ids_of(ours)[0] == subject.tokenizer.mask_token_id).nonzero()[0])
    assert ours.target.ids == [int(subject.model(ids_of(ours)).logits[0, place].argmax())]
    assert any("2 masks" in warning for warning in ours.warnings)


# ── encoder–decoders ─────────────────────────────────────────────────────────


def test_an_encoder_decoder_is_explained_on_what_both_parts_read() -> None:
    subject = subject_of("t5")
    ours = gp.explain(subject, TEXT, method="input_x_gradient")
    asked, start = ids_of(ours)[:, :-1], ids_of(ours)[:, -1:]
    assert int(start) == subject.model.config.decoder_start_token_id
    logits = subject.model(asked, decoder_input_ids=start).logits[0, -1]
    assert ours.target.ids == [int(logits.argmax())]
    embeddings = embed(subject, ids_of(ours)).requires_grad_()
    theirs = InputXGradient(of_embeddings(subject, ids_of(ours), ours.target.ids[0])).attribute(embeddings)
    assert relative(ours.scores[0], theirs.sum(-1)[0]) <= 1e-5


def test_its_completion_is_scored_token_by_token_given_what_the_decoder_said() -> None:
    subject = subject_of("t5")
    ours = gp.explain(
        subject, TEXT, method="input_x_gradient", completion="Paris", each=True, score="log_prob"
    )
    said = subject.tokenizer("Paris", add_special_tokens=False)["input_ids"]
    assert ours.target.ids == said
    count = len(said)
    asked = ids_of(ours)[:, : len(ours.tokens) - count]
    decoded = torch.tensor([[subject.model.config.decoder_start_token_id, *said[:-1]]])
    likely = subject.model(asked, decoder_input_ids=decoded).logits[0].log_softmax(-1)
    for row, piece in enumerate(ours.target.pieces):
        assert piece.value == pytest.approx(float(likely[row, said[row]]), rel=1e-4)
        # The decoder reads only what was said before.
        later = ours.scores[row][len(ours.tokens) - count + row + 1 :]
        assert np.abs(later).max(initial=0.0) <= 1e-9
    assert ours.text == TEXT + "Paris"


def test_occlusion_of_an_encoder_decoder_equals_a_loop() -> None:
    subject = subject_of("t5")
    ours = gp.explain(subject, "the film was", method="occlusion", completion="Paris")
    said = ours.target.ids
    whole = ids_of(ours)
    split = whole.shape[1] - len(said)

    def f(ids: torch.Tensor) -> float:
        logits = subject.model(ids[:, :split], decoder_input_ids=ids[:, split:]).logits[0]
        return float(sum(logits[k, token] for k, token in enumerate(said)))

    for token in ours.tokens:
        if token.special:
            assert ours.scores[0][token.index] == 0.0
            continue
        without = whole.clone()
        without[0, token.index] = subject.tokenizer.pad_token_id
        assert ours.scores[0][token.index] == pytest.approx(f(whole) - f(without), rel=1e-3, abs=1e-4)


def test_models_of_every_kind_are_loaded_from_a_folder(tmp_path: Any) -> None:
    for family in ("bert_masked", "t5", "bert", "gpt2"):
        subject = subject_of(family)
        folder = tmp_path / family
        subject.model.save_pretrained(folder)
        subject.tokenizer.save_pretrained(folder)
        text = MASKED if family == "bert_masked" else TEXT
        loaded = gp.explain(gp.subject(str(folder)), text, method="input_x_gradient")
        np.testing.assert_allclose(
            loaded.scores, gp.explain(subject, text, method="input_x_gradient").scores, rtol=1e-4, atol=1e-6
        )
