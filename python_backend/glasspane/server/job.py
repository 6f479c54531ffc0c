"""One job: a request on its way, and snapshots of it that can be waited for."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any
from uuid import uuid4

from pydantic import JsonValue

from ..protocol import (
    WITH_JOB,
    ErrorResult,
    JobSnapshot,
    Progress,
    Request,
)
from .reply import Reply

LONGEST_WAIT = 25.0
"""Seconds a long poll is held open at most; proxies cut at 30."""

LINGER = 0.02
"""Seconds a poll waits on after a change: often the end follows at once, and one reply says both."""

FINISHED = ("done", "failed", "cancelled")


class Job:
    """One request on its way, and everything a host may want to know of it meanwhile."""

    def __init__(self, request: Request, place: str) -> None:
        self.id = uuid4().hex
        self.request = request
        self.place = place
        self.finished_at: float | None = None
        self._snapshot = JobSnapshot(id=self.id, sequence=1, status="queued")
        self._result: dict[str, JsonValue] | None = None
        self._changed = asyncio.Event()

    @property
    def status(self) -> str:
        return self._snapshot.status

    @property
    def finished(self) -> bool:
        return self._snapshot.status in FINISHED

    def body(self) -> dict[str, Any]:
        """The :class:`JobSnapshot` as JSON, the kernel's result in it as the kernel wrote it."""
        return {**self._snapshot.model_dump(mode="json"), "result": self._result}

    def request_json(self) -> str:
        """What the kernel is asked: only fields somebody set, so that an older kernel can read it."""
        request = self.request
        if isinstance(request, WITH_JOB):
            request = request.model_copy(update={"job": self.id})
        return str(request.model_dump_json(exclude_unset=True))

    async def changed(self, after: int, wait: float) -> None:
        """Return once the sequence is beyond ``after``, or ``wait`` seconds have passed."""
        deadline = monotonic() + min(max(wait, 0.0), LONGEST_WAIT)
        while self._snapshot.sequence <= after and not self.finished:
            if not await self._next_change(deadline):
                return
        linger = min(deadline, monotonic() + LINGER)
        while not self.finished and await self._next_change(linger):
            pass

    async def _next_change(self, deadline: float) -> bool:
        try:
            await asyncio.wait_for(self._changed.wait(), deadline - monotonic())
        except asyncio.TimeoutError:
            return False
        return True

    def moved_up(self, ahead: int) -> None:
        if self.status == "queued":
            self._update(ahead=ahead)

    def finish(self, reply: Reply, cancelled: bool) -> None:
        """Take the kernel's answer; a partial one of a cancelled job is kept."""
        self._result = reply.content
        if reply.error_code == "cancelled" or (cancelled and not reply.complete):
            self._end("cancelled")
        else:
            self._end("failed" if reply.error_code else "done")

    def fail(self, error: ErrorResult) -> None:
        """End without an answer from the kernel."""
        self._result = error.model_dump(mode="json")
        self._end("cancelled" if error.code == "cancelled" else "failed")

    # What the kernel client tells (its Watcher).

    def waiting(self, kernel_busy: bool) -> None:
        self._update(status="waiting_for_kernel", kernel_busy=kernel_busy, ahead=0)

    def running(self) -> None:
        self._update(status="running", kernel_busy=False, ahead=0)

    def progressed(self, progress: Progress) -> None:
        self._update(progress=progress)

    def warned(self, warnings: list[str]) -> None:
        self._update(warnings=warnings)

    def _end(self, status: str) -> None:
        self.finished_at = monotonic()
        self._update(status=status, kernel_busy=False, ahead=0)

    def _update(self, **fields: Any) -> None:
        if self.finished or all(getattr(self._snapshot, name) == value for name, value in fields.items()):
            return
        self._snapshot = self._snapshot.model_copy(update={**fields, "sequence": self._snapshot.sequence + 1})
        self._changed.set()
        self._changed = asyncio.Event()
