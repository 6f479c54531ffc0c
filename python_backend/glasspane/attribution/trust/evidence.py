"""Every figure of one map and of the random rankings beside it, from as few evaluations as will do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...protocol import AttributionResult, FaithfulnessCurve
from ..by_masking.masking import MaskedPrompt
from ..methods import method
from ..outcome import Task
from .figures import Found, Unfound
from .measures import Answers, Measures, objective_of
from .rankings import RANKINGS, RandomOrders, counts_of, prefixes, rearranged
from .removal import (
    Curves,
    area,
    comprehensiveness,
    decision_flip,
    infidelity,
    log_odds,
    sufficiency,
)
from .sensitivity import sensitivity_max
from .soft_erasure import soft_erasure
from .verdicts import beyond

_ROUNDING = {torch.float16: 1e-3, torch.bfloat16: 1e-2}
"""Relative difference below which two outputs are the same, for batches of another shape round otherwise;
1e-6 for wider types."""


@dataclass(frozen=True)
class CheckedMap:
    """The scores to be checked [player], of the tokens at ``places``, and the ``order`` [player] they give.

    ``task`` evaluates ``measures``; ``random`` are the rankings beside it; whatever else is drawn begins
    at ``seed``.
    """

    task: Task
    measures: Measures
    scores: Tensor
    places: list[int]
    order: Tensor
    random: RandomOrders
    seed: int

    @property
    def flat(self) -> bool:
        """All the same: it ranks nothing, and stands for the mean of all rankings."""
        return bool((self.scores == self.scores[0]).all())

    @property
    def rounding(self) -> float:
        return _ROUNDING.get(self.task.embeddings.dtype, 1e-6)

    def chance(self) -> torch.Generator:
        """A generator of our own, always from the seed: the user's random state stands still."""
        return torch.Generator().manual_seed(self.seed)

    def found(self, values: Tensor, same: float, every: bool | None = None) -> Found:
        """``values`` [1 + ranking] or [1 + ranking, percent], the map's own first."""
        if self.flat:
            values = torch.cat([values[1:].mean(0, keepdim=True), values[1:]])
        return Found(values, self.random.every if every is None else every, same, len(self.places))


def removal_curves(checked: CheckedMap, masked: MaskedPrompt, report: Report) -> Curves:
    """Both curves of the map (the first ranking) and of the random ones; each masking is evaluated once."""
    counts = counts_of(len(checked.places))
    first = prefixes(torch.cat([checked.order[None], checked.random.order]), counts)
    kept = torch.stack([~first, first])  # [curve, ranking, count, player]
    values = masked(
        kept.flatten(0, 2), lambda done, of: report(done / of, f"checking, {done} of {of} masked prompts")
    ).view(*kept.shape[:3], -1)
    number = checked.measures.number
    return Curves(
        counts,
        len(checked.places),
        Answers.of(values[0], number),
        Answers.of(values[1], number),
        Answers.of(values[0, 0, 0], number),  # no token left out
    )


def by_removal(checked: CheckedMap, curves: Curves) -> dict[str, Found | Unfound]:
    """The figures that come from leaving tokens out."""
    likely = torch.stack([curves.deletion.probability, curves.insertion.probability])
    same = checked.rounding * float(likely.abs().amax())
    found: dict[str, Found | Unfound] = {
        "comprehensiveness": checked.found(comprehensiveness(curves), same),
        "sufficiency": checked.found(sufficiency(curves), same),
        "log_odds": Unfound("A number that the model predicts has no odds."),
        "decision_flip": Unfound(
            "What is explained is not what the model itself decides, so there is no decision to flip."
        ),
        "deletion_auc": checked.found(area(curves.deletion.probability, curves.fractions), same),
        "insertion_auc": checked.found(area(curves.insertion.probability, curves.fractions), same),
    }
    if curves.deletion.log_probability is not None:
        size = max(1.0, float(curves.deletion.log_probability.abs().amax()))
        found["log_odds"] = checked.found(log_odds(curves), checked.rounding * size)
    if bool(curves.whole.leads.any()):
        found["decision_flip"] = checked.found(decision_flip(curves), 1e-9)
    found["infidelity"] = _infidelity(checked, curves)
    return found


def _infidelity(checked: CheckedMap, curves: Curves) -> Found:
    """The sets that random rankings leave out serve as the perturbations; those of the map itself do not."""
    random = checked.random
    drawn = random.order if random.every else random.order[:RANKINGS]
    absent = prefixes(drawn, curves.counts[1:])
    explained = curves.deletion.explained
    change = curves.whole.explained - explained[1 : 1 + len(drawn), 1:]
    maps = torch.cat([checked.scores[None], rearranged(checked.scores, random.order)])
    missed = infidelity(maps, absent.flatten(0, 1), change.flatten())
    off = checked.rounding * max(1e-12, float(explained.abs().amax()))
    return checked.found(missed, off * (2 * float(missed.amax()) ** 0.5 + off))


def by_erasure(checked: CheckedMap, report: Report) -> dict[str, Found | Unfound]:
    """Soft sufficiency and comprehensiveness, beside at most :data:`RANKINGS` random rankings."""
    names = ("soft_sufficiency", "soft_comprehensiveness")
    if checked.measures.number:
        return dict.fromkeys(names, Unfound("It is defined for probabilities; this model predicts a number."))
    few = checked.random
    if few.count > RANKINGS:
        some = torch.randperm(few.count, generator=checked.chance())[:RANKINGS]
        few = RandomOrders(few.order[some], False)
    maps = torch.cat([checked.scores[None], rearranged(checked.scores, few.order)])
    soft = soft_erasure(checked.task, checked.measures, maps, checked.places, checked.chance(), report)
    if soft is None:
        return dict.fromkeys(
            names, Unfound("With all embeddings at zero the answer is no less likely than with the prompt.")
        )
    same = checked.rounding * soft.scale
    return {
        name: checked.found(values, same, few.every)
        for name, values in zip(names, (soft.sufficiency, soft.comprehensiveness), strict=True)
    }


def by_noise(checked: CheckedMap, attribution: AttributionResult, report: Report) -> Found | Unfound:
    """Sensitivity-max: the method is run again near the prompt, with the objective that was explained."""
    row = method(attribution.method.name)
    if not row.moves_with_embeddings:
        return Unfound(f"{row.spec.label} is not run on embeddings, so nothing near the prompt can be asked.")
    task = checked.task
    objective = objective_of(task.subject, attribution.target, task.read.keep)
    explained = replace(task, evaluator=replace(task.evaluator, objective=objective))
    try:
        moved = sensitivity_max(
            explained, row.load(), checked.scores, checked.places, RANKINGS, checked.chance(), report
        )
    except GlasspaneError as problem:
        if problem.code not in ("unsupported_model", "non_finite"):
            raise
        return Unfound(f"{row.spec.label} could not be run near the prompt: {problem.result.message}")
    if moved is None:
        return Unfound(
            f"{row.spec.label} does not give these scores here, or only zeros: there is nothing to compare with."
        )
    values = torch.cat([torch.tensor([moved.value], dtype=torch.float64), moved.random])
    return Found(values, False, 1e-6, len(checked.places))


def curve(checked: CheckedMap, curves: Curves, name: str) -> FaithfulnessCurve:
    """``deletion`` or ``insertion`` as it is drawn."""
    values = (curves.deletion if name == "deletion" else curves.insertion).probability
    ordered = values[1:].sort(0).values
    out = beyond(checked.random.count, checked.random.every)
    return FaithfulnessCurve(
        name=name,  # type: ignore[arg-type]
        fractions=curves.fractions.tolist(),
        values=(values[1:].mean(0) if checked.flat else values[0]).tolist(),
        random_mean=values[1:].mean(0).tolist(),
        random_low=ordered[out].tolist(),
        random_high=ordered[-1 - out].tolist(),
    )
