"""An audit as a kernel answers it: by whichever source the request names, with what is known so far on its way."""

from __future__ import annotations

from time import monotonic

from ..kernel.progress import Report, silent
from ..protocol import PartialResult
from ..protocol.audit import AuditPreview, AuditRequest, AuditResult
from ..subjects import Subject
from .asked_model import source_of
from .call import code_of, run

_TOLD_FOR = 1.0
"""Seconds for which a result so far goes along with every message: some are dropped between here and the pane."""


def answer(request: AuditRequest, subject: Subject | None, report: Report) -> AuditResult | AuditPreview:
    """``subject``: the model that the request names, None where it names an endpoint.

    An endpoint's key comes from this kernel's environment. Raises what :meth:`~.audit.Audit.run` raises.
    """
    code = code_of(request, subject)
    source = source_of(request.model, subject)
    if report is silent:
        return run(source, request, code)
    live = _Live(report)
    return run(source, request, code, live, live.keep)


class _Live:
    """The job's report; the result so far goes along with it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._latest: AuditResult | None = None
        self._since = 0.0

    def keep(self, result: AuditResult) -> None:
        self._latest, self._since = result, monotonic()

    def __call__(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        latest = self._latest
        if monotonic() - self._since > _TOLD_FOR:
            self._latest = None
        self._report(fraction, stage, partial if latest is None else latest)
