"""Which tokenizer belongs to which model: on evidence, through wrappers, never by guess."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import make_model, make_tokenizer

import glasspane as gp
from glasspane.errors import GlasspaneError
from glasspane.protocol import AutoSubject, KernelSubject
from glasspane.subjects.find import subjects
from glasspane.subjects.load import resolve

TEXT = "The capital of France is"


def from_origin(thing: Any, origin: str) -> Any:
    if hasattr(thing, "config"):
        thing.config._name_or_path = origin
    else:
        thing.name_or_path = origin
    return thing


def test_a_single_pair_whose_sizes_agree_is_found_and_says_how() -> None:
    namespace = {"net": make_model("gpt2"), "tok": make_tokenizer("byte_level"), "x": 3}
    namespace["net"].resize_token_embeddings(len(namespace["tok"]))
    found = resolve(AutoSubject(), namespace)
    assert found.model is namespace["net"]
    assert found.tokenizer is namespace["tok"]
    assert "only tokenizer" in found.tokenizer_match


def test_the_common_origin_decides_among_several() -> None:
    namespace = {
        "a": from_origin(make_model("gpt2"), "org/one"),
        "b": from_origin(make_model("llama"), "org/two"),
        "t1": from_origin(make_tokenizer("byte_level"), "org/one"),
        "t2": from_origin(make_tokenizer("byte_level"), "org/two"),
    }
    pairs = {c.ref.model: c.ref.tokenizer for c in subjects(namespace).candidates}
    assert pairs == {"a": "t1", "b": "t2"}
    with pytest.raises(GlasspaneError) as caught:
        resolve(AutoSubject(), namespace)
    assert caught.value.code == "several_subjects"
    assert len(caught.value.result.candidates) == 2


@pytest.mark.parametrize(
    ("model_origin", "tokenizer_origins"),
    [("org/one", ["org/other"]), ("", ["", ""]), ("org/one", ["org/one", "org/one"])],
)
def test_doubt_is_asked_about(model_origin: str, tokenizer_origins: list[str]) -> None:
    namespace: dict[str, Any] = {"model": from_origin(make_model("gpt2"), model_origin)}
    for number, origin in enumerate(tokenizer_origins):
        namespace[f"tokenizer{number}"] = from_origin(make_tokenizer("byte_level"), origin)
    with pytest.raises(GlasspaneError) as caught:
        resolve(AutoSubject(), namespace)
    assert caught.value.code == "no_tokenizer"
    assert caught.value.result.tokenizers == [f"tokenizer{n}" for n in range(len(tokenizer_origins))]
    chosen = resolve(KernelSubject(model="model", tokenizer="tokenizer0"), namespace)
    assert chosen.tokenizer is namespace["tokenizer0"]


def test_a_pipeline_brings_its_own() -> None:
    from transformers import pipeline

    model, tokenizer = make_model("gpt2"), make_tokenizer("byte_level")
    namespace = {"pipe": pipeline("text-generation", model=model, tokenizer=tokenizer)}
    found = resolve(AutoSubject(), namespace)
    assert (found.model, found.tokenizer) == (model, tokenizer)
    assert found.tokenizer_match == "that of pipe, the same pipeline"
    assert found.ref == KernelSubject(model="pipe.model", tokenizer="pipe.tokenizer")
    assert resolve(found.ref, namespace).model is model


def test_a_subject_pairs_its_model_and_tokenizer_wherever_they_are_named() -> None:
    model, tokenizer = make_model("gpt2"), make_tokenizer("byte_level")
    alone = {"subject": gp.subject(model, tokenizer), "other": make_tokenizer("byte_level")}
    assert resolve(AutoSubject(), alone).ref == KernelSubject(
        model="subject.model", tokenizer="subject.tokenizer"
    )
    named = {**alone, "net": model, "tok": tokenizer}
    found = resolve(AutoSubject(), named)
    assert found.ref == KernelSubject(model="net", tokenizer="tok")
    assert found.tokenizer_match == "that of subject, the same Glasspane subject"


def test_empty_kernels_and_strange_objects() -> None:
    class Trap:
        """Looking at it runs the user's code: nobody asked for that."""

        @property
        def __class__(self) -> Any:
            raise AssertionError("looked at")

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"read {name}")

    class Meta(type):
        """Looking at the class runs it too: abstract base classes hash and compare what they are asked about."""

        def __hash__(cls) -> int:
            raise AssertionError("hashed")

        def __eq__(cls, other: object) -> bool:
            raise AssertionError("compared")

        def __getattribute__(cls, name: str) -> Any:
            raise AssertionError(f"read {name}")

    class Worse(metaclass=Meta):
        pass

    half_made = object.__new__(type(make_model("gpt2")))  # its __init__ never ran
    endless: dict[str, Any] = {}
    endless["itself"] = endless
    strange: dict[Any, Any] = {
        "trap": Trap(),
        "worse": object.__new__(Worse),
        "half": half_made,
        "d": endless,
    }
    strange |= {
        3: "a name that is no text",
        "layer": torch.nn.Linear(2, 2),
        "text": "x",
        "many": [Trap()] * 3,
    }
    with pytest.raises(GlasspaneError) as caught:
        resolve(AutoSubject(), strange)
    assert caught.value.code == "no_subject"
    found = resolve(
        AutoSubject(), {**strange, "s": gp.subject(make_model("gpt2"), make_tokenizer("byte_level"))}
    )
    assert found.ref == KernelSubject(model="s.model", tokenizer="s.tokenizer")


def test_what_is_no_model_or_cannot_be_reached_is_said_so() -> None:
    class Owner:
        @property
        def model(self) -> Any:
            raise RuntimeError("not now")

    namespace = {"net": make_model("gpt2"), "tok": make_tokenizer("byte_level"), "owner": Owner()}
    said = {
        "net.config": "unsupported_model",
        "net.__class__": "unsupported_model",
        "net.transformer": "unsupported_model",
        "tok": "unsupported_model",
        "owner.model": "no_subject",
        "(" * 5000: "no_subject",
        "net\0": "no_subject",
    }
    for expression, code in said.items():
        with pytest.raises(GlasspaneError) as caught:
            resolve(KernelSubject(model=expression, tokenizer="tok"), namespace)
        assert caught.value.code == code, expression


def test_a_kind_we_cannot_explain_is_listed_but_refused() -> None:
    from transformers import BertConfig, BertForTokenClassification

    config = BertConfig(
        vocab_size=600, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    namespace = {"bert": BertForTokenClassification(config), "tok": make_tokenizer("byte_level")}
    assert [c.family for c in subjects(namespace).candidates] == [None]
    with pytest.raises(GlasspaneError, match="BertForTokenClassification") as caught:
        resolve(KernelSubject(model="bert", tokenizer="tok"), namespace)
    assert caught.value.code == "unsupported_model"


def test_an_encoder_with_a_causal_head_looks_both_ways() -> None:
    from transformers import XLMRobertaConfig, XLMRobertaForCausalLM

    small = {"vocab_size": 50, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    for is_decoder, family in ((False, None), (True, "causal_lm")):
        model = XLMRobertaForCausalLM(XLMRobertaConfig(**small, is_decoder=is_decoder))
        assert [c.family for c in subjects({"model": model}).candidates] == [family]


def test_only_names_attributes_and_constant_indices_are_followed() -> None:
    namespace = {"models": {"a": make_model("gpt2")}, "tok": make_tokenizer("byte_level")}
    assert (
        resolve(KernelSubject(model="models['a']", tokenizer="tok"), namespace).model
        is namespace["models"]["a"]
    )
    for code in ("__import__('os').getcwd()", "models[tok()]", "(lambda: 1)()", "models['b']", "gone"):
        with pytest.raises(GlasspaneError) as caught:
            resolve(KernelSubject(model=code, tokenizer="tok"), namespace)
        assert caught.value.code == "no_subject"


def lora(model: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    wrapped = get_peft_model(model, LoraConfig(r=4, target_modules=["c_attn"], init_lora_weights=False))
    return wrapped.eval()


def prompt_tuned(model: Any) -> Any:
    from peft import PromptTuningConfig, TaskType, get_peft_model

    return get_peft_model(
        model, PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=3)
    ).eval()


@pytest.mark.parametrize("wrap", [lora, prompt_tuned])
def test_peft_is_explained_with_its_adapter_on(wrap: Any) -> None:
    """The value and the predictions are the wrapper's own logits, and the scores add up to them."""
    plain = make_model("gpt2").double()
    with torch.no_grad():
        bare = plain(torch.tensor([[5, 6, 7]])).logits[0, -1].clone()
    wrapped, tokenizer = wrap(plain), make_tokenizer("byte_level")
    wrapped.double()
    namespace = {"base": plain, "peft_model": wrapped, "tok": tokenizer}
    (candidate,) = subjects(namespace).candidates  # the wrapper, not its base beside it
    found = resolve(candidate.ref.model_copy(update={"tokenizer": "tok"}), namespace)
    assert found.model is wrapped
    assert found.wrappers[0].startswith("PeftModel")
    result = gp.explain(found, TEXT, baseline="mean")
    ids = torch.tensor([[t.id for t in result.tokens]])
    with torch.no_grad():
        own = wrapped(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0, -1]
        assert not torch.allclose(wrapped(torch.tensor([[5, 6, 7]])).logits[0, -1], bare)
    assert result.target.value == pytest.approx(float(own.max()), rel=1e-9)
    assert result.checks.completeness_gap <= 0.01


def test_a_transformer_lens_bridge_is_explained_as_it_answers() -> None:
    from transformer_lens.model_bridge import TransformerBridge

    model, tokenizer = make_model("gpt2"), make_tokenizer("byte_level")
    tokenizer.init_kwargs["name_or_path"] = tokenizer.name_or_path = "tiny"
    bridge = TransformerBridge.boot_transformers("gpt2", hf_model=model, tokenizer=tokenizer)
    found = resolve(AutoSubject(), {"bridge": bridge})
    assert found.tokenizer_match == "the bridge's own"
    result = gp.explain(found, TEXT, method="input_x_gradient")
    with torch.no_grad():
        own = bridge(torch.tensor([[t.id for t in result.tokens]]))[0, -1]
    assert result.target.value == pytest.approx(float(own.max()), rel=1e-5)
    plain = gp.explain(make_model("gpt2"), make_tokenizer("byte_level"), TEXT, method="input_x_gradient")
    np.testing.assert_allclose(result.scores, plain.scores, rtol=1e-3, atol=1e-5)


def test_the_fingerprint_sees_every_kind_of_weight_change() -> None:
    model = make_model("gpt2")
    seen = {gp.subject(model, make_tokenizer("byte_level")).weights()}
    model.transformer.h[1].mlp.c_fc.weight.data[3, 3] += 1e-3
    seen.add(gp.subject(model, make_tokenizer("byte_level")).weights())
    with torch.no_grad():
        model.transformer.wpe.weight[0, 0] = 9.0
    seen.add(gp.subject(model, make_tokenizer("byte_level")).weights())
    model.load_state_dict(make_model("gpt2", seed=1).state_dict())
    seen.add(gp.subject(model, make_tokenizer("byte_level")).weights())
    assert len(seen) == 4
    model.train()
    assert gp.subject(model, make_tokenizer("byte_level")).weights() in seen


def test_the_fingerprint_sees_which_adapter_is_on() -> None:
    """Switching adapters changes the answers and no tensor: a kept result must not be served for it."""
    from peft import LoraConfig

    wrapped, tokenizer = lora(make_model("gpt2")), make_tokenizer("byte_level")
    wrapped.add_adapter("other", LoraConfig(r=4, target_modules=["c_attn"], init_lora_weights=False))
    held = gp.subject(wrapped, tokenizer)
    first = held.weights()
    wrapped.set_adapter("other")
    other = held.weights()
    with wrapped.disable_adapter():
        none = held.weights()
    wrapped.set_adapter("default")
    assert held.weights() == first
    assert len({first, other, none}) == 3


def test_a_large_model_made_under_inference_mode_has_a_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasspane.subjects.fingerprint.SAMPLED_ABOVE", 1)
    with torch.inference_mode():
        model = make_model("gpt2")
    held = gp.subject(model, make_tokenizer("byte_level"))
    before = held.weights()
    with torch.inference_mode():
        model.transformer.wpe.weight[0, 0] += 1.0
    assert held.weights() != before


def test_a_subject_outlives_a_replaced_embedding_layer() -> None:
    model, tokenizer = make_model("llama"), make_tokenizer("byte_level")
    held = gp.subject(model, tokenizer)
    gp.explain(held, TEXT, method="input_x_gradient")
    larger = torch.nn.Embedding(700, 32)
    model.set_input_embeddings(larger)
    assert gp.explain(held, TEXT, method="input_x_gradient").data.subject.vocabulary_size == 700
