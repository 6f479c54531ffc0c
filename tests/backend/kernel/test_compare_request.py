"""Comparisons through the door. Truth: the same asked from Python, and the door's promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_entry import run

from glasspane.attribution import explain
from glasspane.kernel import cancel, model_answers
from glasspane.protocol import CompareRequest, ComparisonResult, ErrorResult
from glasspane.server.job import Job
from glasspane.server.reply import Reply

EXPLAIN: dict[str, Any] = {
    "kind": "explain",
    "subject": {"source": "bundled", "name": "demo-lm"},
    "prompt": {"form": "text", "text": "The capital of France is"},
    "method": "input_x_gradient",
}
COMPARE: dict[str, Any] = {
    "kind": "compare",
    "explain": EXPLAIN,
    "methods": [{"method": "occlusion"}, {"method": "attention", "options": {"layer": 1}}],
}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    model_answers.clear_cache()


def test_rows_are_explanations_and_are_kept_as_such() -> None:
    alone = run(**EXPLAIN)
    answer = run(**COMPARE)
    assert isinstance(answer, ComparisonResult)
    assert answer.rows[0].scores == alone.scores[0]
    assert (model_answers.cache_info().hits, model_answers.cache_info().kept) == (1, 3)
    again = run(**COMPARE)
    assert again.cost.cached
    assert (again.cost.forwards, again.cost.backwards) == (0, 0)
    assert run(**answer.request.model_dump(mode="json")).rows[2].scores == answer.rows[2].scores


def test_a_row_without_room_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = explain.explain

    def explained(subject: Any, request: Any, report: Any) -> Any:
        if request.method == "occlusion":
            raise MemoryError
        return real(subject, request, report)

    monkeypatch.setattr(explain, "explain", explained)
    answer = run(**COMPARE)
    assert isinstance(answer, ComparisonResult)
    assert [row.problem and row.problem.code for row in answer.rows] == [None, "not_enough_memory", None]


def test_a_comparison_is_cancelled_by_its_own_job() -> None:
    cancel.cancel("compare-1")
    answer = run(**COMPARE, job="compare-1")
    assert isinstance(answer, ErrorResult)
    assert answer.code == "cancelled"
    assert not cancel.cancelled("compare-1")


def test_cancelled_half_way_the_server_keeps_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from glasspane.errors import Cancelled

    def report_for(*_: Any) -> Any:
        def report(fraction: float, stage: str, partial: Any = None) -> None:
            if stage.startswith("occlusion"):
                raise Cancelled

        return report

    monkeypatch.setattr(model_answers, "report_for", report_for)
    answer = run(**COMPARE, job="j")
    assert isinstance(answer, ComparisonResult)
    assert not answer.complete
    job = Job(CompareRequest.model_validate(COMPARE), "dedicated")
    job.finish(Reply(answer.model_dump(mode="json")), cancelled=True)
    assert job.status == "cancelled"
    assert job.body()["result"] == answer.model_dump(mode="json")


@pytest.mark.parametrize("wrong", [{"methods": []}, {"methods": [{"method": "lime"}] * 8}, {"explain": {}}])
def test_what_cannot_be_compared_is_refused_in_words(wrong: dict[str, Any]) -> None:
    answer = run(**{**COMPARE, **wrong})
    assert isinstance(answer, ErrorResult)
    assert answer.code == "bad_request"


def test_the_server_gives_a_comparison_its_job() -> None:
    job = Job(CompareRequest.model_validate(COMPARE), "dedicated")
    sent = json.loads(job.request_json())
    assert sent["job"] == job.id
    assert [each["method"] for each in sent["methods"]] == ["occlusion", "attention"]
