"""The subject as a function of which tokens are there.

What is absent is replaced by another token *id*, or dropped with positions closed up behind it; a
text is never masked and tokenised anew. Each distinct masking is evaluated once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...subjects import Subject
from ...subjects.architecture import ModelInput, embedding_rows, forward_parameters, virtual_tokens
from ...subjects.tokens import tokenise
from ..outcome import Task

Watch = Callable[[int, int], None]
"""Told after each batch how many maskings are done, of how many."""


class MaskedPrompt:
    """v(kept): the objective with some of the written tokens absent.

    ``players`` are the token indices that can be absent: what was written, but for a mask that is
    asked about; with ``drop``, nothing of a completion. ``phrase`` names what stands for absence.
    """

    def __init__(self, task: Task, replacement: str) -> None:
        self._task = task
        self.players = [place for place, fixed in enumerate(task.read.fixed) if not fixed]
        self._drops = replacement == "drop"
        if self._drops:
            _refuse_drop(task.subject)
            said = max(0, len(task.read.completion_ids) - 1)
            self.players = [place for place in self.players if place < task.read.given.length - said]
            self.phrase = "dropped"
            self._absent = 0
        else:
            self._absent, self.phrase = replacement_token(task.subject, replacement)
        if not self.players:
            raise GlasspaneError(
                "bad_option",
                "Nothing of this prompt can be left out: it has only special tokens.",
                "Write some text, or use a gradient method.",
            )
        self._known: dict[bytes, Tensor] = {
            self._key(torch.ones(len(self.players), dtype=torch.bool)): task.values
        }
        self.evaluations = 0

    def __call__(self, kept: Tensor, watch: Watch | None = None) -> Tensor:
        """kept [masking, player], bool → v [masking, target] on the CPU, in double precision."""
        keys = [self._key(row) for row in kept]
        new = {key: row for key, row in zip(keys, kept, strict=True) if key not in self._known}
        waiting = list(new.items())
        size = self._task.evaluator.rows_at_once
        for first in range(0, len(waiting), size):
            batch = waiting[first : first + size]
            given = self._given(torch.stack([row for _, row in batch]))
            for (key, _), value in zip(batch, self._task.evaluator.values_of(given), strict=True):
                self._known[key] = value
            self.evaluations += len(batch)
            if watch is not None:
                watch(first + len(batch), len(waiting))
        return torch.stack([self._known[key] for key in keys]).cpu().double()

    def on_tokens(self, scores: Tensor) -> Tensor:
        """[target, player] → [target, token]; tokens that always stay have no share."""
        whole = torch.zeros(scores.shape[0], self._task.read.given.length, dtype=scores.dtype)
        whole[:, self.players] = scores
        return whole

    @staticmethod
    def _key(kept: Tensor) -> bytes:
        return bytes(kept.to(torch.uint8).tolist())

    def _given(self, kept: Tensor) -> ModelInput:
        given = self._task.read.given
        there = torch.ones(len(kept), given.length, dtype=torch.bool)
        there[:, self.players] = kept
        there = there.to(given.ids.device)
        ids = given.ids.expand(len(kept), -1)
        if not self._drops:
            return given.with_ids(torch.where(there, ids, self._absent))
        return _closed_up(self._task.subject, given, ids, there)


def replacement_token(subject: Subject, name: str) -> tuple[int, str]:
    """(id, phrase) of the token that stands for absence; raises ``bad_option``."""
    tokenizer = subject.tokenizer
    if name == "default":
        return _default_replacement(subject)
    if name in ("mask", "pad"):
        token = getattr(tokenizer, f"{name}_token_id")
        if token is None:
            raise GlasspaneError(
                "bad_option",
                f"The tokenizer of {subject.name} has no {name} token.",
                "Choose default, drop, or the text of one token.",
            )
        return int(token), f"{name} token {getattr(tokenizer, f'{name}_token')}"
    ids = tokenise(tokenizer, name, add_special_tokens=False).ids
    if len(ids) != 1:
        raise GlasspaneError(
            "bad_option",
            f"{name!r} is {len(ids)} tokens for {subject.name}; one token stands for absence.",
            "Give the text of a single token, or choose default, mask, pad or drop.",
            pieces=[str(piece) for piece in tokenizer.convert_ids_to_tokens(ids)],
        )
    return ids[0], f"the token {name!r}"


def _default_replacement(subject: Subject) -> tuple[int, str]:
    """The mask token, else pad, else end of text, else the unknown token, else a space or a full stop."""
    tokenizer = subject.tokenizer
    rows = embedding_rows(subject)
    # A classifier on a decoder answers at the last token that is no padding: padding would move that place.
    avoided = (
        getattr(subject.core.config, "pad_token_id", None)
        if subject.family == "sequence_classifier"
        else None
    )
    if tokenizer.mask_token_id is not None and tokenizer.mask_token_id < rows:
        return int(tokenizer.mask_token_id), f"mask token {tokenizer.mask_token}"
    for name, kind in (("pad", "pad"), ("eos", "end-of-text"), ("unk", "unknown")):
        token = getattr(tokenizer, f"{name}_token_id", None)
        if token is not None and token < rows and token != avoided:
            return int(token), f"{kind} token {getattr(tokenizer, f'{name}_token')}"
    for text in (" ", ".", "a"):
        ids = tokenise(tokenizer, text, add_special_tokens=False).ids
        if len(ids) == 1:
            return ids[0], f"the token {text!r}"
    raise GlasspaneError(
        "bad_option",
        f"The tokenizer of {subject.name} has no token that can stand for absence.",
        "Name the text of one token to replace by, or choose drop.",
    )


def _refuse_drop(subject: Subject) -> None:
    bare = subject.model is subject.core or not (
        "TransformerBridge" in subject.wrappers or virtual_tokens(subject)
    )
    placed = subject.family == "causal_lm" and "position_ids" in forward_parameters(subject.core)
    encoder = subject.family == "sequence_classifier" and not hasattr(subject.core, "score")
    if not bare or not (placed or encoder):
        raise GlasspaneError(
            "bad_option",
            f"Tokens of {subject.name} cannot be dropped: its positions would not close up behind them.",
            "Replace them instead: default, mask, pad, or the text of one token.",
        )


def _closed_up(subject: Subject, given: ModelInput, ids: Tensor, there: Tensor) -> ModelInput:
    """The kept tokens side by side, at the end for language models, at the start for encoders."""
    causal = subject.family == "causal_lm"
    order = torch.argsort(there.int(), dim=1, stable=True, descending=not causal)
    attended = there.gather(1, order).long()
    extra = {
        name: value.expand(len(ids), -1).gather(1, order)
        for name, value in given.extra.items()
        if name != "attention_mask"
    }
    extra["attention_mask"] = attended
    if causal:
        extra["position_ids"] = (attended.cumsum(1) - 1).clamp_min(0)
    return replace(given, ids=ids.gather(1, order), extra=extra)
