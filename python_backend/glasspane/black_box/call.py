"""``gp.explain_black_box``: asked for from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..api import as_prompt
from ..auditing.asked_model import asked_model, source_of
from ..auditing.budget import Budget, PaidSource
from ..auditing.call import asked_of, not_as_asked
from ..auditing.ledger import Ledger
from ..auditing.source import Source
from ..black_box_explanation import BlackBoxExplanation
from ..display.progress import shown_progress
from ..kernel.progress import Report, silent
from ..protocol.audit import AuditPreview
from ..protocol.black_box import BlackBoxRequest, BlackBoxResult
from ..subjects import Subject
from .explaining import BlackBox


def explain_black_box(
    model_or_endpoint: Any,
    *rest: Any,
    prompt: Any = None,
    method: str = "occlusion",
    grain: str = "sentences",
    answer: str | None = None,
    template: str = "raw",
    **options: Any,
) -> BlackBoxExplanation | AuditPreview:
    """On which words, sentences or messages of a prompt does the answer depend? By asking alone, so for APIs too.

    Called as ``explain_black_box(gp.endpoint(url, name), prompt)``, ``explain_black_box(subject, prompt)`` or
    ``explain_black_box(model, tokenizer, prompt)``; the prompt is a string or a list of chat messages. Versions of it
    with pieces missing are asked, and the answer is looked for behind each: by its log-probability where it is short
    and the model tells, else by the share of sampled replies that give it, with intervals.

    ``method``: ``"occlusion"``, ``"lime"`` or ``"partition_shap"``. ``grain``: ``"words"``, ``"sentences"`` or
    ``"messages"``. ``answer``: the answer in question (None: the model's own). Further ``options`` are those of
    :class:`~glasspane.protocol.black_box.BlackBoxRequest`: ``replacement`` (``"delete"`` or a text), ``score``
    (``"auto"``, ``"log_prob"``, ``"agreement"``), ``samples`` (20 replies to each version), ``maskings`` (64 versions
    at most), ``reading`` (``{"marker": …}`` or ``{"pattern": …}``: how the answer is found in replies),
    ``temperature``, ``top_p``, ``max_tokens``, ``seed``, ``budget`` (``{"calls": …, "tokens": …}``), ``prices``,
    ``ledger`` (a file: a second run asks nothing twice), and ``preview`` (nothing is asked but for the answer, what it
    would cost is told). Raises :class:`GlasspaneError` with a sentence and a next step.
    """
    given = [model_or_endpoint, *rest]
    if prompt is None:
        if len(given) < 2:
            raise TypeError("explain_black_box() needs a prompt")
        prompt = given.pop()
    model = asked_model(given)
    asked = {
        **options,
        "model": model.reference,
        "prompt": as_prompt(prompt, template),
        "method": method,
        "grain": grain,
        "answer": answer,
    }
    try:
        request = BlackBoxRequest.model_validate(asked)
    except ValidationError as problem:
        raise not_as_asked(problem, "gp.explain_black_box") from problem
    with shown_progress() as report:
        result = run(model.source, request, code_of(request, model.subject), report)
    return result if isinstance(result, AuditPreview) else BlackBoxExplanation(result)


def run(
    source: Source, request: BlackBoxRequest, code: str, report: Report = silent
) -> BlackBoxResult | AuditPreview:
    """By any source, behind its ledger and budget."""
    path = None if request.ledger is None else Path(request.ledger).expanduser()
    budget = Budget(request.budget.calls, request.budget.tokens)
    with Ledger(path) as ledger:
        asked = BlackBox(PaidSource(source, ledger, budget), request, code, report)
        return asked.preview() if request.preview else asked.run()


def code_of(request: BlackBoxRequest, found: Subject | None = None) -> str:
    """The Python call that gives a request's result again: what differs from the defaults."""
    return f"gp.explain_black_box({asked_of(request, found)})"


def answer(request: BlackBoxRequest, found: Subject | None, report: Report) -> BlackBoxResult | AuditPreview:
    """As a kernel answers it; ``found``: the model that the request names, None where it names an endpoint."""
    return run(source_of(request.model, found), request, code_of(request, found), report)
