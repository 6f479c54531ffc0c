"""Attention against the model's own eager weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_models import make_model, tokenizer

import glasspane as gp

TEXT = "The capital of France is Paris, not Rome"


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "neox", "distilbert"])
def test_equals_the_models_own_weights(family: str) -> None:
    kind = "wordpiece" if family == "distilbert" else "byte_level"
    subject = gp.subject(make_model(family), tokenizer(kind))
    mean = gp.explain(subject, TEXT, method="attention")
    one = gp.explain(subject, TEXT, method="attention", layer=1, head=2)
    eager = make_model(family)
    eager.set_attn_implementation("eager")
    with torch.no_grad():
        maps = eager(torch.tensor([[t.id for t in mean.tokens]]), output_attentions=True).attentions
    query = 0 if family == "distilbert" else -1
    np.testing.assert_allclose(mean.scores[0], torch.stack(maps)[:, 0, :, query].mean((0, 1)), atol=1e-6)
    np.testing.assert_allclose(one.scores[0], maps[1][0, 2, query], atol=1e-6)
    assert mean.scores.sum() == pytest.approx(1.0, abs=1e-5)


def test_never_comes_alone() -> None:
    """It is marked unsigned, with its note and its rank correlation to a gradient method."""
    from scipy.stats import spearmanr

    subject = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    looked = gp.explain(subject, TEXT, method="attention")
    pushed = gp.explain(subject, TEXT, method="input_x_gradient")
    rho = spearmanr(looked.scores[0], np.abs(pushed.scores[0])).statistic
    assert not looked.method.signed
    said = f"{rho:+.2f}".replace("-", "−")
    assert any(said in warning for warning in looked.warnings)


def test_a_layer_that_is_not_there_is_refused() -> None:
    subject = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    with pytest.raises(gp.GlasspaneError, match="no layer 7") as caught:
        gp.explain(subject, TEXT, method="attention", layer=7)
    assert caught.value.code == "bad_option"
