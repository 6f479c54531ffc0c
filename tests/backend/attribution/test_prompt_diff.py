"""Two prompts beside one another. Truth: each explanation by itself, completeness, hand-made maps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import make_model, tokenizer, tokenizer_of

import glasspane as gp
from glasspane.attribution.comparing.prompt_diff import MOST_MOVED, difference, explain_both
from glasspane.attribution.comparing.token_alignment import aligned
from glasspane.attribution.explain import explain
from glasspane.errors import Cancelled
from glasspane.protocol import (
    RESULT,
    ClassTarget,
    CompletionTarget,
    ContrastTarget,
    DiffRequest,
    ExplainRequest,
    TextPrompt,
    Token,
    TokenTarget,
    TopTarget,
)

FRANCE = "The capital of France is"
ITALY = "The capital of Italy is"


def tokens(ids: list[int]) -> list[Token]:
    return [
        Token(index=i, id=id_, text=f"t{id_}", start=i, end=i, special=False) for i, id_ in enumerate(ids)
    ]


def asked(text: str, target: Any = None, **more: Any) -> ExplainRequest:
    more = {"method": "input_x_gradient", **more}
    return ExplainRequest(prompt=TextPrompt(text=text), target=target or TopTarget(), **more)


def diff(subject: Any, before: ExplainRequest, after: ExplainRequest, **more: Any) -> Any:
    request = DiffRequest(before=before, after=after, **more)
    return explain_both((subject, subject), request, explain)


@given(st.lists(st.integers(0, 3), max_size=9), st.lists(st.integers(0, 3), max_size=9))
def test_every_token_is_aligned_once_and_in_order(one: list[int], other: list[int]) -> None:
    rows = aligned(tokens(one), tokens(other))
    assert [row.before for row in rows if row.before is not None] == list(range(len(one)))
    assert [row.after for row in rows if row.after is not None] == list(range(len(other)))
    for row in rows:
        assert (row.before is None) == (row.change == "added")
        assert (row.after is None) == (row.change == "removed")
        if row.before is not None and row.after is not None:
            assert (one[row.before] == other[row.after]) == (row.change == "same")
    assert all(row.change == "same" for row in aligned(tokens(one), tokens(one)))


def test_replaced_runs_are_aligned_in_order() -> None:
    rows = aligned(tokens([1, 2, 3, 9]), tokens([1, 4, 9, 5]))
    assert [tuple(row) for row in rows] == [
        (0, 0, "same"), (1, 1, "replaced"), (2, None, "removed"), (3, 2, "same"), (None, 3, "added"),
    ]  # fmt: skip


def test_ids_tell_tokens_apart_and_texts_where_vocabularies_differ() -> None:
    bert = gp.subject(make_model("bert"), tokenizer_of("bert"))
    folded = diff(bert, asked("The capital of France"), asked("the CAPITAL of france"))
    assert {pair.change for pair in folded.pairs} == {"same"}  # the model reads the same
    gpt2 = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    one, other = (explain(each, asked(FRANCE)) for each in (bert, gpt2))
    across = aligned(one.tokens, other.tokens)
    assert [row.change for row in across] == ["removed", *["same"] * 5, "removed"]


@pytest.mark.parametrize(
    "method", ["input_x_gradient", "integrated_gradients", "lime", "smoothgrad", "attention", "occlusion"]
)
def test_a_prompt_against_itself_changes_nothing(method: str) -> None:
    found = diff(gp.subject("demo-lm"), asked(FRANCE, method=method), asked(FRANCE, method=method))
    assert {(pair.change, pair.difference) for pair in found.pairs} == {("same", 0.0)}
    assert found.moved == []
    assert found.warnings == []
    assert found.sentences[-1] == "The two prompts are the same tokens."


@pytest.mark.parametrize("method", ["integrated_gradients", "deeplift", "kernel_shap", "gradient_shap"])
@pytest.mark.parametrize("text", [ITALY, "The capital of naïve Spain was not", "of France is Paris"])
def test_differences_add_up_to_the_change_of_the_answer(method: str, text: str) -> None:
    """Completeness of both maps: Σ differences = Δf − Δf(baseline) + Δ(completeness difference)."""
    subject = gp.subject(make_model("gpt2").double(), tokenizer("byte_level"))
    found = diff(subject, asked(FRANCE, method=method), asked(text, method=method))
    assert found.before.target.ids == found.after.target.ids
    before, after = found.before.checks, found.after.checks
    change = found.after.target.value - found.before.target.value
    of_baseline = after.baseline_value - before.baseline_value
    gaps = after.completeness_difference - before.completeness_difference
    total = sum(pair.difference for pair in found.pairs)
    assert total == pytest.approx(change - of_baseline + gaps, abs=1e-9)
    if method in ("deeplift", "kernel_shap"):
        assert total == pytest.approx(change - of_baseline, abs=1e-9)


def test_what_the_first_answered_is_explained_in_both() -> None:
    subject = gp.subject("demo-lm")
    found = diff(subject, asked(FRANCE), asked(ITALY))
    assert (found.before.target.text, found.after.target.text) == (" Paris", " Paris")
    assert found.after.predictions[0].text == " Rome"
    assert "the answer of the first, so that the scores are of one thing" in found.sentences[1]
    alone = gp.explain(subject, ITALY, target=" Paris", method="input_x_gradient")
    assert found.after.scores == alone.data.scores
    (edited,) = [pair for pair in found.pairs if pair.change == "replaced"]
    assert edited.difference == alone.data.scores[0][3] - found.before.scores[0][3]
    assert RESULT.validate_json(found.model_dump_json()) == found
    # The request gives it again, and a wish for something else is respected.
    assert explain_both((subject, subject), found.request, explain).pairs == found.pairs
    own = diff(subject, asked(FRANCE), asked(ITALY), same_target=False)
    assert own.after.target.text == " Rome"
    assert own.warnings[0].startswith("Different answers are explained: “ Paris” before and “ Rome” after.")
    named = diff(subject, asked(FRANCE), asked(ITALY, TokenTarget(token=" Rome")))
    assert named.after.target.text == " Rome"


@pytest.mark.parametrize(
    ("model", "target", "left_open"),
    [
        ("demo-lm", ContrastTarget(token=" Paris", versus=" Rome"), TopTarget()),
        ("demo-lm", CompletionTarget(text=" Paris."), TopTarget()),
        ("demo-lm", CompletionTarget(tokens=3), CompletionTarget(tokens=3)),
        ("demo-lm", CompletionTarget(tokens=3, each=True), TopTarget()),
        ("demo-sentiment", ClassTarget(label=0), TopTarget()),
        ("demo-sentiment", ContrastTarget(token=1, versus=0), TopTarget()),
    ],
)
def test_every_kind_of_target_is_carried_over(model: str, target: Any, left_open: Any) -> None:
    subject = gp.subject(model)
    found = diff(subject, asked(FRANCE, target), asked(ITALY, left_open))
    one, other = found.before.target, found.after.target
    assert (one.ids, one.versus_ids, one.text, one.kind) == (
        other.ids, other.versus_ids, other.text, other.kind,
    )  # fmt: skip
    assert len(found.before.scores) == len(found.after.scores)
    assert not found.warnings
    before = [sum(column) for column in zip(*found.before.scores, strict=True)]
    assert [pair.score_before for pair in found.pairs if pair.before is not None] == before


def planted(scores: list[float], text: str = FRANCE, **more: Any) -> Any:
    result = explain(gp.subject("demo-lm"), asked(text, TokenTarget(token=" Paris")))
    return result.model_copy(update={"scores": [scores], **more})


def test_moved_are_the_unchanged_tokens_that_changed_most() -> None:
    one, other = planted([1.0, -2.0, 0.0, 4.0, 0.05]), planted([0.4, -1.0, 0.3, 9.0, -0.84], ITALY)
    found = difference(one, other)
    # A tenth of the largest (9.0) is 0.9: `capital` by 1.0 and not `The` by 0.6, nor `is` by 0.89.
    assert found.moved == [1]
    assert found.sentences[-1] == "Of the unchanged tokens, these moved most: `capital` −2 → −1."
    # An interval as wide as the difference is no movement.
    wide = difference(one.model_copy(update={"margins": [[1.0] * 5]}), other)
    assert wide.moved == [1]
    both = {"margins": [[0.8] * 5]}
    assert difference(one.model_copy(update=both), other.model_copy(update=both)).moved == []
    many = "The capital of France is. The capital of Spain is"
    size = len(planted([], many).tokens)
    scores = [float(i) for i in range(size)]
    moved = difference(planted([0.0] * size, many), planted(scores, many)).moved
    assert moved == list(range(size - 1, size - 1 - MOST_MOVED, -1))


def test_the_change_is_shared_out_in_words() -> None:
    one, other = planted([1.0, 1.0, 1.0, 4.0, 0.0]), planted([1.0, 1.0, 0.0, -1.0, 0.0], ITALY)
    cards = [each.target.model_copy(update={"value": value}) for each, value in ((one, 8.0), (other, 1.0))]
    one, other = (
        each.model_copy(update={"target": card}) for each, card in zip((one, other), cards, strict=True)
    )
    said = difference(one, other).sentences
    assert said[2] == (
        "Of its change of −7, edited tokens carry −5 and unchanged ones −1; the scores, which need not add "
        "up, leave −1 unsaid."
    )
    checks = [
        each.checks.model_copy(update={"baseline_value": value, "completeness_difference": gap})
        for each, value, gap in ((one, 2.0, 0.0), (other, 1.5, 0.5))
    ]
    one, other = (
        each.model_copy(update={"checks": card}) for each, card in zip((one, other), checks, strict=True)
    )
    assert difference(one, other).sentences[2] == (
        "Of its change of −7, edited tokens carry −5 and unchanged ones −1; −0.5 is the change of the "
        "baseline itself; −0.5 is what the scores fall short of adding up."
    )


def test_what_makes_two_maps_incomparable_is_said_or_refused() -> None:
    subject = gp.subject("demo-lm")
    for more in ({"method": "saliency"}, {"score": "prob"}):
        with pytest.raises(gp.GlasspaneError, match="Two prompts are compared by one") as caught:
            diff(subject, asked(FRANCE), asked(ITALY, **more))
        assert caught.value.code == "bad_request"
    model = make_model("gpt2")
    one, other = gp.subject(model, tokenizer("byte_level")), None
    before = explain(one, asked(FRANCE, TokenTarget(token=17)))
    model.transformer.wte.weight.data[17] += 1.0
    other = explain(one, asked(FRANCE, TokenTarget(token=17)))
    assert difference(before, other).warnings == [
        "The weights differ: the model was changed in between, or these are two models."
    ]
    paths = [
        explain(one, asked(FRANCE, method="integrated_gradients", options={"baseline": name}))
        for name in ("zero", "mean")
    ]
    said = difference(*paths).warnings
    assert said[0] == "The method's options differ, and so may the scores for that reason alone."
    assert said[1].startswith("The baselines differ: ")


@pytest.mark.parametrize("which", ["before", "after"])
def test_half_a_comparison_is_none(which: str) -> None:
    seen: list[float] = []

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        seen.append(fraction)
        assert partial is None
        if stage.startswith(f"{which}: integrated gradients"):
            raise Cancelled

    request = DiffRequest(
        before=asked(FRANCE, method="integrated_gradients"), after=asked(ITALY, method="integrated_gradients")
    )
    subject = gp.subject("demo-lm")
    with pytest.raises(Cancelled):
        explain_both((subject, subject), request, explain, report)
    assert seen == sorted(seen)
