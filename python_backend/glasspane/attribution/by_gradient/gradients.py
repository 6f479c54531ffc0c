"""Gradient methods without chance: saliency, gradient × input and integrated gradients."""

from __future__ import annotations

import math
from functools import cache
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...kernel.progress import Report
from ..baselines import baseline
from ..outcome import Outcome, Task

STOP_GAP = 0.01
"""Path points are doubled until the scores add up within this share of f(e) − f(e′) …"""
STOP_MOVE = 0.01
"""… and no score moves by more than this share of the largest: a gap can cross zero by luck."""


def saliency(task: Task, report: Report) -> Outcome:
    """‖∂f/∂e‖₂ per token, unsigned (Simonyan et al. 2013). Scores [target, token]."""
    report(0.2, "gradient")
    return Outcome(
        task.evaluator.per_gradient(task.embeddings, lambda gradient: in_full(gradient[0]).norm(dim=-1))
    )


def input_x_gradient(task: Task, report: Report) -> Outcome:
    """Σ_d e_d · ∂f/∂e_d per token, signed (Shrikumar et al. 2016). Scores [target, token]."""
    report(0.2, "gradient")
    embeddings = in_full(task.embeddings[0])
    return Outcome(
        task.evaluator.per_gradient(
            task.embeddings, lambda gradient: (embeddings * in_full(gradient[0])).sum(-1)
        )
    )


def integrated_gradients(task: Task, report: Report) -> Outcome:
    """Σ_d (e − e′)_d ∫₀¹ ∂f/∂e_d(e′ + α(e − e′)) dα (Sundararajan et al. 2017). Scores [target, token].

    The integral is taken at Gauss–Legendre nodes, doubled from ``first_steps`` until both stopping rules
    hold for every target or ``max_steps`` is reached; the result says which.
    """
    most = int(task.options["max_steps"])
    start = baseline(task.subject, task.read, str(task.options["baseline"]), task.embeddings)
    difference = in_full(task.embeddings) - in_full(start.embeddings)
    values_at_start = task.evaluator.values(start.embeddings)[0]
    change = task.values - values_at_start
    warnings: list[str] = []
    if start.ill_conditioned:
        warnings.append(
            f"A baseline of zeros ({start.phrase}) is ill-conditioned here: the model's RMSNorm divides by the "
            "size of the embedding. Prefer the mean, or a token whose embedding is not zero."
        )

    first = min(int(task.options["first_steps"]), most)
    steps = first
    before: Tensor | None = None
    move: float | None = None
    spent = 0
    total = _cost_of_doubling(first, most)
    while True:
        scores: Tensor | float = 0.0
        for points, weights in _nodes(steps, task.evaluator.rows_at_once, difference, start.ill_conditioned):
            path = in_full(start.embeddings) + points.view(-1, 1, 1) * difference
            pushes = weights.view(-1, 1, 1) * difference

            def share(gradient: Tensor, pushes: Tensor = pushes) -> Tensor:
                return (pushes * in_full(gradient)).sum((0, 2))

            scores = scores + task.evaluator.per_gradient(path.to(task.embeddings.dtype), share)
            spent += len(points)
            report(min(0.99, spent / total), f"integrated gradients, {steps} steps")
        assert isinstance(scores, Tensor)
        if before is not None:
            largest = scores.abs().amax(1).clamp_min(1e-30)
            move = float(((scores - before).abs().amax(1) / largest).max())
        gaps = scores.sum(1) - change
        converged = (
            move is not None and move <= STOP_MOVE and bool((gaps.abs() <= STOP_GAP * change.abs()).all())
        )
        outcome = Outcome(
            scores,
            baseline=start.phrase,
            baseline_value=float(values_at_start.sum()),
            **completeness(scores, change),
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
    warnings += little_to_share(change, task.values)
    return outcome


def little_to_share(change: Tensor, values: Tensor) -> list[str]:
    """A sentence where f is almost the same at the baseline: ``values`` − ``change`` [target]."""
    if not bool((change.abs() < 1e-3 * values.abs().clamp_min(1.0)).any()):
        return []
    return [
        "The target's score is almost the same at the baseline, so there is little to share out: "
        "another baseline asks a clearer question."
    ]


class Completeness(TypedDict):
    """The two completeness fields of an :class:`Outcome`."""

    completeness_difference: float
    completeness_gap: float | None


def completeness(scores: Tensor, change: Tensor) -> Completeness:
    """How far scores [target, token] are from adding up to ``change`` [target]; of several, the worst."""
    gaps = scores.sum(1) - change
    relative = gaps.abs() / change.abs()  # infinite or NaN where nothing changes
    worst = int(torch.nan_to_num(relative, nan=0.0).argmax())
    gap = float(relative[worst])
    return {
        "completeness_difference": float(gaps[worst]),
        "completeness_gap": gap if math.isfinite(gap) else None,
    }


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


def _nodes(steps: int, rows: int, like: Tensor, steep: bool) -> list[tuple[Tensor, Tensor]]:
    """Gauss–Legendre points and weights on [0, 1], in chunks of at most ``rows``.

    Where the integrand is ``steep`` at the baseline, α = t⁵ is substituted: the points crowd there.
    """
    points, weights = _legendre(steps)
    alpha, beta = (points + 1) / 2, weights / 2
    if steep:
        alpha, beta = alpha**5, beta * 5 * alpha**4
    at = torch.as_tensor(alpha, dtype=like.dtype, device=like.device)
    counted = torch.as_tensor(beta, dtype=like.dtype, device=like.device)
    return list(zip(at.split(rows), counted.split(rows), strict=True))


@cache
def _legendre(steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [−1, 1]; kept, for finding a thousand of them takes a second."""
    return np.polynomial.legendre.leggauss(steps)


def _cost_of_doubling(steps: int, most: int) -> int:
    total = steps
    while steps * 2 <= most:
        steps *= 2
        total += steps
    return total


def in_full(tensor: Tensor) -> Tensor:
    """Half precision is added up in float32; wider types stay as they are."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
