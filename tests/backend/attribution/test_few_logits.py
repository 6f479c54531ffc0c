"""Truth: scores without the rest of the vocabulary are those with it; what does more with logits takes the long way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.attribution import evaluation
from glasspane.attribution.by_gradient.few_logits import few_logits_of
from glasspane.attribution.targets import Objective

PROMPT, SAID = "The capital of France is", " Paris and"
ARGUMENTS: dict[str, Any] = {"completion": SAID, "first_steps": 16, "max_steps": 16, "baseline": "pad"}


def explained(
    model: Any, monkeypatch: pytest.MonkeyPatch, short: bool, kind: str = "byte_level", **options: Any
) -> tuple[np.ndarray[Any, Any], int]:
    """Scores, and the fewest logits that the model made for one position while a gradient was taken."""
    sizes: list[int] = []
    run = evaluation.run

    def watched(*arguments: Any, **given: Any) -> Any:
        forward = run(*arguments, **given)
        if torch.is_grad_enabled():
            sizes.append(forward.logits.shape[-1])
        return forward

    monkeypatch.setattr(evaluation, "run", watched)
    monkeypatch.setattr(evaluation, "WORTH_A_TRIAL", 16 if short else 10**9)
    scores = gp.explain(model, tokenizer(kind), PROMPT, **{**ARGUMENTS, **options}).scores
    monkeypatch.setattr(evaluation, "run", run)
    return scores, min(sizes)


@pytest.mark.parametrize("each", [True, False])
@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "neox", "t5"])
def test_scores_are_those_of_the_whole_vocabulary(
    family: str, each: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gemma 2 caps its logits, T5 scales what goes into them."""
    model = make_model(family).double()
    kind = "unigram" if family == "t5" else "byte_level"
    long, whole = explained(model, monkeypatch, short=False, kind=kind, each=each)
    found, few = explained(model, monkeypatch, short=True, kind=kind, each=each)
    assert few < whole
    np.testing.assert_allclose(found, long, rtol=1e-9, atol=1e-12)


class _Biased:
    """A language model that adds a bias to every logit of the vocabulary, as BART does."""

    def __init__(self, model: Any) -> None:
        self.forward_of = model.forward
        torch.manual_seed(0)
        self.bias = torch.randn(model.config.vocab_size)

    def __call__(self, *arguments: Any, **given: Any) -> Any:
        output = self.forward_of(*arguments, **given)
        output.logits = (output.logits + self.bias).log_softmax(-1)
        return output


@pytest.mark.parametrize("said", [" Paris and", "!"])
def test_a_model_that_does_more_with_its_logits_takes_the_long_way(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one logit would be spread over the vocabulary instead of failing."""
    model = make_model("gpt2")
    model.forward = _Biased(model)
    long, whole = explained(model, monkeypatch, short=False, completion=said)
    found, few = explained(model, monkeypatch, short=True, completion=said)
    assert few == whole
    np.testing.assert_array_equal(found, long)


def test_an_output_layer_that_somebody_watches_is_left_alone() -> None:
    subject = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    objective = Objective(ids=(3, 5), versus=(), score="logit", keep=2)
    assert few_logits_of(subject, objective) is not None
    handle = subject.core.lm_head.register_forward_hook(lambda *_: None)
    assert few_logits_of(subject, objective) is None
    handle.remove()
    assert few_logits_of(subject, Objective(ids=(3,), versus=(), score="prob", keep=1)) is None


def test_the_output_layer_is_as_it_was_after_an_error() -> None:
    subject = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    few = few_logits_of(subject, Objective(ids=(3, 5), versus=(), score="logit", keep=2))
    assert few is not None

    def fails() -> None:
        with few.only():
            assert "forward" in vars(subject.core.lm_head)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert "forward" not in vars(subject.core.lm_head)


def test_another_thread_gets_every_logit_meanwhile() -> None:
    subject = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    few = few_logits_of(subject, Objective(ids=(3, 5), versus=(), score="logit", keep=2))
    assert few is not None
    hidden = torch.randn(1, 2, subject.core.config.n_embd)
    whole = subject.core.lm_head(hidden)
    with few.only(), ThreadPoolExecutor(1) as elsewhere:
        assert torch.equal(elsewhere.submit(subject.core.lm_head, hidden).result(), whole)
        assert torch.allclose(subject.core.lm_head(hidden), whole[..., [3, 5]])
