"""What was asked and what came of it, line by line on disk: nothing that was paid for is asked again.

Every line is one JSON object. ``sent`` lines say that a call is about to be made to somebody who may want to be paid;
``reply`` lines hold what a source wrote, by the key of what was asked; ``aside`` lines what else it was asked (see
:mod:`.asides`); ``attempt`` lines what was sent and failed. Lines are only ever appended, those that hold something
forced to the disk at once, so that an audit can be killed at any moment: a line that was cut short by that is passed
over, and what was sent and has no end is put down as an attempt that was ``killed`` when the ledger is opened again.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from ..errors import GlasspaneError
from ..version import glasspane_version
from .ledger_file import entries, needs_an_end, opened
from .sampling import Continuation
from .source import Ask, Reply


def key_of(identity: str, ask: Ask) -> str:
    """The same for the same call: model, prompt as given, reply's beginning, parameters, arm, seed, index, version."""
    asked = [
        identity,
        ask.prompt.model_dump(mode="json"),
        ask.begun,
        asdict(ask.sampling),
        ask.arm,
        ask.seed,
        ask.index,
        AUDITOR,
    ]
    return sha256(
        json.dumps(asked, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()[:32]


AUDITOR = "1"
"""Grows when the same ask would be sent in another way: what was kept of the last is then asked again."""


@dataclass
class Spent:
    """What the ledger's calls have cost, failed attempts included."""

    calls: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    replayed: int = field(default=0, compare=False)
    """Asks that were answered from the ledger, at no cost."""


class Ledger:
    """Open for one audit at a time; without a path it lives in memory.

    Raises ``bad_file`` where the file cannot be written or is no ledger, and later where a line cannot be written:
    nothing more is taken down then, nor sent. ``killed``: calls that were under way when an earlier audit ended.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._replies: dict[str, Reply] = {}
        self._asides: dict[str, dict[str, Any]] = {}
        self._lock = Lock()
        self._full: OSError | None = None
        self.spent = Spent()
        self.killed = 0
        if path is not None:
            self._descriptor = opened(path)
            try:
                self._resume(path)
            except BaseException:
                self.close()  # else its lock would outlive it
                raise

    def reply(self, key: str) -> Reply | None:
        """What is kept for this key."""
        found = self._replies.get(key)
        if found is not None:
            self.spent.replayed += 1
        return found

    @property
    def lasts(self) -> bool:
        """Whether it is a file, which the next audit can read."""
        return self._path is not None

    def holds(self, key: str) -> bool:
        """Whether :meth:`reply` would have it."""
        return key in self._replies

    def sent(self, key: str) -> None:
        """A call is about to be made."""
        self._append({"kind": "sent", "key": key})

    def keep(self, key: str, ask: Ask, reply: Reply, identity: str) -> None:
        """A reply that was paid for."""
        said = reply.continuation
        self._append(
            {
                "kind": "reply",
                "key": key,
                "source": identity,
                "arm": ask.arm,
                "seed": ask.seed,
                "index": ask.index,
                "text": said.text,
                "finish": said.finish,
                "tokens": said.tokens,
                "prompt_tokens": reply.prompt_tokens,
            }
        )

    def failed(self, key: str, ask: Ask, problem: str, tokens: int = 0) -> None:
        """An attempt that brought no reply; ``problem`` is a short name such as ``429``."""
        self._append(
            {
                "kind": "attempt",
                "key": key,
                "arm": ask.arm,
                "seed": ask.seed,
                "problem": problem,
                "tokens": tokens,
            }
        )

    def aside(self, key: str) -> dict[str, Any] | None:
        """What is kept of a call that answered no ask."""
        return self._asides.get(key)

    def keep_aside(
        self, key: str, what: str, found: dict[str, Any], tokens: int, prompt_tokens: int | None
    ) -> None:
        self._append(
            {
                "kind": "aside",
                "key": key,
                "what": what,
                "found": found,
                "tokens": tokens,
                "prompt_tokens": prompt_tokens,
            }
        )

    def failed_aside(self, key: str, what: str, problem: str, tokens: int = 0) -> None:
        self._append({"kind": "attempt", "key": key, "what": what, "problem": problem, "tokens": tokens})

    def close(self) -> None:
        if self._path is not None:
            os.close(self._descriptor)
            self._path = None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _resume(self, path: Path) -> None:
        under_way: Counter[str] = Counter()
        for entry in entries(path):
            under_way[entry["key"]] += 1 if entry["kind"] == "sent" else -1
            self._count(entry)
        if needs_an_end(self._descriptor):
            self._write(b"\n")
        for key, count in under_way.items():
            for _ in range(count):  # of calls that nobody announced there are less than none
                self.killed += 1
                self._append({"kind": "attempt", "key": key, "problem": "killed", "tokens": 0})

    def _append(self, entry: dict[str, Any]) -> None:
        with self._lock:
            if self._path is not None:
                whole = {
                    "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                    "glasspane": glasspane_version(),
                    **entry,
                }
                self._write(f"{json.dumps(whole, ensure_ascii=True)}\n".encode())
                # That a call was begun need not outlive the machine, only the process.
                if entry["kind"] != "sent":
                    os.fsync(self._descriptor)
            self._count(entry)

    def _write(self, line: bytes) -> None:
        """All of it, or an error now and ever after: behind half a line the next would be lost."""
        try:
            if self._full is not None:
                raise self._full
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError as problem:
            self._full = problem
            name = "" if self._path is None else self._path.name
            raise GlasspaneError(
                "bad_file",
                f"The ledger {name} cannot be written any more: {problem.strerror}.",
                "Make room for it and run again: what is in it is not asked again.",
            ) from problem

    def _count(self, entry: dict[str, Any]) -> None:
        if entry["kind"] == "sent":
            return
        self.spent.calls += 1
        self.spent.tokens += int(entry.get("tokens") or 0)
        self.spent.prompt_tokens += int(entry.get("prompt_tokens") or 0)
        if entry["kind"] == "attempt":
            self.spent.failed += 1
            return
        if entry["kind"] == "aside":
            self._asides[entry["key"]] = entry["found"]
            return
        said = Continuation(entry["text"], entry["finish"], entry["tokens"], entry["seed"])
        self._replies[entry["key"]] = Reply(said, entry["prompt_tokens"])
