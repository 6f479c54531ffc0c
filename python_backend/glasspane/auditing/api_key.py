"""The key of an endpoint: it goes out with requests, and nowhere else."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

from ..errors import GlasspaneError

_SHORTEST = 8
"""Shorter keys are stand-ins ("EMPTY"), and could not be found in a text without taking ordinary words for them."""

_LOGGERS = tuple(
    f"{package}{part}"
    for package, parts in {
        "openai": ("", "._base_client", "._response", "._legacy_response", "._client"),
        "httpx": ("",),
        "httpx2": ("",),
        "httpcore": (".connection", ".http11", ".http2", ".proxy", ".socks"),
        "httpcore2": (".connection", ".http11", ".http2", ".proxy", ".socks"),
    }.items()
    for part in parts
)
"""Who may write what a server answered, key and all, into a log that somebody turned on."""


class ApiKey:
    """Shows where it is from and never what it is; a copy on disk (pickle) does without the secret."""

    __slots__ = ("__weakref__", "_secret", "_where")

    def __init__(self, secret: str | None, where: str) -> None:
        if secret is not None:
            secret = secret.strip() or None
        if secret is not None and not re.fullmatch(r"[!-~]+", secret):
            # Sent as it is, it would be in the error text of whoever builds the header.
            raise GlasspaneError(
                "bad_option",
                f"The key {where} holds spaces, line ends or letters that no request can carry.",
                "Copy it again, without what stands around it.",
            )
        self._secret = secret
        self._where = where
        if secret is not None:
            _watched(self)

    @classmethod
    def of_environment(cls, variable: str, needed: bool) -> ApiKey:
        """What the environment variable holds; raises ``bad_option`` where it is ``needed`` and not set.

        Somebody may give the key in place of the variable's name: what does not look like a name is not repeated.
        """
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", variable):
            raise GlasspaneError(
                "bad_option",
                "This is no name of an environment variable: capital letters, digits and underscores.",
                "Put the key into a variable such as OPENAI_API_KEY, and give the variable's name.",
            )
        secret = os.environ.get(variable)
        if needed and not secret:
            raise GlasspaneError(
                "bad_option",
                f"The environment variable {variable} is not set.",
                "Set it to the endpoint's key where Python is started, and start it again.",
            )
        return cls(secret, f"in {variable}")

    @property
    def variable(self) -> str | None:
        """Name of the environment variable that it is looked for in; None: it is given by who keeps it."""
        named = re.fullmatch(r"in ([A-Z][A-Z0-9_]*)", self._where)
        return named[1] if named else None

    @property
    def given(self) -> bool:
        return self._secret is not None

    @property
    def findable(self) -> bool:
        """Whether :meth:`scrub` can be relied on."""
        return self._secret is None or len(self._secret) >= _SHORTEST

    def reveal(self) -> str:
        """For the header of a request. Servers that ask for no key get a word: the client wants one."""
        return self._secret or "none"

    def scrub(self, text: str) -> str:
        """The text without the key or eight letters of it in a row."""
        if self._secret is None or not self.findable:
            return text
        kept, at = [], 0
        while at < len(text):
            length = self._overlap(text, at)
            kept.append("[key]" if length else text[at])
            at += length or 1
        return "".join(kept)

    def _overlap(self, text: str, at: int) -> int:
        secret = self._secret or ""
        if text[at : at + _SHORTEST] not in secret or at + _SHORTEST > len(text):
            return 0
        length = _SHORTEST
        while at + length < len(text) and text[at : at + length + 1] in secret:
            length += 1
        return length

    def __repr__(self) -> str:
        return f"<key {self._where}>" if self.given else "<no key>"

    def __copy__(self) -> ApiKey:
        return self

    def __deepcopy__(self, memo: Any) -> ApiKey:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _without_secret, (self._where,)


def _without_secret(where: str) -> ApiKey:
    variable = re.fullmatch(r"in ([A-Z][A-Z0-9_]*)", where)
    return ApiKey.of_environment(variable[1], needed=False) if variable else ApiKey(None, where)


class _Scrubbing(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.keys: WeakSet[ApiKey] = WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        clean = _clean(said, self.keys)
        if clean != said:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[1] is not None:
            told = str(record.exc_info[1])
            if _clean(told, self.keys) != told:
                record.exc_info = None
        return True


def _clean(text: str, keys: Iterable[ApiKey]) -> str:
    for key in list(keys):
        text = key.scrub(text)
    return text


_scrubbing = _Scrubbing()


def _watched(key: ApiKey) -> None:
    _scrubbing.keys.add(key)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_scrubbing)  # adding it again changes nothing
