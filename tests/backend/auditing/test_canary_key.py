"""Whole audits with a canary key in the environment. Truth: the canary, searched for in every byte that is left, as
it is, in pieces of eight letters, and as base64 writes it.

The servers repeat the key wherever a server can: in errors, headers, addresses, replies, lists.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_endpoint import HostileEndpoint
from scripted_endpoint import _Handler
from test_endpoint_source import TRAIN

import glasspane as gp
from glasspane.auditing.endpoint_source import EndpointSource
from glasspane.cli import main
from glasspane.errors import GlasspaneError
from glasspane.kernel import model_answers
from glasspane.kernel.entry import run
from glasspane.protocol import AuditResult

CANARY = "sk-canary-7f3a91c2e8d4b605"
VARIABLE = "CANARY_VARIABLE"
_BASE64 = base64.b64encode(CANARY.encode()).decode().rstrip("=")


def spilt(left: str | bytes) -> str | None:
    """The piece of the key that is in there."""
    text = left.decode("utf-8", "replace") if isinstance(left, bytes) else left
    pieces = [CANARY[at : at + 8] for at in range(len(CANARY) - 7)] + [_BASE64[:16]]
    return next((piece for piece in pieces if piece in text), None)


class Echoing(HostileEndpoint):
    """Every answer holds the key that came: its headers do, and what ``echo`` says."""

    def __init__(self, echo: str, **behaviour: Any) -> None:
        always = {"redirect": "redirect", "500": "500", "429": "429"}.get(echo)
        super().__init__(always=always, repeats_key=True, **behaviour)
        self.echo = echo

    def complete(self, handler: _Handler, body: dict[str, Any]) -> None:
        sent = handler.headers.get("Authorization", "")
        key = sent.removeprefix("Bearer ")
        self.elsewhere = f"http://{key}@127.0.0.1:9/v1?key={key}"
        said = {
            "html": (200, f"<html>{sent}</html>", "text/html"),
            "garbage": (200, f'{{"you sent": "{sent}', "application/json"),
            "error 200": (200, json.dumps({"error": {"message": sent, "code": key}}), "application/json"),
            "400": (
                400,
                json.dumps({"error": {"message": f"Bad field {key[:12]}… {key}"}}),
                "application/json",
            ),
            "401": (401, json.dumps({"error": {"message": f"Bad key {key}"}}), "application/json"),
            "422": (422, json.dumps({"detail": [{"loc": ["header"], "input": sent}]}), "application/json"),
            "stream": (200, f"data: {sent}\n\n", "text/event-stream"),
        }.get(self.echo)
        if said is None or "people" not in json.dumps(body["messages"]):
            super().complete(handler, body)
            return
        self.calls.append(body)
        status, text, kind = said
        handler.send(status, text, {"Content-Type": kind, "X-You-Sent": sent, "Set-Cookie": key})

    def list_models(self, handler: _Handler) -> None:
        key = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        one = {"id": "scripted", "owned_by": key, "root": f"/{key}/", "created": 1}
        handler.answer(200, {"data": [one]}, {"X-You-Sent": key})

    def _reply(self, body: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(body)
        if self.echo == "reply":
            message = reply["choices"][0]["message"]
            message["content"] = message["content"].replace("\nAnswer", f" ({CANARY})\nAnswer")
        return reply


FAILS = ("401", "400", "422", "html", "garbage", "error 200", "stream", "redirect", "500", "429")
ECHOES = ("nothing", "reply", *FAILS)


@pytest.fixture(params=ECHOES)
def endpoint(request: pytest.FixtureRequest) -> Iterator[Echoing]:
    with Echoing(request.param) as echoing:
        yield echoing


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Path:
    """In a folder of its own, with every logger of every package at its most talkative."""
    monkeypatch.setattr("glasspane.auditing.retrying.FIRST_WAIT", 0.01)
    monkeypatch.setenv(VARIABLE, CANARY)
    monkeypatch.chdir(tmp_path)
    model_answers.clear_cache()
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    return tmp_path


@pytest.fixture
def searched(here: Path, caplog: pytest.LogCaptureFixture) -> Callable[..., None]:
    """Fails where the key is in what is given, in a log, or in a file."""

    def search(*left: str | bytes) -> None:
        for each in left:
            assert spilt(each) is None, str(each)[:2000]
        assert spilt(caplog.text) is None
        assert not [record for record in caplog.records if spilt(repr(record.__dict__))]
        for file in here.rglob("*"):
            if file.is_file():
                assert spilt(file.read_bytes()) is None, file.name
        assert len(caplog.records) > 0, "there were logs to be searched"

    return search


def told(problem: BaseException) -> list[str]:
    """An error in all ways in which one is shown, with the local variables of every frame."""
    whole = traceback.TracebackException.from_exception(problem, capture_locals=True)
    shown = ["".join(whole.format()), repr(problem), repr(problem.args), repr(vars(problem))]
    if isinstance(problem, GlasspaneError):
        shown += [problem.said, problem.result.model_dump_json()]
    return [*shown, repr(pickle.dumps(repr(problem)))]


def asked(endpoint: Echoing, **more: Any) -> dict[str, Any]:
    return {
        "kind": "audit",
        "model": {
            "source": "endpoint", "base_url": endpoint.url, "model": "scripted", "key_variable": VARIABLE,
        },
        "prompt": {"form": "text", "text": TRAIN},
        "samples": 4,
        "ledger": "kernel.jsonl",
        **more,
    }  # fmt: skip


def test_from_python(endpoint: Echoing, searched: Callable[..., None], here: Path) -> None:
    source = gp.endpoint(endpoint.url, "scripted", key_variable=VARIABLE, folder=here / "kept", attempts=2)
    left: list[str | bytes] = []
    try:
        audit = gp.audit(source, TRAIN, samples=4, reference="16", ledger="audit.jsonl")
    except GlasspaneError as problem:
        assert endpoint.echo in FAILS
        left += told(problem)
    else:
        assert endpoint.echo not in FAILS
        assert isinstance(audit, gp.ChainAudit)
        assert audit.data.complete
        audit.save("audit.html")
        audit.save("audit.json")
        left += [repr(audit), str(audit._repr_mimebundle_()), audit.html(), audit.json(), audit.data.code]
        left += [audit.to_frame().to_csv(), pickle.dumps(audit), pickle.dumps(audit.data)]
    left += [repr(source), pickle.dumps(source), repr(vars(source)), source.identity, repr(source.reference)]
    searched(*left)


def test_from_the_command_line(
    endpoint: Echoing, searched: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    where = ["--endpoint", endpoint.url, "--endpoint-model", "scripted", "--key-variable", VARIABLE]
    run_it = ["audit", *where, "--samples", "4", "--ledger", "one.jsonl", "--html", "one.html"]
    Path("prompts.yaml").write_text(
        f"defaults: {{samples: 4, ledger: many.jsonl}}\nprompts:\n- prompt: {json.dumps(TRAIN)}\n"
    )
    reports = ["--junit", "junit.xml", "--sarif", "audit.sarif", "--html", "many.html"]
    status = 1 if endpoint.echo in FAILS else 0
    assert main([*run_it, TRAIN]) == status
    assert main([*run_it, "--json", TRAIN]) == status
    assert main(["audit", *where, *reports, "prompts.yaml"]) == status
    assert main(["audit", *where, "--json", "--preview", "prompts.yaml"]) == status
    shown = capfd.readouterr()
    assert Path("one.jsonl").stat().st_size
    assert all(Path(report).stat().st_size for report in reports[1::2])
    searched(shown.out, shown.err)


def test_from_a_kernel(
    endpoint: Echoing,
    searched: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    progress: list[str] = []

    def report(fraction: float, stage: str, partial: AuditResult | None = None) -> None:
        progress.append(f"{stage} {'' if partial is None else partial.model_dump_json()}")

    monkeypatch.setattr(model_answers, "report_for", lambda *_: report)
    left = []
    for more in ({"preview": True}, {}):
        answer = run(json.dumps(asked(endpoint, job="job-1", **more)))
        assert (answer.result.kind == "error") == (endpoint.echo in FAILS)
        left += [
            json.dumps(answer._repr_json_()),
            repr(answer),
            answer.result.model_dump_json(),
            pickle.dumps(answer.result),
        ]
    assert progress
    shown = capfd.readouterr()
    searched(*left, *progress, shown.out, shown.err)


@pytest.mark.parametrize("echo", ["nothing", "401"])
def test_with_all_logs_turned_on_from_outside(echo: str, here: Path) -> None:
    """The client's own switch for its log, and every logger's, in a process of its own."""
    with Echoing(echo) as endpoint:
        program = (
            "import logging, sys; logging.basicConfig(level=logging.DEBUG)\n"
            "from glasspane.cli import main\nraise SystemExit(main(sys.argv[1:]))"
        )
        where = ["--endpoint", endpoint.url, "--endpoint-model", "scripted", "--key-variable", VARIABLE]
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program, "audit", *where, "--samples", "4", TRAIN],
            env={**os.environ, "OPENAI_LOG": "debug", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
    assert done.returncode == (1 if echo == "401" else 0), done.stderr[-2000:]
    assert b"DEBUG" in done.stderr
    assert spilt(done.stdout + done.stderr) is None


@pytest.mark.parametrize(
    "address",
    ["http://{key}@127.0.0.1:9/v1", "http://me:{key}@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?api_key={key}"],
)
def test_a_key_in_the_address_is_refused_and_repeated_nowhere(
    address: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = address.format(key=CANARY)
    assert main(["audit", "--endpoint", url, "--endpoint-model", "m", "--json", TRAIN]) == 1
    assert main(["audit", "--model", url, TRAIN]) == 1
    for line in (
        f"- prompt: a\n  model: {{base_url: '{url}', model: m}}\n",
        f"- prompt: a\n  model: {{base_url: '{url}', modle: m}}\n",
        f"- prompt: a\n  model: {{base_url: '{url}', model: m, key_variable: 7}}\n",
        f"- prompt: a\n  model: {{base_url: ['{url}'], model: m}}\n",
        f"- prompt: a\n  model: '{url}'\n",
    ):
        Path("prompts.yaml").write_text(line)
        reports = ["--junit", "junit.xml", "--sarif", "audit.sarif", "--html", "audit.html"]
        for more in ([], ["--json"]):
            assert main(["audit", "prompts.yaml", *reports, *more]) == 1
    Path("prompts.yaml").unlink()
    model = {"source": "endpoint", "base_url": url, "model": "m"}
    for wrong in ({}, {"key": CANARY}, {"base_url": [url]}, {"modle": CANARY}):
        request = {"kind": "audit", "model": {**model, **wrong}, "prompt": {"form": "text", "text": TRAIN}}
        left = run(json.dumps(request)).result
        assert left.kind == "error"
        assert spilt(left.model_dump_json()) is None
    shown = capfd.readouterr()
    assert spilt(shown.out + shown.err) is None
    for file in here.rglob("*"):
        assert spilt(file.read_bytes()) is None, file.name


@pytest.mark.parametrize(
    "given",
    [
        {"key": f"{CANARY} and"},
        {"key": f"{CANARY}\nX: y"},
        {"key": CANARY, "base_url": "nowhere"},
        {"key": CANARY, "model": " "},
        {"key": CANARY, "timeout": 0},
        {"key_variable": CANARY},
        {"key_variable": "BROKEN_CANARY"},
    ],
)
def test_a_key_that_cannot_be_used_is_in_no_variable_of_the_traceback(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the frames below the caller's own, who knows it anyway."""
    monkeypatch.setenv("BROKEN_CANARY", f"{CANARY} {CANARY}")
    address = given.pop("base_url", "http://127.0.0.1:9/v1")
    with pytest.raises(GlasspaneError) as refused:
        EndpointSource(address, given.pop("model", "m"), **given)
    below = refused.value.__traceback__
    assert below is not None
    problem = refused.value.with_traceback(below.tb_next)
    assert problem.__traceback__ is not None
    assert not [each for each in told(problem) if spilt(each)]


def test_an_interrupt_within_the_client_shows_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the list of models is read, shown with the variables of every frame."""

    class Interrupting(Echoing):
        def list_models(self, handler: _Handler) -> None:
            os.kill(os.getpid(), 2)
            super().list_models(handler)

    with Interrupting("nothing") as endpoint:
        source = gp.endpoint(endpoint.url, "scripted", key_variable=VARIABLE)
        with pytest.raises(KeyboardInterrupt) as stopped:
            assert source.identity
        assert not [each for each in told(stopped.value) if spilt(each)]


def test_through_a_jupyter_server(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log, every snapshot of its jobs, what cells show, and all files that it and its kernels leave."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "server"))
    from live_server import LiveServer

    (here / "jupyter").mkdir()
    server = LiveServer(here / "jupyter")
    left = []
    try:
        kernel = server.start_kernel()
        person = server.user(kernel)
        with Echoing("reply") as taking, Echoing("401") as refusing:
            for place in (kernel, None):
                for endpoint in (taking, refusing):
                    snapshots = server.follow(
                        server.submit(place, asked(endpoint, ledger=str(here / f"{place}.jsonl"))),
                        lambda snapshot: False,
                    )
                    kind = snapshots[-1]["result"]["kind"]
                    assert kind == ("audit" if endpoint is taking else "error"), snapshots[-1]
                    left += [json.dumps(each) for each in snapshots]
            person.run("import glasspane as gp\nget_ipython().run_line_magic('xmode', 'Verbose')")
            for endpoint in (taking, refusing):
                cell = (
                    f"source = gp.endpoint({endpoint.url!r}, 'scripted', key_variable={VARIABLE!r})\n"
                    f"display(source)\ngp.audit(source, {TRAIN!r}, samples=4)"
                )
                left.append(str(person.end(person.begin(cell))))
        person.close()
    finally:
        server.stop()
    assert any("execute_result" in each for each in left)
    assert any("does not accept the key" in each for each in left)
    assert server.log.stat().st_size
    assert not [each[:2000] for each in left if spilt(each)]
    for file in here.rglob("*"):
        if file.is_file():
            assert spilt(file.read_bytes()) is None, file
