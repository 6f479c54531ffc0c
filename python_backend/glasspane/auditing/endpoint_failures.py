"""What can go wrong between here and an endpoint: whether to ask again, and what a person is told."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..errors import GlasspaneError
from ..protocol import ErrorCode
from .endpoint_transport import MOST_BYTES, AnswerTooLong
from .retrying import LONGEST_ASKED

_OVERFLOW = re.compile(
    r"context.?(length|window|size)|maximum context|too many tokens|(prompt|input) is too long"
    r"|exceeds? .{0,40}\btokens\b",
    re.IGNORECASE,
)
_NO_SUCH_MODEL = re.compile(
    r"\bmodel\b.{0,200}(not found|not exist|does not exist|unknown|not available|not supported|invalid)"
    r"|(unknown|invalid|no such|unsupported) model|model_not_found",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Failure:
    """``name`` goes into the ledger; ``passing``: the same request may succeed later."""

    name: str
    passing: bool
    sentence: str
    next_step: str
    code: ErrorCode = "endpoint_failed"
    status: int | None = None
    message: str = ""
    """The server's own words, without the key; empty where they cannot be shown safely."""
    after: float | None = None
    """Seconds that the server asks to wait."""
    tokens: int = 0
    """That it was paid for all the same."""
    asked: int = 1
    """How often, for nothing."""

    def error(self) -> GlasspaneError:
        """To be raised outside any ``except``: the client's own exceptions hold the request, key included."""
        sentence = self.sentence
        if self.asked > 1:
            sentence += f" It was asked {self.asked} times."
        if self.after is not None and self.after > LONGEST_ASKED:
            sentence += f" It asks to wait {self.after:.0f} seconds."
        return GlasspaneError(self.code, sentence, self.next_step)

    def lasting(self) -> Failure:
        """The same where asking again is no use."""
        return replace(self, passing=False)


def of_status(
    status: int, message: str, model: str, url: str, after: float | None, answered_json: bool
) -> Failure:
    """``message``: what the server says about it, scrubbed. ``answered_json``: as an API would."""
    words = _quoted(message)
    name = str(status)

    def lasting(sentence: str, next_step: str, code: ErrorCode = "endpoint_failed") -> Failure:
        return Failure(name, False, sentence, next_step, code, status, message)

    if status in (401, 403):
        return lasting(
            f"The endpoint {url} does not accept the key ({status}).",
            "Check the environment variable that the key is taken from, and what the key is allowed to do.",
            "endpoint_key",
        )
    if _OVERFLOW.search(message) and status in (400, 413, 422, 500):
        return lasting(
            f"The prompt and its reasoning are too long for {model}{words}",
            "Shorten the prompt, or lower the number of tokens that may be written.",
            "prompt_too_long",
        )
    if status == 402:
        return lasting(
            f"The endpoint {url} wants to be paid first (402){words}",
            "Look at the account that the key is of.",
        )
    if status in (400, 404, 422) and (model in message or _NO_SUCH_MODEL.search(message)):
        return lasting(
            f"The endpoint {url} has no model called {model}{words}",
            "Check the name: the endpoint's own list is at its address with /models behind it.",
        )
    if status in (404, 405) or (status < 500 and status not in (408, 409, 425, 429) and not answered_json):
        return lasting(
            f"At {url} there is no OpenAI-compatible API ({status}){words if _says_more(message) else '.'}",
            "Check the address: it usually ends in /v1. Some servers answer so to a model that they do not know.",
        )
    if status in (408, 409, 425, 429) or status >= 500:
        return Failure(
            name,
            True,
            f"The endpoint {url} answered {status}{words}",
            "Try later: what was paid for is in the ledger. The server's own log says more."
            + (" Some servers answer so when a prompt is too long." if status == 500 else ""),
            status=status,
            message=message,
            after=after,
        )
    return lasting(
        f"The endpoint {url} does not take the request ({status}){words}",
        "Choose another prompt, other settings or another model.",
    )


def of_connection(problem: BaseException, url: str) -> Failure:
    """``problem``: whatever the client raised before an answer was there."""
    causes = list(_causes(problem))
    if any(isinstance(cause, AnswerTooLong) for cause in causes):
        return Failure(
            "too long",
            False,
            f"The endpoint {url} answered with more than {MOST_BYTES // 1_000_000} MB.",
            "Check that its address is that of an OpenAI-compatible API; it usually ends in /v1.",
        )
    if any("timeout" in type(cause).__name__.lower() for cause in causes):
        return Failure(
            "timeout",
            True,
            f"The endpoint {url} did not answer in time.",
            "Allow more time, or ask fewer questions at once.",
        )
    if any(_untrusted(cause) for cause in causes):
        return Failure(
            "tls",
            False,
            f"No secure connection to {url} can be made: its certificate is not trusted, or it speaks no TLS.",
            "Check the address (http or https?); for a certificate of your own, name its file in SSL_CERT_FILE.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Failure(
            "unknown host", False, f"Nobody knows the host of {url}.", "Check the address and your network."
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Failure(
            "refused", True, f"Nothing answers at {url}.", "Start the server, or check its address and port."
        )
    return Failure(
        "connection",
        True,
        f"The connection to {url} broke.",
        "Try again: what was paid for is in the ledger.",
    )


def garbled(url: str, what: str, tokens: int = 0) -> Failure:
    """An answer came, and it is none."""
    return Failure(
        "garbled",
        True,
        f"The endpoint {url} answered with {what}.",
        "Check that its address is that of an OpenAI-compatible API; it usually ends in /v1.",
        tokens=tokens,
    )


def redirected(status: int, url: str) -> Failure:
    """The other address is not told: it is the server's word, and may hold anything."""
    return Failure(
        str(status),
        False,
        f"The endpoint {url} sends its questions on to another address ({status}), which is not followed.",
        "Give the address that it means itself: https where this is http, or without a part of its path.",
        status=status,
    )


def streamed(url: str) -> Failure:
    """Asked again it would do so again, and be paid again."""
    return Failure(
        "stream",
        False,
        f"The endpoint {url} answered with a stream of events, which was not asked for.",
        "Turn streaming off in the server or in what stands before it.",
    )


def _says_more(message: str) -> bool:
    """Than that nothing was found."""
    return message.strip(". ").casefold() not in ("", "not found")


def _quoted(message: str) -> str:
    short = " ".join(message.split())[:200].rstrip(". ")
    return f": “{short}”." if short else "."


def _causes(problem: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = problem
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        yield found
        seen.add(id(found))
        found = found.__cause__ or found.__context__


def _untrusted(cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLError):
        # A connection that ended in the middle of the handshake may not the next time.
        return not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return "CERTIFICATE_VERIFY_FAILED" in str(cause) or "WRONG_VERSION_NUMBER" in str(cause)
