"""Prompts at the edges: what the template makes of them, what the context still holds."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tiny_models import make_model, make_tokenizer, tokenizer

import glasspane as gp
from glasspane.errors import GlasspaneError


def refusal(*arguments: Any, **options: Any) -> Any:
    with pytest.raises(GlasspaneError) as caught:
        gp.explain(*arguments, **options)
    assert caught.value.result.next_step
    return caught.value.result


@pytest.fixture(scope="module")
def lm() -> Any:
    return gp.subject(make_model("gpt2"), tokenizer("byte_level"))


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ m.content | upper }}", "PARIS IS"),
        ("{{ m.content | replace('a', 'o') }}", "Poris is"),
        # Heat must not lie on words that were cut off before the model read them.
        ("{{ m.content[:5] }}", "Paris"),
        ("", None),
    ],
)
def test_what_a_template_makes_of_a_message_is_the_persons_text(template: str, shown: str | None) -> None:
    tok = make_tokenizer("chat")
    tok.chat_template = "{% for m in messages %}<|{{ m.role }}|>" + template + "<|end|>{% endfor %}"
    model, system = make_model("llama"), {"role": "system", "content": "Be brief"}
    for prompt in ("Paris is", [system, {"role": "user", "content": "Paris is"}]):
        result = gp.explain(model, tok, prompt, template="chat", baseline="mean", max_steps=2)
        assert any("this is what the model read" in warning for warning in result.warnings)
        assert result.text == result.data.rendered
        written = [result.text[t.start : t.end] for t in result.tokens if not t.special]
        if shown is None:
            assert written == []
            continue
        assert "".join(written).endswith(shown)
        assert not any("|" in piece for piece in written)
        last = result.data.segments[-1]
        assert result.text[last.start : last.end] == shown


def test_a_token_that_begins_with_the_templates_space_is_the_messages() -> None:
    """By hand: of " Name" in ": Name the city." only the space is the template's."""
    subject = gp.subject("demo-lm")
    tok = copy.deepcopy(subject.tokenizer)
    tok.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    messages = [
        {"role": "system", "content": "Name the city."},
        {"role": "user", "content": "The capital of Japan is"},
    ]
    result = gp.explain(subject.model, tok, messages, method="input_x_gradient")
    by_role = [[t.text for t in result.tokens if t.segment == k] for k in (0, 1)]
    assert by_role == [[" Name", " the", " city", "."], [" The", " capital", " of", " Japan", " is"]]
    assert all(t.segment is None for t in result.tokens if t.special)


def test_one_token_of_prompt_and_completion_is_no_empty_prompt(lm: Any) -> None:
    assert len(lm.tokenizer(" Par" + "is")["input_ids"]) == 1
    assert refusal(lm, " Par", completion="is").code == "unknown_target"


def test_virtual_tokens_count_towards_the_models_context() -> None:
    from peft import PrefixTuningConfig, PromptTuningConfig, TaskType, get_peft_model

    token, causal = "<|endoftext|>", TaskType.CAUSAL_LM
    for config in (PromptTuningConfig, PrefixTuningConfig):
        model = get_peft_model(make_model("gpt2"), config(task_type=causal, num_virtual_tokens=3)).eval()
        subject = gp.subject(model, tokenizer("byte_level"))
        assert len(gp.explain(subject, token * 61, method="input_x_gradient").tokens) == 61
        too_long = refusal(subject, token * 62, method="input_x_gradient")
        assert too_long.code == "prompt_too_long"
        assert "62 tokens" in too_long.message
        assert "at most 61" in too_long.message


def test_a_text_far_beyond_the_context_is_refused_before_its_tokens_are_described(
    lm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glasspane.subjects.prompt.Token", lambda **_: pytest.fail("described a token"))
    assert refusal(lm, "word " * 100).code == "prompt_too_long"


@pytest.mark.parametrize("baseline", ["pad", "mask", "Paris", "default"])
def test_a_prompt_of_added_tokens_only_has_nothing_to_replace(baseline: str) -> None:
    result = gp.explain(make_model("distilbert"), tokenizer("wordpiece"), " ", baseline=baseline, max_steps=2)
    assert all(token.special for token in result.tokens)


def test_a_baseline_at_which_the_model_has_no_value_is_refused() -> None:
    """Without its epsilon RMSNorm divides zero by zero at a zero embedding, and nowhere on the way there."""
    model = make_model("llama")
    for module in model.modules():
        if hasattr(module, "variance_epsilon"):
            module.variance_epsilon = 0.0
    said = refusal(model, tokenizer("byte_level"), "Paris is", baseline="zero", max_steps=4)
    assert said.code == "non_finite"
