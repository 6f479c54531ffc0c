"""From the residual stream to logits, by the model's own code: final norm, unembedding and whatever follows."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor

from ..subjects.architecture import ModelInput, run
from ..subjects.replaced_forward import gives
from .anatomy import Anatomy
from .bridge_runs import is_bridge

LOGIT_BYTES = 64 * 2**20
"""Size of the logits made at once in the end."""


def unembedded(
    anatomy: Anatomy, hidden: Tensor, ids: Tensor, beside: tuple[Any, ...] | None = None
) -> Tensor:
    """Logits [row, position, vocabulary] of what leaves the last layer, ``hidden`` [row, position, dim].

    The model itself is called, its layers handing ``hidden`` on: final norm, unembedding and whatever it does to
    logits are its own. ``ids`` [1, token] are any prompt at least as long as ``hidden``; ``beside`` is what its layers
    give beside the stream, None where that is all.
    """
    rows, positions = hidden.shape[:2]
    given = _placeholder(ids, rows, positions)
    if is_bridge(anatomy.subject):
        return _through_bridge(anatomy, hidden, given.ids)
    with ExitStack() as stack:
        for layer in anatomy.layers:
            stack.enter_context(gives(layer, hidden if beside is None else (hidden, *beside)))
        return run(anatomy.subject, given, keep=positions).logits


def _placeholder(ids: Tensor, rows: int, positions: int) -> ModelInput:
    return ModelInput(
        ids[:, -positions:].expand(rows, -1), {"attention_mask": torch.ones_like(ids[:, -positions:])}
    )


def _through_bridge(anatomy: Anatomy, hidden: Tensor, ids: Tensor) -> Tensor:
    """A bridge has its layers run, and what leaves the last one replaced."""

    def put_in(activation: Tensor, hook: Any) -> Tensor:
        return hidden.to(activation.dtype)

    name = f"blocks.{anatomy.count - 1}.hook_resid_post"
    logits: Tensor = anatomy.subject.model.run_with_hooks(
        ids, return_type="logits", fwd_hooks=[(name, put_in)]
    )
    return logits if logits.dtype == torch.float64 else logits.float()
