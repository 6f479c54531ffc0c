"""Patching as it is defined: one whole forward pass per cell, with the activation put in on the way.

Slow, and the truth that the fast sweep is held to; also what runs where the sweep cannot.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from ..subjects.architecture import Meter, run
from ..subjects.attention_functions import own_function
from ..subjects.guard import AttentionFunction, attention_through
from .anatomy import Anatomy
from .bridge_runs import bridge_value, is_bridge
from .cells import Cell
from .metrics import Metric
from .recording import first_of
from .records import Recording

_IN_ATTENTION = ("q", "k", "v", "z", "pattern")


def patched_value(
    anatomy: Anatomy,
    base: Recording,
    other: Recording,
    cell: Cell,
    metric: Metric,
    meter: Meter | None = None,
) -> float:
    """The metric of the ``base`` prompt, run whole with one activation of the ``other`` run put in."""
    if is_bridge(anatomy.subject):
        with torch.no_grad():
            return bridge_value(anatomy.subject, base, other, cell, metric, meter)
    with torch.no_grad(), ExitStack() as stack:
        if cell.site in _IN_ATTENTION and anatomy.functions is not None:
            function = _patched_attention(anatomy, other, cell)
            stack.enter_context(attention_through(anatomy.subject, function))
        else:
            stack.callback(_hook(anatomy, other, cell).remove)
        logits = run(anatomy.subject, base.given, keep=metric.keep, meter=meter).logits
        return float(metric(logits)[0])


def _places(cell: Cell) -> slice:
    return slice(None) if cell.position is None else slice(cell.position, cell.position + 1)


def _hook(anatomy: Anatomy, other: Recording, cell: Cell) -> Any:
    site, layer, places = cell.site, other.layers[cell.layer], _places(cell)

    def put_in(stream: Tensor, source: Tensor) -> Tensor:
        patched = stream.clone()
        patched[:, places] = source[places].to(stream.dtype)
        return patched

    if site == "resid_pre":

        def entering(_module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
            if arguments:
                return (put_in(arguments[0], layer.resid_pre), *arguments[1:]), named
            return arguments, {**named, "hidden_states": put_in(named["hidden_states"], layer.resid_pre)}

        return anatomy.layers[cell.layer].register_forward_pre_hook(entering, with_kwargs=True)
    if site == "z":

        def projecting(_module: nn.Module, arguments: tuple[Any, ...]) -> Any:
            heads = arguments[0].unflatten(-1, layer.z.shape[1:]).clone()
            heads[:, places, cell.head] = layer.z[places, cell.head]
            return (heads.flatten(-2), *arguments[1:])

        return anatomy.projection(cell.layer).register_forward_pre_hook(projecting)
    write = anatomy.attention_write(cell.layer) if site == "attn_out" else anatomy.mlp_write(cell.layer)

    def written(_module: nn.Module, _arguments: Any, output: Any) -> Any:
        patched = put_in(first_of(output), layer.tensors[site])
        return (patched, *output[1:]) if isinstance(output, tuple) else patched

    return write.register_forward_hook(written)


def _patched_attention(anatomy: Anatomy, other: Recording, cell: Cell) -> AttentionFunction:
    site, places, head = cell.site, _places(cell), cell.head
    source = other.layers[cell.layer]
    assert anatomy.functions is not None
    functions = anatomy.functions

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
    ) -> tuple[Tensor, None]:
        layer = anatomy.place.get(id(module))
        function = own_function(module) if layer is None else functions[layer]
        if layer != cell.layer:
            return function(module, query, key, value, mask, **options)[0], None
        if site in ("q", "k", "v"):
            given = {"q": query, "k": key, "v": value}
            given[site] = given[site].clone()
            given[site][:, head, places] = source.tensors[site][head, places]
            query, key, value = given.values()
        z = function(module, query, key, value, mask, **options)[0]
        if site == "z":
            z = z.clone()
            z[:, places, head] = source.z[places, head]
        if site == "pattern":
            assert head is not None
            weights = _pattern(function, module, source.query[None], source.key[None], mask, options)
            group = query.shape[1] // key.shape[1]
            z = z.clone()
            z[:, places, head] = weights[:, places, head] @ value[:, head // group]
        return z, None

    return attend


def _pattern(
    function: AttentionFunction,
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    mask: Any,
    options: dict[str, Any],
) -> Tensor:
    """Attention weights [1, query, head, key] by the model's own function: what it makes of unit values."""
    units = torch.eye(key.shape[2], dtype=key.dtype, device=key.device).expand(*key.shape[:2], -1, -1)
    weights: Tensor = function(module, query, key, units.contiguous(), mask, **options)[0]
    return weights
