"""Looking at attention is reading too: fingerprints before = after, and no function of ours left behind."""

from __future__ import annotations

from typing import Any

import pytest
from test_guard import awkward, fingerprint
from transformers import AttentionInterface, AttentionMaskInterface

import glasspane as gp
from glasspane.attribution.by_attention.attend import attend
from glasspane.errors import Cancelled
from glasspane.protocol import (
    AttentionRequest,
    HeadView,
    OverviewView,
    ResidualView,
    RolloutView,
    TextPrompt,
    TokenTarget,
)

pytestmark = pytest.mark.wide

TEXT = "The capital of France is"
VIEWS = {
    "overview": OverviewView(),
    "head": HeadView(layer=1, head=0),
    "rollout": RolloutView(),
    "residual": ResidualView(),
}
ABSENT = {
    "overview": {"target": TokenTarget(token=10**6)},
    "head": {"view": HeadView(layer=9, head=0)},
    "rollout": {"view": RolloutView(token=10**4)},
    "residual": {"prompt": TextPrompt(text="")},
}


def names() -> list[set[str]]:
    return [set(interface._global_mapping) for interface in (AttentionInterface, AttentionMaskInterface)]


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "distilbert", "gpt2_classifier"])
@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("ending", ["success", "error", "cancel"])
def test_nothing_changes(family: str, view: str, ending: str) -> None:
    model, tokenizer = awkward(family)
    subject = gp.subject(model, tokenizer)
    request = AttentionRequest(subject=subject.ref, prompt=TextPrompt(text=TEXT), view=VIEWS[view])
    if ending == "error":
        request = request.model_copy(update=ABSENT[view])

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if ending == "cancel" and "layer 2" in stage:
            raise Cancelled

    before, registered = fingerprint(model, tokenizer), names()
    if ending == "success":
        assert attend(subject, request, report).answer.show == view
    else:
        with pytest.raises(gp.GlasspaneError) as caught:
            attend(subject, request, report)
        expected = {"overview": "unknown_target", "residual": "empty_prompt"}.get(view, "bad_option")
        assert caught.value.code == ("cancelled" if ending == "cancel" else expected)
    after = fingerprint(model, tokenizer)
    assert {part for part in before if before[part] != after[part]} == set()
    assert names() == registered


def test_an_error_in_the_models_own_code_leaves_nothing_behind() -> None:
    model, tokenizer = awkward("llama")
    subject = gp.subject(model, tokenizer)
    handle = model.model.layers[1].mlp.register_forward_hook(lambda *_: 1 / 0)
    before, registered = fingerprint(model, tokenizer), names()
    for view in (lambda it: it.head(0, 0), lambda it: it.rollout(), lambda it: it.residual()):
        with pytest.raises(ZeroDivisionError):
            view(gp.attention(subject, TEXT))
    assert fingerprint(model, tokenizer) == before
    assert names() == registered
    handle.remove()


def test_another_model_with_the_same_classes_never_meets_our_function() -> None:
    """The function is registered for the whole process, but only this model's configuration names it."""
    model, tokenizer = awkward("gpt2")
    other, _ = awkward("gpt2")
    seen: list[str] = []
    model.transformer.h[1].register_forward_hook(
        lambda *_: seen.extend([model.config._attn_implementation, other.config._attn_implementation])
    )
    gp.attention(model, tokenizer, TEXT).head(0, 0)
    assert seen[0].startswith("glasspane_")
    assert seen[1] == "sdpa"
