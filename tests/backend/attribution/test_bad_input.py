"""Bad input to every method: a typed sentence with a next step, and nothing about the model has changed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import make_model, make_python_tokenizer, make_tokenizer, tokenizer
from torch import nn

import glasspane as gp
from glasspane.attribution.by_inseq.inseq_table import INSEQ_ROWS, PREFIX
from glasspane.attribution.methods import METHODS, resolve_options
from glasspane.errors import GlasspaneError

sys.path.insert(0, str(Path(__file__).parents[1] / "subjects"))
from test_guard import fingerprint

pytestmark = pytest.mark.wide

TEXT = "The capital of France is"
OURS = [name for name in METHODS if not name.startswith(PREFIX)]
BY_GRADIENT = [
    "input_x_gradient",
    "integrated_gradients",
    "deeplift",
    "saliency",
    "smoothgrad",
    "gradient_shap",
]
BY_MASKING = ["occlusion", "lime", "kernel_shap", "partition_shap"]
QUICK: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"max_steps": 4},
    "smoothgrad": {"samples": 4},
    "gradient_shap": {"samples": 4},
    "lime": {"samples": 20},
    "kernel_shap": {"samples": 140},
    "partition_shap": {"samples": 20},
}
END = "<|endoftext|>"


@contextmanager
def unchanged(model: Any, tok: Any) -> Iterator[None]:
    before = fingerprint(model, tok)
    yield
    after = fingerprint(model, tok)
    assert {part for part in before if before[part] != after[part]} == set()


def refused(model: Any, tok: Any, call: Callable[[], Any]) -> Any:
    """What is said, after the checks that hold for every refusal."""
    with unchanged(model, tok), pytest.raises(GlasspaneError) as caught:
        call()
    said = caught.value.result
    assert said.message.endswith((".", "?"))
    assert said.next_step.endswith((".", ")"))
    assert said.code != "internal"
    return said


@pytest.fixture
def lm() -> tuple[Any, Any]:
    return make_model("gpt2"), make_tokenizer("byte_level")


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("target", [10**6, 10**30, -1, 600, " Xylophone", "", [" a", 10**6]])
def test_a_target_that_the_model_does_not_score(lm: Any, method: str, target: Any) -> None:
    said = refused(*lm, lambda: gp.explain(*lm, TEXT, method=method, target=target))
    assert said.code == ("not_one_token" if target == " Xylophone" else "unknown_target")
    if target == " Xylophone":
        assert "".join(said.pieces) == target


@pytest.mark.parametrize(
    ("method", "option", "value"),
    [
        (row.spec.name, option.name, value)
        for row in METHODS.values()
        for option in row.spec.options
        if option.type in ("integer", "number")
        for value in (-2, 10**6, 10**30, float("nan"), float("inf"), "7", None, True, np.nan, [3])
        if not (option.name == "seed" and value == 10**6)
    ]
    + [
        (row.spec.name, option.name, 0)
        for row in METHODS.values()
        for option in row.spec.options
        if option.minimum is not None and option.minimum > 0
    ],
)
def test_numbers_beyond_an_option_are_refused_before_anything_runs(
    method: str, option: str, value: Any
) -> None:
    if option in ("layer", "head") and isinstance(value, int) and value > 0 and value is not True:
        model, tok = make_model("gpt2"), make_tokenizer("byte_level")
        said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method=method, **{option: value}))
    else:
        with pytest.raises(GlasspaneError) as caught:
            resolve_options(METHODS[method], {option: value})
        said = caught.value.result
    assert said.code == "bad_option"
    assert said.next_step
    assert "e+" not in said.next_step


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "gradient_shap"])
def test_a_baseline_text_of_another_length(lm: Any, method: str) -> None:
    said = refused(*lm, lambda: gp.explain(*lm, TEXT, method=method, baseline="Paris is"))
    assert said.code == "bad_option"
    assert f"the prompt {len(lm[1](TEXT)['input_ids'])}" in said.message
    assert "".join(said.pieces).replace("Ġ", " ") == "Paris is"
    said = refused(*lm, lambda: gp.explain(*lm, TEXT, method=method, baseline=""))
    assert said.code == "bad_option"


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "gradient_shap", *BY_MASKING])
def test_a_pad_token_that_is_missing(lm: Any, method: str) -> None:
    model, tok = lm
    tok.pad_token = None
    name = "replacement" if method in BY_MASKING else "baseline"
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method=method, **{name: "pad"}))
    assert said.code == "bad_option"
    assert "no pad token" in said.message
    with unchanged(model, tok):
        gp.explain(model, tok, TEXT, method=method, **QUICK.get(method, {}))


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("family", ["gpt2", "gpt2_classifier", "distilbert", "bert_masked", "t5"])
def test_a_prompt_of_one_token(method: str, family: str) -> None:
    """It has an answer or a reason: whatever pushes beside it, there is nothing to fall over."""
    kind = {"distilbert": "wordpiece", "bert_masked": "wordpiece", "t5": "unigram"}.get(family, "byte_level")
    model, tok = make_model(family), make_tokenizer(kind)
    text = "[MASK]" if family == "bert_masked" else "a"
    call = lambda: gp.explain(model, tok, text, method=method, **QUICK.get(method, {}))  # noqa: E731
    if method == "attention_rollout" and family == "t5":
        assert refused(model, tok, call).code == "unsupported_model"
    elif family == "bert_masked" and method in ("gradient_shap", *BY_MASKING):
        assert refused(model, tok, call).code == "bad_option"  # the mask asked about is never replaced
    else:
        with unchanged(model, tok):
            assert np.isfinite(call().scores).all()


@pytest.mark.parametrize("method", OURS)
def test_a_prompt_of_which_only_added_tokens_are_left(method: str) -> None:
    model, tok = make_model("distilbert"), make_tokenizer("wordpiece")
    call = lambda: gp.explain(model, tok, " ", method=method, **QUICK.get(method, {}))  # noqa: E731
    if method in ("gradient_shap", *BY_MASKING):
        said = refused(model, tok, call)
        assert said.code == "bad_option"
        assert "only special tokens" in said.message
    else:
        with unchanged(model, tok):
            assert any("keeps nothing of this text" in warning for warning in call().warnings)


@pytest.mark.parametrize("method", OURS)
def test_a_prompt_that_fills_the_context_is_explained_and_one_token_more_refused(
    lm: Any, method: str
) -> None:
    model, tok = lm
    with unchanged(model, tok):
        full = gp.explain(model, tok, END * 64, method=method, **QUICK.get(method, {}))
        assert full.scores.shape == (1, 64)
    said = refused(model, tok, lambda: gp.explain(model, tok, END * 65, method=method))
    assert said.code == "prompt_too_long"
    assert "65 tokens" in said.message
    assert "at most 64" in said.message


@pytest.mark.parametrize("method", OURS)
def test_a_completion_beyond_the_context_is_refused(lm: Any, method: str) -> None:
    """Its last token is only answered, never read: 63 + 2 tokens still fit into 64."""
    model, tok = lm
    with unchanged(model, tok):
        gp.explain(model, tok, END * 63, completion=END * 2, method=method, **QUICK.get(method, {}))
    for prompt, completion in ((END * 63, END * 3), (END * 64, True), (END * 65, True)):
        said = refused(
            model,
            tok,
            lambda prompt=prompt, completion=completion: gp.explain(
                model, tok, prompt, completion=completion, method=method
            ),
        )
        assert said.code == "prompt_too_long"


@pytest.mark.parametrize("amount", [0, -1, 10**6, "7", None, True, 1.5, float("nan")])
def test_tokens_to_generate_are_a_whole_number_in_range(lm: Any, amount: Any) -> None:
    said = refused(*lm, lambda: gp.explain(*lm, TEXT, completion=True, new_tokens=amount, method="saliency"))
    assert said.code == "bad_option"


@pytest.mark.parametrize("amount", ["x", 1.5, None, -1, True])
def test_views_of_attention_take_whole_numbers(lm: Any, amount: Any) -> None:
    views = gp.attention(*lm, TEXT)
    for view in (
        lambda: views.head(amount, 0),
        lambda: views.head(0, amount),
        lambda: views.residual(amount),
    ):
        assert refused(*lm, view).code == "bad_option"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], "bad_request"),
        ([{}], "bad_request"),
        ([{"role": "user"}], "bad_request"),
        ([{"role": "user", "content": None}], "bad_request"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}]}], "bad_request"),
        ({"role": "user", "content": "a"}, "bad_request"),
        ([3], "bad_request"),
        (b"abc", "bad_request"),
        (3, "bad_request"),
        ([{"role": "user", "content": ""}], "empty_prompt"),
        ([{"role": "system", "content": ""}, {"role": "user", "content": ""}], "empty_prompt"),
    ],
)
def test_conversations_that_are_none(messages: Any, code: str) -> None:
    model, tok = make_model("llama"), make_tokenizer("chat")
    assert refused(model, tok, lambda: gp.explain(model, tok, messages, method="saliency")).code == code
    assert refused(model, tok, lambda: gp.attention(model, tok, messages).overview()).code == code


@pytest.mark.parametrize("method", OURS)
def test_a_message_without_content_beside_one_with(method: str) -> None:
    model, tok = make_model("llama"), make_tokenizer("chat")
    messages = [{"role": "system", "content": ""}, {"role": "user", "content": "Paris is"}]
    with unchanged(model, tok):
        result = gp.explain(model, tok, messages, method=method, **QUICK.get(method, {}))
    written = "".join(token.text for token in result.tokens if not token.special)
    assert written == "Paris is"


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_model_whose_numbers_are_not_finite(lm: Any, method: str, value: float) -> None:
    model, tok = lm
    with torch.no_grad():
        model.transformer.h[1].mlp.c_fc.weight[0, 0] = value
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method=method))
    assert said.code == "non_finite"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_completion_of_a_model_whose_numbers_are_not_finite(lm: Any, value: float) -> None:
    model, tok = lm
    with torch.no_grad():
        model.transformer.h[1].mlp.c_fc.weight[0, 0] = value
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, completion=True, method="saliency"))
    assert said.code == "non_finite"


@pytest.mark.parametrize("method", OURS)
def test_a_tokenizer_that_tells_no_offsets(method: str, tmp_path: Path) -> None:
    """Oracle: the same vocabulary in Rust. Scores and the characters that carry them are the same."""
    model = make_model("distilbert")
    slow, fast = make_python_tokenizer("wordpiece", tmp_path), tokenizer("wordpiece")
    text = "The naïve xyzzy café of Paris"
    with unchanged(model, slow):
        ours = gp.explain(model, slow, text, method=method, **QUICK.get(method, {}))
    theirs = gp.explain(model, fast, text, method=method, **QUICK.get(method, {}))
    assert [(t.start, t.end, t.special) for t in ours.tokens] == [
        (t.start, t.end, t.special) for t in theirs.tokens
    ]
    np.testing.assert_array_equal(ours.scores, theirs.scores)


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("family", ["gpt2", "llama", "distilbert"])
def test_a_model_that_refuses_inputs_embeds(
    method: str, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Embeddings are put in by a hook on the model's own layer: the same numbers, bit for bit."""
    model, tok = make_model(family), make_tokenizer("wordpiece" if family == "distilbert" else "byte_level")
    free = gp.explain(model, tok, TEXT, method=method, **QUICK.get(method, {}))
    own = type(model).forward

    def picky(self: Any, input_ids: Any, attention_mask: Any = None, **rest: Any) -> Any:
        if rest.pop("inputs_embeds", None) is not None:
            raise NotImplementedError("inputs_embeds is not supported")
        return own(self, input_ids, attention_mask=attention_mask, **rest)

    monkeypatch.setattr(type(model), "forward", picky)
    with pytest.raises(NotImplementedError):
        model(None, inputs_embeds=torch.zeros(1, 2, 32))
    with unchanged(model, tok):
        result = gp.explain(model, tok, TEXT, method=method, **QUICK.get(method, {}))
    np.testing.assert_allclose(result.scores, free.scores, rtol=1e-4, atol=1e-6)


class Int8Linear(nn.Module):
    """Weights in eight bits, multiplied outside autograd as inference kernels do."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.register_buffer("scale", linear.weight.detach().abs().amax(1, keepdim=True) / 127)
        self.register_buffer("weight", (linear.weight.detach() / self.scale).round().to(torch.int8))
        self.in_features, self.out_features = linear.in_features, linear.out_features

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return hidden @ (self.weight.float() * self.scale).T


def in_int8(model: Any, only: str) -> Any:
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear) and name.endswith(only):
                setattr(module, name, Int8Linear(child))
    return model


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("only", ["", "down_proj", "v_proj", "lm_head"])
def test_a_quantised_part_without_gradients(method: str, only: str) -> None:
    """A residual stream carries a gradient around quantised layers: one of another function than the model's."""
    model, tok = in_int8(make_model("llama"), only), make_tokenizer("byte_level")
    call = lambda: gp.explain(model, tok, TEXT, method=method, **QUICK.get(method, {}))  # noqa: E731
    if method in BY_GRADIENT:
        said = refused(model, tok, call)
        assert said.code == "unsupported_model"
        assert said.message.startswith("No gradient flows through ")
        assert "(Int8Linear)" in said.message
        assert (only or "q_proj") in said.message
        assert "occlusion, lime or kernel_shap" in said.next_step
        return
    with unchanged(model, tok):
        result = call()
    if method in BY_MASKING:
        # Brute force: the same maskings of a model that dequantised its weights beforehand.
        again = gp.explain(dequantised(only), tok, TEXT, method=method, **QUICK.get(method, {}))
        np.testing.assert_allclose(result.scores, again.scores, rtol=1e-3, atol=1e-5)
    else:
        assert any("No gradient flows" in warning for warning in result.warnings)


@pytest.mark.parametrize(
    "method", [f"{PREFIX}{name}" for name, row in INSEQ_ROWS.items() if row.takes_gradients]
)
def test_a_quantised_part_is_refused_through_inseq_too(method: str) -> None:
    model, tok = in_int8(make_model("llama"), "down_proj"), make_tokenizer("byte_level")
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method=method))
    assert "down_proj (Int8Linear)" in said.message


def dequantised(only: str) -> Any:
    model = make_model("llama")
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name.split(".")[-1].endswith(only):
            eight = Int8Linear(module)
            with torch.no_grad():
                module.weight.copy_(eight.weight.float() * eight.scale)
    return model


@pytest.mark.parametrize("method", BY_MASKING)
def test_what_needs_no_gradients_works_on_dynamically_quantised_models(method: str) -> None:
    model = torch.ao.quantization.quantize_dynamic(make_model("llama"), {nn.Linear}, dtype=torch.qint8)
    result = gp.explain(model, make_tokenizer("byte_level"), TEXT, method=method, **QUICK.get(method, {}))
    assert np.isfinite(result.scores).all()
    assert np.abs(result.scores).max() > 0


@pytest.mark.parametrize("value", [None, 2, "x", [], np.array([1, 2]), 10**30])
def test_options_that_are_no_yes_or_no_or_no_word(lm: Any, value: Any) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: gp.explain(*lm, TEXT, method="saliency", completion=" a", each=value),
        lambda: gp.explain(*lm, TEXT, method="saliency", score=value),
        lambda: gp.explain(*lm, TEXT, method="saliency", template=value),
        lambda: gp.diff(*lm, TEXT, "a", method="saliency", same_target=value),
        lambda: gp.compare(*lm, TEXT, methods=value),
        lambda: gp.explain(*lm, TEXT, method="saliency", check=value),
        lambda: gp.explain(*lm, TEXT, method="saliency").aggregate(value),
        lambda: gp.advise(value),
    ]
    for call in calls:
        assert refused(*lm, call).code == "bad_option"


def test_names_that_no_model_can_have() -> None:
    for name in ("\ud800", "x" * 10_000, "\x00"):
        with pytest.raises(GlasspaneError) as caught:
            gp.subject(name)
        assert caught.value.code == "load_failed"


def classifier_with(labels: dict[int, str]) -> tuple[Any, Any]:
    model, tok = make_model("bert"), make_tokenizer("wordpiece")
    model.config.id2label = labels
    return model, tok


def test_a_label_of_two_classes_is_asked_for_by_id() -> None:
    model, tok = classifier_with({0: "same", 1: "same", 2: "other"})
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method="saliency", target="same"))
    assert said.code == "unknown_target"
    assert "0 and 1" in said.next_step
    assert gp.explain(model, tok, TEXT, method="saliency", target=1).target.ids == [1]


@pytest.mark.parametrize("labels", [{}, {0: "only"}])
@pytest.mark.parametrize("target", [None, 0])
def test_a_classifier_that_names_fewer_classes_than_it_scores(labels: dict[int, str], target: Any) -> None:
    """With one name it would pass for a model that predicts a number."""
    model, tok = classifier_with(labels)
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method="saliency", target=target))
    assert said.code == "unsupported_model"
    assert "3" in said.message


@pytest.mark.parametrize("target", ["spare", 3])
def test_a_class_that_is_named_but_not_scored(target: Any) -> None:
    model, tok = classifier_with({0: "a", 1: "b", 2: "c", 3: "spare"})
    said = refused(model, tok, lambda: gp.explain(model, tok, TEXT, method="saliency", target=target))
    assert said.code == "unknown_target"
    assert "spare" not in said.next_step


def test_half_a_surrogate_pair_in_a_label_breaks_no_surface(tmp_path: Path) -> None:
    model, tok = classifier_with({0: "a\ud800", 1: "b\ud800", 2: "c\ud800"})
    result = gp.explain(model, tok, TEXT, method="saliency", check=True)
    for name in ("r.json", "r.html", "r.svg", "r.csv"):
        result.save(tmp_path / name)
    assert gp.load(tmp_path / "r.json").target.text.endswith("\ufffd")


def test_lime_on_one_token_does_not_speak_of_tokens_that_act_together(lm: Any) -> None:
    """Brute force: with one token there are two answers, which a line joins exactly; only the penalty bends it."""
    said = gp.explain(*lm, "a", method="lime", samples=100).warnings
    assert not any("act together" in sentence for sentence in said)
    assert any("penalty" in sentence for sentence in said)
