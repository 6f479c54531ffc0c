"""Jobs: one queue and one worker per kernel.

A job that is deleted while it is still in the queue never touches its kernel. Finished jobs
stay long enough to be read after a page reload, and no longer.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from logging import Logger
from time import monotonic
from typing import Any

from ..errors import Cancelled, GlasspaneError
from ..protocol import (
    DedicatedPlace,
    ErrorResult,
    JobRequest,
    Place,
)
from .dedicated_kernel import DedicatedKernel
from .job import Job
from .kernel_client import KernelClient
from .kernel_life import kernel_not_found
from .reply import Reply

KEPT_SECONDS = 600.0
"""How long a finished job can still be read."""

KEPT_JOBS = 200
"""How many finished jobs are kept at most, the newest."""

QUEUE_LIMIT = 100
"""How many unfinished jobs one kernel may have."""

IDLE_SECONDS = 60.0
"""How long a worker without work keeps its connection to the kernel."""


class KernelQueue:
    """The jobs of one kernel, in order, one at a time."""

    def __init__(self, client: KernelClient, log: Logger) -> None:
        self._client = client
        self._log = log
        self._waiting: deque[Job] = deque()
        self._arrival = asyncio.Event()
        self._current: Job | None = None
        self._asking: asyncio.Task[Reply] | None = None
        self._cancelled: set[str] = set()

    @property
    def length(self) -> int:
        return len(self._waiting) + (self._current is not None)

    def add(self, job: Job) -> None:
        self._waiting.append(job)
        job.moved_up(self.length - 1)
        self._arrival.set()

    async def cancel(self, job: Job) -> None:
        """Drop a queued job; stop a sent one. One that still waits for the user's cell ends at once."""
        if job in self._waiting:
            self._waiting.remove(job)
            job.fail(Cancelled().result)
            self._tell_positions()
        elif job is self._current and self._asking is not None:
            if job.status == "running":
                self._cancelled.add(job.id)
            else:
                job.fail(Cancelled().result)
                self._asking.cancel()
            await self._client.cancel(job.id)

    async def work(self) -> None:
        """Run jobs until there have been none for a while."""
        while True:
            while not self._waiting:
                self._arrival.clear()
                try:
                    await asyncio.wait_for(self._arrival.wait(), IDLE_SECONDS)
                except asyncio.TimeoutError:
                    if self._client.quiet and not self._waiting:
                        return
            self._current = self._waiting.popleft()
            self._tell_positions()
            await self._run(self._current)
            self._current = None

    async def close(self) -> None:
        """Let go of the kernel."""
        await self._client.close()

    async def _run(self, job: Job) -> None:
        self._asking = asyncio.ensure_future(self._client.ask(job.request, job.request_json(), job.id, job))
        try:
            await asyncio.wait({self._asking})
        except asyncio.CancelledError:
            self._asking.cancel()
            raise
        if self._asking.cancelled():
            if not job.finished:
                job.fail(Cancelled().result)
            return
        error = self._asking.exception()
        if error is None:
            job.finish(self._asking.result(), job.id in self._cancelled)
        elif isinstance(error, GlasspaneError):
            job.fail(error.result)
        else:
            self._log.error("A job failed on the server.", exc_info=error)
            job.fail(
                ErrorResult(
                    code="internal",
                    message=f"Something unexpected went wrong on the server ({type(error).__name__}).",
                    next_step="Try again; the details are in the server's log.",
                )
            )
        self._cancelled.discard(job.id)

    def _tell_positions(self) -> None:
        for index, job in enumerate(self._waiting):
            job.moved_up(index + (self._current is not None))


class Jobs:
    """Every job of this server."""

    def __init__(self, manager: Any, dedicated: DedicatedKernel, log: Logger) -> None:
        self._manager = manager
        self._dedicated = dedicated
        self._log = log
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._queues: dict[str, KernelQueue] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    async def submit(self, asked: JobRequest) -> Job:
        """Put a request in its kernel's queue; starts Glasspane's own kernel if that is the place.

        Raises ``kernel_not_found``, ``too_many_jobs``, or what starting the kernel raises.
        """
        self._expire()
        kernel_id = await self._kernel_of(asked.place)
        queue = self._queues.get(kernel_id)
        if queue is None:
            queue = KernelQueue(KernelClient(kernel_id, self._manager, self._log), self._log)
            self._queues[kernel_id] = queue
            self._workers[kernel_id] = asyncio.ensure_future(self._work(kernel_id, queue))
        if queue.length >= QUEUE_LIMIT:
            raise GlasspaneError(
                "too_many_jobs",
                f"{queue.length} requests are already waiting for this kernel.",
                "Wait until some are done, or cancel them.",
            )
        job = Job(asked.request, kernel_id)
        self._jobs[job.id] = job
        queue.add(job)
        return job

    def find(self, job_id: str) -> Job:
        """The job with that id; raises ``job_not_found`` (it may have expired)."""
        self._expire()
        try:
            return self._jobs[job_id]
        except KeyError:
            raise GlasspaneError("job_not_found", "This request is no longer known.", "Ask again.") from None

    async def cancel(self, job_id: str) -> Job:
        """Stop a job wherever it is; a finished one stays as it is."""
        job = self.find(job_id)
        queue = self._queues.get(job.place)
        if not job.finished and queue is not None:
            await queue.cancel(job)
        return job

    async def close(self) -> None:
        """Stop every worker and let go of the kernels."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _kernel_of(self, place: Place) -> str:
        if isinstance(place, DedicatedPlace):
            return await self._dedicated.kernel_id()
        if place.kernel_id not in self._manager:
            raise kernel_not_found(place.kernel_id)
        return place.kernel_id

    async def _work(self, kernel_id: str, queue: KernelQueue) -> None:
        try:
            await queue.work()
        finally:
            # Nothing is awaited between the last look at the queue and this: a job that arrives
            # from here on gets a new queue.
            self._queues.pop(kernel_id, None)
            self._workers.pop(kernel_id, None)
            await queue.close()

    def _expire(self) -> None:
        finished = [job for job in self._jobs.values() if job.finished_at is not None]
        surplus = len(finished) - KEPT_JOBS
        for index, job in enumerate(finished):
            if index < surplus or monotonic() - (job.finished_at or 0.0) > KEPT_SECONDS:
                del self._jobs[job.id]
