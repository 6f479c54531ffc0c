"""Recording and patching a TransformerLens bridge through its own hooks: one whole pass per cell.

A bridge computes attention by itself and knows each site by a hook's name, so nothing of its model need be understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput
from .cells import Cell
from .metrics import Metric
from .records import LayerRecord, Recording

_HOOKS = {
    "resid_pre": "blocks.{layer}.hook_resid_pre",
    "attn_out": "blocks.{layer}.hook_attn_out",
    "mlp_out": "blocks.{layer}.hook_mlp_out",
    "resid_post": "blocks.{layer}.hook_resid_post",
    "q": "blocks.{layer}.attn.hook_q",
    "k": "blocks.{layer}.attn.hook_k",
    "v": "blocks.{layer}.attn.hook_v",
    "z": "blocks.{layer}.attn.hook_z",
    "pattern": "blocks.{layer}.attn.hook_pattern",
}

_BY_HEAD = ("q", "k", "v")
"""Kept as [1, head, token, dim]; a bridge has tokens before heads."""


def is_bridge(subject: Subject) -> bool:
    return type(subject.model).__name__ == "TransformerBridge"


def record_bridge(
    subject: Subject, layers: int, given: ModelInput, keep: int, meter: Meter | None
) -> Recording:
    """Run the bridge on ``given`` (one row) and keep its activations, detached."""
    seen, logits = bridge_activations(subject, layers, given, tuple(_HOOKS), meter)
    records = [
        LayerRecord(
            seen={
                site: tensor.transpose(1, 2) if site in _BY_HEAD else tensor for site, tensor in layer.items()
            }
        )
        for layer in seen
    ]
    return Recording(given, records, logits[0, -keep:])


def bridge_activations(
    subject: Subject, layers: int, given: ModelInput, sites: Sequence[str], meter: Meter | None
) -> tuple[list[dict[str, Tensor]], Tensor]:
    """Per layer and site what passed the hook, [1, token, …], and the logits [1, token, vocabulary], detached."""
    names = {site: [_HOOKS[site].format(layer=layer) for layer in range(layers)] for site in sites}
    wanted = {name for every in names.values() for name in every}
    logits, cache = subject.model.run_with_cache(
        given.ids, names_filter=lambda name: name in wanted, return_type="logits"
    )
    if meter is not None:
        meter.forwards += 1
    seen = [{site: cache[every[layer]].detach() for site, every in names.items()} for layer in range(layers)]
    logits = logits.detach()
    return seen, logits if logits.dtype == torch.float64 else logits.float()


def bridge_value(
    subject: Subject, base: Recording, other: Recording, cell: Cell, metric: Metric, meter: Meter | None
) -> float:
    """The metric of the ``base`` prompt with one activation of the ``other`` run put in by a hook."""
    source = other.layers[cell.layer].seen[cell.site]
    if cell.site in _BY_HEAD:
        source = source.transpose(1, 2)
    places = slice(None) if cell.position is None else slice(cell.position, cell.position + 1)

    def put_in(activation: Tensor, hook: Any) -> Tensor:
        patched = activation.clone()
        where: tuple[Any, ...] = (slice(None), places)
        if cell.site == "pattern":
            where = (slice(None), cell.head, places)
        elif cell.head is not None:
            where = (*where, cell.head)
        patched[where] = source[where].to(patched.dtype)
        return patched

    name = _HOOKS[cell.site].format(layer=cell.layer)
    logits = subject.model.run_with_hooks(base.given.ids, return_type="logits", fwd_hooks=[(name, put_in)])
    if meter is not None:
        meter.forwards += 1
    return float(metric(logits if logits.dtype == torch.float64 else logits.float())[0])
