"""How a running method tells where it stands, and learns that it was cancelled."""

from __future__ import annotations

from time import monotonic
from typing import Any, Protocol

from ..errors import Cancelled
from ..protocol import PROGRESS_MIME_TYPE, PartialResult, Progress
from .cancel import cancelled

INTERVAL = 0.2
"""Seconds between two messages: iopub reaches every open browser, so at most 5 Hz."""


class Report(Protocol):
    """Called by every method between batches.

    ``fraction`` runs from 0 to 1, ``stage`` is a phrase for people, ``partial`` a result
    that can be painted already. Raises :class:`glasspane.errors.Cancelled` once the job was
    cancelled, so a method needs no other check.
    """

    def __call__(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None: ...


def silent(fraction: float, stage: str, partial: PartialResult | None = None) -> None:
    """A :class:`Report` for callers who neither watch nor cancel."""


class KernelReport:
    """The :class:`Report` of one job in a kernel: publishes on iopub, obeys the job's cancel flag.

    Messages go out as ``display_data`` under the parent header of the request being
    executed, which is how the server tells them apart. The first one and the first partial
    result leave at once, the others at most every :data:`INTERVAL` seconds; what is dropped
    in between is not missed, for the result itself comes with the reply.
    """

    def __init__(self, job: str, shell: Any) -> None:
        self._job = job
        self._publisher = getattr(shell, "display_pub", None) if hasattr(shell, "kernel") else None
        self._sent_at = float("-inf")
        self._partial_sent = False

    def __call__(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        if cancelled(self._job):
            raise Cancelled
        if self._publisher is None:
            return
        now = monotonic()
        first_partial = partial is not None and not self._partial_sent
        if now - self._sent_at < INTERVAL and not first_partial:
            return
        self._sent_at = now
        self._partial_sent = self._partial_sent or partial is not None
        progress = Progress(
            job=self._job, fraction=min(max(fraction, 0.0), 1.0), stage=stage, partial=partial
        )
        self._publisher.publish(data={PROGRESS_MIME_TYPE: progress.model_dump(mode="json")}, metadata={})


def report_for(job: str | None, shell: Any) -> Report:
    """The report of ``job``; without a job id nobody watches and nobody can cancel."""
    return silent if job is None else KernelReport(job, shell)


def never_back(report: Report) -> Report:
    """A :class:`Report` that does not fall: a first gradient that paints counts further than the beginning of
    the method that it paints for."""
    if report is silent:
        return silent
    reached = 0.0

    def rising(fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        nonlocal reached
        reached = max(reached, fraction)
        report(reached, stage, partial)

    return rising


def part_of(report: Report, first: float, last: float) -> Report:
    """A :class:`Report` whose 0 to 1 is ``first`` to ``last`` of another."""
    if report is silent:
        return silent

    def within(fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        report(first + (last - first) * min(max(fraction, 0.0), 1.0), stage, partial)

    return within
