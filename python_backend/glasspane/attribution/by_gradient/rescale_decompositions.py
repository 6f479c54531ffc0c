"""Fused operations written out in those that have a rescale rule of their own."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def layer_norm(
    x: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    axes = tuple(range(-len(tuple(normalized_shape)), 0))
    return _scaled(x - x.mean(axes, keepdim=True), axes, weight, bias, eps)


def rms_norm(
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


def variance(
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


def standard_deviation(*args: Any, **kwargs: Any) -> Tensor:
    return torch.sqrt(variance(*args, **kwargs))


def gated(x: Tensor, dim: int = -1) -> Tensor:
    passed, gate = x.chunk(2, dim)
    return passed * gate.sigmoid()


def attention(
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
