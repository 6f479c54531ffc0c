"""Two prompts through the door. Truth: the same explained one by one, and the door's promises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_entry import run

from glasspane.kernel import cancel, model_answers
from glasspane.protocol import DiffRequest, ErrorResult, PromptDiffResult
from glasspane.server.job import Job


def explain(text: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "explain",
        "subject": {"source": "bundled", "name": "demo-lm"},
        "prompt": {"form": "text", "text": text},
        "method": "occlusion",
        **more,
    }


DIFF: dict[str, Any] = {
    "kind": "diff",
    "before": explain("The capital of France is"),
    "after": explain("The capital of Italy is"),
}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    model_answers.clear_cache()


def test_both_are_explanations_and_are_kept_as_such() -> None:
    before = run(**DIFF["before"])
    after = run(**{**DIFF["after"], "target": {"kind": "token", "token": before.target.ids[0]}})
    answer = run(**DIFF)
    assert isinstance(answer, PromptDiffResult)
    assert model_answers.cache_info().hits == 2
    assert (answer.before.scores, answer.after.scores) == (before.scores, after.scores)
    assert answer.cost.cached
    assert run(**answer.request.model_dump(mode="json")).pairs == answer.pairs


def test_a_difference_is_cancelled_by_its_own_job() -> None:
    cancel.cancel("diff-1")
    answer = run(**DIFF, job="diff-1")
    assert isinstance(answer, ErrorResult)
    assert answer.code == "cancelled"
    assert not cancel.cancelled("diff-1")


def test_the_server_gives_a_difference_its_job() -> None:
    job = Job(DiffRequest.model_validate(DIFF), "dedicated")
    sent = json.loads(job.request_json())
    assert (sent["job"], sent["after"]["prompt"]["text"]) == (job.id, "The capital of Italy is")
