"""Audits that end before their end. Truth: the endpoint's own count of calls, and the same audit undisturbed.

The command runs in a process of its own, which is killed (SIGKILL) in the moment in which the endpoint hears of a call
that was drawn beforehand, with others under way.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint, _Handler
from test_endpoint_source import TRAIN

from glasspane.auditing.ledger import Ledger
from glasspane.cli import main

MOST_AT_ONCE = 8
"""The source's own cap, which says how many calls can be under way."""


class Killing(ScriptedEndpoint):
    """Kills ``process`` when it hears of call ``at``."""

    process: subprocess.Popen[str] | None = None
    at = -1

    def complete(self, handler: _Handler, body: dict[str, Any]) -> None:
        with self._lock:
            due = self.process is not None and len(self.calls) == self.at
        if due:
            assert self.process is not None
            self.process.send_signal(signal.SIGKILL)
        super().complete(handler, body)


@pytest.fixture
def endpoint() -> Iterator[Killing]:
    with Killing("mixed", follows=0.8, latency=0.01) as scripted:
        yield scripted


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def arguments(endpoint: ScriptedEndpoint) -> list[str]:
    tests = "early_answering,injection,consistency,paraphrase"
    return [
        "audit", "--endpoint", endpoint.url, "--endpoint-model", "scripted", "--samples", "20", "--tests", tests,
        "--ledger", "audit.jsonl", "--json", TRAIN,
    ]  # fmt: skip


def started(endpoint: ScriptedEndpoint, **how: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "glasspane.cli", *arguments(endpoint)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **how,
    )


def lines() -> list[dict[str, Any]]:
    """Of the ledger, but for one that was cut short."""
    found = []
    for line in Path("audit.jsonl").read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def said(result: str) -> dict[str, Any]:
    """What an audit says, without what it cost."""
    found: dict[str, Any] = json.loads(result)
    found["warnings"] = [each for each in found["warnings"] if "was killed" not in each]
    return {name: value for name, value in found.items() if name not in ("spent", "cost")}


def asked(endpoint: ScriptedEndpoint) -> Counter[str]:
    return Counter(json.dumps(call, sort_keys=True) for call in endpoint.calls)


@pytest.fixture
def undisturbed(endpoint: Killing, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], Counter[str]]:
    main(arguments(endpoint))
    whole = said(capsys.readouterr().out), asked(endpoint)
    Path("audit.jsonl").unlink()
    endpoint.calls.clear()
    return whole


@pytest.mark.parametrize("draw", [1, 2])
def test_killed_again_and_again_it_asks_for_the_rest_alone(
    draw: int,
    endpoint: Killing,
    undisturbed: tuple[dict[str, Any], Counter[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    result, once = undisturbed
    count = once.total()
    assert count > 100
    moments = sorted(Random(draw).sample(range(count), 3))
    for at in moments:
        endpoint.at = at
        endpoint.process = started(endpoint)
        _, complaint = endpoint.process.communicate()
        assert endpoint.process.returncode == -signal.SIGKILL, complaint
        endpoint.process = None
        heard = len(endpoint.calls)
        with Ledger(Path("audit.jsonl")) as ledger:
            # Each call is in the ledger with what became of it, and so is what nobody knows the end of.
            assert heard <= ledger.spent.calls <= heard + MOST_AT_ONCE
            assert ledger.killed <= MOST_AT_ONCE
    assert main(arguments(endpoint)) in (0, 1)
    shown = capsys.readouterr().out
    assert said(shown) == result, "the same as without a kill"

    kinds: dict[str, Counter[str]] = {}
    for line in lines():
        kinds.setdefault(line["key"], Counter())[line.get("problem", line["kind"])] += 1
    killed = sum(each["killed"] for each in kinds.values())
    for each in kinds.values():
        assert each["sent"] == 1 + each["killed"], "asked again is only what was under way at a kill"
        assert each["reply"] + each["aside"] == 1
    assert 0 < killed <= len(moments) * MOST_AT_ONCE
    # And by the endpoint's own count.
    again = asked(endpoint) - once
    assert again.total() <= killed
    assert once - asked(endpoint) == Counter()
    warned = [each for each in json.loads(shown)["warnings"] if "was killed" in each]
    assert not warned, "each kill was told of by the opening that found it"


def test_the_next_audit_tells_of_calls_that_may_have_been_paid_for(
    endpoint: Killing, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.at = 40
    endpoint.process = started(endpoint)
    endpoint.process.communicate()
    endpoint.process = None
    with Path("audit.jsonl").open("a") as file:  # as if the disk had got half of the next line
        file.write('{"at": "2026-01-01T00:00:00+00:00", "kind": "rep')
    main(arguments(endpoint))
    first = json.loads(capsys.readouterr().out)
    killed = sum(line.get("problem") == "killed" for line in lines())
    assert 0 < killed <= MOST_AT_ONCE
    assert any(f"{killed} calls were under way" in each for each in first["warnings"])
    main(arguments(endpoint))
    assert not any("under way" in each for each in json.loads(capsys.readouterr().out)["warnings"])


def test_two_processes_do_not_share_a_ledger(endpoint: Killing, capsys: pytest.CaptureFixture[str]) -> None:
    endpoint.faults.append("hang")
    other = started(endpoint)
    try:
        while not endpoint.calls:  # it has opened its ledger and waits for an answer
            assert other.poll() is None, other.communicate()
        assert main(arguments(endpoint)) == 1
        assert "Another audit is writing to audit.jsonl" in capsys.readouterr().out
        assert len(endpoint.calls) == 1
    finally:
        other.kill()
        other.communicate()


def test_a_full_disk_ends_it_in_words_and_room_lets_it_go_on(
    endpoint: Killing, undisturbed: tuple[dict[str, Any], Counter[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit of the process on the length of files, as a full disk would be: what fits is written, in part."""
    result, once = undisturbed
    limit = 30_000

    def short() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = started(endpoint, preexec_fn=short)
    out, err = process.communicate()
    assert process.returncode == 1
    refused = json.loads(out)
    assert refused["code"] == "bad_file"
    assert "cannot be written any more: File too large" in refused["message"]
    assert "Traceback" not in err
    assert Path("audit.jsonl").stat().st_size == limit
    heard = len(endpoint.calls)
    held = sum(line["kind"] in ("reply", "aside") for line in lines())
    assert heard - held <= MOST_AT_ONCE, "no call was begun once there was no room for its reply"
    main(arguments(endpoint))
    assert said(capsys.readouterr().out) == result
    assert (asked(endpoint) - once).total() <= heard - held
