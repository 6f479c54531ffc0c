"""Sensitivity-max: how far the scores themselves move when the prompt's embeddings hardly do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...kernel.progress import Report, silent
from ..by_gradient.gradients import in_full
from ..outcome import Outcome, Task

COPIES = 10
"""Perturbed copies of the prompt, as captum has it."""

RADIUS = 0.02
"""Largest change of any number, as a share of the range of the prompt's embeddings."""

SAME_MAP = 0.05
"""How far, by size, what the method gives at the prompt itself may be from the scores that are checked."""

PHRASE = f"every number of the embeddings moved by at most {RADIUS:.0%} of their range"


@dataclass(frozen=True)
class Sensitivity:
    """``value``, and the same with the scores shuffled at every copy [ranking]."""

    value: float
    random: Tensor


def perturbed(embeddings: Tensor, chance: torch.Generator) -> Tensor:
    """``embeddings`` [1, token, dim] plus noise, uniform within the radius → [copy, token, dim]."""
    full = in_full(embeddings)
    radius = RADIUS * float(full.max() - full.min())
    noise = torch.rand(COPIES, *full.shape[1:], generator=chance) * 2 - 1
    return (full + radius * noise.to(full)).to(embeddings.dtype)


def sensitivity_max(
    task: Task,
    function: Callable[[Task, Report], Outcome],
    scores: Tensor,
    places: list[int],
    rankings: int,
    chance: torch.Generator,
    report: Report,
) -> Sensitivity | None:
    """max over copies x̃ of ‖φ(x̃) − φ(x)‖ / ‖φ(x)‖ (Yeh et al. 2019, arXiv:1901.09392). Lower is better.

    ``function`` is the method, run anew on each copy; ``scores`` [player] are φ(x) at ``places``. Beside
    it stands a method whose map is shuffled by each perturbation. None where the scores are all zero, or
    are others than the method gives at the prompt itself: their sensitivity is not the method's.
    """
    size = scores.norm()

    def moved_by(embeddings: Tensor) -> float:
        near = replace(task, embeddings=embeddings, values=task.evaluator.values(embeddings)[0])
        again = function(near, silent).scores.cpu().double().sum(0)[places]
        return float((again - scores).norm() / size)

    if float(size) == 0.0 or moved_by(task.embeddings) > SAME_MAP:
        return None
    largest, copies = 0.0, perturbed(task.embeddings, chance)
    for number, copy in enumerate(copies):
        largest = max(largest, moved_by(copy[None]))
        report((number + 1) / len(copies), f"{number + 1} of {len(copies)} perturbed prompts")
    shuffles = torch.rand(rankings, len(copies), len(places), generator=chance).argsort(-1)
    moved = (scores[shuffles] - scores).norm(dim=-1) / size
    return Sensitivity(largest, moved.amax(1))
