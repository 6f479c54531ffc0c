"""``gp.compare`` and ``gp.diff`` from Python and the terminal. Truth: ``gp.explain``, and what text means."""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.cli import main
from glasspane.display.terminal import safe
from glasspane.errors import GlasspaneError
from glasspane.protocol import RESULT, ErrorResult

FRANCE = "The capital of France is"
ITALY = "The capital of Italy is"
ZERO = ("integrated_gradients", {"baseline": "zero"})


@pytest.fixture(scope="module")
def subject() -> Any:
    return gp.subject("demo-lm")


def test_a_comparison_is_its_explanations_in_a_frame(subject: Any) -> None:
    found = gp.compare(subject, FRANCE, methods=["occlusion", ZERO, "attention"], target=" Rome")
    frame = found.to_frame()
    assert list(frame.columns[5:]) == ["occlusion", "integrated gradients", "attention (debugging aid)"]
    assert list(frame.columns[5:]) == list(found.rows)
    alone = gp.explain(subject, FRANCE, target=" Rome", method="integrated_gradients", baseline="zero")
    assert frame["integrated gradients"].tolist() == alone.data.scores[0]
    np.testing.assert_allclose(found.to_frame("shares")["occlusion"].sum(), 1.0)
    matrix = found.agreement()
    np.testing.assert_allclose(np.diag(matrix), 1.0)
    ranks = frame[frame.columns[5:]].abs().corr("spearman")
    np.testing.assert_allclose(matrix.to_numpy(), ranks.to_numpy())
    assert RESULT.validate_json(found.json()) == found.data


def test_the_reproducing_calls_reproduce() -> None:
    names: dict[str, Any] = {"model": make_model("gpt2"), "tokenizer": tokenizer("byte_level")}
    chat = [{"role": "user", "content": FRANCE}]
    chatty = gp.subject(make_model("gpt2"), tokenizer("chat"))
    first = gp.compare(
        names["model"], names["tokenizer"], FRANCE, methods=["saliency", ZERO], target=(17, 18), score="prob"
    )
    exec(first.data.code.replace("gp.compare", "again = gp.compare"), names)
    assert [row.scores for row in names["again"].data.rows] == [row.scores for row in first.data.rows]
    names["tokenizer"] = tokenizer("chat")
    edited = gp.diff(
        names["model"], names["tokenizer"], chat, ITALY, method="deeplift", baseline="mean", template="chat"
    )
    exec(edited.data.code.replace("gp.diff", "again = gp.diff"), names)
    assert names["again"].pairs == edited.pairs
    assert chatty.has_chat_template


def test_options_of_numpys_types_can_be_kept_and_written_down(subject: Any) -> None:
    found = gp.compare(subject, FRANCE, methods=["saliency", ("lime", {"samples": np.int64(64)})])
    assert RESULT.validate_json(found.json()) == found.data
    assert "('lime', {'samples': 64})" in found.data.code
    edited = gp.diff(subject, FRANCE, ITALY, method="lime", samples=np.int64(64))
    assert RESULT.validate_json(edited.json()) == edited.data


def test_two_explanations_and_two_prompts_are_compared_alike(subject: Any) -> None:
    made = gp.diff(subject, FRANCE, ITALY, method="occlusion")
    before = gp.explain(subject, FRANCE, method="occlusion")
    after = gp.explain(subject, ITALY, method="occlusion", target=" Paris")
    given = gp.diff(before, after)
    assert given.pairs == made.pairs
    assert (given.before, given.after) == (before, after)
    frame = made.to_frame()
    np.testing.assert_allclose(
        frame["difference"], np.array(after.scores[0]) - np.array(before.scores[0]), rtol=1e-12
    )
    assert frame["change"].tolist() == ["same", "same", "same", "replaced", "same"]
    assert made.after.check(rankings=40).data.tokens == 5  # the explanations know their model
    assert RESULT.validate_json(made.json()) == made.data
    own = gp.diff(subject, FRANCE, ITALY, method="occlusion", same_target=False)
    assert own.after.target.text == " Rome"


@pytest.mark.parametrize(
    ("methods", "code"),
    [
        (["occlusion"], "bad_option"),
        ("occlusion", "bad_option"),
        (["occlusion"] * 9, "bad_option"),
        (["occlusion", 3], "bad_option"),
        (["occlusion", ("lime",)], "bad_option"),
        (["occlusion", ("lime", {"samples": "many"})], "bad_option"),
        (["occlusion", "magic"], "unknown_method"),
        (["occlusion", "occlusion"], "bad_option"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(subject: Any, methods: Any, code: str) -> None:
    with pytest.raises(gp.GlasspaneError) as caught:
        gp.compare(subject, FRANCE, methods=methods)
    assert caught.value.code == code


def test_a_call_that_names_no_two_prompts_is_refused(subject: Any) -> None:
    for given in ((FRANCE,), (FRANCE, ITALY), (subject, 1, 2, 3, 4)):
        with pytest.raises(TypeError, match="before, after"):
            gp.diff(*given)
    made = gp.explain(subject, FRANCE, method="saliency")
    with pytest.raises(gp.GlasspaneError, match="as they are"):
        gp.diff(made, made, target=" Rome")


def test_surfaces_show_the_same_numbers_and_run_nothing() -> None:
    hostile = gp.subject(make_model("gpt2"), tokenizer("byte_level"))
    text = '<script>alert("1")</script> & \x1b[31m'
    shown = gp.compare(hostile, text, methods=["occlusion", "attention", "inseq:value_zeroing"])
    edited = gp.diff(hostile, text, text.replace("1", "2") + " more", method="occlusion")
    for each in (shown, edited):
        bundle = each._repr_mimebundle_()
        assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
        for surface in (bundle["text/html"], bundle["image/svg+xml"], each.html()):
            assert "<script" not in surface
            assert not re.search(r"(src|href)\s*=|url\(|@import", surface)
        ElementTree.fromstring(bundle["image/svg+xml"])
        assert "\x1b" not in bundle["text/plain"]
        for sentence in each.sentences:
            assert safe(sentence) in bundle["text/plain"]
    refused = shown.data.rows[2].problem
    assert refused is not None
    assert "value_zeroing" in shown._repr_mimebundle_()["text/plain"]
    for pair in edited.pairs:
        number = f"{abs(pair.difference):.4g}"
        assert number in edited._repr_mimebundle_()["text/plain"]
        assert number in edited.html()


def test_the_command_line_compares_methods(
    capsys: pytest.CaptureFixture[str], subject: Any, tmp_path: Path
) -> None:
    call = ["compare", FRANCE, "--methods", "integrated_gradients, lime,occlusion", "-o", "samples=64"]
    assert main([*call, "--baseline", "zero", "--target", " Rome", "--json"]) == 0
    printed = RESULT.validate_json(capsys.readouterr().out)
    rows = [ZERO, ("lime", {"samples": 64}), "occlusion"]
    called = gp.compare(subject, FRANCE, methods=rows, target=" Rome")
    assert [row.scores for row in printed.rows] == [row.scores for row in called.data.rows]
    assert main([*call, "--html", str(tmp_path / "x.html")]) == 0
    text = capsys.readouterr().out
    for sentence in gp.compare(
        subject, FRANCE, methods=["integrated_gradients", rows[1], "occlusion"]
    ).sentences:
        assert sentence in text
    assert "Spearman" in (tmp_path / "x.html").read_text("utf-8")


def test_the_command_line_compares_prompts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, subject: Any
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(ITALY))
    assert main(["diff", FRANCE, "-", "--method", "deeplift", "--baseline", "mean", "--json"]) == 0
    printed = RESULT.validate_json(capsys.readouterr().out)
    called = gp.diff(subject, FRANCE, ITALY, method="deeplift", baseline="mean")
    assert printed.pairs == called.pairs
    assert main(["diff", FRANCE, ITALY, "--method", "occlusion", "--own-answers"]) == 0
    assert "Different answers are explained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["compare", "x", "--methods", "lime"], "bad_option"),
        (["compare", "x", "--methods", "lime,magic"], "unknown_method"),
        (["compare", "x", "--methods", "lime,occlusion", "-o", "sample=3"], "bad_option"),
        (["compare", "x", "--methods", "lime,occlusion", "--baseline", "zero"], "bad_option"),
        (["diff", "-", "-"], "bad_request"),
        (["diff", "x", "y", "--method", "magic"], "unknown_method"),
    ],
)
def test_errors_are_sentences_or_objects(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json"]) == 1
    assert ErrorResult.model_validate_json(capsys.readouterr().out).code == code
    assert main(arguments) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_tables_of_figures_that_there_are_not() -> None:
    """A misspelt name must not pass for another table."""
    found = gp.compare(gp.subject("demo-lm"), "The capital of France is", methods=["saliency", "occlusion"])
    for call in (lambda: found.to_frame("score"), lambda: found.agreement("pearson")):  # type: ignore[arg-type]
        with pytest.raises(GlasspaneError) as caught:
            call()
        assert caught.value.code == "bad_option"
