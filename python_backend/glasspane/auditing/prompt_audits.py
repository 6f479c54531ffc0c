"""The audits of all prompts of a file: one that fails does not stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import GlasspaneError
from ..kernel.progress import Report, silent
from ..protocol.audit import (
    AuditPreview,
    AuditRequest,
    AuditResult,
    AuditSource,
    EndpointSourceRef,
    SubjectSource,
)
from ..protocol.errors import ErrorResult
from ..protocol.message import Message
from ..subjects import Subject
from .asked_model import in_kernel
from .audit import Audit
from .budget import Budget, BudgetSpent, PaidSource
from .call import code_of
from .endpoint_source import endpoint_of
from .ledger import Ledger, Spent
from .passing import shortfalls
from .prompt_file import FilePrompt
from .source import Source


class PromptAudit(Message):
    """What came of one prompt: a result, a preview, or the error that kept it from being audited."""

    name: str
    line: int
    column: int
    end_line: int
    end_column: int
    passed: bool
    why: dict[str, str]
    """Why it did not pass, a sentence by a short name."""
    seconds: float
    calls: int
    tokens: int
    result: AuditResult | None = None
    preview: AuditPreview | None = None
    error: ErrorResult | None = None


class FileAudit(Message):
    """Of every prompt of a file that the run came to; ``asked`` counts all of them."""

    kind: str = "file_audit"
    file: str
    require: str
    asked: int
    prompts: list[PromptAudit]

    @property
    def passed(self) -> bool:
        return len(self.prompts) == self.asked and all(each.passed for each in self.prompts)


class Sources:
    """Models and endpoints, each opened once, when the first prompt needs it."""

    def __init__(self) -> None:
        self._opened: dict[str, tuple[Source, Subject | None]] = {}
        self._refused: dict[str, GlasspaneError] = {}

    def of(self, model: AuditSource) -> tuple[Source, Subject | None]:
        """Raises what opening raises, once more for each prompt that needs it, without trying again."""
        key = model.model_dump_json()
        if key in self._refused:
            raise self._refused[key]
        if key not in self._opened:
            try:
                self._opened[key] = self._open(model)
            except GlasspaneError as problem:
                self._refused[key] = problem
                raise
        return self._opened[key]

    def _open(self, model: AuditSource) -> tuple[Source, Subject | None]:
        if isinstance(model, EndpointSourceRef):
            return endpoint_of(model, key_needed=True), None
        from ..subjects.load import resolve

        found = resolve(model.subject, {})
        return in_kernel(found), found


def audit_all(
    prompts: Sequence[FilePrompt],
    sources: Sources,
    *,
    require: str,
    budget: Budget | None = None,
    preview: bool = False,
    report: Callable[[FilePrompt], Report] = lambda prompt: silent,
) -> Iterator[PromptAudit]:
    """Audit one prompt after the other. ``budget`` caps all of them together; a prompt's own caps hold as well."""
    left = budget or Budget()
    for prompt in prompts:
        found = _audit(prompt, sources, require, left, preview, report(prompt))
        left = Budget(
            None if left.calls is None else max(0, left.calls - found.calls),
            None if left.tokens is None else max(0, left.tokens - found.tokens),
        )
        yield found


def _audit(
    prompt: FilePrompt, sources: Sources, require: str, left: Budget, preview: bool, report: Report
) -> PromptAudit:
    started, spent = time.perf_counter(), Spent()
    result: AuditResult | AuditPreview | None = None
    error: ErrorResult | None = None
    try:
        source, found = sources.of(prompt.request.model)
        request = prompt.request if found is None else _of(prompt.request, found)
        path = None if request.ledger is None else Path(request.ledger).expanduser()
        with Ledger(path) as ledger:
            paid = PaidSource(source, ledger, _tighter(request, left))
            try:
                audit = Audit(paid, request, code_of(request, found), report)
                result = audit.preview() if preview else audit.run()
            finally:
                spent = paid.spent
    except BudgetSpent as problem:
        error = problem.result
        own = prompt.request.budget
        if _tighter(prompt.request, left) != Budget(own.calls, own.tokens):
            error = error.model_copy(update={"message": "The budget of all prompts together is spent."})
    except GlasspaneError as problem:
        error = problem.result
    except ModuleNotFoundError:
        raise  # the installation's fault, and so every prompt's
    except Exception as problem:
        error = ErrorResult(
            code="internal",
            message=f"The audit failed: {type(problem).__name__}: {problem}.",
            next_step="Tell the authors of Glasspane; the other prompts went on.",
        )
    if isinstance(result, AuditResult):
        why = shortfalls(result, require)
    else:
        why = {} if error is None else {error.code: f"{error.message} {error.next_step}".strip()}
    place = prompt.place
    return PromptAudit(
        name=prompt.name,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        passed=not why,
        why=why,
        seconds=time.perf_counter() - started,
        calls=spent.calls,
        tokens=spent.tokens,
        result=result if isinstance(result, AuditResult) else None,
        preview=result if isinstance(result, AuditPreview) else None,
        error=error,
    )


def _of(request: AuditRequest, found: Subject) -> AuditRequest:
    return request.model_copy(update={"model": SubjectSource(subject=found.ref)})


def _tighter(request: AuditRequest, left: Budget) -> Budget:
    """A prompt's own caps and what is left of those of all, whichever is less."""
    own = Budget(request.budget.calls, request.budget.tokens)
    calls = [each for each in (own.calls, left.calls) if each is not None]
    tokens = [each for each in (own.tokens, left.tokens) if each is not None]
    return replace(own, calls=min(calls, default=None), tokens=min(tokens, default=None))
