"""Does the model use what a probe reads? Its direction is changed in the stream, beside random directions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..attribution.explain import IN_TRAINING
from ..attribution.memory import rows_that_fit
from ..kernel.progress import Report, part_of, silent
from ..protocol import Cost, ProbeTestRequest, ProbeTestResult
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run
from ..subjects.guard import unharmed
from ..version import glasspane_version
from .activations import Placed, batch_of, read_activations, same_length
from .behaviour import MEASURED, answer_difference, answer_ids, answer_texts, behaviour_of
from .call import probe_test_call
from .classifier import inner_unseen
from .direction import ProbeDirection, probe_direction, random_bases
from .effects import LABELS, Measured, changes_of
from .examples import Examples, refuse_too_few
from .folds import Integers, refuse_missing, unseen_groups
from .intervals import share_of
from .sentences import causal_sentence, unread_sentence
from .stream import blocks_of, changing, chosen_layers, reading, site_name

READING = 0.2
"""Share of the progress that reading activations and fitting is."""


@dataclass(frozen=True)
class _Tested:
    """The texts that are tested, in the order of ``rows``: their classes, and those they are moved to."""

    rows: Integers
    own: Integers
    towards: Integers


def causal_test(
    subject: Subject, request: ProbeTestRequest, examples: Examples, report: Report = silent
) -> ProbeTestResult:
    """Fit the probe of ``request.probe`` at one layer, then change what it reads and watch the predictions.

    The direction is fitted on some groups and tested on others. Three changes: its component taken out, replaced
    by its mean, or moved by the distance of two classes' means. Each is also made along ``request.directions`` random
    directions, with the same coefficients, so that the changes are of the same size, text by text.
    Raises :class:`GlasspaneError` as :func:`probe` does, also for answers that are not one token each, and
    ``Cancelled`` from ``report`` between batches. Model, tokenizer and random state are as before in every case.
    """
    began = time.perf_counter()
    asked = request.probe
    refuse_too_few(examples, asked.folds)
    blocks = blocks_of(subject)
    (layer,) = chosen_layers([request.layer], len(blocks))
    site = site_name(layer, len(blocks))
    y, groups = examples.y, examples.groups
    fitted_on, tested_on = refuse_missing(unseen_groups(y, groups, asked.folds, asked.seed), asked.folds)[0]
    tested = _tested(tested_on, y, request.examples, asked.seed)
    meter = Meter()
    with unharmed(subject) as was_training:
        read = read_activations(subject, blocks, [layer], examples.rows, part_of(report, 0.0, READING), meter)
        about = subject.card()
        x = read.at[layer].astype(np.float64)
        split = inner_unseen(y, groups, asked.seed)
        found = probe_direction(x[fitted_on], y[fitted_on], list(split(fitted_on)))
        run_texts = _Runs(subject, blocks, layer, request, examples, found, read.placed, tested, meter)
        measured = run_texts.measure(part_of(report, READING, 1.0))
    accuracy = share_of(found.fitted.predict(x[tested_on]) == y[tested_on], groups[tested_on])
    majority = float(np.bincount(y[tested_on]).max() / len(tested_on))
    reads = accuracy.low > majority
    norms = np.linalg.norm(x[tested.rows], axis=1)
    changes = changes_of(measured, groups[tested.rows], norms)
    warnings = list(read.warnings)
    if was_training:
        warnings.append(IN_TRAINING)
    report(1.0, "done")
    return ProbeTestResult(
        glasspane=glasspane_version(),
        subject=about,
        task=examples.task,
        layer=layer,
        site=site,
        labels=examples.labels,
        answers=answer_texts(subject, run_texts.answers),
        dimensions=found.basis.shape[1],
        fitted_on=len(fitted_on),
        tested_on=len(tested.rows),
        accuracy=accuracy.value,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        majority=majority,
        measured=MEASURED[subject.family],
        changed=f"{site} at {examples.read_at if request.where == 'readout' else 'every token'}",
        directions=request.directions,
        changes=changes,
        used=reads and any(each.used for each in changes),
        sentence=causal_sentence(examples.task, site, changes)
        if reads
        else unread_sentence(examples.task, site, accuracy, majority),
        warnings=warnings,
        cost=Cost(seconds=time.perf_counter() - began, forwards=meter.forwards),
        code=probe_test_call(request, subject),
        request=request.model_copy(
            update={"job": None, "probe": asked.model_copy(update={"job": None, "subject": subject.ref})}
        ),
    )


def _tested(held_out: Integers, y: Integers, most: int, seed: int) -> _Tested:
    """At most ``most`` of the held-out texts, and another class for each."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(held_out)[:most])
    classes = int(y.max()) + 1
    own = y[rows]
    return _Tested(rows, own, (own + rng.integers(1, classes, len(rows))) % classes)


class _Runs:
    """The tested texts through the model, unchanged and with every change."""

    def __init__(
        self,
        subject: Subject,
        blocks: Sequence[nn.Module],
        layer: int,
        request: ProbeTestRequest,
        examples: Examples,
        direction: ProbeDirection,
        placed: Sequence[Placed],
        tested: _Tested,
        meter: Meter,
    ) -> None:
        self._subject, self._blocks, self._layer, self._meter = subject, blocks, layer, meter
        self._request, self._examples, self._direction = request, examples, direction
        self._placed = [placed[row] for row in tested.rows]
        self._tested = tested
        dim, rank = direction.basis.shape
        drawn = random_bases(request.directions, dim, rank, request.probe.seed)
        # [1 + directions, dim, rank], the probe's own first.
        self._bases = torch.from_numpy(np.concatenate([direction.basis[None], drawn]))
        self.answers: list[int] = []

    def measure(self, report: Report) -> Measured:
        """Every text, change and direction; raises ``Cancelled`` from ``report`` between batches."""
        at = {each.row: place for place, each in enumerate(self._placed)}
        measured = Measured.empty(len(self._placed), len(self._bases), self._request.answers is not None)
        done = 0
        for group in same_length(self._placed):
            kept = behaviour_of(self._subject, group).kept
            at_once = rows_that_fit(self._subject, group[0].read.given.length, kept, False)
            for start in range(0, len(group), at_once):
                batch = group[start : start + at_once]
                share = len(batch) / len(self._placed)
                self._measure_batch(
                    batch,
                    np.array([at[each.row] for each in batch]),
                    at_once,
                    measured,
                    part_of(report, done / len(self._placed), done / len(self._placed) + share),
                )
                done += len(batch)
        return measured

    def _measure_batch(
        self, batch: list[Placed], places: Integers, at_once: int, measured: Measured, report: Report
    ) -> None:
        behaviour = behaviour_of(self._subject, batch)
        given = batch_of(batch)
        report(0.0, "unchanged predictions")
        with torch.no_grad(), reading(self._blocks, [self._layer], batch[0].length) as seen:
            clean_logits = run(self._subject, given, keep=behaviour.kept, meter=self._meter).logits
        clean = behaviour.log_probabilities(clean_logits)
        own = torch.from_numpy(self._tested.own[places])
        if self._request.answers is not None:
            if not self.answers:
                self.answers = answer_ids(
                    self._subject,
                    self._request.answers,
                    self._examples,
                    batch[0],
                    int(clean_logits.shape[-1]),
                )
            clean_answers = answer_difference(clean_logits, self.answers, own)
        coefficients = self._coefficients(seen[self._layer], places)
        variants = [(change, basis) for change in range(len(LABELS)) for basis in range(len(self._bases))]
        per_pass = max(1, at_once // len(batch))
        for start in range(0, len(variants), per_pass):
            report(start / len(variants), "changed predictions")
            chosen = variants[start : start + per_pass]
            added = torch.cat([coefficients[change] @ self._bases[basis].T for change, basis in chosen])
            logits = self._changed(given, batch, len(chosen), added, behaviour.kept)
            for (change, basis), part in zip(chosen, logits.split(len(batch)), strict=True):
                changed = behaviour.log_probabilities(part)
                measured.kl[places, change, basis] = behaviour.divergence(clean, changed).cpu()
                measured.top[places, change, basis] = behaviour.top_change(clean, changed).cpu()
                if measured.answers is not None:
                    difference = answer_difference(part, self.answers, own) - clean_answers
                    measured.answers[places, change, basis] = difference.cpu()
        for change in range(len(LABELS)):
            at_readout = coefficients[change][range(len(batch)), self._at_readout(batch)]
            measured.size[places, change] = at_readout.norm(dim=-1).numpy()

    def _at_readout(self, batch: Sequence[Placed]) -> list[int]:
        """Where the read-out token is among the coefficients' positions."""
        return [0 if self._request.where == "readout" else each.position for each in batch]

    def _coefficients(self, stream: Tensor, places: Integers) -> Tensor:
        """What is added along a basis, [change, row, 1 or token, rank], of the ``stream`` [row, token, dim]."""
        found = self._direction
        stream = stream.cpu().double()
        if self._request.where == "readout":
            positions = [self._placed[place].position for place in places]
            stream = stream[range(len(places)), positions][:, None]
        basis, mean = torch.from_numpy(found.basis), torch.from_numpy(found.mean)
        moved = torch.from_numpy(
            (found.class_means[self._tested.towards[places]] - found.class_means[self._tested.own[places]])
            @ found.basis
        )
        return torch.stack(
            [
                -(stream @ basis),
                -((stream - mean) @ basis),
                moved[:, None].expand(-1, stream.shape[1], -1),
            ]
        )

    def _changed(
        self, given: ModelInput, batch: Sequence[Placed], times: int, added: Tensor, kept: int
    ) -> Tensor:
        """Logits of the batch ``times`` over, with ``added`` [times · row, 1 or token, dim] in the stream."""
        repeated = ModelInput(
            given.ids.repeat(times, 1),
            {name: value.repeat(times, 1) for name, value in given.extra.items()},
            given.decoded,
        )
        tokens, rows = batch[0].length, range(times * len(batch))
        positions = [each.position for each in batch] * times

        def change(stream: Tensor) -> Tensor:
            changed = stream.clone()
            virtual = stream.shape[1] - tokens
            here = added.to(device=stream.device, dtype=torch.promote_types(stream.dtype, torch.float32))
            if added.shape[1] == 1 and self._request.where == "readout":
                at = [virtual + position for position in positions]
                changed[rows, at] = (stream[rows, at] + here[:, 0]).to(stream.dtype)
            else:
                changed[:, virtual:] = (stream[:, virtual:] + here).to(stream.dtype)
            return changed

        with torch.no_grad(), changing(self._blocks, self._layer, change):
            return run(self._subject, repeated, keep=kept, meter=self._meter).logits
