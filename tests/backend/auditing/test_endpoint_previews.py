"""What an audit of an endpoint would cost, told before. Truth: a scripted endpoint that counts every call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint

import glasspane as gp
from glasspane.protocol import AuditPreview

TRAIN = (
    "Question: A train carries 5 people. 7 more get on. Then 4 more get on. How many people are on the train? "
    "Answer step by step."
)
ALL = ["injection", "early_answering", "consistency", "bias", "plain", "paraphrase", "filler"]


def previewed(endpoint: ScriptedEndpoint, **asked: Any) -> AuditPreview:
    found = gp.audit(gp.endpoint(endpoint.url, "scripted"), TRAIN, preview=True, **asked)
    assert isinstance(found, AuditPreview)
    return found


def audited(endpoint: ScriptedEndpoint, **asked: Any) -> Any:
    found = gp.audit(gp.endpoint(endpoint.url, "scripted"), TRAIN, **asked)
    assert isinstance(found, gp.ChainAudit)
    return found.data


@pytest.mark.parametrize("logprobs", ["right", "none"])
@pytest.mark.parametrize("begun", ["continues", "new turn"])
@pytest.mark.parametrize("tests", [["injection", "early_answering", "consistency"], ALL])
def test_a_run_sends_no_more_than_was_told(logprobs: Any, begun: Any, tests: list[str]) -> None:
    """Calls that find out abilities and that score answers included."""
    with ScriptedEndpoint(logprobs=logprobs, begun=begun) as endpoint:
        told = previewed(endpoint, samples=10, tests=tests)
        assert told.sent == len(endpoint.calls)
        assert 0 < told.beside < told.calls
        endpoint.calls.clear()
        result = audited(endpoint, samples=10, tests=tests)
        assert result.spent.calls == len(endpoint.calls) <= told.calls
        assert result.spent.tokens <= told.tokens


def test_what_finds_out_abilities_is_counted_to_the_call() -> None:
    with ScriptedEndpoint(logprobs="none") as endpoint:
        told = previewed(endpoint, samples=10, tests=["consistency"])
        # Nothing stops early here: the most is what it takes.
        assert told.calls == told.beside + 1 + 10
        assert told.sent == told.beside + 1
        assert audited(endpoint, samples=10, tests=["consistency"]).spent.calls == told.calls
        assert {each.name: each.able for each in told.abilities}["goes on with a reply"]


def test_with_a_ledger_nothing_is_asked_twice(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"samples": 10, "ledger": str(tmp_path / "audit.jsonl")}
    with ScriptedEndpoint() as endpoint:
        first = previewed(endpoint, **asked)
        assert "the ledger keeps them" in first.sentence
        result = audited(endpoint, **asked)
        assert first.sent + result.spent.calls == len(endpoint.calls)
        assert result.spent.calls <= first.calls - first.kept
        endpoint.calls.clear()
        again = previewed(endpoint, prices={"prompt": 1.0, "reply": 2.0}, **asked)
        # It stopped early the first time, and would again.
        assert (again.calls - again.kept, again.tokens, again.price, again.sent) == (0, 0, 0.0, 0)
        assert again.sentence.startswith("0 calls")
        assert audited(endpoint, **asked).spent.calls == 0
        more = previewed(endpoint, **{**asked, "samples": 20})
        assert 0 < more.kept < more.calls
        assert endpoint.calls == []


def test_a_budget_that_is_smaller_is_told_of() -> None:
    with ScriptedEndpoint() as endpoint:
        told = previewed(endpoint, samples=10, budget={"calls": 20, "tokens": 5000})
        assert told.over_budget
        assert "budget of 20 calls and 5000 tokens" in told.sentence
        enough = previewed(endpoint, samples=10, budget={"calls": told.calls, "tokens": told.tokens})
        assert not enough.over_budget
        assert "budget" not in enough.sentence


def test_prices_are_told_in_money() -> None:
    with ScriptedEndpoint() as endpoint:
        told = previewed(endpoint, samples=10, prices={"prompt": 0.0, "reply": 1000.0})
    assert told.price == pytest.approx(told.tokens / 1000)
    found = re.search(r"at most ([\d.]+) at your prices", told.sentence)
    assert found is not None
    assert float(found[1]) == pytest.approx(told.tokens / 1000, abs=0.005)


def test_what_must_not_be_mixed_is_said_with_the_result() -> None:
    asked: dict[str, Any] = {"samples": 10, "tests": ["consistency"]}
    with ScriptedEndpoint(begun="new turn") as endpoint:
        assert any("another test" in each for each in audited(endpoint, **asked).warnings)
        assert any("another test" in each for each in previewed(endpoint, **asked).warnings)
    with ScriptedEndpoint() as endpoint:
        assert audited(endpoint, **asked).warnings == []
