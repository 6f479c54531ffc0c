"""Attention through the door, as hosts ask for it. Truth: the Python API, and the protocol's codes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import glasspane as gp
from glasspane.attribution.by_attention.drawn_matrix import numbers
from glasspane.kernel import cancel, entry, model_answers
from glasspane.protocol import PROGRESS_MIME_TYPE, REQUEST, RESULT
from glasspane.server.job import Job

ASKED: dict[str, Any] = {
    "kind": "attention",
    "subject": {"source": "bundled", "name": "demo-lm"},
    "prompt": {"form": "text", "text": "The capital of France is"},
}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    model_answers.clear_cache()


def run(**more: Any) -> Any:
    """What a host reads: the result after its way through JSON."""
    answer = entry.run(json.dumps({**ASKED, **more}))._repr_json_()
    return RESULT.validate_python(json.loads(json.dumps(answer)))


def test_a_head_comes_out_as_the_python_call_gives_it() -> None:
    result = run(view={"show": "head", "layer": 1, "head": 2, "token": 3})
    weights = gp.attention(gp.subject("demo-lm"), ASKED["prompt"]["text"]).head(1, 2)
    drawn = result.answer.weights
    assert np.abs(numbers(drawn) - weights).max() <= drawn.step / 2 + 1e-6
    np.testing.assert_array_equal(np.float32(result.answer.exact.reads), weights[3])
    np.testing.assert_array_equal(np.float32(result.answer.exact.read_by), weights[:, 3])
    assert "not what changes its answer" in result.note


def test_without_a_view_every_head_is_summed_up_and_the_request_repeats_it() -> None:
    result = run()
    assert result.answer.show == "overview"
    assert len(result.answer.heads) == result.answer.layers * len({h.head for h in result.answer.heads})
    assert result.target.text == " Paris"
    repeated = RESULT.validate_python(entry.run(result.request.model_dump_json())._repr_json_())
    assert repeated.answer == result.answer


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ({"show": "head", "layer": 99, "head": 0}, "bad_option"),
        ({"show": "head", "layer": -1, "head": 0}, "bad_request"),
        ({"show": "nothing"}, "bad_request"),
        ({"show": "residual", "lines": 10**6}, "bad_request"),
    ],
)
def test_what_cannot_be_shown_is_an_answer_with_a_next_step(view: dict[str, Any], code: str) -> None:
    error = run(view=view)
    assert (error.kind, error.code) == ("error", code)
    assert error.next_step


def test_a_job_cancelled_before_it_begins_never_begins() -> None:
    cancel.cancel("early")
    assert run(job="early").code == "cancelled"
    assert not cancel.cancelled("early")


class Shell:
    """As much of IPython's shell as a report needs; cancels the job once the given stage is told."""

    kernel = user_ns = None

    def __init__(self, until: str | None) -> None:
        self.display_pub = self
        self.until = until
        self.stages: list[str] = []

    def publish(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        message = data[PROGRESS_MIME_TYPE]
        assert message["job"] == "watched"
        self.stages.append(message["stage"])
        if message["stage"] == self.until:
            cancel.cancel("watched")


@pytest.mark.parametrize("until", [None, "attention, layer 2"])
@pytest.mark.parametrize("show", ["overview", "rollout", "residual"])
def test_layers_are_told_and_a_cancel_stops_between_them(
    show: str, until: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(until)
    monkeypatch.setattr(cancel, "interactive_shell", lambda: shell)
    monkeypatch.setattr("glasspane.kernel.progress.INTERVAL", 0.0)
    monkeypatch.setattr(entry, "_namespace", lambda _shell: {})
    result = run(job="watched", view={"show": show})
    told = [stage for stage in shell.stages if "layer" in stage]
    if until is None:
        assert result.answer.show == show
        assert told == [f"attention, layer {n + 1}" for n in range(result.answer.layers)]
    else:
        assert result.code == "cancelled"
        assert told == ["attention, layer 1", "attention, layer 2"]


def test_the_server_names_the_job_that_the_kernel_reports_on() -> None:
    job = Job(REQUEST.validate_python({**ASKED, "view": {"show": "rollout"}}), "kernel")
    sent = json.loads(job.request_json())
    assert sent["job"] == job.id
    assert sent["view"] == {"show": "rollout"}
