"""Soft sufficiency and comprehensiveness: parts of every token's vector go, by how strong it is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...kernel.progress import Report
from ..outcome import Task
from .measures import Answers, Measures

DRAWS = 4
"""Drawn erasures that every figure is a mean of."""

PHRASE = "single numbers of the tokens' embeddings set to zero by chance"


@dataclass(frozen=True)
class Soft:
    """Both figures of each map [map]. ``scale`` turns a difference of probabilities into one of theirs."""

    sufficiency: Tensor
    comprehensiveness: Tensor
    scale: float


def strengths(scores: Tensor) -> Tensor:
    """``scores`` [map, player] brought to between 0 (the lowest) and 1 (the highest); all alike: ½."""
    low, high = scores.amin(1, keepdim=True), scores.amax(1, keepdim=True)
    return torch.where(
        high > low, (scores - low) / (high - low).clamp_min(1e-300), torch.full_like(scores, 0.5)
    )


def soft_erasure(
    task: Task, measures: Measures, scores: Tensor, places: list[int], chance: torch.Generator, report: Report
) -> Soft | None:
    """Soft-NS and Soft-NC of each map (Zhao & Aletras 2023, arXiv:2305.10496); higher is better for both.

    ``scores`` [map, player] of the tokens at ``places``. X′ keeps a number of a token's embedding with
    probability a (its strength) for sufficiency, 1 − a for comprehensiveness; X₀ keeps none. With
    drop(X′) = max(0, p(X) − p(X′)): Soft-NC = drop(X′) / drop(X₀), Soft-NS = 1 − drop(X′) / drop(X₀).
    The same draws serve every map. None where drop(X₀) is 0: the answer needs none of the tokens.
    """
    embeddings = task.embeddings
    draws = torch.rand(DRAWS, len(places), embeddings.shape[-1], generator=chance)
    whole = Answers.of(task.evaluator.values(embeddings), measures.number).probability[0]
    nothing = embeddings.clone()
    nothing[:, places] = 0
    at_zero = (whole - Answers.of(task.evaluator.values(nothing), measures.number).probability[0]).clamp_min(
        0
    )
    if float(at_zero) <= 1e-6 * max(float(whole), 1e-6):
        return None
    kept = torch.stack([strengths(scores), 1 - strengths(scores)], 1)  # [map, figure, player]
    rows = [(chosen, draw) for chosen in kept.flatten(0, 1) for draw in range(DRAWS)]
    size = task.evaluator.rows_at_once
    likely = []
    for first in range(0, len(rows), size):
        batch = rows[first : first + size]
        keep = torch.stack([draws[draw] < chosen[:, None] for chosen, draw in batch])
        erased = embeddings.repeat(len(batch), 1, 1)
        erased[:, places] = torch.where(
            keep.to(erased.device), erased[:, places], torch.zeros_like(erased[:, places])
        )
        likely.append(Answers.of(task.evaluator.values(erased), measures.number).probability)
        report(first / len(rows), "erasing softly")
    drop = (whole - torch.cat(likely)).clamp_min(0).view(len(scores), 2, DRAWS).mean(2) / at_zero
    return Soft(1 - drop[:, 0], drop[:, 1], float(1 / at_zero))
