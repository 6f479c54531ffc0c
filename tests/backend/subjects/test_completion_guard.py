"""Letting a model speak, checking an explanation and looking at attention: what they touch is put back too."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_guard import awkward, fingerprint

import glasspane as gp
from glasspane.attribution.by_attention.attend import attend
from glasspane.attribution.explain import explain
from glasspane.attribution.trust.faithfulness import check
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.protocol import (
    AttentionRequest,
    CheckRequest,
    CompletionTarget,
    ExplainRequest,
    TextPrompt,
    TokenTarget,
)

pytestmark = pytest.mark.wide

SPEAKING = ["gpt2", "llama", "qwen3", "gemma2", "neox", "t5"]
EVERY = [*SPEAKING, "distilbert", "bert", "gpt2_classifier"]
TEXT = "The capital of France is"


def in_use(family: str) -> tuple[Any, Any]:
    """A model whose owner samples from it, in ways that would not do for a greedy completion."""
    model, tokenizer = awkward(family)
    if getattr(model, "generation_config", None) is not None:
        for name, value in {
            "do_sample": True,
            "temperature": 0.3,
            "top_k": 7,
            "max_new_tokens": 3,
            "num_return_sequences": 4,
            "return_dict_in_generate": True,
            "output_scores": True,
            "use_cache": False,
        }.items():
            setattr(model.generation_config, name, value)
    return model, tokenizer


class Stop:
    """Cancels as soon as the work is said to be in a stage that begins like this."""

    def __init__(self, stage: str | None) -> None:
        self.stage = stage
        self.stages: list[str] = []

    def __call__(self, fraction: float, stage: str, partial: Any = None) -> None:
        self.stages.append(stage)
        if self.stage is not None and stage.startswith(self.stage) and (self.stage != "" or fraction > 0):
            raise Cancelled


def compared(model: Any, tokenizer: Any, call: Any, code: str | None) -> Any:
    before = fingerprint(model, tokenizer)
    result = None
    if code is None:
        result = call()
    else:
        with pytest.raises(GlasspaneError) as caught:
            call()
        assert caught.value.code == code
    after = fingerprint(model, tokenizer)
    assert {part for part in before if before[part] != after[part]} == set()
    return result


@pytest.mark.parametrize("family", SPEAKING)
@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("ending", ["success", "cancel while it speaks", "cancel while it is explained"])
def test_a_generated_completion_changes_nothing(family: str, each: bool, ending: str) -> None:
    model, tokenizer = in_use(family)
    subject = gp.subject(model, tokenizer)
    request = ExplainRequest(
        subject=subject.ref,
        prompt=TextPrompt(text=answered(subject)),
        method="input_x_gradient",
        target=CompletionTarget(each=each, tokens=6),
    )
    stop = Stop(
        {"success": None, "cancel while it speaks": "generating, 2", "cancel while it is explained": ""}[
            ending
        ]
    )
    result = compared(
        model,
        tokenizer,
        lambda: explain(subject, request, stop),
        None if ending == "success" else "cancelled",
    )
    if result is not None:
        greedy = greedily(subject, request.prompt.text, 6)
        assert result.target.ids == greedy or any("other tokens" in warning for warning in result.warnings)
    if ending == "cancel while it speaks":
        assert stop.stages[-1].startswith("generating, 2 of")


def answered(subject: Any) -> str:
    """A text behind which this random model says something that its tokenizer can write."""
    texts = (
        TEXT,
        "a",
        "Paris",
        "Mary",
        "store",
        "to",
        "the film",
        "don't",
        "naïve",
        "of",
        "was",
        "When",
        "it",
        "is",
    )
    return next(text for text in texts if subject.tokenizer.decode(greedily(subject, text, 6)).strip())


def greedily(subject: Any, text: str, tokens: int) -> list[int]:
    """Brute force: the likeliest next token, one at a time, up to the end of text, special tokens left out."""
    from glasspane.subjects.prompt import read_prompt

    model = subject.model
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        asked = read_prompt(subject, TextPrompt(text=text)).given
        encoded = asked.ids[:, : asked.length - asked.decoded]
        said: list[int] = []
        for _ in range(tokens):
            spoken = torch.tensor([said], dtype=torch.long)
            with torch.no_grad():
                if asked.decoded:
                    logits = model(
                        encoded, decoder_input_ids=torch.cat([asked.ids[:, -1:], spoken], 1)
                    ).logits
                else:
                    logits = model(torch.cat([encoded, spoken], 1)).logits
            said.append(int(logits[0, -1].argmax()))
            if said[-1] == model.config.eos_token_id:
                break
        return [token for token in said if token not in subject.tokenizer.all_special_ids]
    finally:
        for module, flag in training.items():
            module.training = flag


@pytest.mark.parametrize("family", SPEAKING)
def test_an_error_while_it_speaks_changes_nothing(family: str) -> None:
    model, tokenizer = in_use(family)
    subject = gp.subject(model, tokenizer)
    calls = 0

    def fail(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ZeroDivisionError

    handle = model.get_output_embeddings().register_forward_pre_hook(fail)
    before = fingerprint(model, tokenizer)
    with pytest.raises(ZeroDivisionError):
        gp.explain(subject, TEXT, completion=True, method="saliency")
    assert fingerprint(model, tokenizer) == before
    handle.remove()


@pytest.mark.parametrize("family", ["distilbert", "bert", "gpt2_classifier"])
def test_a_model_that_does_not_speak_is_left_as_it_was(family: str) -> None:
    model, tokenizer = in_use(family)
    compared(model, tokenizer, lambda: gp.explain(model, tokenizer, TEXT, completion=True), "unknown_target")


@pytest.mark.parametrize("family", EVERY)
@pytest.mark.parametrize("ending", ["success", "error", "cancel"])
def test_a_check_changes_nothing(family: str, ending: str) -> None:
    model, tokenizer = in_use(family)
    subject = gp.subject(model, tokenizer)
    request = ExplainRequest(subject=subject.ref, prompt=TextPrompt(text=TEXT), method="saliency")
    made = explain(subject, request)
    asked = CheckRequest(
        explain=made.request, replacement="no such token" if ending == "error" else "default"
    )
    stop = Stop("" if ending == "cancel" else None)
    compared(
        model,
        tokenizer,
        lambda: check(subject, asked, made, stop),
        {"success": None, "error": "bad_option", "cancel": "cancelled"}[ending],
    )


@pytest.mark.parametrize("family", EVERY)
@pytest.mark.parametrize("ending", ["success", "error", "cancel"])
def test_attention_behind_a_generated_completion_changes_nothing(family: str, ending: str) -> None:
    model, tokenizer = in_use(family)
    subject = gp.subject(model, tokenizer)
    speaks = family in SPEAKING and ending != "error"
    request = AttentionRequest(
        subject=subject.ref,
        prompt=TextPrompt(text=answered(subject) if speaks else TEXT),
        **({"target": CompletionTarget(tokens=4)} if speaks else {}),
        **({"target": TokenTarget(token=10**6)} if ending == "error" else {}),
    )
    stop = Stop("" if ending == "cancel" else None)
    compared(
        model,
        tokenizer,
        lambda: attend(subject, request, stop),
        {"success": None, "error": "unknown_target", "cancel": "cancelled"}[ending],
    )
