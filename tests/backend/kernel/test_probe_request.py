"""Probes through the door. Truth: the same asked from Python, and the door's promises."""

from __future__ import annotations

import json
import sys
from typing import Any

import pandas as pd
import pytest
from test_entry import run

import glasspane as gp
from glasspane.kernel import cancel, model_answers
from glasspane.protocol import (
    ErrorResult,
    ProbeRequest,
    ProbeResult,
    ProbeTestRequest,
    ProbeTestResult,
    TaskExamples,
)
from glasspane.server.job import Job

SUBJECT = {"source": "bundled", "name": "demo-lm"}
PROBE: dict[str, Any] = {
    "kind": "probe",
    "subject": SUBJECT,
    "examples": {"source": "task", "name": "syntactic_role", "count": 80},
    "layers": [0, 2],
    "seed": 3,
}
TEST: dict[str, Any] = {"kind": "probe_test", "probe": PROBE, "layer": 2, "examples": 8, "directions": 19}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    model_answers.clear_cache()


def evaluated(code: str, **names: Any) -> Any:
    """The last line of ``code``, run as it stands."""
    *before, last = code.splitlines()
    exec("\n".join(before), names)
    return eval(last, names)


def test_probes_are_what_python_gives_for_the_same_request() -> None:
    answer = run(**PROBE)
    assert isinstance(answer, ProbeResult)
    ours = gp.probe("demo-lm", "syntactic_role", examples=80, layers=[0, 2], seed=3)
    assert answer.layers == ours.data.layers
    assert answer.layers[1].decodable
    assert evaluated(answer.code).data.layers == answer.layers
    # The request gives the result again.
    again = run(**answer.request.model_dump(mode="json"))
    assert again.layers == answer.layers
    assert again.cost.cached


def test_a_test_is_what_python_gives_for_the_same_request() -> None:
    answer = run(**TEST)
    assert isinstance(answer, ProbeTestResult)
    probes = gp.probe("demo-lm", "syntactic_role", examples=80, layers=[0, 2], seed=3)
    assert answer.changes == probes.test(2, examples=8, directions=19).data.changes
    assert evaluated(answer.code).data.changes == answer.changes
    assert run(**TEST).cost.cached
    assert not run(**{**TEST, "layer": 0}).cost.cached


def test_a_table_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]
    rows = [{"q": row.text, "role": row.label, "span": (row.start, row.end)} for row in _generated(80)]
    frame = pd.DataFrame(rows)
    monkeypatch.setattr(main, "glasspane_roles", frame, raising=False)
    monkeypatch.setattr(main, "glasspane_held", {"roles": rows}, raising=False)
    columns = {"text": "q", "label": "role"}
    for name in ("glasspane_roles", 'glasspane_held["roles"]'):
        answer = run(**{**PROBE, "examples": {"source": "frame", "name": name, **columns}})
        assert isinstance(answer, ProbeResult), answer
        assert answer.examples == 80
        assert answer.request.examples.name == name
    called = gp.probe("demo-lm", frame, text="q", label="role", layers=[0, 2], seed=3)
    assert called.data.layers == answer.layers
    assert called.data.request.examples.name == "glasspane_roles"  # found by the name it has
    assert evaluated(called.data.code, glasspane_roles=frame).data.layers == answer.layers
    # A table without a name travels with the request.
    own = gp.probe("demo-lm", frame.copy(), text="q", label="role", layers=[0, 2], seed=3)
    assert own.data.request.examples.source == "rows"
    assert run(**own.data.request.model_dump(mode="json")).layers == answer.layers


def test_a_table_that_was_changed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    main = sys.modules["__main__"]
    rows = [{"text": row.text, "label": row.label, "span": (row.start, row.end)} for row in _generated(80)]
    monkeypatch.setattr(main, "glasspane_roles", rows, raising=False)
    request = {**PROBE, "examples": {"source": "frame", "name": "glasspane_roles"}}
    before = run(**request)
    rows[:] = rows[:60]
    after = run(**request)
    assert (before.examples, after.examples) == (80, 60)
    assert not after.cost.cached


def _generated(count: int) -> Any:
    from glasspane.probing.labelled import TASKS

    return TASKS["syntactic_role"].generate(count, 3)


@pytest.mark.parametrize(
    ("examples", "code"),
    [
        ({"source": "task", "name": "part_of_peach"}, "unknown_task"),
        ({"source": "frame", "name": "no_such_table"}, "bad_examples"),
        ({"source": "frame", "name": "__import__('os')"}, "bad_examples"),
        ({"source": "rows", "rows": []}, "bad_examples"),
        (
            {"source": "rows", "rows": [{"text": "a", "label": "b", "start": 1, "end": 9, "group": "c"}]},
            "bad_request",
        ),
        ({"source": "task", "count": 0}, "bad_request"),
        ({"source": "else"}, "bad_request"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(examples: dict[str, Any], code: str) -> None:
    for request in ({**PROBE, "examples": examples}, {**TEST, "probe": {**PROBE, "examples": examples}}):
        answer = run(**request)
        assert isinstance(answer, ErrorResult)
        assert answer.code == code


@pytest.mark.parametrize("request_of", [PROBE, TEST])
def test_it_is_cancelled_by_its_own_job(request_of: dict[str, Any]) -> None:
    cancel.cancel("probe-1")
    answer = run(**request_of, job="probe-1")
    assert isinstance(answer, ErrorResult)
    assert answer.code == "cancelled"
    assert not cancel.cancelled("probe-1")


@pytest.mark.parametrize("request_of", [PROBE, TEST])
def test_progress_rises_through_reading_to_the_end(
    monkeypatch: pytest.MonkeyPatch, request_of: dict[str, Any]
) -> None:
    seen: list[tuple[float, str]] = []
    monkeypatch.setattr(
        model_answers,
        "report_for",
        lambda *_: lambda fraction, stage, partial=None: seen.append((fraction, stage)),
    )
    run(**request_of, job="j")
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    said = " ".join(stage for _, stage in seen)
    assert "reading activations" in said
    assert ("resid_pre 2: control task, fold 5" if request_of is PROBE else "changed predictions") in said


def test_the_server_gives_both_their_job() -> None:
    probe = ProbeRequest(examples=TaskExamples(name="sentiment"))
    for request in (probe, ProbeTestRequest(probe=probe, layer=1)):
        job = Job(request, "dedicated")
        assert json.loads(job.request_json())["job"] == job.id


def test_a_kernel_without_torch_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasspane.kernel.entry._version", lambda name: None)
    for request in (PROBE, TEST):
        answer = run(**request)
        assert answer.code == "glasspane_missing"
