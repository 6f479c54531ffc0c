"""Both prompts of a pair run and recorded, and the metric that compares what is patched between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..attribution.evaluation import refuse_non_finite
from ..attribution.memory import rows_that_fit
from ..protocol import PatchRequest, PromptPair
from ..subjects import Subject
from ..subjects.architecture import Meter
from .anatomy import Anatomy
from .cells import Cell, nothing_changes
from .metrics import Metric, UserMetric, answer_metric, kl_metric, loss_metric, user_metric
from .pair import ReadPair, answers, read_pair
from .recording import Watched, record, record_both
from .records import Recording

_OF_ANSWERS = ("logit_difference", "log_prob", "prob")


@dataclass(frozen=True)
class PairOfRuns:
    """The run that is patched (``base``), the one it is patched from (``other``), and what is measured.

    ``values`` are the metric of the clean and of the corrupted prompt; ``ends`` their logits [2, vocabulary] at
    the last position; ``right`` and ``wrong`` the answers' ids, where there are any. ``watched``: what the base
    run's projections saw, where edges will be asked for.
    """

    anatomy: Anatomy
    read: ReadPair
    base: Recording
    other: Recording
    metric: Metric
    values: tuple[float, float]
    noising: bool
    ends: Tensor
    right: int | None
    wrong: int | None
    watched: Watched | None = None
    same: dict[tuple[str, int], Tensor] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> int:
        return self.read.first

    @property
    def base_value(self) -> float:
        return self.values[0] if self.noising else self.values[1]

    @property
    def other_value(self) -> float:
        return self.values[1] if self.noising else self.values[0]

    def writes(self) -> PairOfRuns:
        """What ablation reads of the pair: many pairs kept in full would fill the memory."""
        return replace(
            self,
            base=self.base.writes(),
            other=Recording(self.other.given, [], self.other.logits.new_empty(0)),
            ends=self.ends.new_empty(0),
            watched=None,
            same={},
        )

    def no_op(self, cell: Cell) -> bool:
        """Whether patching the cell is known to change nothing: it is not read, or the same in both runs."""
        last_only = self.metric.keep == 1
        if nothing_changes(cell, self.first, self.base.tokens, self.anatomy.count, last_only):
            return True
        return cell.position is not None and self._same_in_both(cell)

    def _same_in_both(self, cell: Cell) -> bool:
        """To the last bit, as the embeddings of all words are that the prompts share."""
        if cell.site == "pattern":
            return False
        key = (cell.site, cell.layer)
        if key not in self.same:
            here, there = (run.layers[cell.layer].seen[cell.site][0] for run in (self.base, self.other))
            equal = (here == there).all(-1)
            self.same[key] = equal.T if cell.site == "z" else equal
        equal = self.same[key]
        return bool(equal[cell.position] if cell.head is None else equal[cell.head, cell.position])


def run_pair(
    subject: Subject,
    anatomy: Anatomy,
    request: PatchRequest,
    asked: PromptPair,
    user: UserMetric | None,
    meter: Meter,
    *,
    differentiable: bool = True,
    watched: Watched | None = None,
) -> PairOfRuns:
    """Read, run and record both prompts; the run to be patched hangs together unless it need not be ``differentiable``.

    Raises what :func:`read_pair`, :func:`answers` and the metric raise, ``non_finite`` and ``not_enough_memory``.
    """
    read = read_pair(subject, asked)
    noising = request.direction == "noising"
    keep = read.tokens if user is not None or request.metric == "loss" else 1
    rows_that_fit(subject, 2 * read.tokens, keep, eager=True)
    given = (read.clean.given, read.corrupted.given)
    if not differentiable and watched is None:
        clean, corrupted = record_both(anatomy, *given, keep, meter)
    else:
        with torch.set_grad_enabled(differentiable and noising):
            clean = record(anatomy, given[0], keep, meter, watched=watched if noising else None)
        with torch.set_grad_enabled(differentiable and not noising):
            corrupted = record(anatomy, given[1], keep, meter, watched=None if noising else watched)
    ends = torch.stack([clean.logits[-1].detach(), corrupted.logits[-1].detach()])
    refuse_non_finite(ends, "logits")
    right, wrong = _answers(subject, request, asked, read, ends, user)
    metric = _metric(request, read, right, wrong, ends[0], user)
    with torch.no_grad():
        values = (float(metric(clean.logits[None])[0]), float(metric(corrupted.logits[None])[0]))
    base, other = (clean, corrupted) if noising else (corrupted, clean)
    return PairOfRuns(anatomy, read, base, other, metric, values, noising, ends, right, wrong, watched)


def _answers(
    subject: Subject,
    request: PatchRequest,
    asked: PromptPair,
    read: ReadPair,
    ends: Tensor,
    user: UserMetric | None,
) -> tuple[int | None, int | None]:
    of_answers = user is None and request.metric in _OF_ANSWERS
    if asked.right is None and not of_answers:
        return None, None
    if asked.right is None and asked.wrong is None and request.metric != "logit_difference":
        return int(ends[0].argmax()), None
    return answers(subject, asked, read, ends[0], ends[1])


def _metric(
    request: PatchRequest,
    read: ReadPair,
    right: int | None,
    wrong: int | None,
    clean: Tensor,
    user: UserMetric | None,
) -> Metric:
    if user is not None:
        return user_metric(user, read.tokens)
    if request.metric == "kl":
        return kl_metric(clean)
    if request.metric == "loss":
        return loss_metric(read.clean.given.ids[0], right)
    assert right is not None
    return answer_metric(request.metric, right, wrong)
