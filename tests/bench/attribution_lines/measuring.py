"""Two ways to one result, timed in turns; what each needs of memory while it runs."""

from __future__ import annotations

import ctypes
import gc
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MEMORY = "peak memory: how far the resident set rose above what it was before (Linux's VmHWM)"


@dataclass
class Measured:
    """Seconds of each run, the most memory [MiB] that any added (None where it cannot be told), the last result."""

    seconds: list[float]
    added: float | None
    found: Any

    def __str__(self) -> str:
        spread = f" ({min(self.seconds):.2f}–{max(self.seconds):.2f})" if len(self.seconds) > 1 else ""
        memory = "" if self.added is None else f", peak +{self.added:,.0f} MiB"
        return f"{statistics.median(self.seconds):.2f} s{spread}{memory}"


def measured(work: Callable[[], Any], runs: int = 1) -> Measured:
    total = Measured([], None, None)
    for _ in range(runs):
        _give_back()
        before = _resident("VmRSS") if _peak_forgotten() else None
        start = time.perf_counter()
        total.found = work()
        total.seconds.append(time.perf_counter() - start)
        if before is not None:
            total.added = max(total.added or 0.0, _resident("VmHWM") - before)
    return total


def compare(
    what: str,
    ours: Callable[[], Any],
    theirs: Callable[[], Any] | Measured,
    wanted: float,
    runs: int,
    difference: Callable[[Any, Any], float] | None = None,
) -> Measured:
    """Print both, their ratio and (where the numbers must be the same) the largest difference by the
    largest number; give back what ``theirs`` took, for a second comparison with it."""
    if isinstance(theirs, Measured):
        mine, other = measured(ours, runs), theirs
    else:
        mine, other = measured(ours), measured(theirs)
        for _ in range(runs - 1):
            mine, other = _both(mine, measured(ours)), _both(other, measured(theirs))
    ratios = [b / a for a, b in zip(mine.seconds, other.seconds, strict=False)]
    spread = f"{min(ratios):.1f}–{max(ratios):.1f}; " if len(ratios) > 1 else ""
    same = f", largest difference {difference(mine.found, other.found):.1e}" if difference else ""
    print(
        f"{what}:\n  ours {mine}; theirs {other}; "
        f"{statistics.median(ratios):.1f} × ({spread}wanted {wanted:g} ×){same}",
        flush=True,
    )
    return other


def largest_difference(found: Any, expected: Any) -> float:
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def _both(before: Measured, now: Measured) -> Measured:
    added = None if before.added is None or now.added is None else max(before.added, now.added)
    return Measured(before.seconds + now.seconds, added, now.found)


def _give_back() -> None:
    """What the allocator keeps of runs before would hide what the next one needs (glibc only)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _peak_forgotten() -> bool:
    """Whether the process's peak could be set back to what it holds now."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _resident(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024
