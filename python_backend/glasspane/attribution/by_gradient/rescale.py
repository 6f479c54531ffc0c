"""DeepLIFT's rescale rule for whatever a model computes: multipliers Δoutput / Δinput instead of derivatives.

A model is run twice under :class:`RescaleRules`: at the reference, where what goes into every non-linear
operation is written down, and at the prompt, where the operation's derivative is replaced by a multiplier
between the two. Gradients of that second pass are DeepLIFT's multipliers, and every operation passes on
exactly its own difference, so that (e − e′) · m adds up to f(e) − f(e′). Two passes and no batch of two:
nothing is assumed of where a model keeps its rows, and what cannot be compared is noticed.

The rules, all of them complete (m · Δinput = Δoutput):

- functions of one variable (GELU, tanh, SiLU, 1/√x …): the slope between both points (Shrikumar et al.
  2017, "rescale"). Where the points are so near that the slope would be rounding noise, the derivative
  half-way, whose error is of third order;
- products of two things that both depend on the prompt (queries and keys, attention and values, gates):
  Δ(ab) = Δa (b + b′)/2 + Δb (a + a′)/2, the Shapley values of a product of two. That is the Jacobian
  half-way, for every function of second degree;
- quotients q = a/b share a = q b in the same way: Δq = (Δa − Δb (q + q′)/2) / ((b + b′)/2), with small
  multipliers even where a norm at the reference is nearly zero;
- softmax: the logarithm L of its denominator is the number with Σ exp(xⱼ − L) = 1, so the slopes mⱼ of
  these exponentials give Σ mⱼ (Δxⱼ − ΔL) = 0, that is ΔL = Σ mⱼ Δxⱼ / Σ mⱼ. No multiplier exceeds 1,
  and a shift of all xⱼ changes none. (Exponential, sum, reciprocal and product one by one are complete
  too, but have multipliers up to the ratio of both denominators, which cancel later or not at all.)
- LayerNorm, RMSNorm, division, GLU and fused attention are taken apart into these.

Anything else that depends on the prompt runs with its plain derivative and is named in ``without_rule``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ...errors import GlasspaneError
from .half_precision import HALVES, Widened
from .rescale_operations import LINEAR, READS, SECOND_DEGREE, SHAPE_ONLY, dependents, mapped, name_of, tensors
from .rescale_rules import RULES


class RescaleRules(TorchFunctionMode):
    """Runs a function of embeddings at a reference and at a prompt, the latter with DeepLIFT's multipliers.

    Half precision is computed in float32: differences of half-precision numbers are mostly rounding.
    """

    def __init__(self) -> None:
        super().__init__()
        self._recording = True
        self._steps: deque[tuple[str, tuple[Tensor, ...]]] = deque()
        self._leaf = self._anchor = torch.zeros((), requires_grad=True)
        self.without_rule: dict[str, None] = {}
        """Names of operations on what depends on the prompt that have no rule, in the order met."""

    def at_reference(self, f: Callable[[Tensor], Tensor], reference: Tensor) -> Tensor:
        """f(reference), written down."""
        self._recording, self._steps = True, deque()
        _, value = self._run(f, reference)
        return value.detach()

    def at_prompt(self, f: Callable[[Tensor], Tensor], prompt: Tensor) -> tuple[Tensor, Tensor]:
        """A leaf that holds ``prompt``, and f there: gradients between them are multipliers, [like prompt].

        Raises ``unsupported_model`` where f took another way than at the reference.
        """
        self._recording = False
        leaf, value = self._run(f, prompt)
        if self._steps:
            raise _another_way()
        return leaf, value

    def _run(self, f: Callable[[Tensor], Tensor], embeddings: Tensor) -> tuple[Tensor, Tensor]:
        self._leaf = leaf = embeddings.detach().clone().requires_grad_()
        with torch.enable_grad(), self:
            return leaf, f(leaf)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, in_place = name_of(func)
        if name in ("half", "bfloat16"):
            name, func = "float", Tensor.float
        overwritten = args[0] if in_place and args else None
        args, kwargs = mapped((args, kwargs or {}), self._constant)
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        if isinstance(overwritten, Tensor) and self._recording:
            self._save_from_overwriting(overwritten)
        if not dependents((args, kwargs)):
            return func(*args, **kwargs)
        widened = Widened(overwritten)
        args, kwargs = mapped((args, kwargs), widened.wide)
        with widened.saved_in_half():
            return self._on_dependents(name, func, args, kwargs, in_place)

    def _on_dependents(
        self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], in_place: bool
    ) -> Any:
        rule = RULES.get(name)
        if rule is not None and torch.is_grad_enabled():
            if in_place:  # a copy, for what is written down here is written over below
                elsewhere = getattr(Tensor, name, None) or getattr(torch.nn.functional, name)
                result = rule(self, name, elsewhere, (args[0].clone(), *args[1:]), kwargs)
            else:
                result = rule(self, name, func, args, kwargs)
            if result is not NotImplemented:
                return args[0].copy_(result) if in_place else result
        result = func(*args, **kwargs)
        if self._is_unaccounted(name, result):
            hidden = "" if torch.is_grad_enabled() else " without gradients"
            self.without_rule[name + hidden] = None
        return result

    def _constant(self, argument: Any) -> Any:
        """Weights as constants: only what depends on the prompt keeps a gradient. No casts to half."""
        if isinstance(argument, torch.dtype):
            return torch.float32 if argument in HALVES else argument
        if not isinstance(argument, Tensor) or argument is self._leaf:
            return argument
        return argument.detach() if argument.requires_grad and argument.is_leaf else argument

    def _is_unaccounted(self, name: str, result: Any) -> bool:
        found = list(tensors(result))
        if not found:
            return name in READS
        if name in SHAPE_ONLY:
            return False
        known = name in LINEAR or name in SECOND_DEGREE
        return not (known and all(tensor.requires_grad for tensor in found))

    def _save_from_overwriting(self, tensor: Tensor) -> None:
        """What was written down of a tensor stays as it was when the model writes over it."""
        place = tensor.untyped_storage().data_ptr()
        for at, (name, kept) in enumerate(self._steps):
            if any(one.untyped_storage().data_ptr() == place for one in kept):
                self._steps[at] = (name, tuple(one.clone() for one in kept))

    def ruled(
        self, name: str, value: Tensor, here: tuple[Tensor, ...], carrier: Callable[..., Tensor]
    ) -> Tensor:
        """``value`` whose gradient is that of ``carrier`` of what ``here`` was at the reference."""
        here = tuple(tensor.detach() for tensor in here)
        if self._recording:
            self._steps.append((name, here))
            # Depends on the prompt, but its history is not needed, nor the memory for it.
            return _carried(self._anchor, value)
        if not self._steps:
            raise _another_way()
        then, reference = self._steps.popleft()
        if then != name or [one.shape for one in reference] != [one.shape for one in here]:
            raise _another_way()
        return _carried(carrier(*reference), value)


class _Carried(torch.autograd.Function):
    """The value in a list (out of autograd's sight), with the gradient of the carrier."""

    @staticmethod
    def forward(ctx: Any, _carrier: Tensor, value: list[Tensor]) -> Tensor:
        ctx.set_materialize_grads(False)  # zeros would hide that no gradient came
        return value[0]

    @staticmethod
    def backward(_ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def _carried(carrier: Tensor, value: Tensor) -> Tensor:
    result: Tensor = _Carried.apply(carrier, [value])  # type: ignore[no-untyped-call]
    return result


def _another_way() -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        "The prompt and its baseline take different ways through this model (a mixture of experts, or a branch "
        "on the input), so DeepLIFT has no differences to compare.",
        "Choose integrated gradients, or a method by masking.",
    )
