"""Calls that answer no ask: what a source sends to find out what it can do, and to score. They cost like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from .source import Ask


class Payer(Protocol):
    """Who is asked before each such call, and told of it, from whatever thread makes it."""

    def known(self, key: str) -> dict[str, Any] | None:
        """What is kept of the same call."""
        ...

    def before(self, key: str, most_tokens: int) -> None:
        """It is about to be made, and may bring so many tokens; raises where it may not be."""
        ...

    def failed(self, key: str, what: str, problem: str, tokens: int = 0) -> None: ...

    def kept(
        self, key: str, what: str, found: dict[str, Any], tokens: int, prompt_tokens: int | None
    ) -> None: ...


@runtime_checkable
class AsksBeside(Protocol):
    """A source that makes such calls."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What should be said of it with every result."""
        ...

    def paid_by(self, payer: Payer) -> None: ...

    def scoring(self, asks: Sequence[Ask], answers: Sequence[str]) -> tuple[int, int]:
        """Calls that scoring ``answers`` behind ``asks`` takes: those whose answers are kept, and at most how many
        more. Sends nothing; one token comes of each."""
        ...


class NobodyPays:
    """For a source that is used without a ledger."""

    def known(self, key: str) -> dict[str, Any] | None:
        return None

    def before(self, key: str, most_tokens: int) -> None: ...

    def failed(self, key: str, what: str, problem: str, tokens: int = 0) -> None: ...

    def kept(
        self, key: str, what: str, found: dict[str, Any], tokens: int, prompt_tokens: int | None
    ) -> None: ...


def aside_key(identity: str, what: str, request: Mapping[str, Any], index: int) -> str:
    """The same for the same call; ``index`` tells those apart that are alike on purpose."""
    asked = [identity, what, dict(request), index]
    return sha256(
        json.dumps(asked, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()[:32]
