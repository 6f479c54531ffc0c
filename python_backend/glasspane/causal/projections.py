"""The matrices that make queries, keys and values, and W_O, cut into heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from ..errors import GlasspaneError
from ..subjects.blocks import part

Kind = Literal["q", "k", "v"]


@dataclass(frozen=True)
class Joined:
    """How one module makes several of q, k and v: one behind the other, or head by head (GPT-NeoX)."""

    paths: tuple[str, ...]
    by_head: bool = False


_LAYOUTS = (
    Joined(("q_proj", "k_proj", "v_proj")),
    Joined(("c_attn",)),
    Joined(("query_key_value",), by_head=True),
)
"""The first whose modules an attention has is taken; a new architecture is one more row."""


@dataclass(frozen=True)
class Slice:
    """Which outputs of which module are the queries, keys or values of one head."""

    module: nn.Module
    columns: slice


class HeadInputs:
    """Where each head's queries, keys and values are made; raises ``unsupported_model`` where that cannot be seen."""

    def __init__(self, attention: nn.Module, heads: int, key_value_heads: int, width: int) -> None:
        self._heads = {"q": heads, "k": key_value_heads, "v": key_value_heads}
        self._width = width
        self._layout = _layout_of(attention)
        self.modules = projections_of(attention)
        if not all(type(module) in (nn.Linear, Conv1D) for module in self.modules):
            raise _hidden(attention)

    def of(self, kind: Kind, head: int) -> Slice:
        width = self._width
        place = ("q", "k", "v").index(kind)
        if len(self.modules) == 3:
            return Slice(self.modules[place], slice(head * width, (head + 1) * width))
        (module,) = self.modules
        if self._layout.by_head:
            start = (3 * head + place) * width
        else:
            start = sum(self._heads[before] for before in ("q", "k", "v")[:place]) * width + head * width
        return Slice(module, slice(start, start + width))

    def each(self) -> list[tuple[Kind, int, Slice]]:
        """Every head of queries, keys and values."""
        kinds: Sequence[Kind] = ("q", "k", "v")
        return [(kind, head, self.of(kind, head)) for kind in kinds for head in range(self._heads[kind])]


def projections_of(attention: nn.Module) -> list[nn.Module]:
    """The modules that make an attention's queries, keys and values; raises ``unsupported_model``."""
    found = [part(attention, path) for path in _layout_of(attention).paths]
    return [module for module in found if module is not None]


def _layout_of(attention: nn.Module) -> Joined:
    for layout in _LAYOUTS:
        if all(part(attention, path) is not None for path in layout.paths):
            return layout
    raise _hidden(attention)


def back_through(made: Slice, gradient: Tensor) -> Tensor:
    """∂/∂input [token, dim] of a gradient [token, width] by the outputs that ``made`` names."""
    weight = made.module.weight
    assert isinstance(weight, Tensor)
    rows = weight[:, made.columns].T if type(made.module) is Conv1D else weight[made.columns]
    return gradient @ rows.to(gradient.dtype)


def head_writes(projection: nn.Module, z: Tensor) -> Tensor:
    """What each head adds, [head, token, dim], of changes of its output ``z`` [token, head, width]; no bias."""
    tokens, heads, width = z.shape
    if type(projection) in (nn.Linear, Conv1D):
        weight = projection.weight
        assert isinstance(weight, Tensor)
        matrix = weight if type(projection) is Conv1D else weight.T
        return torch.einsum("thw,hwd->htd", z, matrix.view(heads, width, -1).to(z.dtype))
    alone = z.new_zeros(heads, tokens, heads, width)
    for head in range(heads):
        alone[head, :, head] = z[:, head]
    nothing = projection(z.new_zeros(1, 1, heads * width))
    written: Tensor = projection(alone.flatten(2)) - nothing
    return written


def _hidden(attention: nn.Module) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"{type(attention).__name__} does not show where each head's queries, keys and values are made.",
        "Patch q, k and v of whole heads instead of edges.",
    )
