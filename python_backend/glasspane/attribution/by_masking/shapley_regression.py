"""Shapley values from the values of some coalitions: the regression that they solve, adjusted by a
surrogate in which tokens act together."""

from __future__ import annotations

import torch
from torch import Tensor

from .coalitions import Coalitions
from .interaction_surrogate import FITTED_ON, chosen_prior, smoother


def shapley_regression(drawn: Coalitions, values: Tensor, change: Tensor) -> tuple[Tensor, Tensor | None]:
    """(Shapley values [target, player], margins) from ``values`` [row, target], v(none) taken off.

    A surrogate with interactions is fitted, its exact Shapley values are taken, and the least squares
    problem of kernel SHAP is solved for what it leaves over (regression-adjusted estimation; Witter et
    al. 2025, arXiv:2506.11849). So the sum is ``change`` [target] exactly, and with all coalitions there
    the values are exact whatever the surrogate. It is chosen by the sum of the targets: one linear map
    for all, so that rows add up to what their sum is given. Margins are 1.96 × the jackknife's standard
    error over pairs, in closed form with the surrogate's prior held; None for fewer pairs than players.
    """
    signs, weight = drawn.kept[0::2].double() * 2 - 1, drawn.weight[0::2]
    odd = (values[0::2] - values[1::2]) / 2  # [pair, target]
    linear, tilt, leverage = _constrained_regression(signs, weight)
    count = signs.shape[1]

    def shared(values: Tensor, total: Tensor) -> Tensor:
        """The regression's answer [player, target] to odd ``values`` that sum to ``total`` [target]."""
        return linear @ (values - tilt[:, None] * total) + total / count

    scores = shared(odd, change)
    spread = weight.reciprocal() / weight.reciprocal().mean()
    seen = min(len(odd), FITTED_ON)
    there = torch.cat([odd[:seen], change[None] / 2])
    fitted = None
    for _ in range(2):  # the second time with a better idea of who does how much
        prior = chosen_prior(signs, spread, odd.sum(1), scores.sum(1).abs())
        if prior is None:
            break
        fitted = smoother(signs, spread, prior, seen)
        shares = fitted.shapley @ there
        left = odd - fitted.fitted @ there
        scores = shares + shared(left, change - shares.sum(0))
    if len(odd) <= count:
        return scores.T, None
    if fitted is None:
        design = signs / 2 - tilt[:, None]
        left = odd - tilt[:, None] * change - design @ (scores - change / count)
        left, pull = left / (1 - leverage).clamp_min(0.01)[:, None], linear
    else:
        moved = fitted.shapley[:, :seen]
        pull = linear.clone()
        pull[:, :seen] += moved - linear @ fitted.fitted[:, :seen]
        pull[:, :seen] += (linear @ tilt - 1 / count)[:, None] * moved.sum(0)
        left[:seen] = (fitted.left_out @ there)[:seen]
    return scores.T, 1.96 * (left.square().T @ pull.square().T).sqrt()


def _constrained_regression(signs: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Kernel SHAP's least squares on pairs, for any values.

    argmin_φ Σ w (d − s·φ/2)² subject to Σφ = c is L (d − τ c) + c/n: gives L [player, pair], τ [pair] and
    the leverages [pair]. Solved in the n − 1 dimensions beside the all-ones direction.
    """
    count = signs.shape[1]
    tilt = signs.mean(1) / 2
    design = signs / 2 - tilt[:, None]  # orthogonal to the all-ones direction
    gram = design.T @ (weight[:, None] * design)
    # No row has a part along all-ones: that direction is filled in, so that rounding does not decide it.
    along = gram.diagonal().sum() / count**2 * torch.ones_like(gram)
    inverse = torch.linalg.pinv(gram + along, rtol=1e-10, hermitian=True)
    linear = inverse @ (weight[:, None] * design).T
    return linear, tilt, (design * linear.T).sum(1)
