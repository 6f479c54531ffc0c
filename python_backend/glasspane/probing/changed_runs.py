"""Texts through the model, unchanged and with every change of a probe's direction, beside random directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..attribution.memory import rows_that_fit
from ..kernel.progress import Report, part_of
from ..protocol import ProbeTestRequest
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run
from .activations import Placed, batch_of, same_length
from .behaviour import answer_difference, answer_ids, behaviour_of
from .direction import ProbeDirection, random_bases
from .effects import LABELS, Measured
from .examples import Examples
from .folds import Integers
from .stream import Change, changing, may_be_passed_over, passed_over, reading


@dataclass(frozen=True)
class Tested:
    """The texts that are tested, in the order of ``rows``: their classes, and those they are moved to."""

    rows: Integers
    own: Integers
    towards: Integers


def tested_texts(held_out: Integers, y: Integers, most: int, seed: int) -> Tested:
    """At most ``most`` of the held-out texts, and another class for each."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(held_out)[:most])
    classes = int(y.max()) + 1
    own = y[rows]
    return Tested(rows, own, (own + rng.integers(1, classes, len(rows))) % classes)


class ChangedRuns:
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
        tested: Tested,
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
        # Layers before the change give what they gave: they need not run, where the model lets them be left out.
        before = self._blocks[:layer]
        plain = subject.model is subject.core and subject.family != "encoder_decoder"
        self._may_pass_over = bool(before) and plain and may_be_passed_over(before)
        self._passes_over: bool | None = None  # None: not tried yet

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
        stream = seen[self._layer]
        if self._passes_over is None:
            self._passes_over = self._may_pass_over and self._agrees(
                given, stream, clean_logits, behaviour.kept
            )
        coefficients = self._coefficients(stream, places)
        variants = [(change, basis) for change in range(len(LABELS)) for basis in range(len(self._bases))]
        per_pass = max(1, at_once // len(batch))
        for start in range(0, len(variants), per_pass):
            report(start / len(variants), "changed predictions")
            chosen = variants[start : start + per_pass]
            added = torch.cat([coefficients[change] @ self._bases[basis].T for change, basis in chosen])
            logits = self._changed(given, batch, stream, len(chosen), added, behaviour.kept)
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

    def _agrees(self, given: ModelInput, stream: Tensor, clean: Tensor, kept: int) -> bool:
        """Whether the unchanged ``stream``, put in behind the layers before, gives the ``clean`` logits again."""
        try:
            with passed_over(self._blocks[: self._layer]):
                again = self._through(given, lambda _: stream, kept)
        except Exception:  # a layer gives more than the stream: then all of them run, and say what is wrong
            return False
        close = 1e-4 if clean.dtype == torch.float32 else 1e-9
        return again.shape == clean.shape and bool((again - clean).abs().max() <= close * clean.abs().max())

    def _changed(
        self,
        given: ModelInput,
        batch: Sequence[Placed],
        stream: Tensor,
        times: int,
        added: Tensor,
        kept: int,
    ) -> Tensor:
        """Logits of the batch ``times`` over, with ``added`` [times · row, 1 or token, dim] in the ``stream``."""
        repeated = ModelInput(
            given.ids.repeat(times, 1),
            {name: value.repeat(times, 1) for name, value in given.extra.items()},
            given.decoded,
        )
        tokens, rows = batch[0].length, range(times * len(batch))
        positions = [each.position for each in batch] * times

        def change(passing: Tensor) -> Tensor:
            changed = stream.repeat(times, 1, 1) if self._passes_over else passing.clone()
            virtual = changed.shape[1] - tokens
            here = added.to(device=passing.device, dtype=torch.promote_types(passing.dtype, torch.float32))
            if self._request.where == "readout":
                at = [virtual + position for position in positions]
                changed[rows, at] = (changed[rows, at] + here[:, 0]).to(passing.dtype)
            else:
                changed[:, virtual:] = (changed[:, virtual:] + here).to(passing.dtype)
            return changed

        with passed_over(self._blocks[: self._layer] if self._passes_over else []):
            return self._through(repeated, change, kept)

    def _through(self, given: ModelInput, change: Change, kept: int) -> Tensor:
        with torch.no_grad(), changing(self._blocks, self._layer, change):
            return run(self._subject, given, keep=kept, meter=self._meter).logits
