"""Errors that a person meets: each has a code, a sentence and a next step."""

from __future__ import annotations

from typing import Any

from .protocol import ErrorCode, ErrorResult


class GlasspaneError(Exception):
    """An expected failure, raised anywhere below the door and answered as an :class:`ErrorResult`.

    ``extra`` holds the optional fields of :class:`ErrorResult` (pieces, candidates, command, …).
    """

    def __init__(self, code: ErrorCode, message: str, next_step: str, **extra: Any) -> None:
        super().__init__(f"{message} {next_step}".strip())
        self.result = ErrorResult(code=code, message=message, next_step=next_step, **extra)

    def _render_traceback_(self) -> list[str]:
        """IPython shows this instead of a stack trace."""
        return [self.said]

    @property
    def said(self) -> str:
        """All of it that a person reads, line by line."""
        return "\n".join([self.result.message, *self.result.lines, self.result.next_step])

    @property
    def code(self) -> ErrorCode:
        return self.result.code


class Cancelled(GlasspaneError):
    """Raised inside a method at a checkpoint once its job was cancelled."""

    def __init__(self) -> None:
        super().__init__("cancelled", "Cancelled.", "Run it again when you like.")
