"""Does a map say what the model does? Its figures, each beside the same figure of random rankings."""

from __future__ import annotations

import time

import torch

from ...errors import GlasspaneError
from ...figures import whole_percent
from ...kernel.progress import Report, part_of, silent
from ...protocol import (
    AttributionResult,
    CheckRequest,
    Cost,
    FaithfulnessResult,
    SubjectCard,
)
from ...subjects import Subject
from ...subjects.architecture import Meter, run
from ...subjects.guard import unharmed
from ...version import glasspane_version
from ..by_masking.masking import MaskedPrompt
from ..call import check_call
from ..evaluation import Evaluator, refuse_non_finite
from ..explain import read_asked, spelt_out
from ..memory import rows_that_fit
from ..outcome import Task
from .evidence import CheckedMap, by_erasure, by_noise, by_removal, curve, removal_curves
from .figure_table import FIGURES
from .figures import Found, beside_random
from .measures import Measures, measured_phrase, measures_of, objective_of
from .rankings import order_of, random_orders
from .verdicts import overall_sentence, taken_together


def check(
    subject: Subject, request: CheckRequest, attribution: AttributionResult, report: Report = silent
) -> FaithfulnessResult:
    """The faithfulness figures of ``attribution``, an explanation of ``request.explain`` on ``subject``.

    Tokens are ranked by the sum of their rows' scores. Everything drawn comes from generators of its
    own, seeded by ``request.seed``. Raises :class:`GlasspaneError` for everything a person can mend,
    and ``Cancelled`` from ``report``. Model, tokenizer and random state are as before in every case.
    """
    began = time.perf_counter()
    with unharmed(subject):
        about = subject.card()
        report(0.0, "predicting")
        task, measures = _prepared(subject, attribution)
        masked = MaskedPrompt(task, request.replacement)
        checked = _map_of(attribution, masked, task, measures, request)
        curves = removal_curves(checked, masked, part_of(report, 0.0, 0.6))
        found = by_removal(checked, curves)
        found |= by_erasure(checked, part_of(report, 0.6, 0.8))
        found["sensitivity_max"] = by_noise(checked, attribution, part_of(report, 0.8, 1.0))

    random = checked.random
    together = taken_together(
        [
            figure.column(name)
            for name, figure in found.items()
            if isinstance(figure, Found) and FIGURES[name].together
        ],
        random.every,
    )
    beats = 1.0 - together.as_good
    measured = measured_phrase(measures, attribution.target)
    confidence = None if measures.number else float(curves.whole.probability)
    return FaithfulnessResult(
        glasspane=glasspane_version(),
        subject=about,
        method=attribution.method,
        target=attribution.target,
        figures=[
            beside_random(row.name, found[row.name], measured, masked.phrase, measures.number)
            for row in FIGURES.values()
        ],
        curves=[curve(checked, curves, "deletion"), curve(checked, curves, "insertion")],
        measured=measured,
        replacement=masked.phrase,
        ranked=_ranked(attribution),
        tokens=len(checked.places),
        rankings=random.count,
        every_ranking=random.every,
        verdict=together.verdict,
        beats=beats,
        sentence=overall_sentence(together, beats, random.count, random.every, len(checked.places)),
        confidence=confidence,
        confidence_sentence=_confidence(confidence, measured),
        maskings=masked.evaluations,
        maskings_asked=2 * (1 + random.count) * len(curves.counts),
        warnings=_warnings(about, attribution, checked),
        cost=Cost(
            seconds=time.perf_counter() - began,
            forwards=task.evaluator.meter.forwards,
            backwards=task.evaluator.meter.backwards,
        ),
        code=check_call(attribution.request, subject, request),
        request=request.model_copy(update={"job": None, "explain": attribution.request}),
    )


def _map_of(
    attribution: AttributionResult,
    masked: MaskedPrompt,
    task: Task,
    measures: Measures,
    request: CheckRequest,
) -> CheckedMap:
    scores = torch.tensor(attribution.scores, dtype=torch.float64).sum(0)[masked.players]
    random = random_orders(len(masked.players), request.rankings, torch.Generator().manual_seed(request.seed))
    # Another stream than that of the rankings: tied scores must not fall as the first of those does.
    order = order_of(scores, torch.Generator().manual_seed(request.seed + 1))
    return CheckedMap(task, measures, scores, masked.players, order, random, request.seed)


def _prepared(subject: Subject, attribution: AttributionResult) -> tuple[Task, Measures]:
    """The prompt read anew, with an evaluator of all that is looked at."""
    read = read_asked(subject, spelt_out(attribution))
    if read.given.ids[0].tolist() != [token.id for token in attribution.tokens]:
        raise GlasspaneError(
            "bad_request",
            f"{subject.name} reads this prompt as other tokens than those that were explained.",
            "Check an explanation with the model and tokenizer it was made with.",
        )
    rows = rows_that_fit(subject, read.given.length, read.keep, eager=False)
    meter = Meter()
    with torch.no_grad():
        forward = run(subject, read.given, keep=read.keep, meter=meter)
    refuse_non_finite(forward.logits, "logits")
    ids = attribution.target.ids
    if len(ids) > read.keep or max([*ids, *attribution.target.versus_ids]) >= forward.logits.shape[-1]:
        raise GlasspaneError(
            "bad_request",
            f"{subject.name} does not score what was explained.",
            "Check an explanation with the model it was made with.",
        )
    measures = measures_of(subject, objective_of(subject, attribution.target, read.keep))
    return Task(
        attribution.method.name,
        subject,
        read,
        Evaluator(subject, read.given, measures, rows, meter),
        forward.embeddings.detach(),
        measures(forward.logits)[0],
        attribution.method.options,
        lambda _: attribution,
    ), measures


def _ranked(attribution: AttributionResult) -> str:
    how = (
        "by signed score: what pushes hardest for the answer first"
        if attribution.method.signed
        else "by score, which has a size but no sign: the largest first"
    )
    rows = len(attribution.scores)
    return how if rows == 1 else f"{how}; of its {rows} rows, their sum"


def _warnings(about: SubjectCard, attribution: AttributionResult, checked: CheckedMap) -> list[str]:
    said = []
    if about.weights != attribution.subject.weights:
        said.append("The model's weights are others than those that were explained.")
    if not attribution.checks.complete:
        said.append("The explanation is a partial one: its run was not finished.")
    if checked.flat:
        said.append("All scores are the same: they rank nothing, and stand for the mean of all rankings.")
    return said


def _confidence(likely: float | None, measured: str) -> str:
    if likely is None:
        return "The model predicts a number and does not say how sure it is."
    said = measured[0].upper() + measured[1:]
    return (
        f"{said} is {whole_percent(likely)}: that is how sure the model is, not how true the explanation is."
    )
