"""Calls in several threads, so many at once and no more; whoever waits for them can stop them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic

TICK = 0.05
"""Seconds between two looks at whether it was cancelled."""

GRACE = 5.0
"""Seconds that calls under way have to come to an end once it was: they are paid for."""


class Crew:
    """Runs ``call(0)`` … ``call(count − 1)`` in ``width`` threads, in that order.

    The first failure stops it: nothing new is begun, what is under way ends, then the failure is raised. While
    ``alone`` says so, only one call is made at a time.
    """

    def __init__(
        self, count: int, width: int, call: Callable[[int], None], alone: Callable[[], bool] = lambda: False
    ) -> None:
        self._count, self._width = count, width
        self._call, self._alone = call, alone
        self._next = self._busy = self._done = 0
        self._failure: BaseException | None = None
        self._stopped = False
        self._changed = Condition()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def run(self, tick: Callable[[int], None]) -> None:
        """``tick`` hears how many are done and may raise, which ends the waiting: after :data:`GRACE` seconds at most,
        whatever is still under way then is left behind."""
        threads = [Thread(target=self._work, daemon=True) for _ in range(min(self._width, self._count))]
        for thread in threads:
            thread.start()
        try:
            while True:
                with self._changed:
                    if self._over():
                        break
                    self._changed.wait(TICK)
                    done = self._done
                tick(done)
        except BaseException:
            self._stop()
            self._settle(GRACE)
            raise
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def pause(self, seconds: float) -> bool:
        """Wait within a call; False where it was stopped meanwhile, and at once."""
        until = monotonic() + seconds
        with self._changed:
            while not self._stopped and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            return not self._stopped

    def _over(self) -> bool:
        return not self._busy and (self._stopped or self._next >= self._count)

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _settle(self, seconds: float) -> None:
        until = monotonic() + seconds
        with self._changed:
            while self._busy and (left := until - monotonic()) > 0:
                self._changed.wait(left)

    def _work(self) -> None:
        while (at := self._turn()) is not None:
            failure: BaseException | None = None
            try:
                self._call(at)
            except BaseException as problem:
                failure = problem
            with self._changed:
                self._busy -= 1
                self._done += failure is None
                if failure is not None:
                    self._failure = self._failure or failure
                    self._stopped = True
                self._changed.notify_all()

    def _turn(self) -> int | None:
        with self._changed:
            while not self._stopped and self._next < self._count and self._busy and self._alone():
                self._changed.wait()
            if self._stopped or self._next >= self._count:
                self._changed.notify_all()
                return None
            self._next += 1
            self._busy += 1
            return self._next - 1

    def news(self) -> None:
        """What ``alone`` says may be another now."""
        with self._changed:
            self._changed.notify_all()
