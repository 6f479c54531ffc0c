"""Answers that read a model: kept from before where nothing has changed since, else computed with progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import GlasspaneError
from ..protocol import (
    AttentionRequest,
    AttentionResult,
    AttributionResult,
    AuditPreview,
    AuditRequest,
    AuditResult,
    BlackBoxRequest,
    BlackBoxResult,
    CheckRequest,
    CircuitRequest,
    CircuitResult,
    CompareRequest,
    ComparisonResult,
    DiffRequest,
    ExplainRequest,
    FaithfulnessResult,
    FrameExamples,
    LensRequest,
    LensResult,
    PairTemplateRequest,
    PairTemplateResult,
    PatchRequest,
    PatchResult,
    ProbeRequest,
    ProbeResult,
    ProbeTestRequest,
    ProbeTestResult,
    PromptDiffResult,
    SubjectRef,
)
from ..protocol.audit import EndpointSourceRef
from .memory_error import is_out_of_memory, not_enough_memory
from .progress import Report, part_of, report_for
from .results import CacheInfo, Key, Kind, ResultCache, key_of

if TYPE_CHECKING:
    from ..subjects import Subject

_cache = ResultCache()

Asked = TypeVar("Asked", AttentionRequest, PatchRequest, CircuitRequest, LensRequest)
"""Requests about one subject, whose answers depend on nothing else."""


def cache_info() -> CacheInfo:
    """How many results this kernel keeps, how many at most, and how often they served."""
    return _cache.info()


def clear_cache() -> None:
    """Forget every kept result."""
    _cache.clear()


def _started(job: str | None, shell: Any) -> Report:
    """How the job ``job`` reports; raises ``Cancelled`` where it was cancelled while it was queued."""
    report = report_for(job, shell)
    report(0.0, "Starting")
    return report


def _found(ref: SubjectRef, namespace: Mapping[str, Any], report: Report) -> Subject:
    from ..subjects.load import resolve

    report(0.0, "Finding the model")
    return resolve(ref, namespace)


def explain(request: ExplainRequest, namespace: Mapping[str, Any], shell: Any) -> AttributionResult:
    report = _started(request.job, shell)
    return _explained(_found(request.subject, namespace, report), request, report)


def _explained(subject: Subject, request: ExplainRequest, report: Report) -> AttributionResult:
    """Kept from before, or computed now and kept."""
    from ..attribution import explain as explaining

    request = request.model_copy(update={"job": None})
    key = key_of(request, subject)
    kept = _cache.get(key, AttributionResult)
    if kept is not None:
        return kept
    result = explaining.explain(subject, request, report)
    if result.checks.complete:
        _cache.keep(key, result)
    return result


def attend(request: AttentionRequest, namespace: Mapping[str, Any], shell: Any) -> AttentionResult:
    from ..attribution.by_attention import attend as attending

    return _kept_or_new(request, namespace, shell, AttentionResult, attending.attend)


def check(request: CheckRequest, namespace: Mapping[str, Any], shell: Any) -> FaithfulnessResult:
    report = _started(request.job, shell)
    from ..attribution.trust import faithfulness

    subject = _found(request.explain.subject, namespace, report)
    key = key_of(request, subject)
    kept = _cache.get(key, FaithfulnessResult)
    if kept is not None:
        return kept
    attribution = _explained(subject, request.explain, part_of(report, 0.0, 0.3))
    result = faithfulness.check(subject, request, attribution, part_of(report, 0.3, 1.0))
    if attribution.checks.complete:
        _cache.keep(key, result)
    return result


def compare(request: CompareRequest, namespace: Mapping[str, Any], shell: Any) -> ComparisonResult:
    report = _started(request.job, shell)
    from ..attribution.comparing import compare as comparing

    return comparing.compare(
        _found(request.explain.subject, namespace, report), request, report, _explained_or_refused
    )


def diff(request: DiffRequest, namespace: Mapping[str, Any], shell: Any) -> PromptDiffResult:
    report = _started(request.job, shell)
    from ..attribution.comparing.prompt_diff import explain_both

    before = _found(request.before.subject, namespace, report)
    same = request.after.subject == request.before.subject
    after = before if same else _found(request.after.subject, namespace, report)
    return explain_both((before, after), request, _explained, report)


def patch(request: PatchRequest, namespace: Mapping[str, Any], shell: Any) -> PatchResult:
    from ..causal import patch as patching

    return _kept_or_new(request, namespace, shell, PatchResult, patching.patch)


def pair_template(request: PairTemplateRequest, namespace: Mapping[str, Any]) -> PairTemplateResult:
    """A matter of two runs: it has no job, and nothing is kept of it."""
    from ..causal import pair_template as making
    from ..subjects.load import resolve

    return making.pair_template(resolve(request.subject, namespace), request)


def circuit(request: CircuitRequest, namespace: Mapping[str, Any], shell: Any) -> CircuitResult:
    from ..causal import circuit as finding

    return _kept_or_new(request, namespace, shell, CircuitResult, finding.circuit)


def lens(request: LensRequest, namespace: Mapping[str, Any], shell: Any) -> LensResult:
    from ..causal import lens as reading

    return _kept_or_new(request, namespace, shell, LensResult, reading.lens)


def _kept_or_new(
    request: Asked,
    namespace: Mapping[str, Any],
    shell: Any,
    kind: type[Kind],
    compute: Callable[[Subject, Asked, Report], Kind],
) -> Kind:
    """What was answered before, where nothing has changed since; else computed with the job's progress, and kept."""
    report = _started(request.job, shell)
    subject = _found(request.subject, namespace, report)
    key = key_of(request, subject)
    kept = _cache.get(key, kind)
    if kept is not None:
        return kept
    result = compute(subject, request.model_copy(update={"job": None}), report)
    _cache.keep(key, result)
    return result


def probe(request: ProbeRequest, namespace: Mapping[str, Any], shell: Any) -> ProbeResult:
    report = _started(request.job, shell)
    from ..probing import probe as probing
    from ..probing.examples import examples_of

    # First what costs nothing: a task that does not exist needs no model.
    examples = examples_of(request.examples, request.seed, namespace)
    subject = _found(request.subject, namespace, report)
    key = _probe_key(request, request, subject)
    kept = _cache.get(key, ProbeResult)
    if kept is not None:
        return kept
    result = probing.probe(subject, request.model_copy(update={"job": None}), examples, report)
    _cache.keep(key, result)
    return result


def test_probe(request: ProbeTestRequest, namespace: Mapping[str, Any], shell: Any) -> ProbeTestResult:
    report = _started(request.job, shell)
    from ..probing.causal_test import causal_test
    from ..probing.examples import examples_of

    examples = examples_of(request.probe.examples, request.probe.seed, namespace)
    subject = _found(request.probe.subject, namespace, report)
    key = _probe_key(request, request.probe, subject)
    kept = _cache.get(key, ProbeTestResult)
    if kept is not None:
        return kept
    result = causal_test(subject, request.model_copy(update={"job": None}), examples, report)
    _cache.keep(key, result)
    return result


def _probe_key(request: ProbeRequest | ProbeTestRequest, probe: ProbeRequest, subject: Subject) -> Key | None:
    """A table in the kernel may hold something else by now, under the same name: nothing is kept for it."""
    return None if isinstance(probe.examples, FrameExamples) else key_of(request, subject)


def audit(request: AuditRequest, namespace: Mapping[str, Any], shell: Any) -> AuditResult | AuditPreview:
    report = _started(request.job, shell)
    from ..auditing.answering import answer

    asked, source = request.model_copy(update={"job": None}), request.model
    if isinstance(source, EndpointSourceRef):
        # Another model may stand behind the address by now: nothing is kept for it but its ledger.
        return answer(asked, None, report)
    subject = _found(source.subject, namespace, report)
    key = key_of(asked, subject)
    kept = _cache.get(key, AuditResult)
    if kept is not None:
        return kept
    result = answer(asked, subject, report)
    if isinstance(result, AuditResult) and result.complete:
        _cache.keep(key, result)
    return result


def black_box(
    request: BlackBoxRequest, namespace: Mapping[str, Any], shell: Any
) -> BlackBoxResult | AuditPreview:
    report = _started(request.job, shell)
    from ..black_box.call import answer

    asked, source = request.model_copy(update={"job": None}), request.model
    if isinstance(source, EndpointSourceRef):
        return answer(asked, None, report)
    subject = _found(source.subject, namespace, report)
    key = key_of(asked, subject)
    kept = _cache.get(key, BlackBoxResult)
    if kept is not None:
        return kept
    result = answer(asked, subject, report)
    if isinstance(result, BlackBoxResult) and result.complete:
        _cache.keep(key, result)
    return result


def _explained_or_refused(subject: Subject, request: ExplainRequest, report: Report) -> AttributionResult:
    """One row among others: what has no room for it may have room for the next."""
    try:
        return _explained(subject, request, report)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        said = not_enough_memory(error)
        raise GlasspaneError(said.code, said.message, said.next_step, detail=said.detail) from error
