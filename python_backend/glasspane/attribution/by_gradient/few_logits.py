"""Only the logits that are asked for: unembedding a large vocabulary costs a twelfth of a gradient.

A logit is a product with one row of the output matrix, so a pass whose result hangs on a few logits needs only their
rows, forward and backward. Models do more with logits (caps, scales, biases): the short way is taken only after one
row went both ways to the same end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import get_ident

import torch
from torch import Tensor, nn

from ...subjects import Subject
from ...subjects.faster_products import forward_replaced
from ...subjects.replaced_forward import forward_is
from ..targets import Objective

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

AGREES = 1e-5
"""Largest difference, in shares of the largest score, at which both ways count as one (float32 rounding)."""


@dataclass(frozen=True)
class FewLogits:
    """The subject's output layer, the rows of it that count, and the objective in terms of those."""

    head: nn.Linear
    ids: Tensor
    objective: Objective

    @contextmanager
    def only(self) -> Iterator[None]:
        """Inside, the output layer makes these logits only; after it, and after any error, it is as it was.

        For this thread: whoever runs the model in another one meanwhile gets every logit.
        """
        weight, bias = self.head.weight[self.ids], None
        if self.head.bias is not None:
            bias = self.head.bias[self.ids]
        head, ours = self.head, get_ident()

        def forward(hidden: Tensor) -> Tensor:
            if get_ident() != ours:
                return nn.functional.linear(hidden, head.weight, head.bias)
            return nn.functional.linear(hidden, weight, bias)

        with forward_is(head, forward):
            yield

    def agrees(self, values: Callable[[], Tensor], expected: Tensor) -> bool:
        """Whether ``values``, taken under :meth:`only`, are those ``expected`` from every logit."""
        try:
            with self.only():
                found = values()
        except (RuntimeError, IndexError):
            return False
        if found.shape != expected.shape:
            return False
        return bool((found - expected).abs().max() <= AGREES * expected.abs().max())


def few_logits_of(subject: Subject, objective: Objective) -> FewLogits | None:
    """The short way for ``objective``; None where there is none, or somebody watches the output layer."""
    if (
        objective.score != "logit"
        or subject.family == "sequence_classifier"
        or subject.model is not subject.core
    ):
        return None
    get = getattr(subject.core, "get_output_embeddings", None)
    head = get() if get is not None else None
    if type(head) is not nn.Linear or forward_replaced(head) or head.weight.is_meta:
        return None
    if any(getattr(head, hooks, None) for hooks in _HOOKS) or head.weight.dtype not in (
        torch.float32,
        torch.float64,
    ):
        return None
    used = sorted({*objective.ids, *objective.versus})
    if len(used) * 4 > head.out_features:
        return None
    place = {token: at for at, token in enumerate(used)}
    short = replace(
        objective,
        ids=tuple(place[token] for token in objective.ids),
        versus=tuple(place[token] for token in objective.versus),
    )
    return FewLogits(head, torch.tensor(used, device=head.weight.device), short)
