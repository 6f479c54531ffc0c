"""The rescale rule of each operation: (rules, name, function, args, kwargs) → result, or NotImplemented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .rescale_decompositions import attention, gated, layer_norm, rms_norm, standard_deviation, variance
from .rescale_operations import ONE_VARIABLE, SECOND_DEGREE, Reach, dependents, mapped

if TYPE_CHECKING:
    from .rescale import RescaleRules


def _one_variable(
    rules: RescaleRules, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    x = args[0]
    if dependents((args[1:], kwargs)):
        return NotImplemented
    # A copy, for some write over what they are given (inplace=True).
    return _by_slope(
        rules, name, lambda point: func(point.clone(), *args[1:], **kwargs), x, ONE_VARIABLE[name]
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
    dependent = dependents((args, kwargs))
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
        some, named = mapped(
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
    if not dependents(under):
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
    if dependents(exponent):
        if dependents(x):
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


RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(ONE_VARIABLE, _one_variable),
    **dict.fromkeys(SECOND_DEGREE, _second_degree),
    **dict.fromkeys(("div", "divide", "true_divide", "truediv", "rdiv", "rtruediv"), _division),
    **dict.fromkeys(("pow", "square"), _power),
    **dict.fromkeys(("reciprocal", "sqrt", "rsqrt"), _root),
    **dict.fromkeys(("exp", "expm1"), _exponential),
    **dict.fromkeys(("softmax", "log_softmax", "logsumexp"), _softmax),
    "layer_norm": _decomposed(layer_norm),
    "rms_norm": _decomposed(rms_norm),
    "var": _decomposed(variance),
    "std": _decomposed(standard_deviation),
    "glu": _decomposed(gated),
    "scaled_dot_product_attention": _decomposed(attention),
}
