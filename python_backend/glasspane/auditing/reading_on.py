"""Two ways for a model to read on from what it has read: with a cache of keys and values, or all over again."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, forward_parameters, run


class Reading(ABC):
    """Rows [row, token] that a subject has read, side by side and equally long."""

    def __init__(self, subject: Subject, meter: Meter | None) -> None:
        self.subject = subject
        self.meter = meter
        self.length = 0

    @abstractmethod
    def read(self, ids: Tensor, keep: int = 1) -> Tensor:
        """Read on: logits [row, kept position, vocabulary] at the last ``keep`` of ``ids`` [row, token]."""

    @abstractmethod
    def rows(self, which: Sequence[int]) -> None:
        """Go on with these rows, one of them as often as it is named."""

    @abstractmethod
    def copy(self) -> Reading:
        """The same from here on, apart from this one."""


class CachedReading(Reading):
    def __init__(self, subject: Subject, meter: Meter | None) -> None:
        super().__init__(subject, meter)
        self._cache: Any = None
        self._slices = "logits_to_keep" in forward_parameters(subject.core)

    def read(self, ids: Tensor, keep: int = 1) -> Tensor:
        rows, tokens = ids.shape
        given: dict[str, Any] = {"logits_to_keep": keep} if self._slices else {}
        mask = torch.ones(rows, self.length + tokens, dtype=torch.long, device=ids.device)
        output = self.subject.model(
            ids, attention_mask=mask, past_key_values=self._cache, use_cache=True, **given
        )
        self._cache = output.past_key_values
        self.length += tokens
        if self.meter is not None:
            self.meter.forwards += rows
        logits: Tensor = output.logits[:, -keep:]
        return logits if logits.dtype == torch.float64 else logits.float()

    def rows(self, which: Sequence[int]) -> None:
        if self._cache is not None:
            self._cache.batch_select_indices(torch.tensor(which))

    def copy(self) -> Reading:
        other = copy.copy(self)
        other._cache = copy.deepcopy(self._cache)
        return other


class WholeReading(Reading):
    """For what keeps no such cache: bridges, virtual tokens, state space models."""

    def __init__(self, subject: Subject, meter: Meter | None) -> None:
        super().__init__(subject, meter)
        self._ids: Tensor | None = None

    def read(self, ids: Tensor, keep: int = 1) -> Tensor:
        self._ids = ids if self._ids is None else torch.cat([self._ids, ids], dim=1)
        self.length += int(ids.shape[1])
        # One row at a time: state space models and adapters are not asked to take a batch.
        each = [
            run(
                self.subject,
                ModelInput(row[None], {"attention_mask": torch.ones_like(row[None])}),
                keep=keep,
                meter=self.meter,
            ).logits
            for row in self._ids
        ]
        return torch.cat(each)

    def rows(self, which: Sequence[int]) -> None:
        if self._ids is not None:
            self._ids = self._ids[torch.tensor(which, device=self._ids.device)]

    def copy(self) -> Reading:
        return copy.copy(self)


def reading(subject: Subject, meter: Meter | None = None) -> Reading:
    """Nothing read yet, in the faster way that the subject allows."""
    return CachedReading(subject, meter) if _keeps_a_cache(subject) else WholeReading(subject, meter)


def _keeps_a_cache(subject: Subject) -> bool:
    if subject.model is not subject.core or "past_key_values" not in forward_parameters(subject.core):
        return False
    from transformers import DynamicCache

    config = subject.core.config
    if not getattr(config, "is_decoder", True) and config.model_type in ("bert", "roberta"):
        return False
    # State space models and hybrids take caches of their own kind.
    return all(
        hasattr(layer, "batch_select_indices") and not getattr(layer, "is_linear", False)
        for layer in DynamicCache(config=config).layers
    )
