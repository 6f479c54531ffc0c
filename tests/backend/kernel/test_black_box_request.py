"""Black-box explanations through the door. Truth: the same asked from Python, and the door's promises."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from test_entry import run

import glasspane as gp
from glasspane.errors import Cancelled
from glasspane.kernel import cancel, model_answers
from glasspane.protocol import AuditPreview, BlackBoxResult, ErrorResult

sys.path.insert(0, str(Path(__file__).parents[1] / "auditing"))
from planted_answers import PlantedModel
from scripted_endpoint import ScriptedEndpoint

CITY = "I like cheese. The city has a tower. It rains here. Which city is it?"
STORY = "When Mary and John went to the store, John gave a bottle to"
BUNDLED: dict[str, Any] = {
    "kind": "black_box",
    "model": {"source": "subject", "subject": {"source": "bundled", "name": "demo-lm"}},
    "prompt": {"form": "text", "text": STORY, "template": "raw"},
    "answer": " Mary",
    "grain": "words",
}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    model_answers.clear_cache()


def by_endpoint(url: str, **change: Any) -> dict[str, Any]:
    return {
        "kind": "black_box",
        "model": {"source": "endpoint", "base_url": url, "model": "scripted"},
        "prompt": {"form": "text", "text": CITY, "template": "raw"},
        "samples": 10,
        **change,
    }


def test_the_answer_is_what_python_gives_and_is_kept_for_the_same_weights() -> None:
    answer = run(**BUNDLED)
    assert isinstance(answer, BlackBoxResult)
    ours = gp.explain_black_box("demo-lm", STORY, answer=" Mary", grain="words")
    assert isinstance(ours, gp.BlackBoxExplanation)
    assert answer.pieces == ours.pieces
    assert eval(answer.code, {"gp": gp}).pieces == ours.pieces
    again = run(**answer.request.model_dump(mode="json"))
    assert again.pieces == answer.pieces
    assert again.cost.cached


def test_an_endpoint_is_asked_without_a_model_and_never_answered_from_memory() -> None:
    with ScriptedEndpoint(model=PlantedModel(("tower",)), logprobs="none") as endpoint:
        preview = run(**by_endpoint(endpoint.url, preview=True))
        assert isinstance(preview, AuditPreview)
        # Ten replies to each of five versions, and the reply that the answer is read from.
        assert preview.calls - preview.beside == 51
        assert preview.sent == len(endpoint.calls) == preview.beside + 1
        answer = run(**by_endpoint(endpoint.url))
        assert isinstance(answer, BlackBoxResult)
        assert [each.text for each in answer.pieces if each.tells] == ["The city has a tower."]
        calls = len(endpoint.calls)
        assert calls - preview.sent <= preview.calls
        assert not run(**by_endpoint(endpoint.url)).cost.cached
        assert len(endpoint.calls) > calls


def test_a_kernel_without_torch_says_so_of_an_endpoint_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are weighed by torch: all that is missing is named before anything is sent."""
    monkeypatch.setattr("glasspane.kernel.entry._version", lambda name: None)
    with ScriptedEndpoint(model=PlantedModel(("tower",)), logprobs="none") as endpoint:
        answer = run(**by_endpoint(endpoint.url))
        assert not endpoint.calls
    assert isinstance(answer, ErrorResult)
    assert answer.code == "glasspane_missing"
    assert "no torch and no transformers" in answer.message


def test_a_cancelled_job_answers_with_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = 0.0

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        nonlocal reached
        assert reached <= fraction <= 1, stage
        reached = fraction
        if fraction > 0.6:
            cancel.cancel("black-1")
            raise Cancelled

    monkeypatch.setattr(model_answers, "report_for", lambda *_: report)
    with ScriptedEndpoint(model=PlantedModel(("tower",)), logprobs="none") as endpoint:
        answer = run(**by_endpoint(endpoint.url), job="black-1")
    assert isinstance(answer, BlackBoxResult)
    assert not answer.complete
    assert answer.whole is not None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "saliency"}, "bad_request"),
        ({"grain": "messages"}, "bad_option"),
        ({"prompt": {"form": "text", "text": " ", "template": "raw"}}, "bad_option"),
        ({"model": {"source": "endpoint", "base_url": "nowhere", "model": "x"}}, "bad_option"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(change: dict[str, Any], code: str) -> None:
    answer = run(**{**BUNDLED, **change})
    assert isinstance(answer, ErrorResult)
    assert answer.code == code
    assert answer.next_step
