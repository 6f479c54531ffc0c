"""A subject's model called without glasspane: what tests compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from tiny_models import make_model, tokenizer_of
from torch import Tensor

import glasspane as gp

TEXT = "When Mary and John went to the store, John gave"
MASKED = "the capital of [MASK] is paris , not rome"


def subject_of(family: str, double: bool = False) -> Any:
    subject = gp.subject(make_model(family), tokenizer_of(family))
    if double:
        subject.model.double()
    return subject


def text_for(family: str) -> str:
    return MASKED if family == "bert_masked" else TEXT


def ids_of(result: gp.Explanation) -> Tensor:
    return torch.tensor([[token.id for token in result.tokens]])


def embed(subject: Any, ids: Tensor) -> Tensor:
    return subject.model.get_input_embeddings()(ids).detach()


def of_embeddings(subject: Any, ids: Tensor, target: int) -> Callable[[Tensor], Tensor]:
    """f(embeddings [row, token, dim]) → [row]."""
    if subject.family == "encoder_decoder":

        def both(embeddings: Tensor) -> Tensor:
            # The last token is the one that the decoder starts from.
            asked, said = embeddings[:, :-1], embeddings[:, -1:]
            return subject.model(inputs_embeds=asked, decoder_inputs_embeds=said).logits[:, -1, target]

        return both
    mask = torch.ones_like(ids)

    def f(embeddings: Tensor) -> Tensor:
        logits = subject.model(
            inputs_embeds=embeddings, attention_mask=mask.expand(embeddings.shape[0], -1)
        ).logits
        return scored(subject, logits, ids)[:, target]

    return f


def of_ids(subject: Any, target: int, asked: Tensor | None = None) -> Callable[[Tensor], Tensor]:
    """f(ids [row, token]) → [row], one row at a time; ``asked`` has the mask at the place that answers."""

    def f(rows: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.stack(
                [
                    scored(subject, subject.model(row[None]).logits, row[None] if asked is None else asked)[
                        0, target
                    ]
                    for row in rows
                ]
            )

    return f


def scored(subject: Any, logits: Tensor, ids: Tensor) -> Tensor:
    """[row, class or vocabulary] at the place that answers."""
    if logits.ndim == 2:
        return logits
    if subject.family == "masked_lm":
        place = int((ids[0] == subject.tokenizer.mask_token_id).nonzero()[0])
        return logits[:, place]
    return logits[:, -1]


def players(subject: Any, result: gp.Explanation) -> list[int]:
    """The tokens that can be left out."""
    mask = subject.tokenizer.mask_token_id if subject.family == "masked_lm" else None
    return [t.index for t in result.tokens if not t.special and t.id != mask]


def absent_id(subject: Any) -> int:
    """The documented default, spelt out for these tokenizers: the mask token, else padding, which a
    classifier on a decoder must not see: no other token is there but the unknown one, a space or a stop."""
    tokenizer = subject.tokenizer
    return tokenizer.pad_token_id if tokenizer.mask_token_id is None else tokenizer.mask_token_id


def with_absent(result: gp.Explanation, kept: Tensor, subject: Any) -> Tensor:
    """Ids [row, token] with the players that ``kept`` [row, player] leaves out replaced."""
    ids = ids_of(result).repeat(len(kept), 1)
    for row, flags in zip(ids, kept, strict=True):
        for place, flag in zip(players(subject, result), flags, strict=True):
            if not flag:
                row[place] = absent_id(subject)
    return ids


def relative(ours: Any, theirs: Any) -> float:
    """Largest difference, by the largest absolute score."""
    ours, theirs = (
        np.asarray(x.detach() if isinstance(x, Tensor) else x, dtype=np.float64) for x in (ours, theirs)
    )
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
