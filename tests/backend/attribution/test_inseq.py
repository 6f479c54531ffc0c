"""Methods through inseq. Truth: inseq itself, called by the book on a model and a tokenizer of its own."""

from __future__ import annotations

import subprocess
import sys
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from plain_model import TEXT, relative, subject_of
from tiny_models import make_model, tokenizer
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

import glasspane as gp
from glasspane.attribution.by_inseq import inseq_engine
from glasspane.attribution.by_inseq.inseq_table import INSEQ_ROWS
from glasspane.errors import GlasspaneError

SAID = " Mary to"
ASKED_OF_T5, SAID_BY_T5 = "the film", "is"
RUN = [name for name in INSEQ_ROWS if name not in {
    "reagent", "value_zeroing", "layer_integrated_gradients", "layer_deeplift",
}]  # fmt: skip


def test_every_method_that_inseq_lists_has_a_row() -> None:
    import inseq

    listed = set(inseq.list_feature_attribution_methods()) - {"dummy"}
    assert {name.removeprefix("inseq:") for name in gp.methods() if name.startswith("inseq:")} == listed


def by_the_book(family: str, name: str, folder: Path, double: bool = False, **arguments: Any) -> list[Any]:
    """inseq's own steps (raw attributions) for a completion, from texts, with nothing of ours in between."""
    import inseq

    encodes = family == "t5"
    model = make_model(family)
    own_tokenizer = deepcopy(tokenizer("unigram" if encodes else "byte_level"))  # inseq sets things on it
    if double:
        model.double()
    if name == "attention":
        model.set_attn_implementation("eager")
    loading: dict[str, Any] = {}
    if name == "discretized_integrated_gradients":
        loading = {"cache_dir": folder, "save_cache": False}
    if name.startswith("layer_") and encodes:
        loading = {"target_layer": model.get_encoder().get_input_embeddings()}
    torch.manual_seed(0)
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explained = inseq.load_model(model, name, tokenizer=own_tokenizer, device="cpu", **loading)
        output = explained.attribute(
            ASKED_OF_T5 if encodes else TEXT,
            SAID_BY_T5 if encodes else TEXT + SAID,
            attributed_fn="logit",
            attribute_target=encodes and not INSEQ_ROWS[name].encoder_only,
            output_step_attributions=True,
            show_progress=False,
            pretty_progress=False,
            **arguments,
        )
    return list(output.step_attributions)


def collapsed(name: str, raw: Tensor | None) -> np.ndarray[Any, Any]:
    """What each token's numbers mean: a signed sum, a size, or a mean over layers and heads."""
    if raw is None:
        return np.zeros(0)
    numbers = raw[0].detach().double().numpy()
    if name == "occlusion":
        return numbers
    if name in ("attention", "value_zeroing"):
        # By the book each step is cut out of the last one already.
        return numbers.reshape(len(numbers), -1).mean(1)
    return np.linalg.norm(numbers, axis=-1) if name in ("saliency", "lime") else numbers.sum(-1)


@pytest.mark.parametrize("family", ["gpt2", "llama", "t5"])
@pytest.mark.parametrize("name", [*RUN, "value_zeroing"])
def test_the_numbers_are_those_of_inseq(family: str, name: str, tmp_path: Path) -> None:
    if name == "value_zeroing" and family != "t5":
        pytest.skip("does not run there")
    options: dict[str, Any] = {"steps": 3 if "sequential" in name else 10} if INSEQ_ROWS[name].steps else {}
    options |= {"samples": 8} if INSEQ_ROWS[name].samples else {}
    subject = subject_of(family)
    text, said = (ASKED_OF_T5, SAID_BY_T5) if family == "t5" else (TEXT, SAID)
    ours = gp.explain(subject, text, method=f"inseq:{name}", completion=said, each=True, **options)
    theirs = by_the_book(family, name, tmp_path, **{f"n_{key}": value for key, value in options.items()})
    count = len(ours.target.ids)
    read = len(ours.tokens) - count + (0 if family == "t5" else 1)
    for place in range(
        1 if INSEQ_ROWS[name].random else count
    ):  # chance goes on by the book, ours starts anew
        source = collapsed(name, theirs[place].source_attributions)
        prefix = collapsed(name, theirs[place].target_attributions)
        if family == "t5":
            assert len(source) == read
            expected = np.concatenate([source, prefix])
        else:
            assert len(prefix) == read + place
            expected = prefix
        row = ours.scores[place]
        assert relative(row[: len(expected)], expected) <= 1e-5
        assert not row[len(expected) :].any()
        assert [one.id for one in theirs[place].target[0]] == [ours.target.ids[place]]
    assert [one.id for one in theirs[0].prefix[0]] == [t.id for t in ours.tokens][
        read if family == "t5" else 0 : len(ours.tokens) - count + 1
    ]


@pytest.mark.parametrize("family", ["qwen3", "neox", "gemma2"])
@pytest.mark.parametrize("name", [name for name in RUN if INSEQ_ROWS[name].signed])
def test_other_architectures_are_read_alike(family: str, name: str, tmp_path: Path) -> None:
    if (family, name) == ("gemma2", "discretized_integrated_gradients"):
        with pytest.raises(GlasspaneError, match="scales what it reads"):
            gp.explain(subject_of(family), TEXT, method=f"inseq:{name}")
        return
    options: dict[str, Any] = {"steps": 3} if INSEQ_ROWS[name].steps else {}
    ours = gp.explain(subject_of(family), TEXT, method=f"inseq:{name}", completion=SAID, each=True, **options)
    theirs = by_the_book(family, name, tmp_path, **{f"n_{key}": value for key, value in options.items()})
    expected = collapsed(name, theirs[0].target_attributions)
    assert relative(ours.scores[0][: len(expected)], expected) <= 1e-5


# ── an oracle for methods of our own ─────────────────────────────────────────


@pytest.mark.parametrize("family", ["gpt2", "llama", "t5"])
@pytest.mark.parametrize("name", ["input_x_gradient", "saliency"])
def test_our_gradients_are_those_of_inseq(family: str, name: str, tmp_path: Path) -> None:
    text, said = (ASKED_OF_T5, SAID_BY_T5) if family == "t5" else (TEXT, SAID)
    subject = subject_of(family, double=True)
    ours = gp.explain(subject, text, method=name, completion=said, each=True)
    theirs = by_the_book(family, name, tmp_path, double=True)
    for place in range(len(ours.target.ids)):
        parts = (theirs[place].source_attributions, theirs[place].target_attributions)
        expected = np.concatenate([collapsed(name, part) for part in parts])
        # The norms of RMSNorm models are in float32.
        assert relative(ours.scores[place][: len(expected)], expected) <= (1e-6 if family == "gpt2" else 1e-5)


@pytest.mark.parametrize("family", ["gpt2", "neox"])
def test_our_integrated_gradients_are_those_of_inseq_at_the_same_nodes(family: str, tmp_path: Path) -> None:
    """Both take Gauss–Legendre nodes; these tokenizers' unknown token, inseq's baseline, is the padding."""
    ours = gp.explain(subject_of(family), TEXT, completion=SAID, each=True, baseline="pad", max_steps=32)
    assert ours.checks.steps is not None
    theirs = by_the_book(family, "integrated_gradients", tmp_path, n_steps=ours.checks.steps)
    for place in range(len(ours.target.ids)):
        expected = collapsed("integrated_gradients", theirs[place].target_attributions)
        assert relative(ours.scores[place][: len(expected)], expected) <= 1e-5


@pytest.mark.parametrize("score", ["logit", "log_prob", "prob"])
@pytest.mark.parametrize("target", [" Mary", (" Mary", " Paris")])
@pytest.mark.parametrize("family", ["gpt2", "gemma2", "t5"])
def test_scores_and_contrasts_are_those_that_we_explain(family: str, target: Any, score: Any) -> None:
    """Gradient × input through inseq is ours, which has been held to captum for every score."""
    if family == "t5":
        target = 7 if isinstance(target, str) else (7, 11)
    subject = subject_of(family, double=True)
    ours = gp.explain(subject, TEXT, target=target, method="input_x_gradient", score=score)
    through = gp.explain(subject, TEXT, target=target, method="inseq:input_x_gradient", score=score)
    assert ours.target.value == through.target.value
    assert relative(through.scores, ours.scores) <= 1e-6


def test_a_span_is_the_sum_of_its_steps() -> None:
    subject = subject_of("gpt2", double=True)
    rows = gp.explain(subject, TEXT, method="inseq:integrated_gradients", completion=SAID, each=True)
    span = gp.explain(subject, TEXT, method="inseq:integrated_gradients", completion=SAID)
    assert relative(rows.scores.sum(0), span.scores[0]) <= 1e-9
    assert span.checks.completeness_gap is not None
    assert span.checks.completeness_gap < 1e-3
    looked = gp.explain(subject, TEXT, method="inseq:attention", completion=SAID)
    assert looked.scores.sum() == pytest.approx(1.0)


def test_a_chat_prompt_has_the_tokens_that_the_model_reads() -> None:
    """Text through a template would be tokenised anew by inseq, special tokens added and doubled ones dropped."""
    subject = gp.subject(make_model("gpt2"), tokenizer("chat"))
    for method in ("input_x_gradient", "saliency"):
        ours = gp.explain(subject, TEXT, method=method, template="chat")
        through = gp.explain(subject, TEXT, method=f"inseq:{method}", template="chat")
        assert relative(through.scores, ours.scores) <= 1e-5


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    subject = subject_of("gpt2")
    first, again, other = (
        gp.explain(subject, TEXT, method="inseq:gradient_shap", seed=seed).scores for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


# ── the model is the user's ──────────────────────────────────────────────────


def test_inseq_works_on_the_users_own_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    from inseq.models import HuggingfaceModel

    loaded: list[Any] = []
    load = HuggingfaceModel.load

    def watched(*given: Any, **more: Any) -> Any:
        loaded.append(load(*given, **more))
        return loaded[-1]

    monkeypatch.setattr(HuggingfaceModel, "load", staticmethod(watched))
    subject = subject_of("gpt2")
    pointers = [parameter.data_ptr() for parameter in subject.model.parameters()]
    gp.explain(subject, TEXT, method="inseq:saliency")
    assert loaded[0].model is subject.model
    assert [parameter.data_ptr() for parameter in loaded[0].model.parameters()] == pointers
    assert loaded[0].tokenizer is not subject.tokenizer


def test_frozen_embeddings_are_explained_alike() -> None:
    subject, frozen = subject_of("llama"), subject_of("llama")
    frozen.model.requires_grad_(False)
    for name in ("layer_gradient_x_activation", "deeplift", "input_x_gradient"):
        ours = gp.explain(subject, TEXT, method=f"inseq:{name}")
        with torch.no_grad():
            again = gp.explain(frozen, TEXT, method=f"inseq:{name}")
        assert relative(again.scores, ours.scores) <= 1e-6


def test_half_precision_comes_near() -> None:
    subject, half = subject_of("gpt2"), subject_of("gpt2")
    half.model.to(torch.bfloat16)
    target = gp.explain(subject, TEXT, method="inseq:saliency").target.ids[0]
    ours, rounded = (
        gp.explain(s, TEXT, target=target, method="inseq:saliency").scores for s in (subject, half)
    )
    assert relative(rounded, ours) <= 0.1


# ── what does not run says why ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("value_zeroing", "Could not find assignment to value in GPT2Attention"),
        ("reagent", "nltk is required"),
        ("layer_integrated_gradients", "compared the prompt with itself"),
        ("layer_deeplift", "compared the prompt with itself"),
    ],
)
def test_a_refusal_gives_the_reason_and_a_way_on(name: str, reason: str) -> None:
    if name == "reagent":
        try:
            import nltk  # noqa: F401
        except ImportError:
            pass
        else:
            pytest.skip("nltk is here")
    with pytest.raises(GlasspaneError) as caught:
        gp.explain(subject_of("gpt2"), TEXT, method=f"inseq:{name}")
    assert caught.value.code == "unsupported_model"
    assert name in caught.value.result.message
    assert reason in caught.value.result.message
    assert "another method" in caught.value.result.next_step


@pytest.mark.parametrize("name", ["layer_integrated_gradients", "layer_deeplift"])
def test_inseqs_layer_methods_with_baselines_are_zero_by_the_book_too(name: str, tmp_path: Path) -> None:
    """When this fails, inseq has mended them: they belong to those that run."""
    assert not any(step.target_attributions.any() for step in by_the_book("gpt2", name, tmp_path))


@pytest.mark.parametrize("family", ["bert", "gpt2_classifier", "bert_masked"])
def test_classifiers_and_masked_models_are_not_for_inseq(family: str) -> None:
    with pytest.raises(GlasspaneError, match="does not work on this kind of model") as caught:
        gp.explain(subject_of(family), TEXT, method="inseq:saliency")
    assert caught.value.code == "unsupported_model"


def test_what_a_configuration_lacks_stops_inseq_only_where_nothing_can_stand_for_absence() -> None:
    subject, plain = subject_of("gpt2"), subject_of("gpt2")
    expected = gp.explain(plain, TEXT, method="inseq:integrated_gradients", steps=4)
    subject.model.config.bos_token_id = subject.model.config.pad_token_id = None
    ours = gp.explain(subject, TEXT, method="inseq:integrated_gradients", steps=4)
    np.testing.assert_array_equal(ours.scores, expected.scores)
    assert subject.model.config.bos_token_id is None
    subject.model.config.eos_token_id = None
    bare = gp.subject(subject.model, deepcopy(subject.tokenizer))
    bare.tokenizer.pad_token = None
    np.testing.assert_array_equal(
        gp.explain(bare, TEXT, method="inseq:integrated_gradients", steps=4).scores, expected.scores
    )
    bare.tokenizer.eos_token = None
    with pytest.raises(GlasspaneError, match="unknown, padding or end-of-text"):
        gp.explain(bare, TEXT, method="inseq:saliency")


class EmbedsOtherwise(GPT2LMHeadModel):
    def forward(self, input_ids: Any = None, inputs_embeds: Any = None, **more: Any) -> Any:
        if inputs_embeds is not None:
            inputs_embeds = inputs_embeds * 2
        return super().forward(input_ids=input_ids, inputs_embeds=inputs_embeds, **more)


def test_a_model_that_answers_otherwise_to_embeddings_is_refused() -> None:
    model = EmbedsOtherwise(GPT2Config(vocab_size=600, n_layer=1, n_head=2, n_embd=16, n_positions=64)).eval()
    with pytest.raises(GlasspaneError, match="answers otherwise"):
        gp.explain(model, tokenizer("byte_level"), TEXT, method="inseq:input_x_gradient")


def test_without_inseq_a_sentence_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inseq", None)
    monkeypatch.delitem(sys.modules, "inseq.models", raising=False)
    with pytest.raises(GlasspaneError) as caught:
        gp.explain(subject_of("gpt2"), TEXT, method="inseq:saliency")
    assert "need inseq" in caught.value.result.message
    assert "glasspane doctor --mend" in caught.value.result.next_step
    assert caught.value.result.command == f"{sys.executable} -m glasspane doctor --mend"


def test_what_inseq_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_name: str) -> Any:
        raise ModuleNotFoundError("No module named 'treescope'", name="treescope")

    monkeypatch.setattr(inseq_engine, "import_module", absent)
    with pytest.raises(GlasspaneError, match="treescope is missing"):
        gp.explain(subject_of("gpt2"), TEXT, method="inseq:saliency")


def test_the_table_costs_nothing_to_read() -> None:
    code = (
        "import sys; from glasspane.attribution.methods import METHODS; assert 'inseq:saliency' in METHODS; "
        "assert not {'torch', 'inseq', 'captum'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
