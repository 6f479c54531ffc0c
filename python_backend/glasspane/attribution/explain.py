"""One attribution from request to result: read, predict, resolve the target, run the method."""

from __future__ import annotations

import platform
import time
from functools import lru_cache

import torch
import transformers

from ..errors import GlasspaneError
from ..figures import percent
from ..kernel.progress import Report, silent
from ..kernel.stages import Stages
from ..protocol import (
    AttentionRequest,
    AttributionResult,
    Checks,
    CompletionTarget,
    Cost,
    ExplainRequest,
    MethodCard,
    Prompt,
    SubjectCard,
    TextPrompt,
)
from ..subjects import Subject
from ..subjects.architecture import Meter, run
from ..subjects.guard import unharmed
from ..subjects.prompt import ReadPrompt, read_prompt
from ..subjects.tokens import printable
from ..version import glasspane_version
from .call import python_call
from .evaluation import Evaluator, refuse_non_finite
from .generation import greedy_completion
from .memory import rows_that_fit
from .methods import method, resolve_options
from .outcome import Outcome, Task
from .targets import (
    Objective,
    card,
    forgotten_space,
    is_regression,
    predictions,
    refuse_completion,
    resolve,
)
from .trust.check_cost import estimated_seconds

IN_TRAINING = "The model is in training mode; it was explained in evaluation mode (no dropout)."

UNSURE_BELOW = 0.2
"""Top-1 probability under which the prompt may lie outside what a language model knows."""


def explain(subject: Subject, request: ExplainRequest, report: Report = silent) -> AttributionResult:
    """Attribute ``request.target`` to the tokens of ``request.prompt``.

    Raises :class:`GlasspaneError` for everything a person can mend, and ``Cancelled`` from
    ``report``. Model, tokenizer and random state are as before in every case.
    """
    row = method(request.method)
    options = resolve_options(row, request.options)
    if subject.family not in row.spec.families:
        raise GlasspaneError(
            "unsupported_model",
            f"{row.spec.label} does not work on this kind of model.",
            "Choose another method.",
        )
    stages = Stages()
    with stages.named("load method"):
        function = row.load()
    with unharmed(subject) as was_training:
        with stages.named("tokenise"):
            read = read_asked(subject, request, report)
        keep = read.keep
        rows_at_once = rows_that_fit(subject, read.given.length, keep, row.reads_attention)
        report(0.0, "predicting")
        with stages.named("predict"):
            meter = Meter()
            with torch.no_grad():
                forward = run(subject, read.given, keep=keep, meter=meter)
            refuse_non_finite(forward.logits, "logits")
            # [position, vocabulary]: the first kept position predicts what follows the prompt.
            logits = forward.logits[0] if forward.logits.ndim == 3 else forward.logits
            objective = resolve(subject, request.target, request.score, read, logits[0])
            values = objective(forward.logits)[0]

        with stages.named("fingerprint"):
            about = subject.card()

        def finished(outcome: Outcome, complete: bool = True) -> AttributionResult:
            return _result(
                subject,
                request,
                read,
                objective,
                logits,
                values,
                outcome,
                options,
                stages,
                meter,
                about=about,
                was_training=was_training,
                complete=complete,
            )

        embeddings = forward.embeddings.detach()
        evaluator = Evaluator(
            subject, read.given, objective, rows_at_once, meter, known=(embeddings, values[None])
        )
        task = Task(
            row.spec.name,
            subject,
            read,
            evaluator,
            embeddings,
            values,
            options,
            lambda outcome: finished(outcome, False),
        )
        with stages.named("method"):
            if row.paints_gradient_first:
                _paint_first(task, report)
            outcome = function(task, report)
        return finished(outcome)


def read_asked(
    subject: Subject, request: ExplainRequest | AttentionRequest, report: Report = silent
) -> ReadPrompt:
    """The prompt with its completion as the model reads them; one that nobody wrote is generated."""
    target = request.target
    if not isinstance(target, CompletionTarget):
        return read_prompt(subject, request.prompt)
    refuse_completion(subject)
    if target.text is not None:
        return read_prompt(subject, request.prompt, target.text)
    report(0.0, "generating")
    ids, text = greedy_completion(subject, read_prompt(subject, request.prompt), target.tokens, report)
    read = read_prompt(subject, request.prompt, text)
    if read.completion_ids != ids:
        read.warnings.append(
            "The model's own completion, read as text, is other tokens than it wrote; the text is explained."
        )
    return read


def spelt_out(attribution: AttributionResult) -> ExplainRequest:
    """The request with the completion that the model wrote spelt out: it need not write it again."""
    request = attribution.request
    if not isinstance(request.target, CompletionTarget) or request.target.text is not None:
        return request
    said = next((segment for segment in attribution.segments if segment.role == "completion"), None)
    if said is None:
        raise GlasspaneError(
            "bad_request",
            "This explanation is of a completion, but does not hold it.",
            "Explain the prompt anew.",
        )
    target = request.target.model_copy(update={"text": attribution.text[said.start : said.end]})
    return request.model_copy(update={"target": target})


def _paint_first(task: Task, report: Report) -> None:
    """Gradient × input costs one pass and paints while the method asked for still runs."""
    if report is silent:
        return
    from .by_gradient.gradients import input_x_gradient

    try:
        first = task.partial(input_x_gradient(task, silent))
    except GlasspaneError as problem:
        if problem.code != "unsupported_model":
            raise
        return  # no gradient flows: methods without gradients need none
    quick = method("input_x_gradient")
    shown = first.model_copy(
        update={
            "method": MethodCard(
                name=quick.spec.name, label=quick.spec.label, signed=True, options={}, note=quick.note
            )
        }
    )
    report(0.01, "refining", shown)


def _result(
    subject: Subject,
    request: ExplainRequest,
    read: ReadPrompt,
    objective: Objective,
    logits: torch.Tensor,
    values: torch.Tensor,
    outcome: Outcome,
    options: dict[str, bool | int | float | str],
    stages: Stages,
    meter: Meter,
    *,
    about: SubjectCard,
    was_training: bool,
    complete: bool,
) -> AttributionResult:
    row = method(request.method)
    # As they were understood: numpy's numbers are none to JSON, nor to whoever pastes the call.
    request = request.model_copy(update={"options": {name: options[name] for name in request.options}})
    refuse_non_finite(outcome.scores, "scores")
    likely = predictions(subject, logits[0])
    if is_regression(subject):
        likely = [likely[0].model_copy(update={"probability": 1.0})]
    warnings = [*read.warnings, *outcome.warnings]
    if meant := forgotten_space(subject, request.target, logits[0]):
        warnings.insert(0, meant)
    if was_training:
        warnings.append(IN_TRAINING)
    if subject.family == "causal_lm" and likely[0].probability < UNSURE_BELOW:
        warnings.append(
            f"The model is unsure here: its likeliest next token has {percent(likely[0].probability)}. "
            "A faithful story about a guess is still about a guess."
        )
    if subject.has_chat_template and read.template == "raw":
        warnings.append("A chat model read this text raw, without its chat template.")
    result = AttributionResult(
        glasspane=glasspane_version(),
        versions=library_versions(),
        subject=about,
        text=read.text,
        rendered=read.rendered,
        template=read.template,
        segments=read.segments,
        tokens=read.tokens,
        target=card(subject, objective, request.target, values, logits, read),
        predictions=likely,
        method=MethodCard(
            name=row.spec.name,
            label=row.spec.label,
            signed=row.spec.signed,
            options=options,
            baseline=outcome.baseline,
            note=row.note,
        ),
        scores=outcome.scores.double().tolist(),
        margins=None if outcome.margins is None else outcome.margins.double().tolist(),
        checks=Checks(
            completeness_gap=outcome.completeness_gap,
            completeness_difference=outcome.completeness_difference,
            baseline_value=outcome.baseline_value,
            steps=outcome.steps,
            converged=outcome.converged,
            largest_move=outcome.largest_move,
            surrogate_r2=outcome.surrogate_r2,
            sink_share=_sink_share(outcome, read),
            complete=complete,
        ),
        warnings=warnings,
        cost=Cost(
            seconds=time.perf_counter() - stages.began,
            stages=dict(stages.seconds),
            forwards=meter.forwards,
            backwards=meter.backwards,
        ),
        code=python_call(request, subject),
        request=request.model_copy(
            update={"job": None, "subject": subject.ref, "prompt": sendable(request.prompt)}
        ),
    )
    checks = result.checks.model_copy(update={"check_seconds": estimated_seconds(result)})
    return result.model_copy(update={"checks": checks})


def sendable(prompt: Prompt) -> Prompt:
    """As it was read: JSON takes no half surrogate pairs."""
    if isinstance(prompt, TextPrompt):
        return prompt.model_copy(update={"text": printable(prompt.text)})
    return prompt


def _sink_share(outcome: Outcome, read: ReadPrompt) -> float | None:
    """Share of |score| on added tokens and on the first position, where attention sinks."""
    size = outcome.scores.abs().sum()
    if float(size) == 0.0:
        return None
    sinks = [i for i, token in enumerate(read.tokens) if token.special or i == 0]
    return float(outcome.scores[:, sinks].abs().sum() / size)


@lru_cache(maxsize=1)
def library_versions() -> dict[str, str]:
    """Versions that a result depends on."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "transformers": str(transformers.__version__),
    }
