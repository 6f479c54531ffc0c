"""``gp.audit``: an audit asked for from Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..api import as_prompt
from ..chain_audit import ChainAudit
from ..display.progress import shown_progress
from ..errors import GlasspaneError
from ..kernel.progress import Report, silent
from ..protocol import Prompt
from ..protocol.audit import AuditPreview, AuditRequest, AuditResult, EndpointSourceRef
from ..protocol.black_box import BlackBoxRequest
from ..subjects import Subject
from ..subjects.tokens import printable
from .asked_model import asked_model
from .audit import Audit
from .budget import Budget, PaidSource
from .endpoint_source import EndpointSource
from .ledger import Ledger
from .source import Source


def audit(
    subject_or_model: Any,
    *rest: Any,
    prompt: Any = None,
    reference: str | None = None,
    tests: Sequence[str] | None = None,
    template: str = "raw",
    **options: Any,
) -> ChainAudit | AuditPreview:
    """Which steps of its reasoning does a model's answer rely on? Each is replaced by a wrong one, beside controls.

    Called as ``audit(subject, prompt)`` or ``audit(model, tokenizer, prompt)``; the prompt asks for reasoning and is a
    string or a list of chat messages. ``reference`` is the right answer, if it is known. ``tests``: some of
    injection, early_answering, consistency, paraphrase, filler, bias, plain. Further ``options`` are those of
    :class:`~glasspane.protocol.audit.AuditRequest`: ``samples`` (40 per arm), ``modes`` (``"continue"``, ``"swap"``),
    ``steps``, ``wrong``, ``chain``, ``temperature``, ``max_tokens``, ``answer``, ``delta``, ``seed``, ``budget``
    (``{"calls": …, "tokens": …}``), ``prices``, ``ledger`` (a file: a second run asks nothing twice), and ``preview``
    (nothing is tested, what it would cost is told). Raises :class:`GlasspaneError` with a sentence and a next step.
    """
    given = [subject_or_model, *rest]
    if prompt is None:
        if len(given) < 2:
            raise TypeError("audit() needs a prompt")
        prompt = given.pop()
    model = asked_model(given)
    asked = {
        **options,
        "model": model.reference,
        "prompt": prompt_to_send(prompt, template),
        "reference": None if reference is None else str(reference),
        **({} if tests is None else {"tests": list(tests)}),
    }
    try:
        request = AuditRequest.model_validate(asked)
    except ValidationError as problem:
        raise not_as_asked(problem) from problem
    with shown_progress() as report:
        result = run(model.source, request, code_of(request, model.subject), report)
    return result if isinstance(result, AuditPreview) else ChainAudit(result)


def endpoint(base_url: str, model: str, **how: Any) -> EndpointSource:
    """A model behind an OpenAI-compatible endpoint, to be audited: ``gp.audit(gp.endpoint(url, name), prompt)``.

    ``how``: ``key_variable`` (the environment variable that holds the key, OPENAI_API_KEY), ``timeout`` in seconds,
    ``concurrency`` and ``attempts``. Raises :class:`GlasspaneError` where the ``openai`` package is missing.
    """
    try:
        return EndpointSource(base_url, model, **how)
    finally:
        how.clear()  # a traceback that shows variables would show a key among them


def prompt_to_send(prompt: Any, template: str) -> Prompt:
    """Raises ``bad_request`` for what is none, and ``bad_option`` for half a surrogate pair: nothing can write that."""
    if isinstance(prompt, str) and printable(prompt) != prompt:
        raise GlasspaneError(
            "bad_option",
            "The prompt holds half of a letter (an unpaired surrogate).",
            "Write it anew: it was read in another encoding, or cut within a letter.",
        )
    return as_prompt(prompt, template)


def not_as_asked(problem: ValidationError, call: str = "gp.audit") -> GlasspaneError:
    """The first thing that is wrong with a request, by its name."""
    first = problem.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "the request"
    return GlasspaneError(
        "bad_option", f"{name}: {first['msg']}.", f"See {call}'s help for what can be asked."
    )


def run(
    source: Source,
    request: AuditRequest,
    code: str,
    report: Report = silent,
    partial: Callable[[AuditResult], None] | None = None,
) -> AuditResult | AuditPreview:
    """The audit by any source, behind its ledger and budget; ``partial`` hears of the result so far."""
    path = None if request.ledger is None else Path(request.ledger).expanduser()
    budget = Budget(request.budget.calls, request.budget.tokens)
    with Ledger(path) as ledger:
        asked = Audit(PaidSource(source, ledger, budget), request, code, report, partial)
        return asked.preview() if request.preview else asked.run()


def code_of(request: AuditRequest, found: Subject | None = None) -> str:
    """The Python call that gives a request's result again: what differs from the defaults."""
    return f"gp.audit({asked_of(request, found)})"


def asked_of(request: AuditRequest | BlackBoxRequest, found: Subject | None) -> str:
    """The arguments of such a call: the model or endpoint, the prompt, and the options that differ."""
    changed = request.model_dump(
        exclude_defaults=True, exclude={"model", "prompt", "job", "kind"}, mode="python"
    )
    prompt = request.prompt
    asked = repr(prompt.text if prompt.form == "text" else [each.model_dump() for each in prompt.messages])
    options = "".join(f", {name}={value!r}" for name, value in changed.items())
    if prompt.form == "text" and prompt.template == "chat":
        options += ', template="chat"'
    if isinstance(request.model, EndpointSourceRef):
        usual = EndpointSourceRef.model_fields["key_variable"].default
        variable = request.model.key_variable
        key = "" if variable == usual else f", key_variable={variable!r}"
        where = f"gp.endpoint({request.model.base_url!r}, {request.model.model!r}{key})"
    else:
        where = (
            "model, tokenizer"
            if found is None or found.ref.source == "kernel"
            else f"gp.subject({found.name!r})"
        )
    return f"{where}, {asked}{options}"
