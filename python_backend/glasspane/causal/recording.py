"""Running a subject with everything kept that can be patched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from ..subjects.architecture import Meter, ModelInput, run
from ..subjects.attention_functions import own_function
from ..subjects.guard import AttentionFunction, attention_through
from .anatomy import Anatomy, unpatchable
from .bridge_runs import is_bridge, record_bridge
from .records import LayerRecord, Recording


class Watched:
    """What went into some modules and came out of them, [1, token, …], by their ``id``."""

    def __init__(self, modules: Sequence[nn.Module] = ()) -> None:
        self.modules = list(modules)
        self.inputs: dict[int, Tensor] = {}
        self.outputs: dict[int, Tensor] = {}

    def hook(self, module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        self.inputs[id(module)], self.outputs[id(module)] = given[0], first_of(output)


def record(
    anatomy: Anatomy,
    given: ModelInput,
    keep: int = 1,
    meter: Meter | None = None,
    *,
    watched: Watched | None = None,
    start: Callable[[Tensor], Tensor] | None = None,
    rows: int = 1,
) -> Recording:
    """Run the subject on ``given`` (one row) and keep its activations, and what the ``watched`` modules saw.

    Under grad mode they hang together, so that gradients by any of them can be asked for. ``start`` says what the
    first layer gets instead of the stream [1, token, dim] that would enter it. With several ``rows`` in ``given``
    records hold all of them, and logits are [row, position, vocabulary]. Raises
    ``unsupported_model`` where the layers do not call attention in a way that can be watched.
    """
    if is_bridge(anatomy.subject):
        return record_bridge(anatomy.subject, anatomy.count, given, keep, meter)
    records = [LayerRecord() for _ in anatomy.layers]
    with ExitStack() as stack:
        for index, record_ in enumerate(records):
            for handle in _watch(anatomy, index, record_, start if index == 0 else None):
                stack.callback(handle.remove)
        if watched is not None:
            for module in watched.modules:
                stack.callback(module.register_forward_hook(watched.hook).remove)
        if anatomy.functions is not None:
            stack.enter_context(attention_through(anatomy.subject, _recorder(anatomy, records)))
        forward = run(anatomy.subject, given, keep=keep, meter=meter)
    expected = {"resid_pre", "attn_out", "mlp_out", "resid_post"}
    if not all(expected <= record_.seen.keys() and _adds_up(record_) for record_ in records):
        raise unpatchable(anatomy.subject)
    return Recording(given, records, forward.logits[0] if rows == 1 else forward.logits)


def record_both(
    anatomy: Anatomy, one: ModelInput, other: ModelInput, keep: int = 1, meter: Meter | None = None
) -> tuple[Recording, Recording]:
    """Two prompts of one length in one pass, which reads the weights once; recorded apart, without a graph."""
    with torch.no_grad():
        if is_bridge(anatomy.subject) or one.extra.keys() != other.extra.keys():
            return record(anatomy, one, keep, meter), record(anatomy, other, keep, meter)
        extra = {name: torch.cat([value, other.extra[name]]) for name, value in one.extra.items()}
        both = record(anatomy, ModelInput(torch.cat([one.ids, other.ids]), extra), keep, meter, rows=2)
    first, second = (
        Recording(given, [_row_of(layer, row) for layer in both.layers], both.logits[row])
        for row, given in enumerate((one, other))
    )
    return first, second


def _row_of(layer: LayerRecord, row: int) -> LayerRecord:
    def of_row(given: Any) -> Any:
        if isinstance(given, Tensor):
            return given[row : row + 1] if given.ndim > 1 and given.shape[0] == 2 else given
        if isinstance(given, (tuple, list)):
            return type(given)(of_row(each) for each in given)
        if isinstance(given, dict):
            return {name: of_row(each) for name, each in given.items()}
        return given

    return LayerRecord(
        of_row(layer.arguments),
        of_row(layer.named),
        layer.stream_by_name,
        of_row(layer.attention_rest),
        {name: tensor[row : row + 1] for name, tensor in layer.seen.items()},
        of_row(layer.mask),
        of_row(layer.options),
    )


def _adds_up(kept: LayerRecord) -> bool:
    """Whether the layer's output is its input plus what was written, up to what half precision rounds away.

    It is not where a block scales its writes on the way, or adds in place to what was kept.
    """
    with torch.no_grad():
        whole = kept.resid_post.float()
        parts = kept.resid_pre.float() + kept.attn_out.float() + kept.mlp_out.float()
        return bool((whole - parts).norm() <= 0.02 * whole.norm()) or not bool(torch.isfinite(whole).all())


def _recorder(anatomy: Anatomy, records: list[LayerRecord]) -> AttentionFunction:
    functions = anatomy.functions
    assert functions is not None

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Any, **options: Any
    ) -> tuple[Tensor, None]:
        layer = anatomy.place.get(id(module))
        if layer is None:
            return own_function(module)(module, query, key, value, mask, **options)[0], None
        z = functions[layer](module, query, key, value, mask, **options)[0]
        kept = records[layer]
        kept.seen |= {"q": query, "k": key, "v": value, "z": z}
        kept.mask, kept.options = mask, options
        return z, None

    return attend


def _watch(
    anatomy: Anatomy, index: int, kept: LayerRecord, start: Callable[[Tensor], Tensor] | None
) -> list[Any]:
    layer = anatomy.layers[index]

    def entering(_module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        kept.stream_by_name = not arguments
        stream = named["hidden_states"] if kept.stream_by_name else arguments[0]
        kept.arguments = arguments[1:]
        kept.named = {name: value for name, value in named.items() if name != "hidden_states"}
        if start is not None:
            stream = start(stream)
        if index == 0 and torch.is_grad_enabled():  # gradients go back to here, and no further
            stream = stream.detach().requires_grad_()
        kept.seen["resid_pre"] = stream
        return (
            ((), {**named, "hidden_states": stream})
            if kept.stream_by_name
            else ((stream, *arguments[1:]), named)
        )

    def left(_module: nn.Module, _arguments: Any, output: Any) -> None:
        kept.seen["resid_post"] = first_of(output)

    def attended(_module: nn.Module, _arguments: Any, output: Any) -> None:
        kept.attention_rest = tuple(output[1:]) if isinstance(output, tuple) else None

    def projecting(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
        kept.seen["z"] = arguments[0].unflatten(-1, (anatomy.heads, -1))

    handles = []
    if anatomy.functions is None:
        handles.append(anatomy.projection(index).register_forward_pre_hook(projecting))
    return [
        *handles,
        layer.register_forward_pre_hook(entering, with_kwargs=True),
        layer.register_forward_hook(left),
        anatomy.attentions[index].register_forward_hook(attended),
        anatomy.attention_write(index).register_forward_hook(_keeper(anatomy, kept, "attn_out")),
        anatomy.mlp_write(index).register_forward_hook(_keeper(anatomy, kept, "mlp_out")),
    ]


def _keeper(anatomy: Anatomy, kept: LayerRecord, name: str) -> Callable[[nn.Module, Any, Any], Any]:
    def keep(_module: nn.Module, _arguments: Any, output: Any) -> Any:
        written, stream = first_of(output), kept.seen["resid_pre"]
        if written.ndim != stream.ndim:  # OPT's MLP lays all rows end to end
            kept.seen[name] = written.view_as(stream)
            return with_first(output, kept.seen[name].view_as(written))
        kept.seen[name] = written
        # Blocks of their own make (Falcon) may add in place: they go on with a copy.
        return with_first(output, written.clone()) if anatomy.functions is None else None

    return keep


def with_first(output: Any, hidden: Tensor) -> Any:
    """A module's output with other hidden states."""
    return (hidden, *output[1:]) if isinstance(output, (tuple, list)) else hidden


def first_of(output: Any) -> Tensor:
    """The hidden states of a module's output, which may be a tuple."""
    tensor = output[0] if isinstance(output, (tuple, list)) else output
    assert isinstance(tensor, Tensor)
    return tensor
