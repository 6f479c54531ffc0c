"""An OpenAI-compatible server on loopback that does what it is told to, mistakes included.

What it says is :mod:`scripted_model`'s; how it behaves as a server is a :class:`Behaviour`; what goes wrong with the
next calls is put into ``faults``, one a call:

==================  ========================================================================
fault               the call
==================  ========================================================================
429                 is answered 429 with ``Retry-After: 0`` (429 2: with two seconds)
429 date            is answered 429 with a date a second from now
500, 503            is answered so
400                 is answered so, without a reason
hang                gets no answer until the server ends
drop                ends without an answer
cut                 ends in the middle of its answer
garbage             is answered 200 and no JSON
empty               is answered 200 and no choices
context             is answered 400, the prompt being too long
html                is answered 200 and a web page
==================  ========================================================================

Nothing is timed here: ``latency`` is for a benchmark.
"""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Lock, Thread
from typing import Any, Literal

from scripted_model import ScriptedModel, tokens

_TURN = 4
"""Tokens that a message's marks take."""


@dataclass
class Behaviour:
    """One server's manners."""

    begun: Literal["continues", "new turn", "left out", "flag", "refused"] = "continues"
    """What becomes of a last message from the assistant; flag: it goes on only with ``continue_final_message``."""
    echoes: bool = False
    seeds: Literal["held", "ignored", "one stream", "all alike"] = "held"
    """one stream: a seed sets the random numbers of all replies under way."""
    logprobs: Literal["right", "none", "wrong"] = "right"
    counts: bool = True
    finish: Literal["honest", "always stop", "missing"] = "honest"
    stops: bool = True
    """It ends before a stop text; else it ignores the field."""
    refuses: tuple[str, ...] = ()
    """Fields that are answered ``refusal``."""
    refusal: int = 400
    names_refused: bool = True
    ignores: tuple[str, ...] = ()
    """Fields that it reads past, such as ``max_tokens``."""
    reasoning: Literal["none", "told", "counted", "silent"] = "none"
    key: str | None = None
    repeats_key: bool = False
    """Errors and headers hold the key that was sent."""
    models: tuple[str, ...] = ("scripted",)
    created: int | None = 1700000000
    latency: float = 0.0
    hears: Literal["the last message", "all messages"] = "the last message"
    model: ScriptedModel = field(default_factory=ScriptedModel)


class ScriptedEndpoint:
    """``with ScriptedEndpoint(begun="new turn") as endpoint``; ``policy`` and ``follows`` go to the model.

    Unless ``model`` is one of your own: its ``listed(question, begun)``, where it has that, lists the next token."""

    def __init__(self, policy: str = "follow", follows: float = 0.5, **behaviour: Any) -> None:
        behaviour.setdefault("model", ScriptedModel(policy, follows))
        self.behaviour = Behaviour(**behaviour)
        self.faults: deque[str] = deque()
        self.calls: list[dict[str, Any]] = []
        """Bodies of all chat completions that came, failed ones included."""
        self.replies = 0
        """Chat completions that were answered whole."""
        self.most_at_once = 0
        self._at_once = 0
        self._stream = count()
        self._lock = Lock()
        self._end = Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.endpoint = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ScriptedEndpoint:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()

    # ── one request ──────────────────────────────────────────────────────────

    def list_models(self, handler: _Handler) -> None:
        created = {} if self.behaviour.created is None else {"created": self.behaviour.created}
        models = [
            {"id": name, "object": "model", "owned_by": "tests", **created} for name in self.behaviour.models
        ]
        handler.answer(200, {"object": "list", "data": models})

    def complete(self, handler: _Handler, body: dict[str, Any]) -> None:
        with self._lock:
            self.calls.append(body)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            fault = self.faults.popleft() if self.faults else None
            if self.behaviour.seeds == "one stream" and body.get("seed") is not None:
                self._stream = count(int(body["seed"]) * 1000)
        try:
            if self.behaviour.latency:
                time.sleep(self.behaviour.latency)
            if fault is not None:
                self._fail(handler, fault, body)
                return
            refusal = self._refusal(handler, body)
            if refusal is not None:
                handler.answer(*refusal)
                return
            reply = self._reply(body)
            with self._lock:
                self.replies += 1
            handler.answer(200, reply)
        finally:
            with self._lock:
                self._at_once -= 1

    def _fail(self, handler: _Handler, fault: str, body: dict[str, Any]) -> None:
        status, _, detail = fault.partition(" ")
        if status == "429":
            until = datetime.now(timezone.utc) + timedelta(seconds=1)
            after = format_datetime(until, usegmt=True) if detail == "date" else detail or "0"
            handler.answer(429, _error("Slow down."), {"Retry-After": after})
        elif status.isdigit():
            handler.answer(int(status), _error("Something went wrong." if status != "400" else ""))
        elif status == "hang":
            self._end.wait()
        elif status == "drop":
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif status == "cut":
            handler.cut(json.dumps(self._reply(body)))
        elif status == "garbage":
            handler.send(200, '{"choices": [{"mess', {"Content-Type": "application/json"})
        elif status == "empty":
            handler.answer(200, {"choices": [], "usage": {"completion_tokens": 3}})
        elif status == "html":
            handler.send(200, "<html>Welcome</html>", {"Content-Type": "text/html"})
        elif status == "context":
            message = "This model's maximum context length is 512 tokens."
            handler.answer(400, {"error": {"message": message, "code": "context_length_exceeded"}})
        else:
            raise AssertionError(fault)

    def _refusal(
        self, handler: _Handler, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any], dict[str, str]] | None:
        manners = self.behaviour
        sent = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        said, headers = (f" {sent}", {"X-You-Sent": sent}) if manners.repeats_key else ("", {})
        if manners.key is not None and sent != manners.key:
            return 401, _error(f"Incorrect API key provided{said}."), headers
        if body["model"] not in manners.models:
            return 404, _error(f"The model `{body['model']}` does not exist.{said}"), headers
        refused = [name for name in body if name in manners.refuses]
        if refused:
            named = (
                f"Unsupported parameter: '{refused[0]}'.{said}" if manners.names_refused else "Bad request."
            )
            return manners.refusal, _error(named), headers
        if manners.begun == "refused" and body["messages"][-1]["role"] == "assistant":
            return 400, _error("The last message must be from the user."), headers
        return None

    def _reply(self, body: dict[str, Any]) -> dict[str, Any]:
        manners = self.behaviour
        body = {name: value for name, value in body.items() if name not in manners.ignores}
        question, begun, read = self._read(body)
        text = manners.model.written(question, begun, self._seed(body))
        stops = (
            [at for stop in body.get("stop") or () if (at := text.find(stop)) >= 0] if manners.stops else []
        )
        whole = tokens(text[: min(stops)] if stops else text)
        most = body.get("max_tokens") or body.get("max_completion_tokens") or 10_000
        written, finish = whole[:most], "stop" if len(whole) < most else "length"
        said = "".join(written)
        message: dict[str, Any] = {"role": "assistant", "content": (begun if manners.echoes else "") + said}
        usage: dict[str, Any] = {
            "prompt_tokens": read,
            "completion_tokens": len(written) + (finish == "stop"),
        }
        if manners.reasoning == "told":
            message["reasoning_content"] = "First, I think."
        elif manners.reasoning == "counted":
            usage["completion_tokens_details"] = {"reasoning_tokens": 30}
        elif manners.reasoning == "silent":
            message["content"], usage["completion_tokens"], finish = None, most, "length"
        choice: dict[str, Any] = {"index": 0, "message": message}
        if manners.finish != "missing":
            choice["finish_reason"] = "stop" if manners.finish == "always stop" else finish
        if body.get("logprobs") and manners.logprobs != "none":
            listed = getattr(manners.model, "listed", None)
            choice["logprobs"] = {
                "content": [listed(question, begun)]
                if listed is not None and most == 1
                else [self._listed(token) for token in written]
            }
        reply = {"object": "chat.completion", "model": body["model"], "choices": [choice]}
        return {**reply, "usage": usage} if manners.counts else reply

    def _read(self, body: dict[str, Any]) -> tuple[str, str, int]:
        """Question, begun reply and tokens, as the model reads them."""
        *before, last = body["messages"]
        kind = self.behaviour.begun
        sizes = [len(tokens(each["content"])) + _TURN for each in body["messages"]]
        if self.behaviour.hears == "all messages" and last["role"] != "assistant":
            return (
                "\n".join(f"{each['role']}: {each['content']}" for each in body["messages"]),
                "",
                sum(sizes),
            )
        if last["role"] != "assistant":
            # Steps that the user quotes are read as steps.
            question, _, quoted = last["content"].partition("Reasoning so far")
            return question, quoted.rpartition("\n\n")[0], sum(sizes) + _TURN
        question = before[-1]["content"]
        if kind == "left out":
            return question, "", sum(sizes[:-1]) + _TURN
        if kind == "continues" or (kind == "flag" and body.get("continue_final_message")):
            return question, last["content"], sum(sizes)
        return f"{question} {last['content']} ||", "", sum(sizes) + _TURN

    def _seed(self, body: dict[str, Any]) -> int | None:
        """None where it is greedy. What ignores seeds draws the next of its own."""
        if body.get("temperature", 1) == 0:
            return None
        kind, seed = self.behaviour.seeds, body.get("seed")
        if kind == "all alike":
            return 0
        if kind == "held" and seed is not None:
            return int(seed)
        if kind == "one stream":
            time.sleep(0.05)  # others come in between
        with self._lock:
            return 10**6 + next(self._stream)

    def _listed(self, token: str) -> dict[str, Any]:
        """The token at p = 0.75 and another at 0.2; wrong: its list is of some other text."""
        wrong = self.behaviour.logprobs == "wrong"
        first = {"token": " no" if wrong else token, "logprob": -0.2876820724517809}
        other = {"token": " other", "logprob": -1.6094379124341003}
        return {**first, "top_logprobs": [first, other]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    endpoint: ScriptedEndpoint


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.server.endpoint.list_models(self)
        else:
            self.answer(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/chat/completions":
            self.server.endpoint.complete(self, body)
        else:
            self.answer(404, {"detail": "Not Found"})

    def answer(self, status: int, found: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(found), {"Content-Type": "application/json", **(headers or {})})

    def send(self, status: int, text: str, headers: dict[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self, text: str) -> None:
        """Half of what was announced."""
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None: ...


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error"}}
