"""Shapley values of the tokens: all coalitions, or a regression on well-chosen ones.

The game: v(kept) is the objective with only the kept tokens there. The values add up to
v(all) − v(none) by construction.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ..by_gradient.gradients import completeness
from ..outcome import Outcome, Task
from .coalitions import all_coalitions, paired_coalitions
from .masking import MaskedPrompt, Watch
from .shapley_regression import shapley_regression

EXACT_UP_TO = 12
"""Players for which all 2ⁿ coalitions are evaluated."""

STAGES = 4
"""How often a regression that takes its time shows what it has."""


def kernel_shap(task: Task, report: Report) -> Outcome:
    """Shapley values (Shapley 1953; Lundberg & Lee 2017). Scores [target, token], signed.

    Up to :data:`EXACT_UP_TO` tokens all coalitions are evaluated. Beyond, ``samples`` of them are drawn
    in complementary pairs; the weighted least squares problem whose solution the Shapley values are is
    solved with its sum constrained exactly, beside a surrogate with interactions
    (:mod:`.shapley_regression`).
    """
    masked = MaskedPrompt(task, str(task.options["replacement"]))
    count = len(masked.players)
    samples = int(task.options["samples"])
    everyone = task.values.cpu().double()
    if count <= EXACT_UP_TO:
        kept = all_coalitions(count)
        values = masked(
            kept, lambda done, of: report(0.05 + 0.9 * done / of, f"all {of:,} subsets of {count} tokens")
        )
        scores = exact_shapley(values)
        change = everyone - values[0]
        return Outcome(
            masked.on_tokens(scores.T),
            baseline=masked.phrase,
            baseline_value=float(values[0].sum()),
            **completeness(scores.T, change),
            steps=len(kept),
        )
    if samples < 2 * count + 2:
        raise GlasspaneError(
            "bad_option",
            f"{samples:,} evaluations are too few for {count} tokens.",
            f"Give at least {2 * count + 2:,}, or use occlusion, which needs {count}.",
        )
    nobody = masked(torch.zeros(1, count, dtype=torch.bool))[0]
    change = everyone - nobody
    chance = torch.Generator().manual_seed(int(task.options["seed"]))
    drawn = paired_coalitions(count, samples - 2, chance)
    values = torch.empty(len(drawn.kept), everyone.shape[0], dtype=torch.float64)
    # Pairs stay together, and any first part of them is a fair sample of its own.
    edges = [len(drawn.kept) * (k + 1) // STAGES // 2 * 2 for k in range(STAGES)]
    edges[-1] = len(drawn.kept)
    for first, last in zip([0, *edges], edges, strict=False):
        if last == first:
            continue
        values[first:last] = masked(drawn.kept[first:last], _watch(report, first, len(drawn.kept)))
        if last < 2 * count:
            continue
        scores, margins = shapley_regression(drawn.first(last), values[:last] - nobody, change)
        outcome = Outcome(
            masked.on_tokens(scores),
            None if margins is None else masked.on_tokens(margins),
            baseline=masked.phrase,
            baseline_value=float(nobody.sum()),
            **completeness(scores, change),
            steps=last + 2,
        )
        if last < len(drawn.kept):
            report(0.05 + 0.9 * last / len(drawn.kept), "kernel SHAP", task.partial(outcome))
    return outcome


def _watch(report: Report, before: int, total: int) -> Watch:
    def watch(done: int, _: int) -> None:
        said = f"kernel SHAP, {before + done:,} of {total:,} subsets"
        report(0.05 + 0.9 * (before + done) / total, said)

    return watch


def exact_shapley(values: Tensor) -> Tensor:
    """Shapley values [player, target] of v [2ⁿ, target], rows in the order of :func:`all_coalitions`.

    φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).
    """
    count = len(values).bit_length() - 1
    rows = torch.arange(len(values))
    sizes = ((rows[:, None] >> torch.arange(count)) & 1).sum(1)
    weight = torch.tensor(
        [math.factorial(s) * math.factorial(count - s - 1) / math.factorial(count) for s in range(count)],
        dtype=torch.float64,
    )
    shares = []
    for player in range(count):
        without = rows[(rows >> player) & 1 == 0]
        gain = values[without + (1 << player)] - values[without]
        shares.append((weight[sizes[without]][:, None] * gain).sum(0))
    return torch.stack(shares)
