"""Words of one token that a model holds alike: near in its input embeddings, and written in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..attribution.targets import id_text
from ..subjects import Subject
from ..subjects.architecture import embedding_rows

LOOKED_AT = 3000
"""Of the nearest tokens, so many are looked at; what is further away is not alike."""


def words_alike(subject: Subject, tokens: Sequence[int]) -> Iterator[str]:
    """Bare words like those of ``tokens``, nearest first by the mean cosine of input embeddings.

    All ``tokens`` are written in one way, or the first one's counts. No word comes in two spellings; the words of
    ``tokens`` themselves do not come. Nothing comes where these are no words, or the model shows no embeddings.
    """
    weight = getattr(subject.embedding, "weight", None)
    if not isinstance(weight, Tensor) or weight.is_meta or not tokens:
        return
    vectors = torch.nn.functional.normalize(weight[: embedding_rows(subject)].detach().float(), dim=1)
    near = vectors @ vectors[list(tokens)].mean(0)
    form = _form(id_text(subject, tokens[0]))
    if not (form.letters or form.digits):
        return
    seen = {id_text(subject, token).strip().casefold() for token in tokens}
    for index in near.argsort(descending=True).tolist()[:LOOKED_AT]:
        word = id_text(subject, index)
        bare = word.strip()
        if _form(word) != form or bare.casefold() in seen:
            continue
        seen.add(bare.casefold())
        yield bare


class _Form(NamedTuple):
    spaced: bool
    letters: bool
    digits: bool
    capital: bool
    capitals_only: bool


def _form(word: str) -> _Form:
    """How a word is written: behind a space or not, of letters or digits alone, in small letters or capitals."""
    bare = word.strip()
    capitals_only = len(bare) > 1 and bare.isupper()
    return _Form(word[:1].isspace(), bare.isalpha(), bare.isdecimal(), bare[:1].isupper(), capitals_only)
