"""How an endpoint's answers come over the wire: no redirect is followed, and no body goes on for ever."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import monotonic
from typing import Any

MOST_BYTES = 16_000_000
"""Of one answer as it comes; the longest that is asked for has a few hundred kilobytes."""

MOST_COMPRESSED = 1_000_000
"""Where it comes compressed, though that was not asked for: it may grow a thousandfold."""

PATIENCE = 5
"""So many times the seconds allowed without a word is how long all of an answer may take."""


class AnswerTooLong(Exception):
    """More bytes than any answer has."""


class AnswerTimeout(Exception):
    """Its bytes come, and do not come to an end."""


def guarded(http_client: Any, timeout: float) -> Any:
    """A client of the ``openai`` package's own kind with bodies bounded in length (bytes) and time (seconds).

    A redirect is an answer like any other: prompts go to the address that was named, and to no other.
    """
    return http_client(
        timeout=timeout,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [lambda response: _bound(response, timeout)]},
    )


def _bound(response: Any, timeout: float) -> None:
    # httpx or httpx2, whichever the package brings: a body has to be of its class.
    stream = sys.modules[type(response).__module__.partition(".")[0]].SyncByteStream
    most = (
        MOST_BYTES if response.headers.get("content-encoding", "identity") == "identity" else MOST_COMPRESSED
    )
    whole = response.stream
    body = type("BoundedBody", (_Bounded, stream), {})
    response.stream = body(whole, most, monotonic() + PATIENCE * timeout)


class _Bounded:
    def __init__(self, body: Any, most: int, until: float) -> None:
        self._body, self._most, self._until = body, most, until

    def __iter__(self) -> Iterator[bytes]:
        came = 0
        for piece in self._body:
            came += len(piece)
            if came > self._most:
                raise AnswerTooLong
            if monotonic() > self._until:
                raise AnswerTimeout
            yield piece

    def close(self) -> None:
        self._body.close()
