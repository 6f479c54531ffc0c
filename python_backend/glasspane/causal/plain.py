"""Patching as it is defined: one whole forward pass per cell, with the activation put in on the way.

Slow, and the truth that the fast sweep is held to; also what runs where the sweep cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from .recording import first_of, with_first
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
    return patched_values(anatomy, base, other, [cell], metric, meter)[0]


def patched_values(
    anatomy: Anatomy,
    base: Recording,
    other: Recording,
    cells: Sequence[Cell],
    metric: Metric,
    meter: Meter | None = None,
) -> list[float]:
    """The same for each of ``cells``, side by side as rows of one batch, each by itself."""
    with torch.no_grad(), ExitStack() as stack:
        if is_bridge(anatomy.subject):
            return [bridge_value(anatomy.subject, base, other, cell, metric, meter) for cell in cells]
        inside: list[tuple[int, Cell]] = []
        for row, cell in enumerate(cells):
            if cell.site in _IN_ATTENTION and anatomy.functions is not None:
                inside.append((row, cell))
            else:
                stack.callback(_hook(anatomy, other, row, cell).remove)
        if inside:
            stack.enter_context(
                attention_through(anatomy.subject, _patched_attention(anatomy, other, inside))
            )
        given = base.given.with_ids(base.given.ids.repeat(len(cells), 1))
        logits = run(anatomy.subject, given, keep=metric.keep, meter=meter).logits
        return [float(value) for value in metric(logits)]


def _places(cell: Cell) -> slice:
    return slice(None) if cell.position is None else slice(cell.position, cell.position + 1)


def _hook(anatomy: Anatomy, other: Recording, row: int, cell: Cell) -> Any:
    site, layer, places = cell.site, other.layers[cell.layer], _places(cell)

    def put_in(stream: Tensor, source: Tensor) -> Tensor:
        patched = stream.clone()
        patched[row, places] = source[places].to(stream.dtype)
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
            heads[row, places, cell.head] = layer.z[places, cell.head]
            return (heads.flatten(-2), *arguments[1:])

        return anatomy.projection(cell.layer).register_forward_pre_hook(projecting)
    write = anatomy.attention_write(cell.layer) if site == "attn_out" else anatomy.mlp_write(cell.layer)

    def written(_module: nn.Module, _arguments: Any, output: Any) -> Any:
        stream = first_of(output)
        rows = stream.reshape(-1, *layer.tensors[site].shape)  # OPT's MLP lays all rows end to end
        return with_first(output, put_in(rows, layer.tensors[site]).view_as(stream))

    return write.register_forward_hook(written)


def _patched_attention(
    anatomy: Anatomy, other: Recording, rows: Sequence[tuple[int, Cell]]
) -> AttentionFunction:
    """Attention with the activation of each (row, cell) put in; other rows are as they are."""
    assert anatomy.functions is not None
    functions = anatomy.functions

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
    ) -> tuple[Tensor, None]:
        layer = anatomy.place.get(id(module))
        if layer is None:
            return own_function(module)(module, query, key, value, mask, **options)[0], None
        function, source = functions[layer], other.layers[layer]
        here = [(row, cell) for row, cell in rows if cell.layer == layer]
        given = {"q": query, "k": key, "v": value}
        for row, cell in here:
            if cell.site in given:
                given[cell.site] = given[cell.site].clone()
                changed = source.seen[cell.site][0]
                given[cell.site][row, cell.head, _places(cell)] = changed[cell.head, _places(cell)]
        z: Tensor = function(module, *given.values(), mask, **options)[0]
        for row, cell in here:
            places, head = _places(cell), cell.head
            if cell.site == "z":
                z = z.clone()
                z[row, places, head] = source.z[places, head]
            if cell.site == "pattern":
                assert head is not None
                one = mask[:1] if isinstance(mask, Tensor) else mask
                weights = _pattern(function, module, source.query[None], source.key[None], one, options)
                group = query.shape[1] // key.shape[1]
                z = z.clone()
                z[row, places, head] = weights[0, places, head] @ value[row, head // group]
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
