"""The residual stream as a model passes through it: read at chosen layers, or changed at one.

Layer k is the stream as it enters layer k (``resid_pre k``); the number of layers stands for what leaves the last
one (``resid_post``). Of encoder–decoders it is the encoder's. Hooks are there for one pass and gone afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from ..errors import GlasspaneError
from ..figures import whole_number
from ..subjects import Subject
from ..subjects.blocks import layers_of

Change = Callable[[Tensor], Tensor]
"""The stream [row, token, dim] → what stands in its place."""


def blocks_of(subject: Subject) -> list[nn.Module]:
    """The layers, first one first; raises ``unsupported_model`` where they cannot be found."""
    try:
        return layers_of(subject)[0]
    except GlasspaneError as problem:
        raise GlasspaneError(
            "unsupported_model",
            problem.result.message,
            "Probes read the layers of GPT-2, GPT-J, Llama, Mistral, Qwen, Gemma, Phi, GPT-NeoX, BERT, DistilBERT, "
            "T5 and models built alike.",
        ) from problem


def site_name(layer: int, count: int) -> str:
    """``resid_pre 0`` … ``resid_post 11`` of ``count`` layers."""
    return f"resid_pre {layer}" if layer < count else f"resid_post {count - 1}"


def chosen_layers(asked: Sequence[int] | None, count: int) -> list[int]:
    """The layers asked for in ascending order, or all of them; raises ``bad_option`` for one that is not there."""
    if asked is None:
        return list(range(count + 1))
    return sorted({_checked_layer(layer, count) for layer in asked})


def _checked_layer(layer: int, count: int) -> int:
    number = whole_number(layer)
    if number is None or not 0 <= number <= count:
        nearest = None if number is None else min(max(number, 0), count)
        raise GlasspaneError(
            "bad_option",
            f"There is no layer {layer!r}.",
            f"Choose 0 (resid_pre 0, what the embedding gives) to {count} ({site_name(count, count)}, what leaves "
            f"the last layer){'' if nearest is None else f'; the nearest is {nearest}'}.",
        )
    return number


@contextmanager
def reading(blocks: Sequence[nn.Module], layers: Sequence[int], tokens: int) -> Iterator[dict[int, Tensor]]:
    """During one pass, keep the last ``tokens`` positions of the stream at ``layers`` → {layer: [row, token, dim]}.

    Positions before them are virtual tokens of an adapter.
    """
    seen: dict[int, Tensor] = {}

    def keep(layer: int) -> Change:
        def kept(vectors: Tensor) -> Tensor:
            # A copy, for blocks may add in place.
            seen[layer] = vectors[:, -tokens:].detach().clone()
            return vectors

        return kept

    handles = [_hooked(blocks, layer, keep(layer)) for layer in layers]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def changing(blocks: Sequence[nn.Module], layer: int, change: Change) -> Iterator[None]:
    """During passes inside, ``change`` of the stream stands in its place at ``layer``."""
    handle = _hooked(blocks, layer, change)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def passed_over(blocks: Sequence[nn.Module]) -> Iterator[None]:
    """Inside, ``blocks`` hand on what they are given, at no cost: for passes whose stream is put in behind them.

    Whether a model allows that is for the caller to check: some layers give more than the stream.
    """
    for block in blocks:
        block.forward = _hand_on
    try:
        yield
    finally:
        for block in blocks:
            del block.forward  # the instance's; the class has its own


def may_be_passed_over(blocks: Sequence[nn.Module]) -> bool:
    """Not where anybody hooked or patched a layer: what that does has to happen."""
    hooks = ("_forward_hooks", "_forward_pre_hooks")
    return not any(
        "forward" in vars(block) or any(getattr(block, name) for name in hooks) for block in blocks
    )


def _hand_on(hidden_states: Any, *_: Any, **__: Any) -> Any:
    return hidden_states


def _hooked(blocks: Sequence[nn.Module], layer: int, change: Change) -> Any:
    if layer == len(blocks):
        return blocks[-1].register_forward_hook(
            lambda _block, _inputs, output: _replaced_output(output, change)
        )
    return blocks[layer].register_forward_pre_hook(
        lambda _block, inputs, named: _replaced_input(inputs, named, change), with_kwargs=True
    )


def _replaced_input(inputs: tuple[Any, ...], named: dict[str, Any], change: Change) -> Any:
    if inputs and isinstance(inputs[0], Tensor):
        return (change(inputs[0]), *inputs[1:]), named
    if isinstance(named.get("hidden_states"), Tensor):
        return inputs, {**named, "hidden_states": change(named["hidden_states"])}
    return None


def _replaced_output(output: Any, change: Change) -> Any:
    if isinstance(output, tuple):
        return (change(output[0]), *output[1:])
    return change(output) if isinstance(output, Tensor) else output
