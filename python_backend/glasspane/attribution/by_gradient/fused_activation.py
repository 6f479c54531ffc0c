"""The tanh form of GELU in one kernel, for as long as a pass takes.

GPT-2 and its kin write it as eight elementwise operations, each of which autograd keeps and walks back
through: about a quarter of a gradient's time. The fused kernel is the same formula, to float32 rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from transformers.activations import NewGELUActivation

from ...subjects import Subject


@contextmanager
def fused_activations(subject: Subject) -> Iterator[None]:
    """Inside, the subject's GELUs run fused; outside, and after any error, they are as they were found.

    Subclasses and modules whose ``forward`` someone has replaced are left alone. So is half precision,
    where the written form rounds after every operation: the fused one would be another function.
    """
    changed = [
        module
        for module in subject.core.modules()
        if type(module) is NewGELUActivation and "forward" not in vars(module)
    ]
    try:
        for module in changed:
            vars(module)["forward"] = _fused_or(module.forward)
        yield
    finally:
        for module in changed:
            vars(module).pop("forward", None)


def _fused_or(written: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def forward(values: Tensor) -> Tensor:
        if values.dtype not in (torch.float32, torch.float64):
            return written(values)
        return torch.nn.functional.gelu(values, approximate="tanh")

    return forward
