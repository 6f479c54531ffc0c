"""One run of which only what lenses read is kept: the stream at some positions, what was written at one of them.

The model computes as it always does, its own attention included: nothing has a size of tokens × tokens for our sake.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..subjects.architecture import Embeddings, Meter, ModelInput, run
from .anatomy import Anatomy, unpatchable
from .bridge_runs import bridge_activations, is_bridge
from .recording import first_of


@dataclass
class StreamRun:
    """``streams`` [layer + 1][position, dim]: as it enters each layer, and as it leaves the last.

    At the answer's position, per layer: ``attention`` and ``mlp`` [dim] as added to the stream, ``heads`` [head · dim]
    as they enter the output projection; ``embedding`` [dim] of its token and ``positions`` [dim] of its place, as far
    as these are what the stream begins with. ``logits`` [vocabulary] of the last position; ``beside``: what layers give
    beside the stream, None where they give no tuple.
    """

    streams: list[Tensor] = field(default_factory=list)
    attention: list[Tensor] = field(default_factory=list)
    mlp: list[Tensor] = field(default_factory=list)
    heads: list[Tensor] = field(default_factory=list)
    embedding: Tensor = field(default_factory=lambda: torch.empty(0))
    positions: Tensor | None = None
    logits: Tensor = field(default_factory=lambda: torch.empty(0))
    beside: tuple[Any, ...] | None = None


def stream_run(
    anatomy: Anatomy, given: ModelInput, places: Tensor, answer: int, meter: Meter | None = None
) -> StreamRun:
    """Run the subject on ``given`` (one row); keep the stream at ``places`` [position], writes at ``answer``.

    Raises ``unsupported_model`` where the layers do not show them. Call under ``no_grad``.
    """
    if is_bridge(anatomy.subject):
        return _of_bridge(anatomy, given, places, meter)
    kept, position = StreamRun(), slice(answer, answer + 1)
    added: list[Tensor] = []
    with ExitStack() as stack:
        for index, layer in enumerate(anatomy.layers):
            _watch_layer(stack, anatomy, kept, index, layer, places, answer)
        for table in _other_tables(anatomy):
            handle = table.register_forward_hook(lambda _m, _i, output: added.append(output.detach()))
            stack.callback(handle.remove)
        watched = stack.enter_context(Embeddings(anatomy.subject.embedding, given.ids, None))
        kept.logits = run(anatomy.subject, given, keep=1, meter=meter).logits[0, -1]
    lengths = {len(kept.attention), len(kept.mlp), len(kept.heads), len(kept.streams) - 1}
    if lengths != {anatomy.count} or watched.seen is None:
        raise unpatchable(anatomy.subject)
    kept.streams = [stream.to(kept.streams[-1].device) for stream in kept.streams]
    kept.embedding = kept.streams[0][places == answer][0]
    for each in added:
        token, place = watched.seen[0, answer], each[..., position, :].reshape(-1)
        if place.shape == token.shape and torch.equal(token + place, kept.embedding):
            kept.embedding, kept.positions = token, place
    return kept


def _watch_layer(
    stack: ExitStack,
    anatomy: Anatomy,
    kept: StreamRun,
    index: int,
    layer: nn.Module,
    places: Tensor,
    answer: int,
) -> None:
    def entering(_module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        stream = arguments[0] if arguments else named["hidden_states"]
        kept.streams.append(stream[0].detach()[places.to(stream.device)])

    def left(_module: nn.Module, _arguments: Any, output: Any) -> None:
        stream = first_of(output)[0].detach()
        kept.streams.append(stream[places.to(stream.device)])
        kept.beside = tuple(output[1:]) if isinstance(output, (tuple, list)) else None

    def projecting(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
        kept.heads.append(arguments[0][0, answer].detach().clone())

    def keeper(into: list[Tensor]) -> Callable[[nn.Module, Any, Any], None]:
        def keep(_module: nn.Module, _arguments: Any, output: Any) -> None:
            # A copy, for blocks may add in place; of rows laid end to end (OPT) the prompt is the only one.
            written = first_of(output)
            into.append(written.view(-1, written.shape[-1])[answer].detach().clone())

        return keep

    handles = [
        layer.register_forward_pre_hook(entering, with_kwargs=True),
        anatomy.projection(index).register_forward_pre_hook(projecting),
        anatomy.attention_write(index).register_forward_hook(keeper(kept.attention)),
        anatomy.mlp_write(index).register_forward_hook(keeper(kept.mlp)),
    ]
    if index == anatomy.count - 1:
        handles.append(layer.register_forward_hook(left))
    for handle in handles:
        stack.callback(handle.remove)


def _other_tables(anatomy: Anatomy) -> list[nn.Module]:
    """Embedding layers beside that of the tokens, outside of the layers."""
    within = {id(module) for layer in anatomy.layers for module in layer.modules()}
    return [
        module
        for module in anatomy.subject.core.modules()
        if isinstance(module, nn.Embedding)
        and module is not anatomy.subject.embedding
        and id(module) not in within
    ]


def _of_bridge(anatomy: Anatomy, given: ModelInput, places: Tensor, meter: Meter | None) -> StreamRun:
    """The streams alone: a bridge names its parts by hooks, and not what they do to what passes."""
    seen, logits = bridge_activations(
        anatomy.subject, anatomy.count, given, ("resid_pre", "resid_post"), meter
    )
    streams = [layer["resid_pre"][0, places].clone() for layer in seen]
    return StreamRun([*streams, seen[-1]["resid_post"][0, places].clone()], logits=logits[0, -1])
