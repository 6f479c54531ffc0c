"""What was asked and what came of it, line by line on disk: nothing that was paid for is asked again.

Every line is one JSON object. ``reply`` lines hold what a source wrote, by the key of what was asked; ``aside`` lines
what else it was asked (see :mod:`.asides`); ``attempt`` lines what was sent and failed. Lines are only ever appended,
each forced to the disk before the next call is made, so that an audit can be killed at any moment; a line that was cut
short by that is passed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from ..errors import GlasspaneError
from ..version import glasspane_version
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
    return sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


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

    Raises ``bad_file`` where the file cannot be written or is no ledger.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._replies: dict[str, Reply] = {}
        self._asides: dict[str, dict[str, Any]] = {}
        self._lock = Lock()
        self.spent = Spent()
        if path is not None:
            self._descriptor = self._opened(path)
            for entry in self._entries(path):
                self._count(entry)

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

    def _opened(self, path: Path) -> int:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        except OSError as problem:
            raise GlasspaneError(
                "bad_file",
                f"The ledger {path.name} cannot be written: {problem.strerror}.",
                "Choose another file.",
            ) from problem
        _lock(descriptor, path)
        size = os.fstat(descriptor).st_size
        # A line that was cut short gets an end, so that the next one begins a line of its own.
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.write(descriptor, b"\n")
        return descriptor

    def _entries(self, path: Path) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(path.read_bytes().splitlines()):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if not isinstance(entry, dict) or entry.get("kind") not in ("reply", "aside", "attempt"):
                raise GlasspaneError(
                    "bad_file",
                    f"Line {number + 1} of {path.name} is no line of a ledger.",
                    "Choose another file: a ledger is never overwritten.",
                )
            yield entry

    def _append(self, entry: dict[str, Any]) -> None:
        with self._lock:
            if self._path is not None:
                whole = {
                    "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                    "glasspane": glasspane_version(),
                    **entry,
                }
                os.write(self._descriptor, f"{json.dumps(whole, ensure_ascii=True)}\n".encode())
                os.fsync(self._descriptor)
            self._count(entry)

    def _count(self, entry: dict[str, Any]) -> None:
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


def _lock(descriptor: int, path: Path) -> None:
    """One audit at a time: two would pay for the same calls."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks; appended lines stay whole there too
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(descriptor)
        raise GlasspaneError(
            "bad_file",
            f"Another audit is writing to {path.name}.",
            "Wait for it, or give this one a ledger of its own.",
        ) from problem
