"""Fused GELUs against the model's own formula; the model is left as it was found."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from plain_model import TEXT, embed, ids_of, of_embeddings, relative, subject_of
from transformers.activations import NewGELUActivation

import glasspane as gp
from glasspane.attribution.by_gradient.fused_activation import fused_activations


def gelus(subject: Any) -> list[NewGELUActivation]:
    found = [module for module in subject.model.modules() if isinstance(module, NewGELUActivation)]
    assert found
    return found


@pytest.mark.parametrize(("double", "tolerance"), [(False, 1e-6), (True, 1e-13)])
def test_values_and_gradients_are_the_models_own(double: bool, tolerance: float) -> None:
    subject = subject_of("gpt2", double)
    ids = torch.tensor([subject.tokenizer(TEXT)["input_ids"]])
    embeddings = embed(subject, ids).requires_grad_()
    f = of_embeddings(subject, ids, 7)
    own = f(embeddings)
    (gradient,) = torch.autograd.grad(own.sum(), embeddings)
    with fused_activations(subject):
        fused = f(embeddings)
        (fused_gradient,) = torch.autograd.grad(fused.sum(), embeddings)
    assert relative(fused, own) <= tolerance
    assert relative(fused_gradient, gradient) <= tolerance


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_explanations_are_those_of_the_written_form(dtype: torch.dtype) -> None:
    """Gradient × input by hand, of the model that nobody has touched; in half precision to the bit."""
    subject = subject_of("gpt2")
    subject.model.to(dtype)
    ours = gp.explain(subject, TEXT, method="input_x_gradient")
    ids = ids_of(ours)
    embeddings = embed(subject, ids).requires_grad_()
    (gradient,) = torch.autograd.grad(
        of_embeddings(subject, ids, ours.target.ids[0])(embeddings).sum(), embeddings
    )
    expected = (embeddings.detach().float() * gradient.float()).sum(-1)[0]
    assert relative(ours.scores[0], expected) <= (1e-6 if dtype == torch.float32 else 0)


def test_the_models_own_function_is_back_after_success_and_error() -> None:
    subject = subject_of("gpt2")
    with fused_activations(subject):
        assert all("forward" in vars(module) for module in gelus(subject))
    with pytest.raises(KeyError), fused_activations(subject):
        raise KeyError
    assert not any("forward" in vars(module) for module in gelus(subject))


def test_a_function_that_someone_put_there_stays() -> None:
    """A user's own forward on one activation, as accelerate's hooks place one, is what is explained."""
    subject = subject_of("gpt2")
    first = gelus(subject)[0]
    theirs = torch.nn.functional.relu
    first.forward = theirs  # type: ignore[method-assign]
    with fused_activations(subject):
        assert vars(first)["forward"] is theirs
    assert vars(first)["forward"] is theirs
