"""The scripted endpoint with worse manners: answers that no client should meet, and does.

==================  ========================================================================
fault               the call
==================  ========================================================================
stream              is answered with a stream of events, which nobody asked for
error 200           is answered 200 with an error in the body
no choices          is answered 200 with an object that holds no choices
null                is answered with a message whose content is null
tool                is answered with a call of a tool in the place of content
blank               is answered with blanks alone
reasoning           is answered with ``reasoning_content`` and null
scalar, list        is answered with JSON that is no object
deep                is answered with a hundred thousand brackets
halves              is answered with halves of surrogate pairs
numbers             is answered with counts that are no counts
large               is answered with ten million letters
drip                is answered a byte at a time, for ever
endless             is answered with bytes that never end
chunks              is answered with chunks whose lengths are nonsense
header              is answered with no HTTP at all
redirect, found     is sent on to another server (307, 302)
==================  ========================================================================

A fault in ``always`` is that of every call whose prompt is not one of the probe's; one in ``first`` of every call.
"""

from __future__ import annotations

import json
import time
from typing import Any

from scripted_endpoint import ScriptedEndpoint, _Handler

_JSON = {"Content-Type": "application/json"}


class HostileEndpoint(ScriptedEndpoint):
    """``elsewhere``: the address that redirects name."""

    def __init__(
        self, policy: str = "follow", *, always: str | None = None, first: str | None = None, **behaviour: Any
    ) -> None:
        super().__init__(policy, **behaviour)
        self.always, self.first = always, first
        self.elsewhere = "http://127.0.0.1:9/v1"
        self.sent = 0
        """Bytes of answers without an end that went out."""

    def complete(self, handler: _Handler, body: dict[str, Any]) -> None:
        about = "people" in json.dumps(body["messages"])
        fault = self.first or (self.always if about else None)
        with self._lock:
            if fault is not None and not self.faults:
                self.faults.append(fault)
        super().complete(handler, body)

    def _fail(self, handler: _Handler, fault: str, body: dict[str, Any]) -> None:
        usage = {"prompt_tokens": 9, "completion_tokens": 7}

        def choice(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
            return {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}

        plain: dict[str, Any] = {
            "error 200": {"error": {"message": "The upstream provider is out of credits.", "code": 402}},
            "no choices": {"id": "x", "object": "chat.completion", "usage": usage},
            "null": choice({"role": "assistant", "content": None}),
            "blank": choice({"role": "assistant", "content": " \n\n "}),
            "tool": choice(
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "1", "type": "function", "function": {"name": "sum", "arguments": "{}"}}
                    ],
                },
                "tool_calls",
            ),
            "reasoning": choice(
                {"role": "assistant", "content": None, "reasoning_content": "5 and 3 are 8."}
            ),
            "scalar": 42,
            "list": [1, 2],
            "halves": choice(
                {
                    "role": "assistant",
                    "content": "\nStep 1: 5 + 7 = 12 \ud83d.\nStep 2: 12 + 4 = 16.\nAnswer: 16.",
                }
            ),
            "numbers": {
                **choice(
                    {
                        "role": "assistant",
                        "content": "\nStep 1: 5 + 7 = 12.\nStep 2: 12 + 4 = 16.\nAnswer: 16.",
                    }
                ),
                "usage": {"prompt_tokens": -3, "completion_tokens": 1.5},
            },
            "large": choice({"role": "assistant", "content": "word " * 2_000_000}, "length"),
        }
        if fault in plain:
            handler.answer(200, plain[fault])
        elif fault == "deep":
            handler.send(200, "[" * 100_000, _JSON)
        elif fault == "stream":
            said = {"choices": [{"index": 0, "delta": {"content": "8"}, "finish_reason": None}]}
            handler.send(
                200, f"data: {json.dumps(said)}\n\ndata: [DONE]\n\n", {"Content-Type": "text/event-stream"}
            )
        elif fault in ("redirect", "found"):
            place = f"{self.elsewhere}/chat/completions"
            handler.send(307 if fault == "redirect" else 302, "", {"Location": place})
        elif fault in ("drip", "endless"):
            self._without_end(handler, b" " if fault == "drip" else b" " * 65536, 0.02 * (fault == "drip"))
        elif fault == "chunks":
            self._raw(handler, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n-1\r\n\r\n")
        elif fault == "header":
            self._raw(handler, b"\x00\x01\x02 hello\r\n\r\n")
        else:
            super()._fail(handler, fault, body)

    def _without_end(self, handler: _Handler, piece: bytes, pause: float) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        try:
            while not self._end.is_set():
                handler.wfile.write(piece)
                self.sent += len(piece)
                time.sleep(pause)
        except OSError:
            pass  # whoever asked has gone

    @staticmethod
    def _raw(handler: _Handler, answer: bytes) -> None:
        handler.wfile.write(answer)
        handler.wfile.flush()
        handler.close_connection = True
