"""Explaining is reading: fingerprints of everything a request could touch, before = after."""

from __future__ import annotations

import hashlib
import logging
import random
import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import make_model, make_tokenizer

import glasspane as gp
from glasspane.attribution.by_inseq.inseq_table import PREFIX
from glasspane.attribution.explain import explain
from glasspane.attribution.methods import METHODS
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.protocol import ExplainRequest, TextPrompt, TokenTarget

pytestmark = pytest.mark.wide

TEXT = "The capital of France is"


def fingerprint(model: Any, tokenizer: Any) -> dict[str, Any]:
    def digest(tensor: torch.Tensor | None) -> str | None:
        if tensor is None:
            return None
        return hashlib.sha256(tensor.detach().contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()

    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {
        "tensors": {
            k: (digest(v), v.data_ptr(), v._version) for k, v in model.state_dict(keep_vars=True).items()
        },
        "requires_grad": {k: p.requires_grad for k, p in model.named_parameters()},
        "grad": {k: (digest(p.grad), id(p.grad)) for k, p in model.named_parameters()},
        "training": {k: m.training for k, m in model.named_modules()},
        "modules": [(k, id(m), type(m)) for k, m in model.named_modules()],
        "hooks": {k: [list(getattr(m, h)) for h in hooks] for k, m in model.named_modules()},
        "attributes": {k: sorted(vars(m)) for k, m in model.named_modules()},
        "config": model.config.to_dict(),
        "attention": [m.config._attn_implementation for m in model.modules() if hasattr(m, "config")],
        "generation": model.generation_config.to_dict()
        if getattr(model, "generation_config", None)
        else None,
        "tokenizer": {
            "padding_side": tokenizer.padding_side,
            "truncation_side": tokenizer.truncation_side,
            "special": dict(tokenizer.special_tokens_map),
            "size": len(tokenizer),
            "max": tokenizer.model_max_length,
            "warned": dict(tokenizer.deprecation_warnings),
            "backend": tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else None,
            "vocabulary": dict(tokenizer.get_vocab()),
        },
        "random": (
            random.getstate(),
            np.random.get_state()[1].tolist(),  # type: ignore[index]
            digest(torch.get_rng_state()),
        ),
        "torch": (
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.benchmark,
            torch.get_num_threads(),
        ),
        "process": (sys.gettrace(), list(warnings.filters), logging.getLogger("inseq").level),
    }


def awkward(family: str) -> tuple[Any, Any]:
    """A model in the middle of somebody's work: half in training, frozen parts, gradients, hooks."""
    model = make_model(family)
    model.train()
    next(iter(model.children())).eval()
    for number, parameter in enumerate(model.parameters()):
        parameter.requires_grad_(number % 3 != 0)
        if number % 2:
            parameter.grad = torch.full_like(parameter, 0.5)
    model.get_input_embeddings().register_forward_hook(lambda *_: None)
    tokenizer = make_tokenizer(
        {"distilbert": "wordpiece", "bert": "wordpiece", "t5": "unigram"}.get(family, "byte_level")
    )
    tokenizer.padding_side = "left"
    tokenizer.backend_tokenizer.enable_truncation(7)
    tokenizer.backend_tokenizer.enable_padding(length=12)
    return model, tokenizer


OURS = [name for name in METHODS if not name.startswith(PREFIX)]
THROUGH_INSEQ = [
    # One of each way in which inseq takes hold of a model: hooks on all modules, on one layer, attention
    # weights, tracing of assignments; and one that it refuses halfway.
    *[("gpt2", name) for name in ("deeplift", "layer_gradient_x_activation", "attention", "occlusion")],
    *[("llama", name) for name in ("integrated_gradients", "discretized_integrated_gradients", "attention")],
    *[("gemma2", name) for name in ("gradient_shap", "lime")],
    *[("t5", name) for name in ("saliency", "deeplift", "value_zeroing")],
]


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "distilbert", "gpt2_classifier"])
@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("ending", ["success", "error", "cancel"])
def test_nothing_changes(family: str, method: str, ending: str) -> None:
    compare(family, method, ending)


@pytest.mark.parametrize(("family", "method"), THROUGH_INSEQ)
@pytest.mark.parametrize("ending", ["success", "error", "cancel"])
def test_nothing_changes_through_inseq(family: str, method: str, ending: str) -> None:
    compare(family, f"{PREFIX}{method}", ending)


@pytest.mark.parametrize("method", ["value_zeroing", "reagent", "layer_deeplift"])
def test_nothing_changes_where_inseq_stops_halfway(method: str) -> None:
    compare("gpt2", f"{PREFIX}{method}", "refusal")


def test_what_inseq_would_fill_in_stays_empty() -> None:
    """It wants padding and unknown tokens in both the configuration and the tokenizer."""
    model, tokenizer = awkward("gpt2")
    model.config.pad_token_id = None
    tokenizer.pad_token = None
    before = fingerprint(model, tokenizer)
    gp.explain(model, tokenizer, TEXT, method=f"{PREFIX}input_x_gradient")
    assert fingerprint(model, tokenizer) == before
    assert tokenizer.pad_token is None
    assert tokenizer.unk_token is None


def compare(family: str, method: str, ending: str) -> None:
    """Explain with an awkward model: what it ends in, and that nothing differs before and after."""
    model, tokenizer = awkward(family)
    subject = gp.subject(model, tokenizer)
    target = TokenTarget(token=10**6) if ending == "error" else None
    request = ExplainRequest(subject=subject.ref, prompt=TextPrompt(text=TEXT), method=method)
    if target is not None:
        request = request.model_copy(update={"target": target})

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if ending == "cancel" and fraction > 0:
            raise Cancelled

    before = fingerprint(model, tokenizer)
    if ending == "success":
        assert explain(subject, request, report).checks.complete
    else:
        with pytest.raises(GlasspaneError) as caught:
            explain(subject, request, report)
        codes = {"cancel": "cancelled", "error": "unknown_target", "refusal": "unsupported_model"}
        assert caught.value.code == codes[ending]
    after = fingerprint(model, tokenizer)
    assert {part for part in before if before[part] != after[part]} == set()


def test_an_error_while_attention_is_eager_puts_the_implementation_back() -> None:
    model, tokenizer = awkward("llama")
    subject = gp.subject(model, tokenizer)
    calls: list[str] = []

    def break_when_eager(*_: Any) -> None:
        calls.append(model.config._attn_implementation)
        if calls[-1] == "eager":
            raise ZeroDivisionError

    handle = model.lm_head.register_forward_pre_hook(break_when_eager)
    model.set_attn_implementation("sdpa")
    before = fingerprint(model, tokenizer)
    with pytest.raises(ZeroDivisionError):
        gp.explain(subject, TEXT, method="attention")
    assert calls == ["sdpa", "eager"]
    assert fingerprint(model, tokenizer) == before
    handle.remove()


def test_an_error_in_the_models_own_code_leaves_no_hook_behind() -> None:
    model, tokenizer = awkward("gpt2")
    subject = gp.subject(model, tokenizer)
    handle = model.lm_head.register_forward_hook(lambda *_: 1 / 0)
    before = fingerprint(model, tokenizer)
    with pytest.raises(ZeroDivisionError):
        gp.explain(subject, TEXT)
    assert fingerprint(model, tokenizer) == before
    handle.remove()


def test_the_same_numbers_under_no_grad_and_in_training_mode() -> None:
    model, tokenizer = make_model("gpt2"), make_tokenizer("byte_level")
    calm = gp.explain(model, tokenizer, TEXT)
    model.train()
    with torch.no_grad():
        rough = gp.explain(model, tokenizer, TEXT)
    with torch.inference_mode():
        np.testing.assert_array_equal(calm.scores, gp.explain(model, tokenizer, TEXT).scores)
        assert torch.is_inference_mode_enabled()
    np.testing.assert_array_equal(calm.scores, rough.scores)
    assert any("training mode" in warning for warning in rough.warnings)


@pytest.mark.parametrize("way", ["wrapped", "forward", "in place"])
def test_a_compiled_model_is_explained_without_compiling_anything(way: str) -> None:
    """Each recompilation would cost its owner minutes, and the limit of them is soon spent."""
    compiled = 0

    def backend(graph: Any, _inputs: Any) -> Any:
        nonlocal compiled
        compiled += 1
        return graph.forward

    model, tokenizer = make_model("gpt2"), make_tokenizer("byte_level")
    plain = gp.explain(model, tokenizer, TEXT, method="input_x_gradient")
    if way == "wrapped":
        model = torch.compile(model, backend=backend)
    elif way == "forward":
        model.forward = torch.compile(model.forward, backend=backend)
    else:
        model.compile(backend=backend)

    def own() -> torch.Tensor:
        with torch.no_grad():
            return model(torch.tensor([[5, 6, 7]])).logits

    before = own()
    count = compiled
    assert count
    explained = gp.explain(model, tokenizer, TEXT, method="input_x_gradient")
    np.testing.assert_allclose(explained.scores, plain.scores, rtol=1e-4, atol=1e-6)
    assert torch.equal(own(), before)
    assert compiled == count


@pytest.mark.parametrize("kind", ["inference", "quantised"])
def test_where_no_gradient_flows_attention_still_works(kind: str) -> None:
    with torch.inference_mode(kind == "inference"):
        model = make_model("llama")
    if kind == "quantised":
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    tokenizer = make_tokenizer("byte_level")
    for method in ("input_x_gradient", "integrated_gradients", "deeplift"):
        with pytest.raises(GlasspaneError, match="No gradient flows") as caught:
            gp.explain(model, tokenizer, TEXT, method=method)
        assert caught.value.code == "unsupported_model"
    looked = gp.explain(model, tokenizer, TEXT, method="attention")
    assert looked.scores.sum() == pytest.approx(1.0, rel=1e-5)
    assert any("No gradient flows" in warning for warning in looked.warnings)


def test_a_model_without_weights_is_refused() -> None:
    with torch.device("meta"):
        model = make_model("llama")
    for method in METHODS:
        with pytest.raises(GlasspaneError, match="device meta"):
            gp.explain(model, make_tokenizer("byte_level"), TEXT, method=method)
