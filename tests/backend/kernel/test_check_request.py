"""A check through the door. Truth: the same check called from Python, and the door's promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_entry import run

import glasspane as gp
from glasspane.kernel import cancel, model_answers
from glasspane.protocol import CheckRequest, ErrorResult, FaithfulnessResult
from glasspane.server.job import Job

EXPLAIN: dict[str, Any] = {
    "kind": "explain",
    "subject": {"source": "bundled", "name": "demo-sentiment"},
    "prompt": {"form": "text", "text": "A dull film, saved by its music."},
    "method": "occlusion",
}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    model_answers.clear_cache()


def test_a_check_is_what_python_gives_for_the_same_request() -> None:
    answer = run(kind="check", explain=EXPLAIN, seed=3)
    assert isinstance(answer, FaithfulnessResult)
    subject = gp.subject("demo-sentiment")
    ours = gp.explain(subject, EXPLAIN["prompt"]["text"], method="occlusion")
    assert answer.figures == gp.check(subject, ours, seed=3).data.figures
    assert answer.request.explain.method == "occlusion"
    # The code is a call that can be run and gives the same.
    names: dict[str, Any] = {}
    *before, last = answer.code.splitlines()
    exec("\n".join(before), names)
    assert eval(last, names).data.figures == answer.figures


def test_the_explanation_is_taken_from_what_is_kept() -> None:
    run(**EXPLAIN)
    assert model_answers.cache_info().hits == 0
    run(kind="check", explain=EXPLAIN)
    assert (model_answers.cache_info().hits, model_answers.cache_info().kept) == (1, 2)


def test_a_check_is_cancelled_by_its_own_job() -> None:
    cancel.cancel("check-1")
    answer = run(kind="check", explain=EXPLAIN, job="check-1")
    assert isinstance(answer, ErrorResult)
    assert answer.code == "cancelled"
    assert not cancel.cancelled("check-1")


@pytest.mark.parametrize("wrong", [{"rankings": 20}, {"seed": -1}, {"replacement": 3}, {"explain": {}}])
def test_what_cannot_be_checked_is_refused_in_words(wrong: dict[str, Any]) -> None:
    answer = run(**{"kind": "check", "explain": EXPLAIN, **wrong})
    assert isinstance(answer, ErrorResult)
    assert answer.code == "bad_request"


def test_progress_runs_from_the_explanation_to_the_last_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, str]] = []
    monkeypatch.setattr(
        model_answers,
        "report_for",
        lambda *_: lambda fraction, stage, partial=None: seen.append((fraction, stage)),
    )
    run(kind="check", explain={**EXPLAIN, "method": "input_x_gradient"}, job="j")
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("masked prompts" in stage for _, stage in seen)


def test_the_server_gives_a_check_its_job() -> None:
    job = Job(CheckRequest.model_validate({"kind": "check", "explain": EXPLAIN}), "dedicated")
    sent = json.loads(job.request_json())
    assert sent["job"] == job.id
    assert (sent["kind"], sent["explain"]["method"]) == ("check", "occlusion")
