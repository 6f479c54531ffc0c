"""What comes back from a kernel's user expressions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import JsonValue

from ..errors import GlasspaneError


@dataclass(frozen=True)
class Reply:
    """A result as the kernel sent it. The server hands it on unread, whatever version made it."""

    content: dict[str, JsonValue]

    @cached_property
    def error_code(self) -> str | None:
        """The code of an error result, None of any other."""
        return str(self.content.get("code")) if self.content.get("kind") == "error" else None

    @cached_property
    def complete(self) -> bool:
        """False for the partial result of a cancelled request."""
        checks = self.content.get("checks")
        partial = self.content.get("complete") is False
        return not (partial or (isinstance(checks, dict) and checks.get("complete") is False))


def json_of(expression: Mapping[str, Any]) -> Reply | None:
    """The result that an expression evaluated to, or None if it is not one of ours."""
    data = expression.get("data", {})
    content = data.get("application/json") if expression.get("status") == "ok" else None
    return Reply(content) if isinstance(content, dict) else None


def literal_of(expression: Mapping[str, Any]) -> str | None:
    """The text that an expression evaluated to, from its repr; None if it is not a non-empty text."""
    try:
        value = ast.literal_eval(expression["data"]["text/plain"])
    except (KeyError, ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) and value else None


def unexpected(content: Mapping[str, Any]) -> GlasspaneError:
    """The kernel answered, but not as Glasspane does (an import that failed half-way, another protocol)."""
    what = ": ".join(str(content[key]) for key in ("ename", "evalue") if content.get(key))
    return GlasspaneError(
        "internal",
        f"The kernel could not run Glasspane{f' ({what})' if what else ''}.",
        "Restart the kernel and try again; the details are in the server's log.",
        detail="\n".join(map(str, content.get("traceback", []))) or str(content)[:2000],
    )
