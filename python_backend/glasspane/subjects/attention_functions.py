"""The function that an attention module computes by: the one of the file it was written in, or torch's own."""

from __future__ import annotations

import sys

from torch import nn

from .guard import AttentionFunction


class NoEagerFunction(Exception):
    """This attention module has no ``eager_attention_forward`` beside it."""


def eager_function(module: nn.Module) -> AttentionFunction:
    """The eager function that this module would have called; raises :class:`NoEagerFunction`."""
    for cls in type(module).__mro__:
        function = getattr(sys.modules.get(cls.__module__), "eager_attention_forward", None)
        if callable(function):
            return function  # type: ignore[no-any-return]
    raise NoEagerFunction


def own_function(module: nn.Module) -> AttentionFunction:
    """What the module computes by now, as long as that takes explicit masks; torch's fused one otherwise.

    Flash and flexible attention describe masks in their own ways; the fused function gives their numbers.
    """
    from transformers import AttentionInterface

    implementation = getattr(getattr(module, "config", None), "_attn_implementation", "eager")
    if implementation == "eager":
        return eager_function(module)
    return AttentionInterface()["sdpa"]  # type: ignore[no-any-return]
