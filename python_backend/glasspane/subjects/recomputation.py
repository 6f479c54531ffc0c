"""Gradients of long prompts: each layer's activations are computed again when its gradient is taken.

A backward pass then keeps what enters each layer and one layer's activations, not all of them, and costs
one more pass forward (Chen et al. 2016, arXiv:1604.06174).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from ..errors import GlasspaneError
from . import Subject
from .architecture import virtual_tokens
from .blocks import layers_of


def can_recompute(subject: Subject) -> bool:
    """Whether the model's layers are known, and nobody has put a function of their own in their place."""
    return bool(_layers(subject))


@contextmanager
def recomputed(subject: Subject) -> Iterator[None]:
    """Layers inside forget their activations; where :func:`can_recompute` says no, nothing changes."""
    layers = _layers(subject)
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward  # the class has its own


def recomputes(module: nn.Module) -> bool:
    """Whether ``module`` is a layer inside :func:`recomputed`: what it computes is its own."""
    forward = vars(module).get("forward")
    return isinstance(forward, partial) and forward.func is checkpoint


def _layers(subject: Subject) -> list[nn.Module]:
    if virtual_tokens(subject):  # a prefix lies in a cache, to which a layer that runs twice would add twice
        return []
    try:
        layers, _ = layers_of(subject)
    except GlasspaneError:
        return []
    # Offloaded layers (accelerate) have a forward that brings their weights, and may not be asked twice.
    return [] if any("forward" in vars(layer) for layer in layers) else layers
