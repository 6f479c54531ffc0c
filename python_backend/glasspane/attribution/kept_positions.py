"""Only the positions that are read: what the last layer writes elsewhere, nobody looks at.

Logits are taken at the last positions, and in its last layer a causal model brings other positions to them by
attention's keys and values alone. What comes after those works on each position by itself, so it is computed
where it is read: the output projection and the MLP are three quarters of that layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import get_ident
from typing import Any

from torch import Tensor, nn

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import forward_parameters
from ..subjects.blocks import layers_of, part
from ..subjects.faster_products import forward_replaced
from ..subjects.recomputation import recomputes
from ..subjects.replaced_forward import forward_is

_PARTS = (
    "transformers.activations",
    "transformers.pytorch_utils",
    "transformers.integrations",
    "torch.nn.modules",
)
"""Where else the parts of transformers' models come from."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@contextmanager
def kept_positions(subject: Subject, keep: int) -> Iterator[None]:
    """Inside, the last layer's positionwise parts run at the last ``keep`` positions and are 0 elsewhere.

    For plain causal models made of transformers' own parts only, which nobody watches: whoever reads the stream in
    another way would read what is left out. Other threads get every position, and after it, and after any error,
    all is as it was found.
    """
    with ExitStack() as stack:
        for module in _positionwise(subject):
            stack.enter_context(forward_is(module, _at_the_end(module.forward, keep)))
        yield


def _positionwise(subject: Subject) -> list[nn.Module]:
    """The last layer's output projection and MLP; none where others may read what they write."""
    core = subject.core
    plain = subject.family == "causal_lm" and subject.model is core
    if not plain or "logits_to_keep" not in forward_parameters(core):
        return []
    if not all(_as_written(module) for module in core.modules()):
        return []
    try:
        layers, names = layers_of(subject)
    except GlasspaneError:
        return []
    projection, mlp = part(layers[-1], names.projection), part(layers[-1], "mlp")
    return [] if projection is None or mlp is None else [projection, mlp]


def _as_written(module: nn.Module) -> bool:
    known = type(module).__module__.startswith(("transformers.models.", *_PARTS))
    watched = any(getattr(module, hooks, None) for hooks in _HOOKS)
    replaced = forward_replaced(module) and not recomputes(module)
    return known and not watched and not replaced


def _at_the_end(written: Callable[..., Any], keep: int) -> Callable[..., Any]:
    ours = get_ident()

    def forward(hidden: Tensor, *beside: Any, **named: Any) -> Any:
        tokens = int(hidden.shape[-2])
        # What comes beside may be the stream itself, to be added (BLOOM): that is no matter of single positions.
        if tokens <= keep or get_ident() != ours or beside or named:
            return written(hidden, *beside, **named)
        found = written(hidden[..., -keep:, :].contiguous())
        if not isinstance(found, Tensor):  # a mixture of experts that says how it chose
            return written(hidden)
        return nn.functional.pad(found, (0, 0, tokens - keep, 0))

    return forward
