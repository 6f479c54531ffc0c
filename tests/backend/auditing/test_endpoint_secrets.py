"""The key goes out with requests and nowhere else. Truth: a canary key, searched for in everything that is left."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from scripted_endpoint import ScriptedEndpoint
from test_ledger import ask

from glasspane.auditing.api_key import ApiKey
from glasspane.auditing.budget import PaidSource
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.auditing.ledger import Ledger
from glasspane.errors import GlasspaneError

CANARY = "sk-canary-7f3a91c2e8d4b605"


def left(text: str) -> bool:
    """The canary, or so much of it that it helps: eight letters in a row."""
    return any(CANARY[at : at + 8] in text for at in range(len(CANARY) - 7))


@pytest.fixture(params=["in memory", "in the environment"])
def given(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr("glasspane.auditing.retrying.FIRST_WAIT", 0.01)
    if request.param == "in memory":
        return {"key": CANARY}
    monkeypatch.setenv("CANARY_VARIABLE", CANARY)
    return {"key_variable": "CANARY_VARIABLE"}


def searched(problem: BaseException, caplog: pytest.LogCaptureFixture, folder: Path, *more: Any) -> None:
    """Errors with all that hangs on them, logs of every level, files."""
    told = "".join(traceback.format_exception(problem))
    assert not left(told)
    cause: BaseException | None = problem
    while cause is not None:
        assert not left(f"{cause!r} {cause.args} {vars(cause)}")
        assert isinstance(cause, GlasspaneError), "the client's own exceptions hold the request"
        cause = cause.__cause__ or cause.__context__
    assert not left(caplog.text)
    assert not any(left(str(record.__dict__)) for record in caplog.records)
    for file in folder.rglob("*"):
        if file.is_file():
            assert not left(file.read_text())
    for each in more:
        assert not left(f"{each!r} {each} {pickle.dumps(each)!r}")


@pytest.mark.parametrize("fault", ["401", "404 model", "400 field", "500", "fine"])
def test_the_key_is_nowhere(
    given: dict[str, str], fault: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The server repeats the key in every error and header."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.NOTSET)
    problem: BaseException = GlasspaneError("internal", "none", "")
    with (
        ScriptedEndpoint(key=CANARY if fault != "401" else CANARY[::-1], repeats_key=True) as endpoint,
        Ledger(tmp_path / "audit.jsonl") as ledger,
    ):
        model = "nobody" if fault == "404 model" else "scripted"
        source = EndpointSource(endpoint.url, model, folder=tmp_path, attempts=2, **given)
        paid = PaidSource(source, ledger)
        if fault == "400 field":
            endpoint.behaviour.refuses = ("messages",)
        if fault == "500":
            source.abilities()
            endpoint.faults.extend(["500"] * 9)
        try:
            replies = paid.write([ask()])
        except GlasspaneError as raised:
            problem = raised
        else:
            assert fault == "fine"
            assert not left(repr(replies))
        if fault in ("404 model", "400 field"):
            assert "[key]" in str(problem), "the server's sentence is shown, without the key"
        searched(problem, caplog, tmp_path, source, source.identity)
        assert not left(repr(vars(source)))


def test_a_reply_that_repeats_the_key_is_kept_without_it(tmp_path: Path) -> None:
    with ScriptedEndpoint() as endpoint, Ledger(tmp_path / "audit.jsonl") as ledger:
        object.__setattr__(endpoint.behaviour.model, "written", lambda *_: f" Your key is {CANARY}, right?")
        source = EndpointSource(endpoint.url, "scripted", key=CANARY)
        (reply,) = PaidSource(source, ledger).write([ask(begun="")])
    assert reply.text == " Your key is [key], right?"
    assert not left((tmp_path / "audit.jsonl").read_text())


def test_a_list_of_models_that_repeats_the_key_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedEndpoint() as endpoint:
        source = EndpointSource(endpoint.url, "scripted", key=CANARY)
        monkeypatch.setattr(
            source._caller.client, "listed_model", lambda: {"id": "scripted", "owned_by": CANARY}
        )
        assert not left(source.identity)
        assert "[key]" in source.identity


def test_a_pickle_goes_without_the_key_and_finds_it_again_by_its_variable(given: dict[str, str]) -> None:
    source = EndpointSource("http://127.0.0.1:9/v1", "model", **given)
    packed = pickle.dumps(source)
    assert not left(repr(packed))
    again = pickle.loads(packed)
    assert again._key.given == ("key_variable" in given)
    assert copy.deepcopy(source)._key.given


@pytest.mark.parametrize("address", ["https://me:secret-word@host/v1", "https://host/v1?key=secret-word"])
def test_an_address_with_a_secret_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(GlasspaneError, match="Leave that out") as raised:
        EndpointSource(address, "model")
    assert "secret-word" not in f"{raised.value} {raised.value.result}"


def test_a_key_in_place_of_its_variable_is_not_repeated() -> None:
    for variable in (CANARY, "hf_canaryCanary", CANARY.upper()):
        with pytest.raises(GlasspaneError) as raised:
            EndpointSource("http://127.0.0.1:9/v1", "model", key_variable=variable)
        assert variable not in f"{raised.value} {raised.value.result}"


def test_a_key_that_no_header_carries_is_refused_and_not_repeated() -> None:
    for key in (f"{CANARY} and", f"{CANARY}\nX: y", f"{CANARY}é"):
        with pytest.raises(GlasspaneError, match="no request can carry") as raised:
            EndpointSource("http://127.0.0.1:9/v1", "model", key=key)
        assert not left(f"{raised.value} {raised.value.result}")
    assert ApiKey(f" {CANARY}\n", "of a file").reveal() == CANARY


def test_a_variable_that_is_asked_for_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert not EndpointSource("http://127.0.0.1:9/v1", "model")._key.given
    with pytest.raises(GlasspaneError, match="OPENAI_API_KEY is not set"):
        EndpointSource("http://127.0.0.1:9/v1", "model", key_variable="OPENAI_API_KEY")


def test_words_of_eight_letters_and_more_are_taken_out_and_others_left() -> None:
    key = ApiKey(CANARY, "")
    assert key.scrub(f"a {CANARY} b") == "a [key] b"
    assert key.scrub(f"a {CANARY[3:14]}… b") == "a [key]… b"
    assert key.scrub("a canary sings") == "a canary sings"
    assert ApiKey("EMPTY", "").scrub("EMPTY") == "EMPTY"
    assert not ApiKey("EMPTY", "").findable


def test_what_the_environment_holds_for_openai_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-mine")
    seen: list[str] = []

    class Listening(ScriptedEndpoint):
        def complete(self, handler: Any, body: dict[str, Any]) -> None:
            seen.append(str(handler.headers))
            super().complete(handler, body)

    with Listening() as endpoint:
        EndpointSource(endpoint.url, "scripted").abilities()
    assert seen
    assert not any("of-mine" in headers for headers in seen)
