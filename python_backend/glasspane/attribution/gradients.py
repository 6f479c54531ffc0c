"""Gradient methods: gradient × input and integrated gradients."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..kernel.progress import Report
from .baselines import baseline
from .outcome import Outcome, Task

STOP_GAP = 0.01
"""Path points are doubled until the scores add up within this share of f(e) − f(e′) …"""
STOP_MOVE = 0.01
"""… and no score moves by more than this share of the largest: a gap can cross zero by luck."""
FIRST_STEPS = 4


def input_x_gradient(task: Task, report: Report) -> Outcome:
    """Σ_d e_d · ∂f/∂e_d per token, signed (Shrikumar et al. 2016). Scores [1, token]."""
    embeddings = task.embeddings
    report(0.2, "gradient")
    _, gradient = task.evaluator.gradients(embeddings)
    return Outcome(_summed(embeddings[0], gradient[0])[None])


def integrated_gradients(task: Task, report: Report) -> Outcome:
    """Σ_d (e − e′)_d ∫₀¹ ∂f/∂e_d(e′ + α(e − e′)) dα (Sundararajan et al. 2017). Scores [1, token].

    The integral is taken at Gauss–Legendre nodes, doubled from 4 until both stopping rules
    hold or ``max_steps`` is reached; the result says which.
    """
    most = int(task.options["max_steps"])
    start = baseline(task.subject, task.read, str(task.options["baseline"]), task.embeddings)
    difference = _accumulate(task.embeddings) - _accumulate(start.embeddings)
    value_at_start = float(task.evaluator.values(start.embeddings)[0])
    change = task.value - value_at_start
    warnings: list[str] = []
    if start.ill_conditioned:
        warnings.append(
            "A zero baseline is ill-conditioned here: the model's RMSNorm divides by the size of the "
            "embedding. Prefer the mean or pad baseline."
        )

    steps = min(FIRST_STEPS, most)
    before: Tensor | None = None
    move: float | None = None
    spent = 0
    total = _cost_of_doubling(most)
    while True:
        gradient = torch.zeros_like(difference)
        for points, weights in _nodes(steps, task.evaluator.rows_at_once, difference):
            path = _accumulate(start.embeddings) + points.view(-1, 1, 1) * difference
            _, gradients = task.evaluator.gradients(path.to(task.embeddings.dtype))
            gradient += (weights.view(-1, 1, 1) * _accumulate(gradients)).sum(0, keepdim=True)
            spent += len(points)
            report(min(0.99, spent / total), f"integrated gradients, {steps} steps")
        scores = (difference * gradient).sum(-1)  # [1, token]
        gap = float(scores.sum()) - change
        if before is not None:
            move = float((scores - before).abs().max() / scores.abs().max().clamp_min(1e-30))
        converged = (
            before is not None
            and abs(gap) <= STOP_GAP * abs(change)
            and move is not None
            and move <= STOP_MOVE
        )
        outcome = Outcome(
            scores,
            baseline=start.phrase,
            baseline_value=value_at_start,
            completeness_difference=gap,
            completeness_gap=abs(gap) / abs(change) if change else None,
            steps=steps,
            converged=converged,
            largest_move=move,
            warnings=warnings,
        )
        if converged or steps * 2 > most:
            break
        report(min(0.99, spent / total), f"integrated gradients, {steps} steps", task.partial(outcome))
        before, steps = scores, steps * 2
    if not converged:
        warnings.append(_unfinished(outcome, most))
    if abs(change) < 1e-3 * max(1.0, abs(task.value)):
        warnings.append(
            "The target's score is almost the same at the baseline, so there is little to share out: "
            "another baseline asks a clearer question."
        )
    return outcome


def _unfinished(outcome: Outcome, most: int) -> str:
    gap = outcome.completeness_gap
    said = f"the scores add up within {gap:.1%}" if gap is not None else "there is no change to add up to"
    if outcome.largest_move is None:
        return (
            f"Not checked for convergence: at most {most} steps leave no finer grid to compare with; {said}."
        )
    return (
        f"Not converged at {outcome.steps} steps: {said}, and the last doubling moved a score by "
        f"{outcome.largest_move:.1%} of the largest. Allow more steps, or choose another baseline."
    )


def _nodes(steps: int, rows: int, like: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Gauss–Legendre points and weights on [0, 1], in chunks of at most ``rows``."""
    points, weights = _legendre(steps)
    alpha = torch.as_tensor((points + 1) / 2, dtype=like.dtype, device=like.device)
    beta = torch.as_tensor(weights / 2, dtype=like.dtype, device=like.device)
    return list(zip(alpha.split(rows), beta.split(rows), strict=True))


@cache
def _legendre(steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [−1, 1]; kept, for finding a thousand of them takes a second."""
    return np.polynomial.legendre.leggauss(steps)


def _cost_of_doubling(most: int) -> int:
    steps, total = min(FIRST_STEPS, most), min(FIRST_STEPS, most)
    while steps * 2 <= most:
        steps *= 2
        total += steps
    return total


def _summed(embeddings: Tensor, gradient: Tensor) -> Tensor:
    return (_accumulate(embeddings) * _accumulate(gradient)).sum(-1)


def _accumulate(tensor: Tensor) -> Tensor:
    """Half precision is added up in float32; wider types stay as they are."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
