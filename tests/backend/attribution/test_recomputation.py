"""Recomputed layers: the gradients of layers that were kept, from a fraction of what they keep."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from plain_model import subject_of, text_for
from test_bad_input import in_int8
from tiny_models import make_tokenizer
from transformers import GPT2Config, GPT2LMHeadModel

import glasspane as gp
from glasspane.attribution.evaluation import Evaluator
from glasspane.attribution.targets import Objective
from glasspane.protocol import TextPrompt
from glasspane.subjects.architecture import run
from glasspane.subjects.prompt import read_prompt
from glasspane.subjects.recomputation import can_recompute, recomputed

FAMILIES = ["gpt2", "llama", "qwen3", "gemma2", "neox", "distilbert", "bert_masked", "t5", "gpt2_classifier"]


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_those_of_layers_that_were_kept(family: str) -> None:
    subject = subject_of(family)
    given = read_prompt(subject, TextPrompt(text=text_for(family))).given
    assert can_recompute(subject)

    def gradient() -> torch.Tensor:
        objective = Objective(ids=(0,), versus=(), score="logit", keep=1)
        evaluator = Evaluator(subject, given, objective, 1)
        with torch.no_grad():
            leaf = run(subject, given).embeddings
        return evaluator.per_gradient(leaf, lambda g: g)

    kept = gradient()
    with recomputed(subject):
        assert torch.equal(gradient(), kept)
    assert not any("forward" in vars(module) for module in subject.model.modules())


def test_a_fraction_of_the_activations_is_kept() -> None:
    """Counted where autograd packs what it saves, each storage once, weights left out."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=600, n_layer=8, n_head=4, n_embd=64, n_positions=64)).eval()
    subject = gp.subject(model, make_tokenizer("byte_level"))
    given = read_prompt(subject, TextPrompt(text="The capital of France is Paris, not Rome.")).given
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}

    def saved() -> int:
        storages: dict[int, Any] = {}

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            if tensor.untyped_storage().data_ptr() not in weights:
                storages[tensor.untyped_storage().data_ptr()] = tensor
            return tensor

        with torch.no_grad():
            leaf = run(subject, given).embeddings
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            run(subject, given, embeddings=leaf.requires_grad_())
        return sum(tensor.untyped_storage().nbytes() for tensor in storages.values())

    kept = saved()
    with recomputed(subject):
        assert saved() * 5 < kept


def test_an_overview_without_recomputation_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    views = gp.attention(subject_of("llama"), text_for("llama"))
    recomputing = views.overview()
    monkeypatch.setattr("glasspane.subjects.recomputation._layers", lambda _: [])
    assert not can_recompute(views.subject)
    assert views.overview().equals(recomputing)


def test_a_layer_that_stops_the_gradient_is_noticed_inside_recomputed_ones() -> None:
    subject = gp.subject(in_int8(subject_of("llama").model, "down_proj"), make_tokenizer("byte_level"))
    frame = gp.attention(subject, text_for("llama")).overview()
    assert frame["gradient_correlation"].isna().all()
    assert any("down_proj (Int8Linear)" in warning for warning in frame.attrs["warnings"])


def test_layers_with_a_forward_of_their_own_are_left_alone() -> None:
    subject = subject_of("gpt2")
    layer = subject.model.transformer.h[0]
    own = layer.forward
    layer.forward = lambda *given, **more: own(*given, **more)
    mine = layer.forward
    assert not can_recompute(subject)
    gp.attention(subject, text_for("gpt2")).overview()
    assert layer.forward is mine
