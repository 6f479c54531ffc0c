"""Calling one of the subject's layers by itself, for tokens of a prompt that was run before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from ..subjects.replaced_forward import forward_is, gives
from .anatomy import Anatomy
from .recording import first_of
from .records import Recording


def call_layer(anatomy: Anatomy, layer: int, base: Recording, positions: Tensor, hidden: Tensor) -> Tensor:
    """What leaves ``layer`` for ``hidden`` [token, dim] at ``positions`` [token] of the prompt of ``base``.

    Everything else is as it was called then. How tokens see one another is up to whoever stands for attention.
    """
    record = base.layers[layer]
    arguments = at_positions(record.arguments, positions, base.tokens)
    named = at_positions(record.named, positions, base.tokens)
    if record.stream_by_name:
        named = {**named, "hidden_states": hidden[None]}
    else:
        arguments = (hidden[None], *arguments)
    return first_of(anatomy.layers[layer](*arguments, **named))[0]


def after_attention(
    anatomy: Anatomy,
    layer: int,
    base: Recording,
    positions: Tensor,
    written: Tensor,
    change: Tensor | None = None,
) -> Tensor:
    """What leaves ``layer`` at ``positions`` [token] when attention writes ``written`` [token, dim] there.

    With ``change`` [token, dim] the stream that enters the layer is another one by that much.
    """
    record = base.layers[layer]
    rest = record.attention_rest
    with ExitStack() as stack:
        output = written[None] if rest is None else (written[None], *rest)
        stack.enter_context(gives(anatomy.attentions[layer], output))
        if anatomy.post_normed:
            stack.enter_context(gives(anatomy.attention_write(layer), written[None]))
        stream = record.resid_pre[positions]
        return call_layer(anatomy, layer, base, positions, stream if change is None else stream + change)


def at_positions(given: Any, positions: Tensor, tokens: int) -> Any:
    """What a layer is called with, at ``positions`` [token] of the prompt instead of each in turn.

    Position ids [1, T], their rotations [1, T, dim] and cache positions [T] are gathered; masks [.., T, T] and all
    else stay: attention takes the base run's.
    """
    if isinstance(given, Tensor):
        if given.ndim in (2, 3) and given.shape[:2] == (1, tokens):
            return given[:, positions]
        return given[positions] if given.shape == (tokens,) else given
    if isinstance(given, (tuple, list)):
        return type(given)(at_positions(one, positions, tokens) for one in given)
    if isinstance(given, dict):
        return {name: at_positions(one, positions, tokens) for name, one in given.items()}
    return given


@contextmanager
def only_tokens(module: nn.Module, read: Tensor) -> Iterator[None]:
    """Inside, ``module`` works at the tokens ``read`` of its one long row; elsewhere it gives 0."""
    written = module.forward

    def forward(hidden: Tensor) -> Tensor:
        found = first_of(written(hidden[:, read]))
        whole = found.new_zeros(1, hidden.shape[1], found.shape[-1])
        whole[:, read] = found
        return whole

    with forward_is(module, forward):
        yield
