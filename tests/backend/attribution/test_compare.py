"""Methods beside one another. Truth: each explanation by itself, scipy, hand-made maps, a planted cause."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import test_shift_copy
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from tiny_models import make_model, tokenizer, tokenizer_of

import glasspane as gp
from glasspane.attribution.comparing.compare import compare
from glasspane.attribution.explain import explain
from glasspane.errors import Cancelled
from glasspane.protocol import (
    RESULT,
    CompareRequest,
    CompletionTarget,
    ExplainRequest,
    MethodChoice,
    TextPrompt,
    TopTarget,
)

subject = test_shift_copy.subject

TEXT = "The capital of France is"


def request(
    *methods: str | tuple[str, dict[str, Any]], text: str = TEXT, target: Any = None
) -> CompareRequest:
    (name, options), *rest = [(each, {}) if isinstance(each, str) else each for each in methods]
    return CompareRequest(
        explain=ExplainRequest(
            prompt=TextPrompt(text=text), method=name, options=options, target=target or TopTarget()
        ),
        methods=[MethodChoice(method=name, options=options) for name, options in rest],
    )


def gpt2() -> Any:
    return gp.subject(make_model("gpt2"), tokenizer("byte_level"))


def planted(maps: dict[str, list[float]]) -> Any:
    """Explanations whose scores are given by hand, one row by method."""

    def explained(subject: Any, asked: ExplainRequest, report: Any) -> Any:
        result = explain(subject, asked.model_copy(update={"method": "input_x_gradient", "options": {}}))
        card = result.method.model_copy(update={"name": asked.method})
        return result.model_copy(update={"scores": [maps[asked.method]], "method": card})

    return explained


def test_rows_are_the_explanations_by_themselves() -> None:
    found = compare(gpt2(), request("input_x_gradient", "occlusion", "attention", text=TEXT))
    for row in found.rows:
        alone = gp.explain(gpt2(), TEXT, method=row.method.name)
        assert row.scores == alone.data.scores[0]
        assert row.method == alone.method
        # How long a check would take is timed anew in every run.
        assert row.checks.model_copy(update={"check_seconds": alone.checks.check_seconds}) == alone.checks
        assert (found.target, found.tokens) == (alone.target, alone.tokens)
        np.testing.assert_allclose(row.shares, np.abs(row.scores) / np.abs(row.scores).sum())
    assert found.complete
    assert RESULT.validate_json(found.model_dump_json()) == found


@given(
    st.lists(st.tuples(*[st.integers(-5, 5)] * 3), min_size=5, max_size=5),
)
def test_agreement_is_brute_force_over_written_tokens(columns: list[tuple[int, ...]]) -> None:
    # A wordpiece classifier reads [CLS] The capital of France is [SEP]: the ends are huge and must not count.
    bert = gp.subject(make_model("bert"), tokenizer_of("bert"))
    names = ("input_x_gradient", "occlusion", "deeplift")
    maps = {
        name: [99.0, *map(float, row), -99.0]
        for name, row in zip(names, zip(*columns, strict=True), strict=True)
    }
    found = compare(bert, request(*names), explained=planted(maps))
    assert [token.special for token in found.tokens] == [True, *[False] * 5, True]
    sizes = [np.abs(maps[name][1:-1]) for name in names]
    for row, size in zip(found.rows, sizes, strict=True):
        assert row.shares[0] == row.shares[-1] == 0
        np.testing.assert_allclose(row.shares[1:-1], size / size.sum() if size.sum() else size)
    for i, one in enumerate(sizes):
        for j, other in enumerate(sizes):
            pair = found.agreement[i][j]
            assert pair is not None
            flat = len(set(one)) == 1 or len(set(other)) == 1
            assert pair.spearman == (None if flat else pytest.approx(spearmanr(one, other).statistic))
            tops = [set(sorted(range(5), key=lambda t, s=size: -s[t])[:3]) for size in (one, other)]
            assert pair.overlap == pytest.approx(len(tops[0] & tops[1]) / 3)


def test_who_stands_alone_is_said_and_camps_are_no_agreement() -> None:
    names = ("input_x_gradient", "integrated_gradients", "attention", "attention_rollout")
    fond, sober = [0.0, 0.0, 0.0, 0.59, 0.41], [0.2, 0.0, 0.0, 0.76, 0.04]

    def said(*maps: list[float]) -> list[str]:
        asked = names[: len(maps)]
        planted_maps = dict(zip(asked, maps, strict=True))
        return compare(gpt2(), request(*asked), explained=planted(planted_maps)).sentences

    assert said(sober, sober, fond)[-1] == (
        "Attention (debugging aid) puts 41 % on `is`; no other method puts more than 4 % there."
    )
    assert said(sober, sober, fond, fond) == [
        "No method stands alone; they are furthest apart on `is`: attention (debugging aid) puts 41 % there, "
        "gradient × input 4 %."
    ]
    assert said(sober, sober, sober) == ["All 3 methods agree: they differ by less than 10 % on every token."]
    turned = [0.2, 0.0, 0.0, -0.76, 0.04]
    names = ("occlusion", "input_x_gradient", "integrated_gradients", "attention")
    # Attention knows no direction and does not take part; two that contradict each other are said once.
    assert said(turned, sober, sober, sober) == [
        "Occlusion says that `France` pushes against the answer (76 %); all other signed methods say that it "
        "pushes for it."
    ]
    names = ("occlusion", "input_x_gradient", "attention")
    assert said(turned, sober, sober) == [
        "Occlusion says that `France` pushes against the answer (76 %), gradient × input that it pushes for it "
        "(76 %)."
    ]
    names = ("occlusion", "lime", "input_x_gradient", "integrated_gradients")
    assert said(turned, turned, sober, sober) == [
        "No method stands alone, but they take sides: occlusion says that `France` pushes against the answer "
        "(76 %), gradient × input that it pushes for it (76 %)."
    ]


def test_methods_that_find_the_planted_cause_agree(subject: Any) -> None:
    signed = ("input_x_gradient", "integrated_gradients", "deeplift", "occlusion", "partition_shap")
    found = compare(subject, request(*signed, text=test_shift_copy.TEXT))
    source = len(found.tokens) - 1 - test_shift_copy.BACK
    for row in found.rows:
        assert int(np.argmax(row.shares)) == source
    assert found.sentences == ["All 5 methods agree: they differ by less than 10 % on every token."]
    # The model reads a little of every token with the same weight; only the cause changes the answer.
    beside = compare(subject, request(*signed, "attention", text=test_shift_copy.TEXT))
    assert all("ttention" in sentence for sentence in beside.sentences)
    assert beside.agreement[0][5] is not None


def test_a_method_that_refuses_keeps_its_row_with_its_sentence() -> None:
    t5 = gp.subject(make_model("t5"), tokenizer_of("t5"))
    found = compare(t5, request("attention_rollout", "input_x_gradient", "occlusion"))
    refused = found.rows[0]
    assert refused.problem is not None
    assert refused.problem.code == "unsupported_model"
    assert "does not work on this kind of model" in refused.problem.message
    assert refused.scores == refused.shares == []
    assert found.complete
    assert found.agreement[0] == [None, None, None]
    assert found.agreement[1][2] is not None
    assert found.request.explain.method == "attention_rollout"
    with pytest.raises(gp.GlasspaneError, match="no class"):  # no row can answer: the question is wrong
        compare(
            gp.subject("demo-sentiment"),
            request("saliency", "occlusion", target={"kind": "class", "label": "x"}),
        )


@pytest.mark.parametrize(
    ("methods", "code"),
    [
        (("occlusion", "magic"), "unknown_method"),
        (("occlusion", ("lime", {"sample": 3})), "bad_option"),
        (("integrated_gradients", ("integrated_gradients", {"max_steps": 256})), "bad_option"),
    ],
)
def test_what_is_misspelt_or_asked_twice_is_refused_before_anything_runs(methods: Any, code: str) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a row ran")

    with pytest.raises(gp.GlasspaneError) as caught:
        compare(gpt2(), request(*methods), explained=never)
    assert caught.value.code == code


def test_one_method_twice_is_told_apart_by_its_options() -> None:
    found = compare(
        gpt2(), request("integrated_gradients", ("integrated_gradients", {"baseline": "zero"}), "lime")
    )
    assert [row.label for row in found.rows] == [
        "integrated gradients (baseline=default)", "integrated gradients (baseline=zero)", "LIME",
    ]  # fmt: skip


def test_a_completion_is_the_sum_of_its_rows() -> None:
    asked = request(
        "input_x_gradient", "smoothgrad", target=CompletionTarget(text=" Paris, not Rome", each=True)
    )
    found = compare(gpt2(), asked)
    for row in found.rows:
        alone = gp.explain(gpt2(), TEXT, method=row.method.name, completion=" Paris, not Rome", each=True)
        assert len(alone.scores) > 1
        np.testing.assert_allclose(row.scores, alone.scores.sum(0), rtol=1e-12)
        assert row.margins is None


def test_cancelled_between_rows_keeps_what_is_finished() -> None:
    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if stage.startswith("occlusion"):
            raise Cancelled

    found = compare(gpt2(), request("input_x_gradient", "occlusion", "saliency"), report)
    assert found.rows[0].scores == gp.explain(gpt2(), TEXT, method="input_x_gradient").data.scores[0]
    assert [row.problem and row.problem.code for row in found.rows] == [None, "cancelled", "cancelled"]
    assert not found.complete
    assert found.warnings[0] == "Cancelled: 1 of 3 methods were finished."
    assert found.sentences == ["Only one method gave scores: there is nothing to compare it with."]
    with pytest.raises(Cancelled):
        compare(gpt2(), request("occlusion", "saliency"), report)


def test_cancelled_within_a_row_keeps_its_partial_scores_labelled() -> None:
    def report(fraction: float, stage: str, partial: Any = None) -> None:
        if stage == "integrated gradients, 4 steps":
            raise Cancelled

    options: dict[str, Any] = {"baseline": "zero", "first_steps": 2}
    asked = request("input_x_gradient", ("integrated_gradients", options), "saliency")
    found = compare(gpt2(), asked, report)
    first, partial, unreached = found.rows
    assert first.checks.complete
    # What two steps gave is all that there was.
    two = gp.explain(gpt2(), TEXT, method="integrated_gradients", baseline="zero", first_steps=2, max_steps=2)
    assert partial.scores == two.data.scores[0]
    assert not partial.checks.complete
    assert partial.problem is None
    assert partial.warnings[0] == "Partial: the run was not finished."
    assert unreached.problem is not None
    assert found.agreement[0][1] is not None
    assert found.warnings[0] == "Cancelled: 1 of 3 methods were finished."


def test_progress_names_the_method_and_never_goes_back() -> None:
    seen: list[tuple[float, str]] = []
    compare(
        gpt2(),
        request("integrated_gradients", "occlusion", "lime"),
        lambda fraction, stage, partial=None: seen.append((fraction, stage)),
    )
    assert [fraction for fraction, _ in seen] == sorted(fraction for fraction, _ in seen)
    for place, label in enumerate(("integrated gradients", "occlusion", "lime")):
        own = [stage for at, stage in seen if place / 3 < at < (place + 1) / 3]
        assert own
        assert all(stage.casefold().startswith(label) for stage in own)
