"""Attribution patching: every cell's effect to first order, from one backward pass.

The metric changes by about (other − base)·∂metric/∂base when an activation is patched (Nanda 2023, attribution
patching; Syed et al. 2023, arXiv:2310.10348). Attention patterns enter through the head outputs that they give, which
are linear in them. Estimates mislead where attention saturates: they order the cells and paint first, and exact
values replace them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .anatomy import Anatomy
from .cells import Cell, GridShape
from .entries import Entries
from .metrics import Metric
from .records import Recording

Gradients = list[dict[str, Tensor]]
"""Per layer and site, ∂metric/∂activation, shaped as the activation."""

_DIFFERENTIATED = ("resid_pre", "attn_out", "mlp_out", "q", "k", "v", "z")


def gradients(base: Recording, metric: Metric) -> Gradients:
    """Of the metric by every activation of ``base``, which was recorded under grad mode; one backward pass."""
    names = [
        (index, site)
        for index, layer in enumerate(base.layers)
        for site in _DIFFERENTIATED
        if site in layer.seen and layer.seen[site].requires_grad
    ]
    found = torch.autograd.grad(
        metric(base.logits[None])[0],
        [base.layers[index].seen[site] for index, site in names],
        allow_unused=True,
    )
    result: Gradients = [{} for _ in base.layers]
    for (index, site), gradient in zip(names, found, strict=True):
        activation = base.layers[index].seen[site]
        result[index][site] = (torch.zeros_like(activation) if gradient is None else gradient)[0]
    return result


def estimates(
    anatomy: Anatomy, base: Recording, other: Recording, first: int, slopes: Gradients, shape: GridShape
) -> dict[Cell, float]:
    """Each cell's estimated change of the metric."""
    entries = Entries(anatomy, base, other, first)
    by_layer = [
        _effects(entries, index, base, other, slopes[index], shape.site.name)
        for index in range(len(base.layers))
    ]
    return {cell: float(_of_cell(by_layer[cell.layer], cell)) for cell in shape.cells()}


def _effects(
    entries: Entries, index: int, base: Recording, other: Recording, slopes: dict[str, Tensor], site: str
) -> Tensor:
    """[head, position], or [1, position] of sites without heads."""
    if site == "pattern":
        change = entries.with_patterns(index) - base.layers[index].z
        return (change * slopes["z"]).sum(-1).T
    change = other.layers[index].tensors[site] - base.layers[index].tensors[site]
    effect = (change * slopes[site]).sum(-1)
    if site in ("q", "k", "v"):  # [head, position] already
        return effect
    return effect.T if site == "z" else effect[None]


def _of_cell(effects: Tensor, cell: Cell) -> Tensor:
    head = effects[cell.head or 0]
    return head.sum() if cell.position is None else head[cell.position]
