"""How far a call has come, for who waits for it in a notebook's cell or at a terminal."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import Any

from ..kernel.progress import Report, silent
from .terminal import safe

AFTER = 4.0
"""Seconds that a call takes before anything is shown of it: most are done by then."""

_INTERVAL = 0.2  # seconds between two updates


@contextmanager
def shown_progress() -> Iterator[Report]:
    """Under it, a :class:`Report` that shows stage and share done, and leaves nothing behind when it ends.

    In a notebook it is an output of the running cell, at a terminal one line of standard error; silent elsewhere.
    """
    place = _notebook() or _terminal()
    if place is None:
        yield silent
        return
    show, clear = place
    began = shown = monotonic()
    one_at_a_time = Lock()  # whatever asks an endpoint reports from several threads

    def report(fraction: float, stage: str, partial: Any = None) -> None:
        nonlocal shown
        with one_at_a_time:
            now = monotonic()
            if now - began >= AFTER and now - shown >= _INTERVAL:
                shown = now
                # A place that went away must not cost the result.
                with suppress(Exception):
                    show(min(max(fraction, 0.0), 1.0), stage)

    try:
        yield report
    finally:
        if shown > began:
            with suppress(Exception):
                clear()


_Place = tuple[Callable[[float, str], None], Callable[[], None]]


def _notebook() -> _Place | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import DisplayHandle

    handle: Any = None

    def show(fraction: float, stage: str) -> None:
        nonlocal handle
        said = f"{fraction:.0%} {stage}"
        data = {
            "text/plain": said,
            "text/html": f'<progress value="{fraction:.3f}" max="1" aria-label="glasspane"></progress> '
            f"{html.escape(said)}",
        }
        if handle is None:
            handle = DisplayHandle()
            handle.display(data, raw=True)
        else:
            handle.update(data, raw=True)

    return show, lambda: handle.update({"text/plain": ""}, raw=True)


def _terminal() -> _Place | None:
    try:
        if sys.stderr is None or not sys.stderr.isatty():
            return None
    except (ValueError, AttributeError):  # closed, or somebody's own
        return None

    def show(fraction: float, stage: str) -> None:
        print(f"\r\x1b[K{fraction:.0%} {safe(stage)}"[:110], end="", file=sys.stderr, flush=True)

    return show, lambda: print("\r\x1b[K", end="", file=sys.stderr, flush=True)
