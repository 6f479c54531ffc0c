"""Cancelling is a flag: set from outside while the kernel computes, read between batches.

The server sets it through a comm on a *subshell*, a second thread of the kernel, so it
arrives while the main thread computes, or is still busy with the user's own cell. A flag
set before its job begins is remembered.

A host that cannot reach a busy kernel names a file instead: the flag is set once that file
exists. It is looked for and nothing else: never opened, never deleted.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from ..protocol import CANCEL_COMM_TARGET

REMEMBERED = 256
"""Flags of jobs that never came (their request was dropped) must not pile up."""

LOOK_EVERY = 0.05
"""Seconds between two looks for a file: methods report after every batch, which may be far more often."""


@dataclass
class _File:
    """The file that stands for a job's flag, and when to look for it next."""

    path: str
    look_at: float = float("-inf")


_flags: OrderedDict[str, None] = OrderedDict()
_files: dict[str, _File] = {}
_lock = Lock()
_log = logging.getLogger(__name__)


def cancel(job: str) -> None:
    """Ask ``job`` to stop at its next checkpoint, now or when it begins."""
    with _lock:
        _flags[job] = None
        _flags.move_to_end(job)
        while len(_flags) > REMEMBERED:
            _flags.popitem(last=False)


def watch(job: str, path: str) -> None:
    """Let the existence of ``path`` cancel ``job``, until it is forgotten."""
    _files[job] = _File(path)


def cancelled(job: str | None) -> bool:
    """Whether ``job`` was asked to stop."""
    return job in _flags or (job in _files and _appeared(_files[job]))


def forget(job: str | None) -> None:
    """Drop the flag of a job that has ended."""
    with _lock:
        _flags.pop(job or "", None)
        _files.pop(job or "", None)


def listen(shell: Any) -> None:
    """Register the comm target with this kernel, once. ``shell`` is IPython's, or None outside it."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is not None and manager.targets.get(CANCEL_COMM_TARGET) is not _on_open:
        manager.register_target(CANCEL_COMM_TARGET, _on_open)


def interactive_shell() -> Any:
    """IPython's shell, or None; never imports IPython."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _appeared(file: _File) -> bool:
    now = monotonic()
    if now < file.look_at:
        return False
    file.look_at = now + LOOK_EVERY
    # False as well for what cannot be looked at (no permission, a drive that is gone), where Path raises.
    return os.path.exists(file.path)  # noqa: PTH110


def _on_open(comm: Any, message: dict[str, Any]) -> None:
    job = message.get("content", {}).get("data", {}).get("job")
    if isinstance(job, str):
        cancel(job)
    else:
        _log.warning("A cancel without a job id was ignored.")
    comm.close()
