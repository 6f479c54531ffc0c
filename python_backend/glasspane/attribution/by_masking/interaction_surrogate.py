"""A surrogate of a game in which tokens act together, whose Shapley values have a closed form.

Players are signs: s_i = 1 where player i is there, −1 where not. Coalitions come in pairs of complements,
and of their two values only the odd half-difference d(s) = (v(s) − v(−s)) / 2 bears on Shapley values.
The surrogate is a Gaussian process on d: a free slope for every player, interactions of odd order by a
product kernel, and a free level for every size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch
from torch import Tensor

CHOSEN_ON = 192
"""Pairs on which the kernel is chosen, or twice the players: a part of them says as much as all."""

FITTED_ON = 2048
"""Most pairs that the surrogate passes through: its cost grows with their cube."""

ORDERS = (1.0, 2.5, 6.0)
"""Sums of the kernel's factors that are tried: about the order of the interactions that count most."""

STRENGTHS = (0.3, 3.0, 30.0, 300.0)
"""Variances of the interactions that are tried, by that of what no kernel explains."""

LEVELS = (1.0, 1000.0)
"""Variances of the levels of the sizes that are tried, by that of the interactions: a model may find a
prompt strange for how much is missing, whatever it is."""

_NODES = 24  # Gauss–Legendre: exact to degree 47, beyond which the integrand has next to nothing


@dataclass(frozen=True)
class ProductKernel:
    """k(s, t) = odd part of Π_i (1 + r_i s_i t_i) beyond the first order, 1 on the diagonal.

    ``factors`` [player], between 0 and 1: how far each takes part in interactions.
    """

    factors: Tensor

    def between(self, left: Tensor, right: Tensor) -> Tensor:
        """k of ``left`` [row, player] and ``right`` [column, player], signs → [row, column]."""
        return self._beyond_first(left, right) / self._scale

    def shapley_values(self, points: Tensor) -> Tensor:
        """Shapley values of the games s ↦ k(s, t), one for each t of ``points`` → [player, point].

        Each is r_i t_i ∫ Π_{j≠i} (1 + r_j u t_j) du over [−1, 1]: the multilinear extension along its
        diagonal (Owen 1972), less the first order, where the integrand is 1.
        """
        at, weights = (torch.from_numpy(x) for x in np.polynomial.legendre.leggauss(_NODES))
        factors = 1 + at[:, None, None] * (self.factors * points)  # [node, point, player]
        others = factors.log().sum(2, keepdim=True).exp() / factors
        integral = torch.einsum("q,qpi->ip", weights, others - 1)
        return integral * (self.factors * points).T / self._scale

    def _beyond_first(self, left: Tensor, right: Tensor) -> Tensor:
        # Π (1 + r s t) = exp(Σ ½ log(1 − r²) + s t artanh r): its odd part is a hyperbolic sine.
        level = (0.5 * torch.log1p(-self.factors.square())).sum().exp()
        return level * torch.sinh((left * self.factors.atanh()) @ right.T) - (left * self.factors) @ right.T

    @property
    def _scale(self) -> Tensor:
        whole = torch.ones(1, len(self.factors), dtype=self.factors.dtype)
        return self._beyond_first(whole, whole).clamp_min(1e-300)


@dataclass(frozen=True)
class Prior:
    """What is believed of d beside its slopes: ``strength`` × (``kernel`` + ``level`` × same size)."""

    kernel: ProductKernel
    level: float
    strength: float

    def between(self, left: Tensor, right: Tensor) -> Tensor:
        """The covariance of d at ``left`` [row, player] and ``right`` [column, player] → [row, column]."""
        return self.strength * (self.kernel.between(left, right) + self.level * _same_size(left, right))


@dataclass(frozen=True)
class Smoother:
    """The surrogate as a linear map of what was seen.

    ``fitted`` [row, seen] gives the surrogate's d at all rows, ``shapley`` [player, seen] its Shapley
    values, ``left_out`` [seen, seen] how far each seen value is from what the others make of it.
    """

    fitted: Tensor
    shapley: Tensor
    left_out: Tensor


def smoother(signs: Tensor, spread: Tensor, prior: Prior, seen: int) -> Smoother:
    """The posterior mean given the first ``seen`` of ``signs`` [row, player] and the pair of all and none,
    which comes last among the seen. ``spread`` [row] is the variance of what no kernel explains.
    """
    count = signs.shape[1]
    points = torch.cat([signs[:seen], torch.ones(1, count, dtype=signs.dtype)])
    noise = torch.cat([spread[:seen], spread.min().view(1) / 100])
    root = torch.linalg.cholesky(prior.between(points, points) + noise.diag())
    towards = torch.cholesky_solve(points, root)  # C⁻¹ S
    inverse = torch.linalg.pinv(points.T @ towards, rtol=1e-10, hermitian=True)
    slopes = inverse @ towards.T  # [player, seen]
    weights = torch.cholesky_inverse(root) - towards @ slopes
    return Smoother(
        signs @ slopes + prior.between(signs, points) @ weights,
        2 * slopes + prior.strength * prior.kernel.shapley_values(points) @ weights,
        weights / weights.diagonal()[:, None],
    )


def chosen_prior(signs: Tensor, spread: Tensor, odd: Tensor, worth: Tensor) -> Prior | None:
    """The prior under which ``odd`` [row] is likeliest, its free slopes integrated out (restricted
    maximum likelihood; Patterson & Thompson 1971).

    Players take part in interactions by the root of their ``worth`` [player] ≥ 0: those that do little
    alone seldom do much with others. None where slopes alone are likeliest, or too few rows tell.
    """
    count = signs.shape[1]
    signs, spread, odd = (x[: max(CHOSEN_ON, 2 * count)] for x in (signs, spread, odd))
    rows = len(signs)
    free = rows - count
    if free < 2:
        return None
    part = (worth / worth.max().clamp_min(1e-300)).clamp_min(1e-3).sqrt()
    whitened = spread.rsqrt()
    basis, _ = torch.linalg.qr(whitened[:, None] * signs, mode="complete")
    beside = basis[:, count:].T * whitened  # to what no slopes can explain
    chosen: Prior | None = None
    least = _unlikeliness((beside @ odd).square(), torch.ones(free, dtype=odd.dtype))
    for order, level in product(ORDERS, LEVELS):
        prior = Prior(ProductKernel((order / part.sum() * part).clamp_max(0.9)), level, 1.0)
        variances, axes = torch.linalg.eigh(beside @ prior.between(signs, signs) @ beside.T)
        along = (axes.T @ (beside @ odd)).square()
        for strength in STRENGTHS:
            unlikely = _unlikeliness(along, 1 + strength * variances.clamp_min(0))
            if unlikely < least:
                least, chosen = unlikely, replace(prior, strength=strength)
    return chosen


def _unlikeliness(squares: Tensor, variances: Tensor) -> float:
    """−2 log likelihood of independent normals with ``variances`` up to a common factor, at its best."""
    scale = (squares / variances).sum().clamp_min(1e-300)
    return float(len(squares) * scale.log() + variances.log().sum())


def _same_size(left: Tensor, right: Tensor) -> Tensor:
    """1 where two coalitions are as large, −1 where one is as large as the other's complement; 0 for all
    and none. What hangs on the size alone is shared evenly, so it has no Shapley values of its own."""
    one, two = left.sum(1)[:, None], right.sum(1)[None]
    inner = (one.abs() < left.shape[1]) & (two.abs() < left.shape[1])
    return ((one == two).to(left) - (one == -two).to(left)) * inner
