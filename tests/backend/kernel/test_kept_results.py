"""What was computed is served again, and only while it would come out the same. Truth: the first answer."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from test_entry import run
from tiny_models import make_model, make_tokenizer

from glasspane.kernel import cancel, model_answers
from glasspane.kernel.results import ResultCache, key_of
from glasspane.protocol import (
    AttentionRequest,
    AttentionResult,
    ErrorResult,
    FaithfulnessResult,
    HeadView,
    RolloutView,
    TextPrompt,
)

SUBJECT = {"source": "kernel", "model": "glasspane_net", "tokenizer": "glasspane_tok"}
PROMPT = {"form": "text", "text": "The capital of France is"}
EXPLAIN: dict[str, Any] = {"kind": "explain", "subject": SUBJECT, "prompt": PROMPT, "method": "occlusion"}
REQUESTS: dict[str, dict[str, Any]] = {
    "explain": EXPLAIN,
    "check": {"kind": "check", "explain": EXPLAIN},
    **{
        show: {"kind": "attention", "subject": SUBJECT, "prompt": PROMPT, "view": {"show": show, **more}}
        for show, more in {
            "overview": {},
            "head": {"layer": 0, "head": 1},
            "rollout": {},
            "residual": {},
        }.items()
    },
}


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Any:
    model = make_model("gpt2")
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "glasspane_net", model, raising=False)
    monkeypatch.setattr(main, "glasspane_tok", make_tokenizer("byte_level"), raising=False)
    model_answers.clear_cache()
    yield model
    model_answers.clear_cache()


@pytest.mark.parametrize("name", list(REQUESTS))
def test_the_same_request_is_answered_from_what_is_kept(net: Any, name: str) -> None:
    ran = 0

    def count(*_: Any) -> None:
        nonlocal ran
        ran += 1

    first = run(**REQUESTS[name])
    assert not first.cost.cached
    # Not a hook: a model that has any is always asked anew.
    forward = type(net).forward
    type(net).forward = lambda *given, **more: (count(), forward(*given, **more))[1]
    try:
        again = run(**REQUESTS[name], job="another")
    finally:
        type(net).forward = forward
    assert ran == 0
    assert again.cost.cached
    assert again == first.model_copy(update={"cost": again.cost})
    assert again.cost == first.cost.model_copy(update={"cached": True})


@pytest.mark.parametrize("name", list(REQUESTS))
@pytest.mark.parametrize("change", ["weights", "tokenizer", "hook", "request"])
def test_what_would_come_out_otherwise_is_computed(net: Any, name: str, change: str) -> None:
    run(**REQUESTS[name])
    request = dict(REQUESTS[name])
    if change == "weights":
        with torch.no_grad():
            net.transformer.h[0].attn.c_attn.weight.mul_(1.5)
    elif change == "tokenizer":
        sys.modules["__main__"].glasspane_tok.add_tokens(["France is"])
        net.resize_token_embeddings(len(sys.modules["__main__"].glasspane_tok))
    elif change == "hook":
        net.transformer.h[0].register_forward_hook(lambda *_: None)
    elif name == "check":
        request["seed"] = 5
    else:
        request["prompt"] = {**PROMPT, "text": "The capital of Spain is"}
    answer = run(**request)
    assert not isinstance(answer, ErrorResult)
    assert not answer.cost.cached


@pytest.mark.parametrize("change", ["epsilon", "configuration"])
def test_what_a_module_reads_beside_its_weights_counts_too(net: Any, change: str) -> None:
    run(**REQUESTS["explain"])
    assert run(**REQUESTS["explain"]).cost.cached
    if change == "epsilon":
        net.transformer.ln_f.eps = 1.0
    else:
        net.config.scale_attn_weights = False
    assert not run(**REQUESTS["explain"]).cost.cached


def test_kinds_do_not_answer_for_each_other(net: Any) -> None:
    """A check's request holds the explanation's."""
    run(**REQUESTS["check"])
    explained = run(**EXPLAIN)
    assert explained.kind == "attribution"
    assert explained.cost.cached  # the check computed it on its way
    assert isinstance(run(**REQUESTS["check"]), FaithfulnessResult)


def test_a_cancelled_check_is_not_kept(net: Any) -> None:
    cancel.cancel("stop")
    assert run(**REQUESTS["check"], job="stop").code == "cancelled"
    assert model_answers.cache_info().kept == 0
    assert not run(**REQUESTS["check"]).cost.cached


def test_matrices_make_room_for_each_other_and_one_too_large_is_not_kept() -> None:
    import glasspane as gp
    from glasspane.attribution.by_attention.attend import attend

    subject = gp.subject(make_model("gpt2"), make_tokenizer("byte_level"))

    def asked(view: Any) -> AttentionRequest:
        return AttentionRequest(
            subject=subject.ref, prompt=TextPrompt(text="The capital of France"), view=view
        )

    views = [asked(HeadView(layer=0, head=head)) for head in range(4)]
    size = len(attend(subject, views[0]).answer.weights.data)
    cache = ResultCache(drawn_bytes=3 * size)
    for view in views:
        cache.keep(key_of(view, subject), attend(subject, view))
    assert cache.info().kept == 3
    assert cache.get(key_of(views[0], subject), AttentionResult) is None
    assert cache.get(key_of(views[3], subject), AttentionResult) is not None
    small = ResultCache(drawn_bytes=size - 1)
    small.keep(key_of(views[0], subject), attend(subject, views[0]))
    assert small.info().kept == 0
    exact = asked(RolloutView(matrix=False, token=0))
    small.keep(key_of(exact, subject), attend(subject, exact))
    assert small.info().kept == 1
