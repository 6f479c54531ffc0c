"""Half-precision operations computed in float32, and remembered by autograd as the halves they were."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

HALVES = (torch.float16, torch.bfloat16)


class Widened:
    """Half-precision tensors as float32 for one operation; autograd remembers them as the halves they were,
    or a backward pass would need the model a second time, at twice its size."""

    def __init__(self, overwritten: Any) -> None:
        self._overwritten = overwritten  # a copy of it would take what is written
        self._pairs: list[tuple[Tensor, Tensor]] = []

    def wide(self, argument: Any) -> Any:
        if not isinstance(argument, Tensor) or argument.dtype not in HALVES or argument is self._overwritten:
            return argument
        wide = argument.float()
        if not argument.requires_grad:
            self._pairs.append((wide, argument))
        return wide

    def saved_in_half(self) -> AbstractContextManager[Any]:
        if not self._pairs:
            return nullcontext()
        return torch.autograd.graph.saved_tensors_hooks(self._pack, self._unpack)

    def _pack(self, saved: Tensor) -> Any:
        place = saved.untyped_storage().data_ptr()
        for wide, half in self._pairs:
            if wide.untyped_storage().data_ptr() == place:
                return half, saved.shape, saved.stride(), saved.storage_offset()
        return saved

    @staticmethod
    def _unpack(packed: Any) -> Tensor:
        if isinstance(packed, Tensor):
            return packed
        half, *layout = packed
        restored: Tensor = half.float().as_strided(*layout)
        return restored
