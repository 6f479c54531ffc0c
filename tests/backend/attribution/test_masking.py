"""What is left out is left out: against prompts that never had it, written without glasspane."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from plain_model import TEXT, absent_id, ids_of, of_ids, players, relative, subject_of, text_for, with_absent

import glasspane as gp
from glasspane.errors import GlasspaneError

FAMILIES = ["gpt2", "llama", "qwen3", "gemma2", "neox", "distilbert", "bert", "bert_masked"]


@pytest.mark.parametrize("family", FAMILIES)
def test_occlusion_equals_a_loop_over_the_tokens(family: str) -> None:
    subject = subject_of(family, double=True)
    ours = gp.explain(subject, text_for(family), method="occlusion")
    f = of_ids(subject, ours.target.ids[0], ids_of(ours))
    places = players(subject, ours)
    rows = with_absent(ours, ~torch.eye(len(places), dtype=torch.bool), subject)
    expected = torch.zeros(len(ours.tokens), dtype=torch.float64)
    expected[places] = f(ids_of(ours))[0] - f(rows)
    # RMSNorm models compute their norms in float32 all the same.
    assert relative(ours.scores[0], expected) <= (1e-5 if family in ("llama", "qwen3", "gemma2") else 1e-12)


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3", "neox", "distilbert", "bert"])
def test_a_dropped_token_leaves_the_shorter_prompt(family: str) -> None:
    """The others close up behind it: positions, padding and the place that answers are those of the
    prompt without it."""
    subject = subject_of(family, double=True)
    try:
        ours = gp.explain(subject, TEXT, method="occlusion", replacement="drop")
    except GlasspaneError as problem:
        # DistilBERT takes no positions, but counts them from its input: nothing needs to be refused.
        raise AssertionError(problem.result.message) from problem
    f = of_ids(subject, ours.target.ids[0])
    ids = ids_of(ours)
    for place in players(subject, ours):
        shorter = torch.cat([ids[:, :place], ids[:, place + 1 :]], 1)
        expected = float(f(ids)[0] - f(shorter)[0])
        assert ours.scores[0][place] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_where_positions_would_not_close_up_dropping_is_refused() -> None:
    for family in ("bert_masked", "t5", "gpt2_classifier"):
        with pytest.raises(GlasspaneError) as caught:
            gp.explain(subject_of(family), text_for(family), method="occlusion", replacement="drop")
        assert caught.value.code == "bad_option"
        assert "Replace them instead" in caught.value.result.next_step


def test_a_classifier_on_a_decoder_is_not_moved_by_its_padding() -> None:
    """It answers at the last token that is no padding: what stands for absence is none."""
    subject = subject_of("gpt2_classifier")
    ours = gp.explain(subject, TEXT, method="occlusion")
    assert subject.model.config.pad_token_id == absent_id(subject)
    assert ours.method.baseline is not None
    assert str(subject.tokenizer.pad_token) not in ours.method.baseline
    # The last token is left out by another id, and the answer still read at its place.
    (other,) = subject.tokenizer(" ", add_special_tokens=False)["input_ids"]
    ids = ids_of(ours)
    without = ids.clone()
    without[0, -1] = other
    f = of_ids(subject, ours.target.ids[0])
    assert ours.method.baseline == "the token ' '"
    assert ours.scores[0][-1] == pytest.approx(float(f(ids)[0] - f(without)[0]), rel=1e-4)


def test_one_token_of_ones_own_stands_for_absence_and_several_are_refused() -> None:
    subject = subject_of("gpt2")
    ours = gp.explain(subject, TEXT, method="occlusion", replacement=" the")
    (token,) = subject.tokenizer(" the", add_special_tokens=False)["input_ids"]
    f = of_ids(subject, ours.target.ids[0])
    ids = ids_of(ours)
    changed = ids.clone()
    changed[0, 1] = token
    assert ours.scores[0][1] == pytest.approx(float(f(ids)[0] - f(changed)[0]), rel=1e-4, abs=1e-6)
    with pytest.raises(GlasspaneError, match="one token stands for absence"):
        gp.explain(subject, TEXT, method="occlusion", replacement=" Xylophone")


def test_a_masking_is_evaluated_once_however_often_it_is_asked_for() -> None:
    subject = subject_of("gpt2")
    few = gp.explain(subject, "The capital", method="lime", samples=400)
    # Two to four tokens have at most sixteen maskings; the whole prompt is known beforehand.
    assert few.cost.forwards <= 2 ** len(few.tokens) + 2
    assert few.checks.steps == 400


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen maskings at once = one at a time."""
    from glasspane.attribution import memory

    subject = subject_of("llama")
    at_once = gp.explain(subject, TEXT, method="kernel_shap", samples=200)
    monkeypatch.setitem(memory.ROWS_AT_ONCE, "cpu", 1)
    one_by_one = gp.explain(subject, TEXT, method="kernel_shap", samples=200)
    np.testing.assert_allclose(at_once.scores, one_by_one.scores, atol=1e-5 * np.abs(one_by_one.scores).max())
