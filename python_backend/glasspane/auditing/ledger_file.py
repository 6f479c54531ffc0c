"""The file of a ledger: opened for one audit at a time, and read line by line."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import GlasspaneError
from ..version import glasspane_version

_FIELDS: dict[str, dict[str, type]] = {
    "sent": {"key": str},
    "attempt": {"key": str, "problem": str},
    "aside": {"key": str, "found": dict},
    "reply": {"key": str, "text": str, "finish": str, "seed": int},
}
"""What a line of each kind has to have; a reply's counts besides, which may be unknown."""

_COUNTS = ("tokens", "prompt_tokens")


def opened(path: Path) -> int:
    """A descriptor to append to, locked. Raises ``bad_file``; what is no file (a device, a pipe) is left alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | getattr(os, "O_NONBLOCK", 0), 0o600)
    except (OSError, ValueError) as problem:  # ValueError: a name that no file can have
        why = problem.strerror if isinstance(problem, OSError) else "no file can have that name"
        raise GlasspaneError(
            "bad_file",
            f"The ledger {path.name or path} cannot be written: {why}.".replace("\0", "␀"),
            "Choose another file.",
        ) from problem
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise GlasspaneError("bad_file", f"The ledger {path} is no file.", "Choose another one.")
    _lock(descriptor, path)
    return descriptor


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Its lines but for those cut short. Raises ``bad_file`` for one that is no line of a ledger, and for a file that
    cannot be read."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as problem:
        raise GlasspaneError(
            "bad_file",
            f"The ledger {path.name} cannot be read: {problem.strerror}.",
            "Choose another file.",
        ) from problem
    for number, line in enumerate(lines, start=1):
        # Noughts are what a disk may leave of a line when the machine goes down.
        line = line.strip(b"\0 \t")
        if not line:
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            if line.startswith(b"{"):
                continue
            entry = None
        if not isinstance(entry, dict) or not _is_whole(entry):
            raise _no_ledger(path, number, entry)
        yield entry


def needs_an_end(descriptor: int) -> bool:
    """A line that was cut short gets one, so that the next begins a line of its own."""
    size = os.fstat(descriptor).st_size
    if not size:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"


def _is_whole(entry: dict[str, Any]) -> bool:
    kind = entry.get("kind")
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    return (
        fields is not None
        and all(isinstance(entry.get(field), wanted) for field, wanted in fields.items())
        and (kind != "reply" or all(count in entry for count in _COUNTS))
        and all(_is_count(entry.get(count)) for count in _COUNTS)
    )


def _is_count(value: Any) -> bool:
    """What is less than nothing would make room in a budget."""
    return value is None or (isinstance(value, int) and value >= 0)


def _no_ledger(path: Path, number: int, entry: Any) -> GlasspaneError:
    writer = entry.get("glasspane") if isinstance(entry, dict) else None
    if isinstance(writer, str) and writer != glasspane_version():
        return GlasspaneError(
            "bad_file",
            f"Line {number} of {path.name} was written by Glasspane {writer[:20]}, and this one cannot read it.",
            "Use that version, or give this one a ledger of its own.",
        )
    return GlasspaneError(
        "bad_file",
        f"Line {number} of {path.name} is no line of a ledger.",
        "Choose another file: a ledger is never overwritten.",
    )


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
