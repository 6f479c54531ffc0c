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

import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ..errors import GlasspaneError

_HALVES = (torch.float16, torch.bfloat16)

Reach = Literal["unit", "own size", "none"]
"""The scale on which a function bends, in which two points are called near: 1, |x| (powers, and functions
with a kink at zero), or only equal points are (kinks elsewhere)."""

_ONE_VARIABLE: dict[str, Reach] = {
    **dict.fromkeys(
        (
            "gelu", "silu", "mish", "sigmoid", "special_expit", "tanh", "erf", "erfc", "softplus", "log_sigmoid",
            "logsigmoid", "sin", "cos", "atan", "arctan", "asinh", "arcsinh", "sinh", "cosh", "tanhshrink",
            "rpow", "exp2",
        ),
        "unit",
    ),
    **dict.fromkeys(
        (
            "relu", "leaky_relu", "prelu", "elu", "selu", "celu", "abs", "absolute", "softsign", "log", "log2",
            "log10", "log1p",
        ),
        "own size",
    ),
    **dict.fromkeys(
        (
            "relu6", "hardtanh", "hardswish", "hardsigmoid", "threshold", "softshrink", "hardshrink", "clamp",
            "clamp_min", "clamp_max", "clip",
        ),
        "none",
    ),
}  # fmt: skip

_SECOND_DEGREE = {
    "mul", "multiply", "rmul", "matmul", "rmatmul", "mm", "bmm", "mv", "dot", "inner", "outer", "linear",
    "bilinear", "addmm", "baddbmm", "addbmm", "addmv", "addr", "addcmul", "einsum", "tensordot", "lerp",
    "conv1d", "conv2d",
}  # fmt: skip
"""Linear in every argument; of second degree where two of them depend on the prompt."""

_LINEAR = {
    "add", "radd", "sub", "subtract", "rsub", "neg", "negative", "sum", "mean", "cumsum", "diff",
    "view", "view_as", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "expand", "expand_as",
    "broadcast_to", "repeat", "repeat_interleave", "tile", "transpose", "t", "T", "mT", "permute", "movedim",
    "moveaxis", "swapaxes", "swapdims", "flip", "roll", "contiguous", "clone", "to", "type", "type_as",
    "float", "double", "cpu", "cuda", "chunk", "split", "split_with_sizes", "tensor_split", "unbind",
    "narrow", "select", "getitem", "setitem", "index_select", "gather", "take_along_dim", "masked_select",
    "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "pad", "constant_pad_nd", "where",
    "masked_fill", "masked_scatter", "scatter", "scatter_add", "index_add", "index_put", "index_copy",
    "index_fill", "copy", "tril", "triu", "diagonal", "diag", "as_strided", "unfold", "dropout", "batch_norm",
    "avg_pool1d", "adaptive_avg_pool1d", "view_as_complex", "view_as_real", "real", "imag", "fft", "rfft",
    "as_subclass",
}  # fmt: skip
"""Linear in what depends on the prompt, as long as what picks and masks does not: those have no derivative
and are named where they are made."""

_SHAPE_ONLY = {
    "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like",
    "new_zeros", "new_ones", "new_full", "new_empty", "new_tensor",
}  # fmt: skip

_READS = {"item", "tolist", "numpy"}
"""They carry numbers out of the computation, to come back as constants."""


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
        name, in_place = _name_of(func)
        if name in ("half", "bfloat16"):
            name, func = "float", Tensor.float
        overwritten = args[0] if in_place and args else None
        args, kwargs = _mapped((args, kwargs or {}), self._constant)
        if not args and "input" in kwargs:
            args = (kwargs.pop("input"),)
        if isinstance(overwritten, Tensor) and self._recording:
            self._save_from_overwriting(overwritten)
        if not _dependents((args, kwargs)):
            return func(*args, **kwargs)
        widened = _Widened(overwritten)
        args, kwargs = _mapped((args, kwargs), widened.wide)
        with widened.saved_in_half():
            return self._on_dependents(name, func, args, kwargs, in_place)

    def _on_dependents(
        self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], in_place: bool
    ) -> Any:
        rule = _RULES.get(name)
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
            return torch.float32 if argument in _HALVES else argument
        if not isinstance(argument, Tensor) or argument is self._leaf:
            return argument
        return argument.detach() if argument.requires_grad and argument.is_leaf else argument

    def _is_unaccounted(self, name: str, result: Any) -> bool:
        found = list(_tensors(result))
        if not found:
            return name in _READS
        if name in _SHAPE_ONLY:
            return False
        known = name in _LINEAR or name in _SECOND_DEGREE
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


class _Widened:
    """Half-precision tensors as float32 for one operation; autograd remembers them as the halves they were,
    or a backward pass would need the model a second time, at twice its size."""

    def __init__(self, overwritten: Any) -> None:
        self._overwritten = overwritten  # a copy of it would take what is written
        self._pairs: list[tuple[Tensor, Tensor]] = []

    def wide(self, argument: Any) -> Any:
        if not isinstance(argument, Tensor) or argument.dtype not in _HALVES or argument is self._overwritten:
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


# --- rules: (rules, name, function, args, kwargs) → result, or NotImplemented -----------------------------


def _one_variable(
    rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    x = args[0]
    if _dependents((args[1:], kwargs)):
        return NotImplemented
    # A copy, for some write over what they are given (inplace=True).
    return _by_slope(
        rules, name, lambda point: func(point.clone(), *args[1:], **kwargs), x, _ONE_VARIABLE[name]
    )


def _by_slope(
    rules: RescaleRules, name: str, f: Callable[[Tensor], Tensor], x: Tensor, reach: Reach
) -> Tensor:
    here = x.detach()
    value = f(here)
    return rules.ruled(
        name, value, (here,), lambda reference: x * slope(f, here, value, reference, f(reference), reach)
    )


def slope(
    f: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, x_ref: Tensor, y_ref: Tensor, reach: Reach
) -> Tensor:
    """(y − y′) / (x − x′) per element, and f′((x + x′)/2) where that would be mostly rounding.

    Δ counts as small within ∛ε of the reach: there the error half-way, f‴Δ³/24, is below rounding ε too.
    """
    difference = x - x_ref
    near = torch.finfo(x.dtype).eps ** (1 / 3)
    if reach == "unit":
        small = difference.abs() <= near
    elif reach == "own size":
        small = difference.abs() <= near * torch.minimum(x.abs(), x_ref.abs())
    else:
        small = difference == 0
    slopes = (y - y_ref) / difference
    if not bool(small.any()):
        return slopes
    with torch.enable_grad():
        middle = ((x + x_ref) / 2).requires_grad_()
        (derivative,) = torch.autograd.grad(f(middle).sum(), middle)
    return torch.where(small, derivative, slopes)


def _second_degree(
    rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    dependent = _dependents((args, kwargs))
    if len(dependent) == 1:
        return func(*args, **kwargs)
    if name in ("mul", "multiply", "rmul"):
        for one, other in (args[:2], args[1::-1]):
            if reciprocal := _Reciprocal.behind(other):
                return _quotient(rules, one * reciprocal.over, reciprocal.under)
    if len(dependent) > 2 and name in ("einsum", "bilinear"):
        return NotImplemented

    def with_dependents(replacements: list[Tensor]) -> Tensor:
        given = iter(replacements)
        some, named = _mapped(
            (args, kwargs), lambda one: next(given) if isinstance(one, Tensor) and one.requires_grad else one
        )
        result: Tensor = func(*some, **named)
        return result

    def half_way(*reference: Tensor) -> Tensor:
        return with_dependents(
            [here + (there - here.detach()) / 2 for here, there in zip(dependent, reference, strict=True)]
        )

    value = with_dependents([one.detach() for one in dependent])
    return rules.ruled(name, value, tuple(dependent), half_way)


def _division(
    rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    if kwargs.get("rounding_mode") is not None:
        return NotImplemented
    over, under = args if name not in ("rdiv", "rtruediv") else (args[1], args[0])
    if not _dependents(under):
        return func(*args, **kwargs)
    return _quotient(rules, over, under)


def _quotient(rules: RescaleRules, over: Any, under: Tensor) -> Tensor:
    """q = a / b by sharing a = q b: Δq = (Δa − Δb (q + q′)/2) / ((b + b′)/2), however small one of b, b′ is.

    Where b changes its sign, which no size or sum of exponentials does, as the product a · (1/b).
    """
    numerator = over if isinstance(over, Tensor) else torch.full_like(under, over).detach()
    a, b = numerator.detach(), under.detach()
    value = a / b

    def carrier(a_ref: Tensor, b_ref: Tensor) -> Tensor:
        there, half_way = a_ref / b_ref, (b + b_ref) / 2
        same_sign = b * b_ref > 0
        of_a = torch.where(same_sign, 1 / half_way, (1 / b + 1 / b_ref) / 2)
        of_b = torch.where(same_sign, (value + there) / 2 / half_way, (a + a_ref) / 2 / (b * b_ref))
        return numerator * of_a - under * of_b

    quotient = rules.ruled("quotient", value, (a, b), carrier)
    if not numerator.requires_grad:
        _Reciprocal(numerator, under, quotient._version).remember(quotient)
    return quotient


@dataclass(frozen=True)
class _Reciprocal:
    """Said of a tensor: it is a constant ``over`` something. What it multiplies is divided, as in RMSNorm."""

    over: Tensor
    under: Tensor
    version: int

    def remember(self, quotient: Tensor) -> None:
        quotient.glasspane_reciprocal = self  # type: ignore[attr-defined]

    @staticmethod
    def behind(tensor: Any) -> _Reciprocal | None:
        found = getattr(tensor, "glasspane_reciprocal", None)
        return found if isinstance(found, _Reciprocal) and found.version == tensor._version else None


def _power(rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    x = args[0]
    exponent: Any = 2 if name == "square" else args[1] if len(args) > 1 else kwargs["exponent"]
    if _dependents(exponent):
        if _dependents(x):
            return NotImplemented
        return _by_slope(rules, name, lambda point: func(x, point), exponent, "unit")
    if isinstance(exponent, Tensor) and exponent.numel() == 1:
        exponent = exponent.item()
    if isinstance(exponent, Tensor):
        return _by_slope(rules, name, lambda point: func(point, exponent), x, "own size")
    if exponent in (2, 3):
        with rules:
            return x * x if exponent == 2 else x * x * x
    if exponent in (-1, 0.5, -0.5):
        return _root(rules, {-1: "reciprocal", 0.5: "sqrt", -0.5: "rsqrt"}[exponent], func, (x,), {})
    return _by_slope(rules, name, lambda point: func(point, exponent), x, "own size")


def _root(rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """√x, 1/√x and 1/x, whose slopes need no difference of near numbers."""
    (x,) = args
    if name == "reciprocal":
        return _quotient(rules, 1.0, x)
    value = x.detach().sqrt()
    root = rules.ruled("root", value, (value,), lambda there: x / (value + there))
    return root if name == "sqrt" else _quotient(rules, 1.0, root)


def _exponential(
    rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    (x,) = args
    here = x.detach()
    return rules.ruled(name, func(here), (here,), lambda reference: x * slope_of_exp(here, reference))


def slope_of_exp(x: Tensor, x_ref: Tensor) -> Tensor:
    """(eˣ − eˣ′) / (x − x′), accurate for near points too and without overflow: the logarithmic mean."""
    apart = (x - x_ref).abs()
    shrunk = torch.where(apart == 0, 1.0, -torch.expm1(-apart) / apart)
    return torch.nan_to_num(torch.maximum(x, x_ref).exp() * shrunk)  # both −∞, a masked place: 0


def _softmax(rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    x, dim, dtype = _softmax_arguments(*args, **kwargs)
    if dtype is not None:
        x = x.to(dtype)
    here = x.detach()
    logs = here.log_softmax(dim)
    value = {
        "softmax": lambda: here.softmax(dim),
        "log_softmax": lambda: logs.clone(),
        "logsumexp": lambda: here.logsumexp(dim, keepdim=True),
    }[name]()

    def carrier(reference: Tensor) -> Tensor:
        slopes = slope_of_exp(logs, reference)
        weights = slopes / slopes.sum(dim, keepdim=True)
        denominator = (weights * x).sum(dim, keepdim=True)
        if name == "logsumexp":
            return denominator
        return x - denominator if name == "log_softmax" else slopes * (x - denominator)

    result = rules.ruled(name, value, (logs,), carrier)
    keep = name != "logsumexp" or kwargs.get("keepdim", len(args) > 2 and args[2])
    return result if keep else result.squeeze(dim)


def _softmax_arguments(
    x: Tensor,
    dim: Any = None,
    *rest: Any,
    dtype: torch.dtype | None = None,
    **_: Any,
) -> tuple[Tensor, Any, torch.dtype | None]:
    """Three signatures: torch's (x, dim, dtype), functional's (x, dim, _stacklevel, dtype), logsumexp's."""
    given = [one for one in rest if isinstance(one, torch.dtype)]
    if dim is None:  # what functional.softmax does, with a warning
        dim = 0 if x.ndim in (0, 1, 3) else 1
    return x, dim, given[0] if given else dtype


def _decomposed(decomposition: Callable[..., Any]) -> Callable[..., Any]:
    def rule(rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with rules:
            return decomposition(*args, **kwargs)

    return rule


def _layer_norm(
    x: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    axes = tuple(range(-len(tuple(normalized_shape)), 0))
    return _scaled(x - x.mean(axes, keepdim=True), axes, weight, bias, eps)


def _rms_norm(
    x: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    axes = tuple(range(-len(tuple(normalized_shape)), 0))
    return _scaled(x, axes, weight, None, torch.finfo(x.dtype).eps if eps is None else eps)


def _scaled(
    x: Tensor, axes: tuple[int, ...], weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor:
    y = x / torch.sqrt((x * x).mean(axes, keepdim=True) + eps)
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def _variance(
    x: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    if isinstance(dim, bool):  # var(unbiased)
        dim, unbiased = None, dim
    axes = tuple(range(x.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    lost = correction if correction is not None else 0 if unbiased is False else 1
    count = math.prod(x.shape[axis] for axis in axes)
    apart = x - x.mean(axes, keepdim=True)
    return (apart * apart).sum(axes, keepdim=keepdim) / (count - lost)


def _standard_deviation(*args: Any, **kwargs: Any) -> Tensor:
    return torch.sqrt(_variance(*args, **kwargs))


def _gated(x: Tensor, dim: int = -1) -> Tensor:
    passed, gate = x.chunk(2, dim)
    return passed * gate.sigmoid()


def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """What torch's scaled_dot_product_attention documents, in evaluation mode."""
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = (one.repeat_interleave(groups, -3) for one in (key, value))
    scores = query @ key.transpose(-1, -2) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~seen, -math.inf)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return scores.softmax(-1) @ value


_RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(_ONE_VARIABLE, _one_variable),
    **dict.fromkeys(_SECOND_DEGREE, _second_degree),
    **dict.fromkeys(("div", "divide", "true_divide", "truediv", "rdiv", "rtruediv"), _division),
    **dict.fromkeys(("pow", "square"), _power),
    **dict.fromkeys(("reciprocal", "sqrt", "rsqrt"), _root),
    **dict.fromkeys(("exp", "expm1"), _exponential),
    **dict.fromkeys(("softmax", "log_softmax", "logsumexp"), _softmax),
    "layer_norm": _decomposed(_layer_norm),
    "rms_norm": _decomposed(_rms_norm),
    "var": _decomposed(_variance),
    "std": _decomposed(_standard_deviation),
    "glu": _decomposed(_gated),
    "scaled_dot_product_attention": _decomposed(_attention),
}


# --- what a call is made of ------------------------------------------------------------------------------


def _name_of(func: Any) -> tuple[str, bool]:
    """The operation without signs of how it was written (``__rsub__``, ``mul_``), and whether in place."""
    name = str(getattr(func, "__name__", func))
    if name == "__get__":  # a property, as x.T
        return str(getattr(func.__self__, "__name__", name)), False
    if name.startswith("__") and name.endswith("__"):
        name = name[2:-2]
        return name, name == "setitem"
    return (name[:-1], True) if name.endswith("_") else (name, False)


def _mapped(given: Any, change: Callable[[Any], Any]) -> Any:
    """The same nest of tuples, lists and dictionaries with every other thing changed."""
    if type(given) in (tuple, list):
        return type(given)(_mapped(one, change) for one in given)
    if type(given) is dict:
        return {name: _mapped(one, change) for name, one in given.items()}
    return change(given)


def _tensors(given: Any) -> Iterator[Tensor]:
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, (tuple, list)):
        for one in given:
            yield from _tensors(one)
    elif isinstance(given, dict):
        yield from _tensors(list(given.values()))


def _dependents(given: Any) -> list[Tensor]:
    """The tensors that depend on the prompt, as often as they occur."""
    return [tensor for tensor in _tensors(given) if tensor.requires_grad]
