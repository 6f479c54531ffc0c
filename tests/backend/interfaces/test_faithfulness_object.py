"""The check as an object: where it comes from, how it is shown, and what an explanation remembers."""

from __future__ import annotations

import gc
import weakref
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane import api
from glasspane.protocol import RESULT

TEXT = "The capital of France is"


@pytest.fixture(scope="module")
def subject() -> Any:
    return gp.subject(make_model("gpt2"), tokenizer("byte_level"))


def explain(subject: Any, **options: Any) -> gp.Explanation:
    return gp.explain(subject, TEXT, method="input_x_gradient", **options)


def test_an_explanation_checks_itself_while_its_model_is_there(subject: Any) -> None:
    ours = explain(subject)
    assert ours.faithfulness is None
    itself = ours.check(seed=3)
    assert ours.faithfulness is itself
    assert itself.data.figures == gp.check(subject.model, subject.tokenizer, ours, seed=3).data.figures
    assert RESULT.validate_json(itself.json()) == itself.data


def test_it_does_not_keep_the_model_alive() -> None:
    model = make_model("gpt2")
    ours = gp.explain(model, tokenizer("byte_level"), TEXT, method="input_x_gradient")
    held = weakref.ref(model)
    del model
    gc.collect()
    assert held() is None
    with pytest.raises(gp.GlasspaneError, match=r"gp\.check\(model, tokenizer, explanation\)"):
        ours.check()


def test_a_loaded_explanation_is_checked_with_a_model_given(subject: Any, tmp_path: Path) -> None:
    ours = explain(subject)
    loaded = gp.load(ours.save(tmp_path / "e.json"))
    with pytest.raises(gp.GlasspaneError) as caught:
        loaded.check()
    assert caught.value.code == "no_subject"
    assert gp.check(subject, loaded).data.figures == ours.check().data.figures


def test_explaining_checks_only_when_asked(subject: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert explain(subject).faithfulness is None
    assert explain(subject, check=True).faithfulness is not None
    monkeypatch.setattr(api, "UNASKED_WITHIN", 1e9)
    assert explain(subject, check="auto").faithfulness is not None
    monkeypatch.setattr(api, "UNASKED_WITHIN", 0.0)
    assert explain(subject, check="auto").faithfulness is None
    with pytest.raises(gp.GlasspaneError, match="check cannot be"):
        explain(subject, check="maybe")


def test_options_that_cannot_be_are_refused_in_words(subject: Any) -> None:
    ours = explain(subject)
    for options in ({"rankings": 20}, {"seed": -1}, {"replacement": " Xylophone"}):
        with pytest.raises(gp.GlasspaneError) as caught:
            ours.check(**options)
        assert caught.value.code == "bad_option"
    with pytest.raises(TypeError, match="explanation"):
        gp.check(subject, TEXT)


def test_the_frame_has_every_figure_and_the_output_every_number(subject: Any) -> None:
    ours = explain(subject)
    checked = ours.check()
    frame = checked.to_frame()
    assert list(frame.index) == list(checked.figures)
    for name, figure in checked.figures.items():
        assert frame.loc[name, "verdict"] == figure.verdict
        assert frame.loc[name, "value"] == pytest.approx(figure.value, nan_ok=True)

    class Cells(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.text: list[str] = []

        def handle_data(self, data: str) -> None:
            self.text.append(data)

    shown = checked._repr_mimebundle_()
    page = Cells()
    page.feed(shown["text/html"])
    assert "<script" not in shown["text/html"]
    for figure in checked.figures.values():
        assert figure.label in page.text
        assert any(figure.sentence in text for text in page.text)
        assert figure.sentence in shown["text/plain"]
    assert checked.sentence in repr(checked)
    # An explanation that was checked shows it too.
    assert checked.sentence in ours._repr_mimebundle_()["text/plain"]
    assert checked.sentence in ours._repr_mimebundle_()["text/html"]
