"""A probe at every layer, from request to result: read activations, cross-validate, compare with the control task."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from ..attribution.explain import IN_TRAINING
from ..kernel.progress import Report, part_of, silent
from ..protocol import Cost, PartialResult, ProbeLayer, ProbeRequest, ProbeResult, SubjectCard
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..version import glasspane_version
from .activations import read_activations
from .call import probe_call
from .classifier import HeldOut, balanced_accuracy, held_out, inner_seen, inner_unseen
from .examples import Examples, refuse_too_few
from .folds import Fold, Integers, control_labels, refuse_missing, seen_groups, unseen_groups
from .intervals import Floats, mean_of, share_of
from .sentences import CANNOT_BE_LEARNED, INTERVALS, probe_sentence
from .stream import blocks_of, chosen_layers, site_name

READING = 0.3
"""Share of the progress that reading activations is."""

AGAIN = 1.0
"""Seconds after which the layers that are there by now are told once more."""


@dataclass(frozen=True)
class _Plan:
    """What is the same for every layer: labels, random labels, and who is held out with whom."""

    y: Integers
    control: Integers
    groups: Integers
    majority: float
    unseen: list[Fold]
    seen: list[Fold] | None  # None: every group is one example, so the folds above split none either
    seed: int


def probe(
    subject: Subject, request: ProbeRequest, examples: Examples, report: Report = silent
) -> ProbeResult:
    """Fit a linear classifier to the stream at every layer of ``request``, on ``examples``, which it names.

    Raises :class:`GlasspaneError` for everything a person can mend (``bad_examples``, ``bad_option``,
    ``non_finite``, ``not_enough_memory``, ``unsupported_model``), and ``Cancelled`` from ``report`` between batches
    and folds; its last partial result has the layers that were there by then. Model, tokenizer and random state are
    as before in every case.
    """
    began = time.perf_counter()
    refuse_too_few(examples, request.folds)
    blocks = blocks_of(subject)
    chosen = chosen_layers(request.layers, len(blocks))
    plan = _plan(examples, request)
    meter, stages = Meter(), {}
    with unharmed(subject) as was_training:
        read = read_activations(subject, blocks, chosen, examples.rows, part_of(report, 0.0, READING), meter)
        about = subject.card()
        stages["activations"] = time.perf_counter() - began
    layers: list[ProbeLayer] = []
    converged = True

    def assembled() -> ProbeResult:
        """Of the layers that are there by now."""
        seconds = time.perf_counter() - began
        return _assembled(
            subject,
            request,
            examples,
            plan,
            layers,
            asked=len(chosen),
            about=about,
            warnings=[*read.warnings, *_warnings(subject, examples, converged, was_training)],
            cost=Cost(
                seconds=seconds,
                stages={**stages, "probes": seconds - stages["activations"]},
                forwards=meter.forwards,
            ),
        )

    watched = report if report is silent else _LayerByLayer(report, layers, assembled)
    for place, layer in enumerate(chosen):
        span = (1 - READING) / len(chosen)
        site = site_name(layer, len(blocks))
        at_layer = part_of(watched, READING + place * span, READING + (place + 1) * span)
        x = read.at.pop(layer).astype(np.float64)
        found, fine = _probe_layer(layer, site, x, plan, at_layer)
        layers.append(found)
        converged = converged and fine
    report(1.0, "done")
    return assembled()


class _LayerByLayer:
    """A :class:`Report` that adds the layers that are there by now, whenever there is one more.

    And again every second, for a report may be dropped among others: what was last seen is what a cancel keeps.
    """

    def __init__(
        self, report: Report, layers: Sequence[ProbeLayer], assembled: Callable[[], ProbeResult]
    ) -> None:
        self._report, self._layers, self._assembled = report, layers, assembled
        self._told = 0
        self._told_at = 0.0

    def __call__(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        now = time.monotonic()
        if len(self._layers) > self._told or (self._told and now - self._told_at >= AGAIN):
            partial, self._told, self._told_at = self._assembled(), len(self._layers), now
        self._report(fraction, stage, partial)


def _warnings(subject: Subject, examples: Examples, converged: bool, was_training: bool) -> list[str]:
    warnings = []
    if not examples.groups_repeat:
        warnings.append(CANNOT_BE_LEARNED)
    if not converged:
        warnings.append(
            "Some classifiers had not converged after 2,000 steps: their accuracy may be a little higher."
        )
    if was_training:
        warnings.append(IN_TRAINING)
    if subject.has_chat_template:
        warnings.append("A chat model read these texts raw, without its chat template.")
    return warnings


def _assembled(
    subject: Subject,
    request: ProbeRequest,
    examples: Examples,
    plan: _Plan,
    layers: Sequence[ProbeLayer],
    *,
    asked: int,
    about: SubjectCard,
    warnings: list[str],
    cost: Cost,
) -> ProbeResult:
    best = max(layers, key=lambda each: (each.accuracy, -each.layer))
    return ProbeResult(
        glasspane=glasspane_version(),
        versions=_versions(),
        subject=about,
        task=examples.task,
        read_at=examples.read_at,
        grouped_by=examples.grouped_by,
        classes=examples.classes(),
        examples=len(examples.rows),
        groups=len(np.unique(plan.groups)),
        groups_repeat=examples.groups_repeat,
        samples=examples.samples(),
        majority=plan.majority,
        layers=list(layers),
        asked=asked,
        complete=len(layers) == asked,
        best=best.layer,
        sentence=probe_sentence(examples, layers, plan.majority, asked),
        intervals=INTERVALS,
        warnings=warnings,
        cost=cost,
        code=probe_call(request, subject),
        request=request.model_copy(update={"job": None, "subject": subject.ref}),
    )


def _plan(examples: Examples, request: ProbeRequest) -> _Plan:
    y, groups = examples.y, examples.groups
    return _Plan(
        y,
        control_labels(y, groups, request.seed),
        groups,
        examples.majority,
        refuse_missing(unseen_groups(y, groups, request.folds, request.seed), request.folds),
        refuse_missing(seen_groups(y, request.folds, request.seed), request.folds)
        if examples.groups_repeat
        else None,
        request.seed,
    )


def _probe_layer(layer: int, site: str, x: Floats, plan: _Plan, report: Report) -> tuple[ProbeLayer, bool]:
    """The layer's figures, and whether every classifier converged."""
    y, groups, seed = plan.y, plan.groups, plan.seed
    runs = 2 if plan.seen is None else 3

    def validated(run: int, labels: Integers, folds: Sequence[Fold]) -> HeldOut:
        split = (
            inner_unseen(labels, groups, seed)
            if folds is plan.unseen and labels is y
            else inner_seen(labels, seed)
        )
        return held_out(
            x,
            labels,
            folds,
            split,
            lambda fold: report((run + fold / len(folds)) / runs, f"{site}: {_STAGES[run]}, fold {fold + 1}"),
        )

    honest = validated(0, y, plan.unseen)
    control = validated(1, plan.control, plan.seen or plan.unseen)
    seen = honest if plan.seen is None else validated(2, y, plan.seen)
    right, seen_right = honest.predicted == y, seen.predicted == y
    control_right = control.predicted == plan.control
    accuracy, chance = share_of(right, groups), share_of(control_right, groups)
    selectivity = mean_of(seen_right.astype(float) - control_right.astype(float), groups)
    found = ProbeLayer(
        layer=layer,
        site=site,
        accuracy=accuracy.value,
        low=accuracy.low,
        high=accuracy.high,
        balanced_accuracy=balanced_accuracy(y, honest.predicted),
        seen_accuracy=float(seen_right.mean()),
        control_accuracy=chance.value,
        control_low=chance.low,
        control_high=chance.high,
        selectivity=selectivity.value,
        selectivity_low=selectivity.low,
        selectivity_high=selectivity.high,
        regularisation=float(np.median(honest.strengths)),
        decodable=accuracy.low > plan.majority,
    )
    return found, honest.converged and control.converged and seen.converged


_STAGES = ("probe", "control task", "probe on the control task's folds")


def _versions() -> dict[str, str]:
    names = ("torch", "transformers", "scikit-learn")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
