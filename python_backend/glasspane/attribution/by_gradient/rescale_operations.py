"""Operations by name, as the rescale rule groups them, and what a call of one is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from torch import Tensor

Reach = Literal["unit", "own size", "none"]
"""The scale on which a function bends, in which two points are called near: 1, |x| (powers, and functions
with a kink at zero), or only equal points are (kinks elsewhere)."""

ONE_VARIABLE: dict[str, Reach] = {
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

SECOND_DEGREE = {
    "mul", "multiply", "rmul", "matmul", "rmatmul", "mm", "bmm", "mv", "dot", "inner", "outer", "linear",
    "bilinear", "addmm", "baddbmm", "addbmm", "addmv", "addr", "addcmul", "einsum", "tensordot", "lerp",
    "conv1d", "conv2d",
}  # fmt: skip
"""Linear in every argument; of second degree where two of them depend on the prompt."""

LINEAR = {
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

SHAPE_ONLY = {
    "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like",
    "new_zeros", "new_ones", "new_full", "new_empty", "new_tensor",
}  # fmt: skip

READS = {"item", "tolist", "numpy"}
"""They carry numbers out of the computation, to come back as constants."""


def name_of(func: Any) -> tuple[str, bool]:
    """The operation without signs of how it was written (``__rsub__``, ``mul_``), and whether in place."""
    name = str(getattr(func, "__name__", func))
    if name == "__get__":  # a property, as x.T
        return str(getattr(func.__self__, "__name__", name)), False
    if name.startswith("__") and name.endswith("__"):
        name = name[2:-2]
        return name, name == "setitem"
    return (name[:-1], True) if name.endswith("_") else (name, False)


def mapped(given: Any, change: Callable[[Any], Any]) -> Any:
    """The same nest of tuples, lists and dictionaries with every other thing changed."""
    if type(given) in (tuple, list):
        return type(given)(mapped(one, change) for one in given)
    if type(given) is dict:
        return {name: mapped(one, change) for name, one in given.items()}
    return change(given)


def tensors(given: Any) -> Iterator[Tensor]:
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, (tuple, list)):
        for one in given:
            yield from tensors(one)
    elif isinstance(given, dict):
        yield from tensors(list(given.values()))


def dependents(given: Any) -> list[Tensor]:
    """The tensors that depend on the prompt, as often as they occur."""
    return [tensor for tensor in tensors(given) if tensor.requires_grad]
