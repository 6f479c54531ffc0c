"""The calls of one ``write`` of an endpoint: each told to the watch exactly once, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Condition
from typing import Any

from ..errors import GlasspaneError
from ..kernel.progress import Report
from .endpoint_calls import Caller
from .endpoint_client import Said
from .side_by_side import Crew
from .source import Reply, Watch


class Writing:
    """Asks that are refused by the watch wait for those under way: what these cost less than they might have is then
    there to be spent."""

    def __init__(
        self,
        caller: Caller,
        requests: Sequence[Mapping[str, Any]],
        seeds: Sequence[int],
        read: Callable[[int, Said], Reply],
        watch: Watch,
    ) -> None:
        self._caller = caller
        self._requests = requests
        self._seeds = seeds
        self._read = read
        self._watch = watch
        self._under_way: set[int] = set()
        self._over = False
        self._changed = Condition()

    def run(self, width: int, report: Report) -> None:
        count = len(self._requests)
        # Until one has succeeded, they go one by one: what is wrong with all of them is found out once.
        self._crew = Crew(count, width, self._one, alone=lambda: not self._caller.proven)
        try:
            self._crew.run(lambda done: report(done / count, f"asking, {done} of {count} replies"))
        finally:
            with self._changed:
                self._over = True
                for at in self._under_way:  # left behind by a cancel; sent, so perhaps paid for
                    self._watch.failed(at, "cancelled")

    def _one(self, at: int) -> None:
        answer = self._caller.call(
            self._requests[at],
            self._seeds[at],
            lambda: self._before(at),
            lambda problem, tokens: self._after(at, lambda: self._watch.failed(at, problem, tokens)),
            self._crew.pause,
        )
        if isinstance(answer, Said):
            reply = self._read(at, answer)
            self._after(at, lambda: self._watch.written(at, reply))
            self._crew.news()
        elif answer is not None:
            raise answer.error()

    def _before(self, at: int) -> None:
        with self._changed:
            while True:
                try:
                    self._watch.before(at)
                except GlasspaneError:
                    if not self._under_way or self._crew.stopped:
                        raise
                    self._changed.wait()
                else:
                    self._under_way.add(at)
                    return

    def _after(self, at: int, tell: Callable[[], None]) -> None:
        with self._changed:
            if self._over:
                return
            self._under_way.discard(at)
            self._changed.notify_all()
            tell()
