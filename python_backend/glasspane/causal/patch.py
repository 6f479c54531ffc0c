"""One patching request from prompts to result: run each pair, sweep its cells, and say how far to trust the maps."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from ..attribution.evaluation import NO_GRADIENT
from ..attribution.explain import IN_TRAINING, library_versions, sendable
from ..attribution.targets import id_text, predictions
from ..errors import GlasspaneError
from ..kernel.progress import Report, part_of, silent
from ..kernel.stages import Stages
from ..protocol import AnswerToken, Cost, PatchRequest, PatchResult, PatchRun, PromptPair, SiteName
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..version import glasspane_version
from .anatomy import Anatomy
from .call import patch_call
from .cells import Cell, GridShape, grid_shape
from .grid import Check, Found, estimated, exact, strongest_first
from .maps import Sample, check_card, patch_maps, refusal
from .metrics import UserMetric
from .records import Recording
from .runs import PairOfRuns, run_pair
from .sites import SITES, Grid

WORTH_AN_ESTIMATE = 6_000
"""Tokens through layers from which exact values take longer than a person likes to wait for a first map."""


def patch(
    subject: Subject, request: PatchRequest, report: Report = silent, user: UserMetric | None = None
) -> PatchResult:
    """Patch every cell of the maps that ``request`` asks for; ``user`` is a metric of the caller's own.

    Raises :class:`GlasspaneError` for everything a person can mend, and ``Cancelled`` from ``report``, which has
    the cells that were known by then as its last partial result. Model, tokenizer and random state are as before
    in every case.
    """
    if subject.family != "causal_lm":
        raise GlasspaneError(
            "unsupported_model",
            f"Patching follows a prompt from left to right to the next token; {subject.name} predicts none.",
            "Use a causal language model, or explain this one by attribution.",
        )
    with unharmed(subject) as was_training:
        patching = _Patching(subject, request, user, was_training)
        return patching.result(report)


class _Patching:
    """One request on its way."""

    def __init__(
        self, subject: Subject, request: PatchRequest, user: UserMetric | None, was_training: bool
    ) -> None:
        self._subject = subject
        self._request = request
        self._user = user
        self._was_training = was_training
        self._stages = Stages()
        self._meter = Meter()
        self._anatomy = Anatomy(subject)
        self._about = subject.card()
        self._told: PairOfRuns | None = None
        self._shapes: list[GridShape] = []
        self._samples: list[Sample] = []
        self._first = 0

    def result(self, report: Report) -> PatchResult:
        pairs = self._request.pairs
        start = 0.0
        chosen: set[Cell] | None = None
        if self._request.exact < 1 and len(pairs) > 1:
            start = 0.3
            chosen = self._strongest_over_all(part_of(report, 0.0, start))
        step = (1 - start) / len(pairs)
        for index, pair in enumerate(pairs):
            first = start + index * step
            self._sweep(pair, part_of(report, first, first + step), chosen)
        return self._assembled(complete=True)

    # ── one pair ─────────────────────────────────────────────────────────────

    def _run(self, asked: PromptPair, report: Report) -> PairOfRuns:
        report(0.0, "running both prompts")
        wanted = report is not silent or self._request.exact < 1
        with self._stages.named("both prompts"):
            runs = self._recorded(asked, differentiable=wanted)
        if self._told is None:
            # What is drawn needs the first pair's words and answers, not its activations.
            self._told = replace(runs, base=_emptied(runs.base), other=_emptied(runs.other))
            self._shapes = self._shapes_of(runs.base)
            self._first = runs.first
        elif runs.read.tokens != self._told.read.tokens and any(
            shape.grid != "head" for shape in self._shapes
        ):
            raise GlasspaneError(
                "other_length",
                f"The pairs are {self._told.read.tokens} and {runs.read.tokens} tokens long; "
                "a map by position needs the same places in all of them.",
                "Ask for a map by head, or use pairs of one template.",
            )
        self._first = min(self._first, runs.first)
        return runs

    def _recorded(self, asked: PromptPair, differentiable: bool) -> PairOfRuns:
        """Both runs; where no gradient can be taken they are recorded without, unless estimates are asked for."""
        try:
            return run_pair(
                self._subject,
                self._anatomy,
                self._request,
                asked,
                self._user,
                self._meter,
                differentiable=differentiable,
            )
        except RuntimeError as problem:
            if not differentiable or not any(sign in str(problem) for sign in NO_GRADIENT):
                raise
            if self._request.exact < 1:
                raise no_estimates(self._subject) from problem
            return self._recorded(asked, differentiable=False)

    def _sweep(self, asked: PromptPair, report: Report, chosen: set[Cell] | None) -> None:
        runs = self._run(asked, report)
        cells = [cell for shape in self._shapes_for(runs) for cell in shape.cells()]
        found = Found()
        if self._estimates_pay(cells, runs, report):
            with self._stages.named("estimate"):
                found.estimated = estimated(runs, self._shapes_for(runs))
            self._meter.backwards += 1
        runs = replace(runs, base=runs.base.detached(), other=runs.other.detached())
        self._samples.append(Sample(*runs.values, found))

        def paint(done: float) -> None:
            if report is not silent and len(found.exact.keys() | found.estimated.keys()) >= len(cells):
                report(0.1 + 0.9 * done, "exact values", self._assembled(complete=False))

        if found.estimated:
            paint(0.0)
        order = strongest_first(cells, found.estimated, runs.base_value)
        if chosen is not None:
            order = [cell for cell in order if cell in chosen]
        elif self._request.exact < 1:
            order = order[: math.ceil(self._request.exact * len(order))]
        with self._stages.named("exact"):
            exact(runs, order, found, part_of(report, 0.1, 1.0), paint, self._request.seed, self._meter)

    def _estimates_pay(self, cells: Sequence[Cell], runs: PairOfRuns, report: Report) -> bool:
        if not runs.metric(runs.base.logits[None]).requires_grad:
            if self._request.exact < 1:
                raise no_estimates(self._subject)
            return False
        if self._request.exact < 1:
            return True
        if report is silent:
            return False
        tokens, layers = runs.base.tokens, self._anatomy.count
        work = sum(
            (tokens - (runs.first if cell.position is None else cell.position)) * (layers - cell.layer)
            for cell in cells
            if not runs.no_op(cell)
        )
        return work > WORTH_AN_ESTIMATE

    def _strongest_over_all(self, report: Report) -> set[Cell]:
        """Of several pairs: the cells with the largest mean estimated effect, the share that was asked for."""
        sums: dict[Cell, float] = {}
        for index, pair in enumerate(self._request.pairs):
            runs = self._run(pair, part_of(report, index / len(self._request.pairs), 1.0))
            with self._stages.named("estimate"):
                for cell, value in estimated(runs, self._shapes_for(runs)).items():
                    sums[cell] = sums.get(cell, 0.0) + value - runs.base_value
        order = sorted(sums, key=lambda cell: -abs(sums[cell]))
        return set(order[: math.ceil(self._request.exact * len(order))])

    # ── maps ─────────────────────────────────────────────────────────────────

    def _shapes_of(self, recording: Recording) -> list[GridShape]:
        return [
            self._shape(recording, asked.site, asked.grid).only(self._request.layers, self._request.heads)
            for asked in self._request.sites
        ]

    def _shapes_for(self, runs: PairOfRuns) -> list[GridShape]:
        return [replace(shape, positions=runs.read.tokens) for shape in self._shapes]

    def _shape(self, recording: Recording, name: SiteName, grid: Grid | None) -> GridShape:
        site = SITES[name]
        grid = grid or site.grids[0]
        if grid not in site.grids:
            raise GlasspaneError(
                "bad_option",
                f"{site.label} has no map by {grid.replace('_', ' and ')}.",
                f"Choose by {' or '.join(one.replace('_', ' and ') for one in site.grids)}.",
            )
        if ("q" if name == "pattern" else name) not in recording.layers[0].tensors:
            raise GlasspaneError(
                "unsupported_model",
                f"{self._about.architecture} does not show its {site.label.lower()}.",
                "Patch resid_pre, attn_out, mlp_out or z instead.",
            )
        return grid_shape(site, grid, recording)

    def _assembled(self, complete: bool) -> PatchResult:
        told, request, samples = self._told, self._request, self._samples
        assert told is not None
        noising = request.direction == "noising"
        refused = refusal(samples, self._shapes, noising)
        check = samples[0].found.check
        for sample in samples[1:]:
            check = check.and_also(sample.found.check)
        return PatchResult(
            glasspane=glasspane_version(),
            versions=library_versions(),
            subject=self._about,
            clean=self._card(told, 0),
            corrupted=self._card(told, 1),
            pairs=len(samples),
            first_difference=self._first,
            right=self._answer(told.right),
            wrong=self._answer(told.wrong),
            metric=told.metric.label,
            direction=request.direction,
            maps=patch_maps(samples, self._shapes, normalise=refused is None),
            refused=refused,
            check=check_card(check),
            complete=complete,
            warnings=self._warnings(told, check),
            cost=Cost(
                seconds=time.perf_counter() - self._stages.began,
                stages=dict(self._stages.seconds),
                forwards=self._meter.forwards,
                backwards=self._meter.backwards,
            ),
            code=patch_call(request, self._subject),
            request=request.model_copy(
                update={
                    "job": None,
                    "subject": self._subject.ref,
                    "pairs": [
                        pair.model_copy(
                            update={"clean": sendable(pair.clean), "corrupted": sendable(pair.corrupted)}
                        )
                        for pair in request.pairs
                    ],
                }
            ),
        )

    def _card(self, told: PairOfRuns, which: int) -> PatchRun:
        read = (told.read.clean, told.read.corrupted)[which]
        values = [(sample.clean, sample.corrupted)[which] for sample in self._samples]
        return PatchRun(
            text=read.text,
            rendered=read.rendered,
            template=read.template,
            segments=read.segments,
            tokens=read.tokens,
            predictions=predictions(self._subject, told.ends[which]),
            value=sum(values) / len(values),
        )

    def _answer(self, token: int | None) -> AnswerToken | None:
        return None if token is None else AnswerToken(id=token, text=id_text(self._subject, token))

    def _warnings(self, told: PairOfRuns, check: Check) -> list[str]:
        warnings = list(dict.fromkeys([*told.read.clean.warnings, *told.read.corrupted.warnings]))
        if self._was_training:
            warnings.append(IN_TRAINING)
        clean, corrupted = told.values
        if told.right is not None and told.wrong is not None and clean <= corrupted:
            warnings.append(
                "The clean prompt favours the right answer no more than the corrupted one does: "
                "check which answer belongs to which prompt."
            )
        if check.way == "plain" and check.reason:
            warnings.append(f"The slow way was taken: {check.reason}.")
        return warnings


def no_estimates(subject: Subject) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"No gradients flow through {subject.name} here, so nothing can be estimated.",
        "Ask for exact values: exact=1.",
    )


def _emptied(recording: Recording) -> Recording:
    return Recording(recording.given, [], torch.empty(0))
