"""Owen values over the prompt's tree: Shapley values that respect what belongs together.

The same recursion as shap's Partition explainer (Lundberg; Owen 1977): a stretch's worth is shared
between its two parts in the contexts where the other part is absent and where it is there, the most
influential stretch first, until the budget is spent.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...kernel.progress import Report
from ..by_gradient.gradients import completeness
from ..outcome import Outcome, Task
from .masking import MaskedPrompt
from .token_tree import Node, token_tree


def partition_shap(task: Task, report: Report) -> Outcome:
    """Owen values of the tokens over the tree of words, clauses and sentences. Scores [target, token].

    ``samples`` is the most maskings evaluated; what is not split by then is shared evenly below it.
    """
    masked = MaskedPrompt(task, str(task.options["replacement"]))
    most = int(task.options["samples"])
    count = len(masked.players)
    tree = token_tree([task.read.tokens[place] for place in masked.players])
    nobody = masked(torch.zeros(1, count, dtype=torch.bool))[0]
    everyone = task.values.cpu().double()
    change = everyone - nobody
    recursion = OwenRecursion(tree, count, nobody, everyone)
    while recursion.waiting and masked.evaluations < most:
        room = max(1, min(task.evaluator.rows_at_once, most - masked.evaluations) // 2)
        masks = recursion.questions(room)
        if masks is None:
            break
        recursion.answered(masked(masks))
        report(
            0.05 + 0.9 * min(1.0, masked.evaluations / most),
            f"partition SHAP, {masked.evaluations:,} maskings",
        )
    scores = recursion.values()
    return Outcome(
        masked.on_tokens(scores.T),
        baseline=masked.phrase,
        baseline_value=float(nobody.sum()),
        **completeness(scores.T, change),
        steps=masked.evaluations,
        warnings=[]
        if recursion.finished
        else [
            f"After {masked.evaluations:,} maskings some stretches were not split further: their tokens share "
            "evenly. Give more for a finer picture."
        ],
    )


@dataclass(order=True)
class _Open:
    """A stretch still to be split, in one context; those that move the answer most come first."""

    rank: tuple[float, int]
    node: Node = field(compare=False)
    context: Tensor = field(compare=False)  # [player], bool: who is there beside the stretch
    without: Tensor = field(compare=False)  # v(context) [target]
    within: Tensor = field(compare=False)  # v(context ∪ stretch) [target]
    weight: float = field(compare=False)


class OwenRecursion:
    """The recursion by question and answer, so that many stretches are evaluated at once.

    Which stretch comes first is decided by the first ``deciding`` targets; None: by all.
    """

    def __init__(
        self, tree: Node, count: int, nobody: Tensor, everyone: Tensor, deciding: int | None = None
    ) -> None:
        self._deciding = deciding
        self._values = torch.zeros(count, len(nobody), dtype=torch.float64)
        self._queue: list[_Open] = []
        self._asked: list[_Open] = []
        self._number = 0
        self._count = count
        self._open(tree, torch.zeros(count, dtype=torch.bool), nobody, everyone, 1.0)

    @property
    def waiting(self) -> bool:
        return bool(self._queue)

    @property
    def finished(self) -> bool:
        return all(each.node.parts is None for each in self._queue)

    def questions(self, stretches: int) -> Tensor | None:
        """Two maskings [2 · stretch, player] for each of the next ``stretches``; None when all are split."""
        masks: list[Tensor] = []
        while self._queue and len(self._asked) < stretches:
            each = heapq.heappop(self._queue)
            if each.node.parts is None:
                self._values[each.node.first] += each.weight * (each.within - each.without)
                continue
            self._asked.append(each)
            for part in each.node.parts:
                mask = each.context.clone()
                mask[part.first : part.last] = True
                masks.append(mask)
        return torch.stack(masks) if masks else None

    def answered(self, values: Tensor) -> None:
        """``values`` [2 · stretch, target] of the maskings asked for last."""
        for each, (one, other) in zip(self._asked, values.view(len(self._asked), 2, -1), strict=True):
            assert each.node.parts is not None
            left, right = each.node.parts
            with_left, with_right = each.context.clone(), each.context.clone()
            with_left[left.first : left.last] = True
            with_right[right.first : right.last] = True
            half = each.weight / 2
            self._open(left, each.context, each.without, one, half)
            self._open(right, each.context, each.without, other, half)
            self._open(left, with_right, other, each.within, half)
            self._open(right, with_left, one, each.within, half)
        self._asked = []

    def withdraw(self) -> None:
        """What was asked last gets no answer: those stretches wait again."""
        for each in self._asked:
            heapq.heappush(self._queue, each)
        self._asked = []

    def values(self) -> Tensor:
        """[player, target]; stretches not split share evenly among their players."""
        total = self._values.clone()
        for each in self._queue:
            size = each.node.last - each.node.first
            total[each.node.first : each.node.last] += each.weight * (each.within - each.without) / size
        return total

    def _open(self, node: Node, context: Tensor, without: Tensor, within: Tensor, weight: float) -> None:
        self._number += 1
        size = float((within - without)[: self._deciding].abs().max()) * weight
        heapq.heappush(self._queue, _Open((-size, self._number), node, context, without, within, weight))
