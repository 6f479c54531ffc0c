"""Audits of endpoints that answer what no client should meet. Truth: a server on loopback that does so and counts its
calls; whatever comes, a person reads a sentence and a next step, and every call is in the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hostile_endpoint import HostileEndpoint
from scripted_endpoint import ScriptedEndpoint
from test_endpoint_source import TRAIN

import glasspane as gp
from glasspane.auditing import endpoint_transport
from glasspane.cli import main
from glasspane.errors import GlasspaneError
from glasspane.kernel.entry import run
from glasspane.protocol import AuditResult

AUDIT = ["audit", "--endpoint-model", "scripted", "--samples", "4", "--ledger", "audit.jsonl"]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("glasspane.auditing.retrying.FIRST_WAIT", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entries() -> list[dict[str, Any]]:
    """Of the ledger: what became of each call."""
    lines = [json.loads(line) for line in Path("audit.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] != "sent"]


@pytest.mark.parametrize(
    ("fault", "attempts", "said", "next_step"),
    [
        ("stream", 1, "stream of events, which was not asked for", "Turn streaming off"),
        ("error 200", 1, "wants to be paid first (402): “The upstream provider is out of credits", "account"),
        ("no choices", 5, "no reply in its answer. It was asked 5 times", "ends in /v1"),
        ("empty", 5, "no reply in its answer. It was asked 5 times", "ends in /v1"),
        ("scalar", 5, "JSON of another form", "ends in /v1"),
        ("list", 5, "JSON of another form", "ends in /v1"),
        ("deep", 5, "no JSON", "ends in /v1"),
        ("garbage", 5, "no JSON", "ends in /v1"),
        ("html", 1, "no JSON", "ends in /v1"),
        ("chunks", 5, "broke. It was asked 5 times", "ledger"),
        ("header", 5, "broke. It was asked 5 times", "ledger"),
        ("cut", 5, "broke. It was asked 5 times", "ledger"),
        ("drop", 5, "broke. It was asked 5 times", "ledger"),
        ("redirect", 1, "sends its questions on to another address (307)", "Give the address"),
        ("found", 1, "sends its questions on to another address (302)", "Give the address"),
        ("401", 1, "wants a key (401), and OPENAI_API_KEY is not set", "Set it where Python is started"),
        ("404", 1, "no OpenAI-compatible API (404)", "ends in /v1"),
        ("429", 5, "answered 429", "Try later"),
        ("500", 5, "answered 500", "too long"),
        ("context", 1, "too long for scripted", "Shorten the prompt"),
        ("null", 1, "The reply is empty", "Ask for reasoning"),
        ("blank", 1, "The reply is empty", "Ask for reasoning"),
        ("tool", 1, "a tool that the model called", "Ask for reasoning"),
        ("large", 1, "cut by its length limit", "let replies be longer|Ask for reasoning"),
    ],
)
@pytest.mark.parametrize("where", ["first", "always"])
def test_whatever_comes_a_person_reads_a_sentence(
    fault: str, attempts: int, said: str, next_step: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the first call on, and once it was found out what the endpoint can do."""
    wordless = ("null", "blank", "tool", "large")
    if where == "first" and fault in wordless:
        pytest.skip(
            "such a server hides its reasoning, which is another sentence, or takes longer to be tried"
        )
    with HostileEndpoint(**{where: fault}) as endpoint:
        assert main([*AUDIT, "--endpoint", endpoint.url, TRAIN]) == 1
        shown = capsys.readouterr()
        assert said in shown.err
        assert any(each in shown.err for each in next_step.split("|"))
        assert "Traceback" not in shown.err
        assert shown.out == ""
        assert len(shown.err) < 4000
        kept = entries()
        assert len(kept) == len(endpoint.calls), "every attempt is in the ledger"
        assert sum(entry["kind"] == "attempt" for entry in kept) == (0 if fault in wordless else attempts)


@pytest.mark.parametrize("place", ["first", "always"])
def test_halves_of_letters_and_counts_that_are_none_are_replies_all_the_same(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for fault in ("halves", "numbers"):
        with HostileEndpoint(**{place: fault}) as endpoint:
            assert main([*AUDIT, "--endpoint", endpoint.url, "--json", TRAIN]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["answer"] == "16"
        assert ("\ufffd" in result["reply"]) == (fault == "halves")


@pytest.mark.parametrize("fault", ["drip", "endless"])
def test_an_answer_without_an_end_is_given_up(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps a connection open for ever; bytes at full speed fill the memory."""
    monkeypatch.setattr(endpoint_transport, "MOST_BYTES", 1_000_000)
    with HostileEndpoint() as endpoint:
        source = gp.endpoint(endpoint.url, "scripted", timeout=0.2, attempts=2)
        source.abilities()
        endpoint.faults.extend([fault] * 2)
        endpoint.calls.clear()
        said = "did not answer in time" if fault == "drip" else "more than 16 MB"
        with pytest.raises(GlasspaneError, match=said):
            gp.audit(source, TRAIN, ledger="audit.jsonl")
        assert len(endpoint.calls) == (2 if fault == "drip" else 1)
        assert endpoint.sent < 20_000_000


def test_no_prompt_goes_to_where_a_redirect_points(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedEndpoint() as elsewhere, HostileEndpoint(first="redirect") as endpoint:
        endpoint.elsewhere = elsewhere.url
        assert main([*AUDIT, "--endpoint", endpoint.url, TRAIN]) == 1
    assert elsewhere.calls == []
    assert elsewhere.url not in capsys.readouterr().err


def test_a_model_that_reasons_out_of_sight_is_asked_for_its_answers_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ScriptedEndpoint(reasoning="told") as endpoint:
        run = [*AUDIT, "--endpoint", endpoint.url]
        assert main([*run, TRAIN]) == 1
        said = capsys.readouterr().err
        assert "it says that it reasons out of sight. Its steps cannot be audited." in said
        assert "bias, consistency, plain" in said
        assert not [call for call in endpoint.calls if TRAIN in str(call)], "nothing was asked for it"
        assert main([*run, "--tests", "consistency,bias", "--json", TRAIN]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["consistency"]["votes"]["majority"] == "16"
        assert result["verdict"] == "inconclusive"


def test_answers_alone_need_no_steps() -> None:
    with ScriptedEndpoint() as endpoint:
        object.__setattr__(endpoint.behaviour.model, "written", lambda *_: "\nAnswer: 16.")
        source = gp.endpoint(endpoint.url, "scripted")
        audit = gp.audit(source, TRAIN, tests=["consistency"], samples=4)
        assert isinstance(audit, gp.ChainAudit)
        assert audit.data.consistency is not None
        assert audit.data.consistency.votes.majority == "16"
        with pytest.raises(GlasspaneError, match="No step of reasoning"):
            gp.audit(source, TRAIN, tests=["consistency", "filler"], samples=4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reference", ""], "cannot be read as an answer"),
        (["--reference", "I do not know"], "cannot be read as an answer"),
        (["--marker", ""], "marker is empty"),
        (["--pattern", "("], "pattern cannot be read"),
        (["--html", "nowhere/audit.html"], "folder is not there"),
        (["--ledger", "/dev/full"], "is no file"),
        (["--ledger", "/dev/null"], "is no file"),
        (["--ledger", "."], "Is a directory"),
        (["--budget-tokens", "5"], "budget of 5 tokens is spent: 0 calls"),
        (["--endpoint-model", " "], "has no name"),
    ],
)
def test_what_is_wrong_before_the_first_call_costs_nothing(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedEndpoint() as endpoint:
        assert main([*AUDIT, "--endpoint", endpoint.url, *options, TRAIN]) == 1
        assert said in capsys.readouterr().err
        assert endpoint.calls == []


@pytest.mark.parametrize(
    "prompt",
    [
        "\u202eשלום \u202c" + TRAIN,
        f"🚂👨‍👩‍👧 {TRAIN} 🧮",
        "\x00" + TRAIN,
        "\ufeff" + TRAIN,
        TRAIN.replace(" ", "\u00a0"),
    ],
    ids=["right to left", "emoji", "nought", "mark of byte order", "hard blanks"],
)
def test_prompts_in_every_script_come_back_as_they_were(
    prompt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedEndpoint() as endpoint:
        run = [*AUDIT, "--endpoint", endpoint.url, "--json", "--html", "audit.html"]
        assert main([*run, prompt]) == 0
        asked = len(endpoint.calls)
        first = json.loads(capsys.readouterr().out)
        assert endpoint.calls[-1]["messages"][0]["content"] == first["prompt"] == prompt
        assert main([*run, prompt]) == 0
        assert len(endpoint.calls) == asked


def test_half_a_letter_in_a_prompt_is_told_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As a shell gives bytes of another encoding."""
    with ScriptedEndpoint() as endpoint:
        assert main([*AUDIT, "--endpoint", endpoint.url, f"\udce9 {TRAIN}"]) == 1
        assert "half of a letter" in capsys.readouterr().err
        assert endpoint.calls == []


def test_a_budget_smaller_than_one_arm_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedEndpoint() as endpoint:
        run = [*AUDIT, "--endpoint", endpoint.url, "--tests", "injection"]
        assert main([*run, "--budget-calls", "13", TRAIN]) == 1
        shown = capsys.readouterr().out
        assert "The budget of 13 calls is spent" in shown
        assert "Raise the budget and run again" in shown
        assert len(entries()) == len(endpoint.calls) == 13
        assert main([*run, TRAIN]) == 0
        assert len(entries()) == len(endpoint.calls), "the rest, and nothing twice"
        keys = [entry["key"] for entry in entries()]
        assert len(set(keys)) == len(keys)


def test_answers_are_asked_for_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compressed ones could grow a thousandfold behind any bound."""
    seen: list[str] = []

    class Listening(ScriptedEndpoint):
        def complete(self, handler: Any, body: dict[str, Any]) -> None:
            seen.append(handler.headers["Accept-Encoding"])
            super().complete(handler, body)

    with Listening() as endpoint:
        gp.endpoint(endpoint.url, "scripted").abilities()
    assert set(seen) == {"identity"}


def test_a_kernel_asks_without_a_key_until_one_is_wanted_and_a_command_line_that_names_one_needs_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Forms name a variable in every request; who types one means it."""
    with ScriptedEndpoint() as endpoint:
        where = {"source": "endpoint", "base_url": endpoint.url, "model": "scripted"}
        asked = {
            "kind": "audit",
            "model": where,
            "prompt": {"form": "text", "text": TRAIN},
            "samples": 4,
            "tests": ["consistency"],
        }
        for named in ({}, {"key_variable": "NOBODY_SET_THIS"}):
            answer = run(json.dumps({**asked, "model": {**where, **named}})).result
            assert isinstance(answer, AuditResult), answer
            assert answer.answer == "16"
        line = ["audit", "--endpoint", endpoint.url, "--endpoint-model", "scripted", TRAIN]
        sent = len(endpoint.calls)
        assert main([*line, "--key-variable", "NOBODY_SET_THIS"]) == 1
        assert "NOBODY_SET_THIS is not set" in capsys.readouterr().err
        assert len(endpoint.calls) == sent
