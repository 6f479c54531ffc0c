"""An unreadable request, in words; the server and the kernel say it alike."""

from __future__ import annotations

from pydantic import ValidationError

from ..protocol import ErrorResult


def bad_request(error: ValidationError) -> ErrorResult:
    """The first thing pydantic objects to, as a sentence that does not repeat the input."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return ErrorResult(
        code="bad_request",
        message=f"The request cannot be read: {place + ': ' if place else ''}{first['msg']}.",
        next_step="Send a request of this version's protocol.",
    )
