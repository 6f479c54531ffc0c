"""Does every module on the way pass its gradient on?

A quantised layer may compute without autograd while another path (a residual stream) still carries a
gradient to the embeddings: what comes back is then a gradient of another function, and nothing says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import GlasspaneError
from ...subjects import Subject

WITHOUT_GRADIENTS = (
    "Use occlusion, lime or kernel_shap, which need no gradients, or load the model without quantisation."
)
"""The next step wherever no gradient is to be had."""


@contextmanager
def whole_gradient(subject: Subject) -> Iterator[None]:
    """Raise ``unsupported_model`` as soon as a module inside stops the gradient, naming it."""
    watch = _Watch(subject)
    handles = [module.register_forward_hook(watch.hook) for module in subject.model.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Watch:
    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def hook(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if not torch.is_grad_enabled() or not inputs or not _carries(inputs[0]):
            return
        outputs = output if isinstance(output, (tuple, list)) else [output]
        real = [one for one in outputs if isinstance(one, Tensor) and one.is_floating_point()]
        if real and not any(one.requires_grad for one in real) and _depends(module, inputs, real[0]):
            raise _stops_at(self._subject, module)


def _carries(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.requires_grad


def _depends(module: nn.Module, inputs: tuple[Any, ...], before: Tensor) -> bool:
    """Whether what the module gives hangs on the numbers it is given, and not on their shape and type alone
    (as rotary positions do)."""
    first = inputs[0].detach()
    try:
        with torch.no_grad():
            # forward(), not a call: hooks, ours included, must not see this.
            again = module.forward(first * 1.5 + 0.25, *inputs[1:])
    except Exception:
        # It wants keywords, which a hook does not see, or other numbers: its parts are seen alone.
        return False
    after = again[0] if isinstance(again, (tuple, list)) else again
    return isinstance(after, Tensor) and (
        after.shape != before.shape or not torch.equal(after, before.detach())
    )


def _stops_at(subject: Subject, module: nn.Module) -> GlasspaneError:
    name = next((name for name, held in subject.model.named_modules() if held is module), "")
    return GlasspaneError(
        "unsupported_model",
        f"No gradient flows through {name or 'this model'} ({type(module).__name__}).",
        WITHOUT_GRADIENTS,
    )
