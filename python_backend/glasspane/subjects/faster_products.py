"""Linear layers through the faster of the two matrix products that torch ships, for as long as a request takes.

For float32 on a processor torch multiplies by MKL, which uses the wide registers of one maker's processors only; its
oneDNN, built into the same wheel, uses them on every processor that has them: more than twice as fast there. Which of
the two is faster on this machine is tried out once. Both are float32 products and differ by rounding alone, which
depends on the number of rows in either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import get_ident
from time import perf_counter
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from transformers.pytorch_utils import Conv1D

WORTH_IT = 2_000_000
"""Multiplications below which calling oneDNN costs more than it saves."""

FASTER = 1.3
"""How many times faster oneDNN must be in the trial. Where MKL knows the processor both are alike."""

_TRIAL = (256, 512, 1024)  # rows, inputs, outputs: milliseconds
_AGREES = 1e-4  # of the largest number of the trial's product


@contextmanager
def faster_products(model: nn.Module) -> Iterator[None]:
    """Inside, ``model``'s float32 linear layers multiply by oneDNN where that is faster; outside as before.

    Subclasses, layers whose ``forward`` someone has replaced, other threads, other precisions, layouts and devices,
    small products, and whatever is transformed, traced or watched are computed as written. Weights count as constants:
    no gradient is taken of them inside.
    """
    changed: list[tuple[nn.Module, _Forward]] = []
    try:
        for layer in _layers(model) if onednn_is_faster() else []:
            forward = _Forward(layer)
            changed.append((layer, forward))
            vars(layer)["forward"] = forward
        yield
    finally:
        for layer, forward in changed:
            forward.ended = True  # whoever took it away has the plain layer from now on
            if vars(layer).get("forward") is forward:
                del vars(layer)["forward"]


def forward_replaced(module: nn.Module) -> bool:
    """Whether somebody else than :func:`faster_products` has replaced what ``module`` computes."""
    forward = vars(module).get("forward")
    own = type(forward) is MethodType and forward.__func__ is type(module).forward
    return not (forward is None or own or type(forward) is _Forward)


@cache
def onednn_is_faster() -> bool:
    """Tried once per process, in some milliseconds; never where torch was built without it."""
    if not torch.backends.mkldnn.is_available():
        return False
    rows, inputs, outputs = _TRIAL
    generator = torch.Generator().manual_seed(0)
    given, weight = (torch.randn(shape, generator=generator) for shape in ((rows, inputs), (outputs, inputs)))
    with torch.no_grad():
        try:
            expected, found = given @ weight.T, _by_onednn(given, weight, None)
        except (RuntimeError, AttributeError, TypeError):  # another torch, where it goes by another name
            return False
        if (found - expected).abs().max() > _AGREES * expected.abs().max():
            return False
        return _least(lambda: given @ weight.T) > FASTER * _least(lambda: _by_onednn(given, weight, None))


def _layers(model: nn.Module) -> list[nn.Module]:
    return [
        module
        for module in model.modules()
        if type(module) in (nn.Linear, Conv1D) and "forward" not in vars(module)
    ]


class _Forward:
    """What a linear layer computes instead of its own ``forward``."""

    def __init__(self, layer: nn.Module) -> None:
        self._written: Callable[[Tensor], Tensor] = layer.forward
        self._layer: Any = layer
        self._by_columns = type(layer) is Conv1D
        self._thread = get_ident()
        self.ended = False

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, str]]:
        """Of a copy of the layer, or of a file of it: the layer's own, for this stands in the way only once it is
        there."""
        return getattr, (self._layer, "forward")

    def __call__(self, *arguments: Any, **named: Any) -> Tensor:
        given = arguments[0] if len(arguments) == 1 and not named else None
        if given is None or not self._fits(given):
            return self._written(*arguments, **named)
        weight, bias = self._layer.weight.detach(), self._layer.bias
        weight = weight.t() if self._by_columns else weight
        bias = None if bias is None else bias.detach()
        if torch.is_grad_enabled() and given.requires_grad:
            product: Tensor = _Product.apply(given, weight, bias)  # type: ignore[no-untyped-call]
            return product
        return _by_onednn(given, weight, bias)

    def _fits(self, given: Any) -> bool:
        weight, bias = self._layer.weight, self._layer.bias
        return bool(
            not self.ended
            and get_ident() == self._thread
            and not _is_watched()
            and type(given) is Tensor
            and type(weight) in (nn.Parameter, Tensor)
            and given.dtype == weight.dtype == torch.float32
            and given.device.type == weight.device.type == "cpu"
            and given.layout == weight.layout == torch.strided
            and given.ndim > 1
            and weight.ndim == 2
            and given.shape[-1] == weight.shape[0 if self._by_columns else 1]
            and given.numel() // max(given.shape[-1], 1) * weight.numel() >= WORTH_IT
            and _is_row(bias, weight.shape[1 if self._by_columns else 0])
            and torch.backends.mkldnn.enabled
            and not self._hangs_on_parameters_alone(given)
        )

    def _hangs_on_parameters_alone(self, given: Tensor) -> bool:
        bias = self._layer.bias
        learns = self._layer.weight.requires_grad or (bias is not None and bias.requires_grad)
        return torch.is_grad_enabled() and bool(learns) and not given.requires_grad


def _is_row(bias: Any, outputs: int) -> bool:
    """oneDNN reads so many float32 numbers, one behind the other, whatever the tensor says that it is."""
    return bias is None or bool(
        type(bias) in (nn.Parameter, Tensor)
        and bias.shape == (outputs,)
        and bias.dtype == torch.float32
        and bias.device.type == "cpu"
        and bias.layout == torch.strided
        and bias.is_contiguous()
    )


def _is_watched() -> bool:
    """Whether what is called is not only what is computed: functions are looked at (DeepLIFT's rules do), operations
    counted or traced, precisions chosen, tangents pushed forward, or functions transformed."""
    return bool(
        torch._C._len_torch_function_stack()
        or torch._C._len_torch_dispatch_stack()
        or torch.is_autocast_enabled("cpu")
        or torch._C._get_tracing_state() is not None
        or forward_ad._current_level >= 0
        or _is_transformed()
    )


def _is_transformed() -> bool:
    """Whether a transform of torch.func, vmap among them, is under way."""
    return torch._C._functorch.peek_interpreter_stack() is not None


class _Product(torch.autograd.Function):
    """given · weightᵀ + bias, differentiable in what is given, as often as one likes."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        return _by_onednn(given, weight, bias)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = ctx.saved_tensors
        (slope,) = slopes
        if torch.is_grad_enabled() and slope.requires_grad:
            again: Tensor = _Product.apply(slope, weight.t(), None)  # type: ignore[no-untyped-call]
            return again, None, None
        # Many slopes at once (is_grads_batched) come as one, by vmap.
        return slope @ weight if _is_transformed() else _by_onednn(slope, weight.t(), None), None, None


def _by_onednn(given: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``weight`` [outputs, inputs], laid out in either way."""
    product: Tensor = torch.ops.mkldnn._linear_pointwise(given, weight, bias, "none", [], "")
    return product


def _least(work: Callable[[], Tensor]) -> float:
    """Seconds, of the fastest of a few."""
    times = []
    for _ in range(6):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)
