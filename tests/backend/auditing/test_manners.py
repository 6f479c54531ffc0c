"""Whole audits of servers with bad manners. Truth: the same audit of a server with good ones, the endpoint's own count
of calls, and the policy of the model behind it, which is the same."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint
from test_endpoint_source import TRAIN

import glasspane as gp
from glasspane.auditing.audit import Audit
from glasspane.auditing.budget import PaidSource
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.auditing.ledger import Ledger
from glasspane.errors import Cancelled
from glasspane.protocol import TextPrompt
from glasspane.protocol.audit import AuditRequest, AuditResult

CHAIN = "\nStep 1: 5 + 7 = 12.\nStep 2: 12 + 4 = 16.\nAnswer: 16."


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasspane.auditing.retrying.FIRST_WAIT", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def audited(source: EndpointSource, **options: Any) -> AuditResult:
    audit = gp.audit(source, TRAIN, reference="16", **options)
    assert isinstance(audit, gp.ChainAudit)
    return audit.data


def found(result: AuditResult) -> dict[str, Any]:
    """What it says, but for where it asked and what it cost."""
    apart = {"spent", "cost", "identity", "code", "request", "warnings"}
    return result.model_dump(exclude=apart)


def test_what_fails_and_passes_changes_nothing_but_the_bill(tmp_path: Path) -> None:
    """Each kind of failure, at drawn places among the calls of an audit; every attempt is counted once."""
    faults = ["429", "429 date", "429 0.2", "500", "503", "drop", "cut", "garbage", "empty", "hang"]
    with ScriptedEndpoint() as endpoint:
        source = gp.endpoint(endpoint.url, "scripted")
        source.abilities()
        endpoint.calls.clear()
        whole = audited(source)
        calls = len(endpoint.calls)
        assert whole.verdict == "faithful"
        assert (whole.spent.calls, whole.spent.failed) == (calls, 0)

        again = gp.endpoint(endpoint.url, "scripted", timeout=0.5, attempts=9)
        again.abilities()
        endpoint.calls.clear()
        places = Random(5).sample(range(1, calls), len(faults))
        queue: list[Any] = [None] * calls
        for place, fault in zip(places, faults, strict=True):
            queue[place] = fault
        endpoint.faults.extend(queue)
        with_failures = audited(again, ledger=str(tmp_path / "audit.jsonl"))
    assert found(with_failures) == found(whole)
    assert len(endpoint.calls) == calls + len(faults)
    spent = with_failures.spent
    assert (spent.calls, spent.failed) == (calls + len(faults), len(faults))
    # An answer without a choice says that three tokens were written all the same.
    assert spent.tokens == whole.spent.tokens + 3
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    problems = sorted(line["problem"] for line in lines if line["kind"] == "attempt")
    assert problems == sorted(
        ["429", "429", "429", "500", "503", "connection", "connection", "garbled", "garbled", "timeout"]
    )
    assert sum(line["kind"] == "sent" for line in lines) == calls + len(faults)
    with Ledger(tmp_path / "audit.jsonl") as ledger:
        assert (ledger.spent.calls, ledger.spent.failed) == (spent.calls, spent.failed)
        assert (ledger.spent.tokens, ledger.killed) == (spent.tokens, 0)


@pytest.mark.parametrize(
    "manners",
    [
        {"logprobs": "none"},
        {"logprobs": "wrong"},
        {"counts": False},
        {"finish": "missing"},
        {"finish": "always stop"},
        {"stops": False},
        {"echoes": True},
        {"seeds": "ignored"},
        {"begun": "flag"},
        {"refuses": ("seed", "stop", "logprobs", "top_p"), "refusal": 422},
        {"refuses": ("max_tokens",)},
    ],
    ids=str,
)
def test_manners_do_not_change_what_is_found(manners: dict[str, Any]) -> None:
    """Verdicts and outcomes are the model's; what a server does not do is told among its abilities."""
    with ScriptedEndpoint() as good, ScriptedEndpoint(**manners) as other:
        options: dict[str, Any] = {"tests": ["injection", "early_answering", "consistency"]}
        whole = audited(gp.endpoint(good.url, "scripted"), **options)
        result = audited(gp.endpoint(other.url, "scripted"), **options)
        assert result.spent.calls == len(other.calls)
        assert result.spent.failed == len(other.calls) - other.replies
    assert result.verdict == whole.verdict == "faithful"
    assert not [each for each in result.warnings if "Transcript" in each]
    for ours, theirs in zip(result.findings, whole.findings, strict=True):
        assert ours.verdict == theirs.verdict
        for arm, same in zip(ours.arms, theirs.arms, strict=True):
            assert arm.outcomes == same.outcomes
    abilities = {each.name: each for each in result.abilities}
    assert abilities["goes on with a reply"].able
    assert abilities["honours seeds"].able == ("seed" not in str(manners))
    scores = "logprobs" not in str(manners)
    assert abilities["scores an answer"].able == scores
    assert (result.findings[0].arms[0].log_prob_original is not None) <= scores


@pytest.mark.parametrize("begun", ["new turn", "left out", "refused"])
def test_a_prefill_that_is_ignored_is_another_test_and_says_so(begun: Any, tmp_path: Path) -> None:
    with ScriptedEndpoint(begun=begun) as endpoint:
        result = audited(gp.endpoint(endpoint.url, "scripted"), ledger=str(tmp_path / "audit.jsonl"))
        asked = [call["messages"][-1] for call in endpoint.calls if TRAIN in str(call["messages"])]
    assert all(message["role"] == "user" for message in asked)
    assert not next(each for each in result.abilities if each.name == "goes on with a reply").able
    warned = [each for each in result.warnings if "another test" in each]
    assert [each.startswith("Transcript mode: ") for each in warned] == [True], "said, and said once"
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    arms = {line["arm"] for line in lines if line["kind"] == "reply"} - {"chain"}
    assert arms
    assert all(arm.endswith("(transcript)") for arm in arms)


def test_what_was_cut_is_never_an_answer() -> None:
    """The chain is given; every reply behind it goes on without an end."""
    with ScriptedEndpoint("endless") as endpoint:
        result = audited(gp.endpoint(endpoint.url, "scripted"), chain=CHAIN, max_tokens=20)
    assert result.verdict == "inconclusive"
    replies = [reply for finding in result.findings for arm in finding.arms for reply in arm.replies]
    assert replies
    assert {(reply.finish, reply.answer, reply.outcome) for reply in replies} == {
        ("length", None, "unparsed")
    }
    assert result.consistency is not None
    assert result.consistency.votes.majority is None


@pytest.mark.parametrize("width", [1, 3])
def test_so_many_calls_at_once_and_no_more(width: int) -> None:
    with ScriptedEndpoint(latency=0.01) as endpoint:
        result = audited(gp.endpoint(endpoint.url, "scripted", concurrency=width), samples=10)
        assert endpoint.most_at_once == width
        assert result.complete


def test_a_seed_that_holds_for_one_call_at_a_time_is_asked_so() -> None:
    """Seeds of one stream are found out with four at once, and kept to one from then on."""
    with ScriptedEndpoint(seeds="one stream") as endpoint:
        source = gp.endpoint(endpoint.url, "scripted")
        source.abilities()
        endpoint.most_at_once = 0
        audited(source, samples=4, tests=["consistency"])
        assert endpoint.most_at_once == 1


def test_a_cancel_sends_nothing_more(tmp_path: Path) -> None:
    with ScriptedEndpoint(latency=0.05) as endpoint:
        source = EndpointSource(endpoint.url, "scripted", concurrency=4)
        source.abilities()
        endpoint.calls.clear()
        at_cancel = -1

        def report(fraction: float, stage: str, partial: Any = None) -> None:
            nonlocal at_cancel
            if len(endpoint.calls) >= 20 and at_cancel < 0:
                at_cancel = len(endpoint.calls)
                raise Cancelled

        request = AuditRequest(prompt=TextPrompt(text=TRAIN), tests=["injection"])
        with Ledger(tmp_path / "audit.jsonl") as ledger:
            result = Audit(PaidSource(source, ledger), request, "code", report).run()
            assert not result.complete
            # What was under way then has come to its end, and is kept; each of four may just have begun another.
            assert at_cancel <= len(endpoint.calls) <= at_cancel + 4
            assert ledger.spent.calls == len(endpoint.calls)
            assert ledger.spent.failed == 0
