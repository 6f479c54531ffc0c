"""When a call that failed is made again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from random import Random

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before the second attempt, and the most that waiting doubles to."""

LONGEST_ASKED = 120.0
"""Seconds that a server may ask to wait for; beyond that, the person decides."""


class Backoff:
    """Waits that double and are cut by up to a half at random, so that calls which failed together do not return
    together. The random numbers follow from ``seed``."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def wait(self, failures: int, asked: float | None) -> float:
        """Seconds before the next attempt, after the ``failures``-th failure; ``asked`` for by the server or None."""
        own = min(FIRST_WAIT * 2.0 ** (failures - 1), LONGEST_WAIT) * self._random.uniform(0.5, 1.0)
        # A little later than asked, and never all at once.
        return own if asked is None else asked + min(own, 1.0) * 0.1


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that the answer asks to wait (RFC 9110, 10.2.3): a number or a date; None where it does not say.

    A date is compared with the answer's own ``Date``, for clocks differ.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(given.get(name, "")) * unit
        except ValueError:
            continue
        return max(seconds, 0.0) if seconds < float("inf") else None
    until, there = _date(given.get("retry-after")), _date(given.get("date"))
    if until is None:
        return None
    return max((until - (there or now or datetime.now(timezone.utc))).total_seconds(), 0.0)


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
