"""Which fields an endpoint takes: found out once by being refused, then the smaller form is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from threading import Lock
from typing import Any

from .endpoint_failures import Failure

OPTIONAL = (
    "top_p",
    "seed",
    "stop",
    "logprobs",
    "top_logprobs",
    "continue_final_message",
    "add_generation_prompt",
)
"""Fields that a request can do without: stop texts are cut here, what the others would give is said to be missing."""

_TOGETHER = (("logprobs", "top_logprobs"), ("continue_final_message", "add_generation_prompt"))

_BEYOND_THE_STANDARD = ("continue_final_message", "add_generation_prompt")

MOST_STOPS = 4
"""That OpenAI takes; further ones are cut here."""


class RequestForm:
    """Shared by all threads that ask one endpoint.

    A temperature that is refused is no missing field but another question: nothing else is sent in its place, unless it
    is 1, which is what the endpoint does by itself.
    """

    def __init__(self) -> None:
        self.left_out: set[str] = set()
        self._length = "max_tokens"
        self._lengths_refused: set[str] = set()
        self._taken: set[str] = set()
        self._version = 0
        self._lock = Lock()

    def filled(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        """Arguments for the client's ``create``, and the form's version. ``given`` names the length ``max_tokens``."""
        with self._lock:
            sent = {
                name: value
                for name, value in given.items()
                if name not in self.left_out or (name == "temperature" and value != 1)
            }
            length = self._length
            version = self._version
        if length != "max_tokens":
            sent[length] = sent.pop("max_tokens")
        if "stop" in sent:
            sent["stop"] = list(sent["stop"])[:MOST_STOPS]
        extra = {name: sent.pop(name) for name in _BEYOND_THE_STANDARD if name in sent}
        if extra:
            sent["extra_body"] = extra
        return sent, version

    def taken(self, sent: Mapping[str, Any]) -> None:
        """These fields were accepted: a refusal that names none of them is about something else."""
        with self._lock:
            self._taken |= _names(sent)

    def found_out(self) -> dict[str, Any]:
        """To be kept, for :meth:`resume`."""
        with self._lock:
            return {"left_out": sorted(self.left_out), "length": self._length}

    def resume(self, found: Mapping[str, Any]) -> None:
        with self._lock:
            self.left_out |= set(found["left_out"])
            self._length = str(found["length"])

    def other_length(self) -> bool:
        """Name the most tokens in the other way from now on: the one so far is taken and not obeyed."""
        with self._lock:
            self._lengths_refused.add(self._length)
            return self._other_length()

    def learns(self, failure: Failure, sent: Mapping[str, Any], version: int) -> bool:
        """Whether the form is smaller or different now, so that the same question may be sent again."""
        if failure.status not in (400, 422) or failure.code == "prompt_too_long":
            return False
        with self._lock:
            if version != self._version:
                return True  # another thread has met the same
            names = _names(sent)
            named = {name for name in names if re.search(rf"\b{name}\b", failure.message)}
            if self._length in named and not named & set(OPTIONAL):
                self._lengths_refused.add(self._length)
                if self._other_length():
                    return True
            refused = {name for name in named if name in OPTIONAL}
            if "temperature" in named and sent.get("temperature") == 1:
                refused.add("temperature")
            if not named:
                refused = {name for name in names - self._taken if name in OPTIONAL}
            for pair in _TOGETHER:
                if refused & set(pair):
                    refused |= set(pair)
            if not refused - self.left_out:
                if named or self._length in self._taken:
                    return False
                self._lengths_refused.add(self._length)
                return self._other_length()
            self.left_out |= refused
            self._version += 1
            return True

    def _other_length(self) -> bool:
        for name in ("max_tokens", "max_completion_tokens"):
            if name not in self._lengths_refused:
                self._length = name
                self._version += 1
                return True
        return False


def _names(sent: Mapping[str, Any]) -> set[str]:
    return {name for name in (*sent, *sent.get("extra_body", {})) if name != "extra_body"}
