"""What happens without a token: occlusion, and LIME's linear surrogate of many maskings."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ...kernel.progress import Report
from ..outcome import Outcome, Task
from .masking import MaskedPrompt

KERNEL_WIDTH = 0.25
"""Of LIME's kernel, in cosine distance between a masking and the whole prompt, as lime's text explainer has it."""

RIDGE = 1.0
"""Weight of the squared coefficients, as lime's text explainer has it."""

SEEDS = 10
"""Parts of the maskings that are fitted apart, to see how far the scores hang on chance."""

_STUDENT = 2.262
"""97.5 % point of Student's t with SEEDS − 1 degrees of freedom."""


def occlusion(task: Task, report: Report) -> Outcome:
    """f(x) − f(x without token i) (Zeiler & Fergus 2014; Li et al. 2016). Scores [target, token], signed."""
    masked = MaskedPrompt(task, str(task.options["replacement"]))
    count = len(masked.players)
    without = masked(
        ~torch.eye(count, dtype=torch.bool),
        lambda done, of: report(0.05 + 0.9 * done / of, f"occlusion, {done} of {of} tokens"),
    )
    scores = task.values.cpu().double() - without  # [player, target]
    return Outcome(masked.on_tokens(scores.T), baseline=masked.phrase, steps=count)


def lime(task: Task, report: Report) -> Outcome:
    """Coefficients of a weighted ridge regression of f on which tokens are kept (Ribeiro et al. 2016).

    Maskings leave out a uniformly drawn number of tokens, and count by √exp(−d²/w²) with d the cosine
    distance 1 − √(fraction kept). Scores [target, token]; margins from :data:`SEEDS` parts fitted apart.
    """
    masked = MaskedPrompt(task, str(task.options["replacement"]))
    samples = int(task.options["samples"])
    count = len(masked.players)
    chance = torch.Generator().manual_seed(int(task.options["seed"]))
    kept = random_maskings(samples, count, chance)
    values = masked(kept, lambda done, of: report(0.05 + 0.85 * done / of, f"LIME, {done} of {of} maskings"))
    weights = proximity(kept)
    scores, r2 = weighted_ridge(kept, values, weights)
    outcome = Outcome(
        masked.on_tokens(scores), baseline=masked.phrase, steps=samples, surrogate_r2=float(r2.min())
    )
    warnings = []
    if float(r2.min()) < 0.5:
        warnings.append(_poor_fit(float(r2.min()), kept, values, weights))
    if samples < SEEDS * (count + 2):
        warnings.append(
            f"{samples:,} maskings of {count} tokens are too few to see how far the scores hang on chance: "
            f"give at least {SEEDS * (count + 2):,}."
        )
        return replace(outcome, warnings=warnings)
    apart = fitted_apart(kept, values, weights)
    margin = margin_of(apart)
    first = apart.abs().argmax(2)  # [part, target]
    other = int((first != scores.abs().argmax(1)).any(1).sum())
    if other:
        warnings.append(f"In {other} of {SEEDS} repetitions with other maskings, another token came first.")
    return replace(outcome, margins=masked.on_tokens(margin), warnings=warnings)


def fitted_apart(kept: Tensor, values: Tensor, weights: Tensor) -> Tensor:
    """Coefficients [part, target, player] of :data:`SEEDS` parts of the maskings."""
    parts = torch.arange(len(kept)) % SEEDS
    return torch.stack(
        [weighted_ridge(kept[parts == k], values[parts == k], weights[parts == k])[0] for k in range(SEEDS)]
    )


def margin_of(apart: Tensor) -> Tensor:
    """Half the width of the 95 % interval [target, player] of what was fitted apart (Student's t)."""
    margin: Tensor = _STUDENT * apart.std(0) / SEEDS**0.5
    return margin


def _poor_fit(r2: float, kept: Tensor, values: Tensor, weights: Tensor) -> str:
    """Why the surrogate explains so little: few tokens whose maskings weigh less than the penalty, or tokens
    that act together."""
    said = f"A sum over tokens explains only {max(0.0, r2):.0%} of how the maskings vary: "
    if float(weighted_ridge(kept, values, weights, ridge=1e-9)[1].min()) >= 0.5:
        return (
            f"{said}LIME's penalty on large scores holds them down on so few tokens. Their order can be read, "
            "their size cannot."
        )
    return f"{said}tokens act together here, and no single weight per token says how."


def random_maskings(samples: int, count: int, chance: torch.Generator) -> Tensor:
    """[masking, player], bool: the whole prompt first, then subsets of uniformly drawn size below it."""
    removed = torch.randint(1, count + 1, (samples,), generator=chance)
    removed[0] = 0
    rank = torch.rand(samples, count, generator=chance).argsort(1).argsort(1)
    return rank >= removed[:, None]


def proximity(kept: Tensor) -> Tensor:
    """LIME's weight of each masking [masking] of ``kept`` [masking, player]."""
    distance = 1 - kept.double().mean(1).sqrt()
    return (-(distance**2) / KERNEL_WIDTH**2).exp().sqrt()


def weighted_ridge(
    kept: Tensor, values: Tensor, weights: Tensor, ridge: float = RIDGE
) -> tuple[Tensor, Tensor]:
    """(coefficients [target, player], R² [target]) of ``values`` [masking, target] on ``kept``.

    argmin_β Σ w (y − β₀ − z·β)² + ridge·‖β‖², the intercept free; R² counts by the same weights.
    """
    share = (weights / weights.sum())[:, None]
    design = kept.double() - (share * kept.double()).sum(0)
    centred = values - (share * values).sum(0)
    gram = design.T @ (weights[:, None] * design) + ridge * torch.eye(kept.shape[1], dtype=torch.float64)
    coefficients = torch.linalg.solve(gram, design.T @ (weights[:, None] * centred))
    residual = (share * (centred - design @ coefficients).square()).sum(0)
    spread = (share * centred.square()).sum(0)
    return coefficients.T, 1 - residual / spread.clamp_min(1e-30)
