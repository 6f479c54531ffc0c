"""Targets, chat templates and refusals: what is asked for is what is explained, or a sentence says why not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import make_model, make_tokenizer, tokenizer

import glasspane as gp
from glasspane.errors import GlasspaneError
from glasspane.figures import correlation, percent, percent_within, whole_percent

TEXT = "The capital of France is"


def refusal(*arguments: Any, **options: Any) -> Any:
    with pytest.raises(GlasspaneError) as caught:
        gp.explain(*arguments, **options)
    assert caught.value.result.message.endswith((".", "?"))
    assert caught.value.result.next_step
    return caught.value.result


@pytest.fixture(scope="module")
def lm() -> Any:
    return gp.subject(make_model("gpt2"), tokenizer("byte_level"))


@pytest.fixture(scope="module")
def classifier() -> Any:
    return gp.subject(make_model("distilbert"), tokenizer("wordpiece"))


@pytest.fixture(scope="module")
def chat() -> Any:
    return gp.subject(make_model("llama"), tokenizer("chat"))


def test_the_likeliest_token_is_the_models_own(lm: Any) -> None:
    result = gp.explain(lm, TEXT, method="input_x_gradient")
    logits = lm.model(torch.tensor([lm.tokenizer(TEXT)["input_ids"]])).logits[0, -1]
    assert result.target.ids == [int(logits.argmax())]
    assert [p.id for p in result.predictions] == logits.topk(10).indices.tolist()
    assert result.predictions[0].probability == pytest.approx(float(logits.softmax(-1).max()), rel=1e-4)


def test_a_token_by_text_is_the_token_by_id(lm: Any) -> None:
    by_text = gp.explain(lm, TEXT, method="input_x_gradient", target=" Paris")
    (token_id,) = lm.tokenizer(" Paris")["input_ids"]
    by_id = gp.explain(lm, TEXT, method="input_x_gradient", target=token_id)
    assert by_text.target == by_id.target
    np.testing.assert_array_equal(by_text.scores, by_id.scores)


def test_a_sentencepiece_target_is_read_where_it_would_stand() -> None:
    """Alone, the tokenizer puts a space before "!"; after the prompt it is one token."""
    subject = gp.subject(make_model("llama"), tokenizer("byte_fallback"))
    prompt, target = "The capital of", "!"
    before, after = (subject.tokenizer(text)["input_ids"] for text in (prompt, prompt + target))
    assert len(subject.tokenizer(target, add_special_tokens=False)["input_ids"]) > 1
    assert after[:-1] == before
    result = gp.explain(subject, prompt, method="input_x_gradient", target=target)
    assert result.target.ids == after[-1:]


def test_a_target_of_several_tokens_is_refused_with_its_pieces(lm: Any) -> None:
    said = refusal(lm, TEXT, target=" Xylophone")
    assert said.code == "not_one_token"
    assert "".join(said.pieces) == " Xylophone"


def test_a_forgotten_leading_space_is_pointed_out(lm: Any) -> None:
    assert len(lm.tokenizer("capital")["input_ids"]) > 1
    assert "' capital', with its leading space" in refusal(lm, TEXT, target="capital").next_step


def test_classes_by_label_by_index_and_by_contrast(classifier: Any) -> None:
    by_label = gp.explain(classifier, TEXT, target="positive", method="input_x_gradient")
    by_index = gp.explain(classifier, TEXT, target=1, method="input_x_gradient")
    against = gp.explain(classifier, TEXT, target=("POSITIVE", "NEGATIVE"), method="input_x_gradient")
    negative = gp.explain(classifier, TEXT, target="NEGATIVE", method="input_x_gradient")
    np.testing.assert_array_equal(by_label.scores, by_index.scores)
    np.testing.assert_allclose(against.scores, by_index.scores - negative.scores, rtol=1e-3, atol=1e-6)
    assert by_label.target.text == "POSITIVE"
    assert refusal(classifier, TEXT, target="MIXED").next_step == "Choose one of: NEGATIVE, POSITIVE."
    assert refusal(classifier, TEXT, completion=" x").code == "unknown_target"


def test_refusals(lm: Any) -> None:
    assert refusal(lm, "").code == "empty_prompt"
    too_long = refusal(lm, "word " * 100)
    assert too_long.code == "prompt_too_long"
    assert "reads at most 64" in too_long.message
    unknown = refusal(lm, TEXT, method="magic")
    assert unknown.code == "unknown_method"
    assert "integrated_gradients" in unknown.next_step
    assert refusal(lm, TEXT, max_stepz=3).code == "bad_option"
    assert refusal(lm, TEXT, max_steps=0).code == "bad_option"
    assert refusal(lm, TEXT, max_steps="many").code == "bad_option"
    assert refusal(lm, TEXT, target=10**9).code == "unknown_target"
    assert refusal(lm, TEXT, target=(" Paris", " Paris")).code == "unknown_target"
    assert refusal(lm, TEXT, score="loss").code == "bad_option"
    assert refusal(lm, 42).code == "bad_request"
    assert refusal(lm.model, None, TEXT).code == "no_tokenizer"
    assert refusal("nowhere/there", TEXT).code == "load_failed"
    assert refusal("./no-such-folder", TEXT).code == "load_failed"


@pytest.mark.parametrize(
    "target",
    [
        True,
        1.0,
        float("nan"),
        b" Paris",
        object(),
        {" Paris", " Rome"},
        {"a": 1},
        (None, " Paris"),
        (1.5, 2),
        "",
    ],
)
def test_what_names_no_answer_is_refused(lm: Any, target: Any) -> None:
    assert refusal(lm, TEXT, target=target).code == "unknown_target"


def test_whole_numbers_of_other_libraries_are_whole_numbers(lm: Any) -> None:
    ids = [
        gp.explain(lm, TEXT, target=t, max_steps=np.int64(2)).target.ids
        for t in (np.int32(7), torch.tensor(7))
    ]
    assert ids == [[7], [7]]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), 1e309, None, [1], 10**40])
def test_options_that_are_no_number_in_range_are_refused(lm: Any, number: Any) -> None:
    assert refusal(lm, TEXT, max_steps=number).code == "bad_option"
    assert refusal(lm, TEXT, method="attention", layer=number).code == "bad_option"


def test_choices_that_do_not_exist_or_exclude_each_other_are_refused(lm: Any) -> None:
    assert refusal(lm, TEXT, method=[]).code == "unknown_method"
    assert refusal(lm, TEXT, template="bogus").code == "bad_option"
    assert refusal(lm, np.array([1])).code == "bad_request"
    assert refusal(lm, TEXT, completion=5).code == "unknown_target"
    assert refusal(lm, TEXT, completion=" x", target=" Paris").code == "unknown_target"


def test_a_tokenizer_that_knows_more_than_its_model_is_met_with_a_sentence() -> None:
    """Added tokens without resize_token_embeddings: a habit of many scripts."""
    tok = make_tokenizer("byte_level")
    model = make_model("gpt2", vocabulary=len(tok))
    tok.add_special_tokens({"pad_token": "[PAD]", "mask_token": "[MASK]"})
    assert refusal(model, tok, "a [MASK]").code == "no_tokenizer"
    for baseline in ("pad", "mask", "[PAD]"):
        said = refusal(model, tok, TEXT, baseline=baseline)
        assert said.code == "bad_option"
        assert "resize_token_embeddings" in said.next_step
    assert refusal(model, tok, TEXT, target="[PAD]").code == "unknown_target"
    assert refusal(model, tok, TEXT, completion=" x[PAD]").code == "unknown_target"
    assert "end-of-text" in gp.explain(model, tok, TEXT, max_steps=2).method.baseline


def test_logits_that_are_not_finite_are_refused() -> None:
    model = make_model("gpt2")
    model.transformer.ln_f.bias.data[0] = float("nan")
    assert refusal(model, tokenizer("byte_level"), TEXT).code == "non_finite"


def test_too_little_memory_is_known_before_running(lm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from glasspane.attribution import memory

    monkeypatch.setattr(memory, "free_memory", lambda device: 200_000)
    passes: list[Any] = []
    handle = lm.model.register_forward_hook(lambda *_: passes.append(1))
    said = refusal(lm, "word " * 20)
    handle.remove()
    assert passes == []
    assert said.code == "not_enough_memory"
    assert "tokens would fit" in said.next_step


# ── chat ─────────────────────────────────────────────────────────────────────


def test_a_string_through_the_template_keeps_its_own_offsets(chat: Any) -> None:
    text = "  user said: Paris "  # the template trims, and names a role "user" itself
    result = gp.explain(chat, text, template="chat", method="input_x_gradient")
    rendered = chat.tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
    )
    assert result.data.rendered == rendered
    assert [t.id for t in result.tokens] == chat.tokenizer(rendered, add_special_tokens=False)["input_ids"]
    written = [t for t in result.tokens if not t.special]
    spans = list(dict.fromkeys((t.start, t.end) for t in written))
    assert [i for a, b in spans for i in range(a, b)] == list(range(len(text)))
    assert "".join(text[a:b] for a, b in spans) == text
    assert all(t.start == t.end for t in result.tokens if t.special)


def test_a_completion_behind_a_template_stands_behind_the_question(chat: Any) -> None:
    text, said = " Where is Paris? ", "In France, not Rome"
    result = gp.explain(
        chat, text, completion=said, template="chat", method="input_x_gradient", score="log_prob"
    )
    assert result.text == text + said
    assert [(s.role, result.text[s.start : s.end]) for s in result.data.segments] == [
        ("user", text),
        ("completion", said),
    ]
    rendered = chat.tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
    )
    whole = chat.tokenizer(rendered + said, add_special_tokens=False)["input_ids"]
    assert [t.id for t in result.tokens] == whole[:-1]
    assert result.target.ids == whole[-len(result.target.ids) :]
    assert chat.tokenizer.decode(result.target.ids) == said
    spans = list(dict.fromkeys((t.start, t.end) for t in result.tokens if not t.special))
    covered = "".join(result.text[a:b] for a, b in spans)
    assert result.text.startswith(covered)  # all but the last token of the completion is input
    assert len(covered) > len(text)


def test_a_conversation_locates_each_message(chat: Any) -> None:
    messages = [
        {"role": "system", "content": "system"},
        {"role": "user", "content": "user\nassistant"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "ok"},
    ]
    result = gp.explain(chat, messages, method="input_x_gradient")
    text = result.text
    assert [text[s.start : s.end] for s in result.data.segments] == [m["content"] for m in messages]
    assert [s.role for s in result.data.segments] == [m["role"] for m in messages]
    assert text.startswith("<|system|>\nsystem<|end|>")
    # Where a role and a content are the same word, the content is the one in the segment.
    assert result.data.segments[0].start == len("<|system|>\n")


def test_a_chat_model_asks_once_and_a_plain_model_has_no_template(chat: Any, lm: Any) -> None:
    assert refusal(chat, TEXT, template="ask").code == "needs_template_choice"
    assert refusal(lm, TEXT, template="chat").code == "bad_request"
    assert refusal(lm, [{"role": "user", "content": "x"}]).code == "bad_request"
    raw = gp.explain(chat, TEXT, method="input_x_gradient")
    assert any("raw" in warning for warning in raw.warnings)


def test_a_template_that_refuses_says_so_in_its_own_words() -> None:
    tok = make_tokenizer("chat")
    tok.chat_template = "{{ raise_exception('Roles must alternate.') }}"
    said = refusal(make_model("llama"), tok, [{"role": "user", "content": "x"}])
    assert "Roles must alternate." in said.message


def test_a_class_of_a_multi_label_head_has_a_probability_of_its_own() -> None:
    model = make_model("gpt2_classifier")
    model.config.problem_type = "multi_label_classification"
    result = gp.explain(model, tokenizer("byte_level"), TEXT, method="input_x_gradient", target=1)
    logit = float(model(torch.tensor([[t.id for t in result.tokens]])).logits[0, 1])
    assert result.target.probability == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)


def test_a_number_has_no_probability() -> None:
    from transformers import GPT2Config, GPT2ForSequenceClassification

    config = GPT2Config(vocab_size=600, n_layer=1, n_head=2, n_embd=16, num_labels=1, pad_token_id=0)
    model = GPT2ForSequenceClassification(config)
    for score in ("prob", "log_prob"):
        assert refusal(model, tokenizer("byte_level"), TEXT, score=score).code == "bad_option"
    result = gp.explain(model, tokenizer("byte_level"), TEXT, method="input_x_gradient")
    assert result.target.probability is None
    model.config.problem_type = "multi_label_classification"  # one yes or no has a probability
    result = gp.explain(model, tokenizer("byte_level"), TEXT, method="input_x_gradient", score="prob")
    assert result.target.probability == pytest.approx(result.target.value, rel=1e-5)


def test_a_likelier_self_behind_a_space_is_pointed_out() -> None:
    """demo-lm answers " Paris"; somebody who types Paris is told, with both likelihoods."""
    subject = gp.subject("demo-lm")
    typed = gp.explain(subject, TEXT, target="Paris", method="input_x_gradient")
    meant = gp.explain(subject, TEXT, target=" Paris", method="input_x_gradient")
    assert f"{percent(meant.target.probability)} likely: did you mean that?" in typed.warnings[0]
    assert not any("did you mean" in warning for warning in meant.warnings)


def test_a_contrast_s_forgotten_space_is_pointed_out_however_unlikely_its_side() -> None:
    """Nothing that demo-lm would say of France; with the space it is likelier, and " Paris" has one."""
    subject = gp.subject("demo-lm")
    typed = gp.explain(subject, TEXT, target=(" Paris", "Rome"), method="input_x_gradient")
    meant = gp.explain(subject, TEXT, target=(" Paris", " Rome"), method="input_x_gradient")
    bare = gp.explain(subject, TEXT, target=("London", "Berlin"), method="input_x_gradient")
    assert "'Rome' was explained as it stands" in typed.warnings[0]
    assert "'London' was explained as it stands" in bare.warnings[0]
    assert not any("did you mean" in warning for warning in meant.warnings)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0.0 %"),
        (0.0004, "< 0.1 %"),
        (0.002, "0.2 %"),
        (0.9734, "97.3 %"),
        (0.9996, "> 99.9 %"),
        (1, "100.0 %"),
        (-0.0004, "> −0.1 %"),
        (-0.002, "−0.2 %"),
    ],
)
def test_only_nothing_is_no_percent_and_only_all_a_hundred(share: float, said: str) -> None:
    assert percent(share) == said


def test_an_interval_that_reads_like_its_share_is_not_said_thrice() -> None:
    assert percent_within(-0.0004, -0.0005, -0.0003) == "> −0.1 %"
    assert percent_within(0.5, 0.4996, 0.5004) == "50.0 %"
    assert percent_within(0.5, 0.4, 0.6) == "50.0 % (40.0 % to 60.0 %)"


def test_halves_go_up_as_they_do_in_an_editor() -> None:
    """The same figure stands in a sentence of Python's and beside a bar: (40.5).toFixed(0) is 41 there."""
    assert [whole_percent(share) for share in (0.405, 0.415, 0.925)] == ["41 %", "42 %", "93 %"]


@pytest.mark.parametrize(("value", "said"), [(-0.004, "0.00"), (-0.005001, "−0.01"), (0.9, "0.90")])
def test_a_correlation_that_rounds_to_nothing_has_no_sign(value: float, said: str) -> None:
    assert correlation(value) == said


def test_the_origin_of_an_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """PEP 610: a clone is installed again from the clone; from an index it is the version's own name."""
    from glasspane import version

    class Installed:
        def __init__(self, text: str | None) -> None:
            self.text = text

        def read_text(self, _: str) -> str | None:
            return self.text

    monkeypatch.setattr(version, "distribution", lambda _: Installed('{"url": "file:///a/clone"}'))
    assert version.install_requirement("kernel") == "glasspane[kernel] @ file:///a/clone"
    monkeypatch.setattr(version, "distribution", lambda _: Installed(None))
    assert version.install_requirement("kernel") == f"glasspane[kernel]=={version.glasspane_version()}"
