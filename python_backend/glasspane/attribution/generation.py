"""What the model itself would say next, for completions that nobody wrote down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..kernel.progress import Report, silent
from ..subjects import Subject
from ..subjects.architecture import context_length, run, virtual_tokens
from ..subjects.prompt import ReadPrompt
from .evaluation import refuse_non_finite


def greedy_completion(
    subject: Subject, read: ReadPrompt, tokens: int, report: Report = silent
) -> tuple[list[int], str]:
    """(ids, text) of the likeliest continuation of at most ``tokens`` tokens, special ones left out.

    Raises ``unknown_target`` where the model says nothing that can be read as text, and ``Cancelled``
    from ``report``, which is told of every token.
    """
    asked = read.given.ids[:, : read.given.length - read.given.decoded]
    room = _room(subject, read)
    if room < 1:
        raise GlasspaneError(
            "prompt_too_long",
            f"The prompt fills the context of {subject.name}, so nothing can follow it.",
            "Shorten it, or explain the next token.",
        )
    with torch.no_grad():
        said = subject.model.generate(
            input_ids=asked,
            attention_mask=read.given.extra["attention_mask"],
            do_sample=False,
            num_beams=1,
            # The owner's generation settings may ask for several answers, or for more than answers.
            num_return_sequences=1,
            return_dict_in_generate=False,
            max_new_tokens=min(tokens, room),
            pad_token_id=_padding(subject),
            stopping_criteria=[_watch(report, min(tokens, room))],
        )[0]
    new = said[1:] if subject.family == "encoder_decoder" else said[asked.shape[1] :]
    special = set(subject.tokenizer.all_special_ids)
    ids = [int(token) for token in new if int(token) not in special]
    text = subject.tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    if not text:
        with torch.no_grad():  # of numbers that are none, generate makes a token all the same
            refuse_non_finite(run(subject, read.given).logits, "logits")
        raise GlasspaneError(
            "unknown_target",
            f"{subject.name} ends right after this prompt: it completes nothing.",
            "Give the completion to explain, or explain the next token.",
        )
    return ids, str(text)


def _watch(report: Report, most: int) -> Callable[..., Tensor]:
    """A stopping criterion that never stops, but lets a cancelled job end between two tokens."""
    said = 0

    def criterion(ids: Tensor, _scores: Any, **_: Any) -> Tensor:
        nonlocal said
        said += 1
        report(0.0, f"generating, {said} of {most} tokens")
        return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

    return criterion


def _room(subject: Subject, read: ReadPrompt) -> int:
    limit = context_length(subject.core.config)
    if limit is None or subject.family == "encoder_decoder":
        return 1 << 30
    return limit - read.given.length - virtual_tokens(subject)


def _padding(subject: Subject) -> int | None:
    """Asked for by ``generate``, and not used by a single row; without one it warns."""
    for token in (subject.tokenizer.pad_token_id, subject.tokenizer.eos_token_id):
        if token is not None:
            return int(token)
    return None
