"""What stands between the residual stream and the logits, found where it runs and made linear at one vector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ..attribution.by_attention.contributions import precise
from ..errors import GlasspaneError
from .anatomy import Anatomy
from .frozen_norm import FrozenNorm, NotANorm, frozen
from .recording import first_of
from .unembedding import unembedded

_TOLERANCE = {torch.float16: 0.02, torch.bfloat16: 0.05}


@dataclass(frozen=True)
class Ending:
    """A logit (or difference of two) as ``direction`` · N(x) + ``bias``, N the frozen final norm or None.

    ``value`` is what the model gave, ``capped`` the same behind its cap on logits, if it has one.
    """

    norm: FrozenNorm | None
    direction: Tensor
    bias: float
    value: float
    capped: float | None

    def contributions(self, written: Tensor) -> Tensor:
        """[n] of vectors ``written`` [n, dim] into the stream."""
        vectors = precise(written) if self.norm is None else self.norm.linear(written)
        return vectors @ self.direction

    @property
    def constant(self) -> float:
        """What the biases of norm and unembedding add."""
        return self.bias + (0.0 if self.norm is None else float(self.norm.shift @ self.direction))


def ending(
    anatomy: Anatomy,
    stream: Tensor,
    ids: Tensor,
    beside: tuple[Any, ...] | None,
    right: int,
    wrong: int | None,
) -> Ending:
    """How the ``right`` logit (less the ``wrong`` one) comes from ``stream`` [dim], what leaves the last layer.

    The final norm is the module that takes the stream and gives what the output embedding takes. Raises
    ``unsupported_model`` where something else stands there.
    """
    head = anatomy.subject.core.get_output_embeddings()
    with torch.no_grad(), _watched(anatomy, head) as seen:
        logits = unembedded(anatomy, stream[None, None], ids, beside)[0, 0]
    if seen.entering is None or seen.raw is None:
        raise _unreadable(anatomy)
    norm = _norm_between(anatomy, seen, stream)
    direction, raw = _direction(head, seen.entering, right, wrong)
    value = _difference(precise(seen.raw), right, wrong)
    scale, is_capped = _behind(anatomy, stream.dtype, precise(seen.raw), precise(logits))
    return Ending(
        norm,
        scale * direction,
        scale * (raw - float(precise(seen.entering.reshape(-1)) @ direction)),
        scale * value,
        _difference(precise(logits), right, wrong) if is_capped else None,
    )


@dataclass
class _Seen:
    """What passed outside of the layers: (module, input, output) of each, and the output embedding's own."""

    modules: list[tuple[nn.Module, Tensor, Tensor]] = field(default_factory=list)
    entering: Tensor | None = None
    raw: Tensor | None = None


@contextmanager
def _watched(anatomy: Anatomy, head: nn.Module) -> Iterator[_Seen]:
    seen = _Seen()

    def passed(module: nn.Module, arguments: tuple[Any, ...], output: Any) -> None:
        given, made = arguments[:1], output[0] if isinstance(output, tuple) and output else output
        if not given or not isinstance(given[0], Tensor) or not isinstance(made, Tensor):
            return
        if module is head:
            seen.entering, seen.raw = given[0].detach(), made.detach().reshape(-1)
        elif given[0].shape == made.shape:
            seen.modules.append((module, given[0].detach(), made.detach()))

    within = {id(module) for layer in anatomy.layers for module in layer.modules()}
    outside = [module for module in anatomy.subject.core.modules() if id(module) not in within]
    handles = [module.register_forward_hook(passed) for module in outside]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _norm_between(anatomy: Anatomy, seen: _Seen, stream: Tensor) -> FrozenNorm | None:
    entering = seen.entering
    assert entering is not None
    if torch.equal(entering.reshape(-1), stream):
        return None
    for module, given, made in seen.modules:
        if torch.equal(given.reshape(-1), stream) and torch.equal(made.reshape(-1), entering.reshape(-1)):
            try:
                with torch.no_grad():
                    return frozen(lambda rows, m=module: first_of(m(rows[None]))[0], stream)  # type: ignore[misc]
            except NotANorm:
                break
    raise _unreadable(anatomy)


def _direction(head: nn.Module, entering: Tensor, right: int, wrong: int | None) -> tuple[Tensor, float]:
    """∂(logit)/∂(what the output embedding takes) [dim], whatever kind of linear layer that is, and the logit."""
    with torch.enable_grad():
        given = entering.detach().clone().requires_grad_()
        made = head(given).reshape(-1)
        value = made[right] if wrong is None else made[right] - made[wrong]
        (slope,) = torch.autograd.grad(value, given)
    return precise(slope.reshape(-1)), _difference(precise(made.detach()), right, wrong)


def _difference(logits: Tensor, right: int, wrong: int | None) -> float:
    return float(logits[right] if wrong is None else logits[right] - logits[wrong])


def _behind(anatomy: Anatomy, dtype: torch.dtype, raw: Tensor, logits: Tensor) -> tuple[float, bool]:
    """What happens to logits behind the output embedding: they are multiplied by a number, or capped by a tanh."""
    tolerance = _TOLERANCE.get(dtype, 1e-5)
    size = logits.norm().clamp_min(1e-30)

    def agrees(expected: Tensor) -> bool:
        return bool((logits - expected).norm() <= tolerance * size)

    if raw.shape == logits.shape:
        config = anatomy.subject.core.config
        config = config.get_text_config() if hasattr(config, "get_text_config") else config
        cap = getattr(config, "final_logit_softcapping", None)
        if cap and agrees(cap * torch.tanh(raw / cap)):
            return 1.0, True
        if agrees(raw):
            return 1.0, False
        scale = float((raw @ logits) / (raw @ raw).clamp_min(1e-30))
        if agrees(scale * raw):
            return scale, False
    raise _unreadable(anatomy)


def _unreadable(anatomy: Anatomy) -> GlasspaneError:
    return GlasspaneError(
        "unsupported_model",
        f"What {type(anatomy.subject.core).__name__} does between its last layer and its logits cannot be taken apart.",
        "Ask for the lens without direct attribution: direct=False.",
    )
