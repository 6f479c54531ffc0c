"""A norm held at its scale on one vector, so that it is linear and a sum can be taken apart behind it.

Elhage et al. 2021 (A Mathematical Framework for Transformer Circuits) fold the final norm's scale in like this:
N(x) = g ⊙ (x − mean x) + b with g as it is on the actual x (RMSNorm subtracts no mean).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..attribution.by_attention.contributions import precise

_TOLERANCE = {torch.float16: 0.02, torch.bfloat16: 0.05}
"""Rounding of what the norm gives; float64 models often compute their norms in float32."""

_SMALL = 1e-3
"""Share of a vector's size below which one of its entries says too little of its gain."""


class NotANorm(Exception):
    """The module does something else than a layer norm or an RMS norm."""


@dataclass(frozen=True)
class FrozenNorm:
    """``gain`` and ``shift`` [dim], and whether the mean is subtracted first."""

    gain: Tensor
    shift: Tensor
    centred: bool

    def linear(self, vectors: Tensor) -> Tensor:
        """What each of ``vectors`` [n, dim] becomes; of vectors that add up to x, the sum is N(x) − shift."""
        return self.gain * _centred(precise(vectors), self.centred)


def frozen(norm: Callable[[Tensor], Tensor], at: Tensor) -> FrozenNorm:
    """``norm`` (of [n, dim]) at its scale on ``at`` [dim]; raises :class:`NotANorm`.

    Nothing is read from the module but what it gives: its bias is what it makes of 0, its weight is seen where all
    entries are ±1, whether it subtracts the mean where every entry of ``at`` is raised alike.
    """
    signs = torch.ones_like(at)
    signs[1::2] = -1
    raised = at + at.float().pow(2).mean().sqrt().to(at.dtype)
    nothing, itself, of_signs, of_raised = precise(
        torch.cat([norm(row[None]) for row in (torch.zeros_like(at), at, signs, raised)])
    )
    tolerance = _TOLERANCE.get(at.dtype, 1e-4)
    made = itself - nothing
    size = made.norm().clamp_min(1e-30)
    centred = bool((of_raised - itself).norm() <= tolerance * size)
    weight = (of_signs - nothing) / _centred(precise(signs), centred)
    vector = _centred(precise(at), centred)
    expected = weight * vector
    scale = (made @ expected) / (expected @ expected).clamp_min(1e-30)
    if not bool((made - scale * expected).norm() <= tolerance * size):
        raise NotANorm
    # Entry by entry, what rounding did to this vector included; where the mean was taken from an entry that was
    # nearly it, only rounding is left.
    small = vector.abs() <= (_SMALL * vector.pow(2).mean().sqrt() if centred else 0.0)
    gain = torch.where(small, scale * weight, made / torch.where(small, 1.0, vector))
    return FrozenNorm(gain, nothing, centred)


def _centred(vectors: Tensor, centred: bool) -> Tensor:
    return vectors - vectors.mean(-1, keepdim=True) if centred else vectors
