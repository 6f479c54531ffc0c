"""Byte-level BPE with leading-space tokens: every word the models know is one token."""

from __future__ import annotations

import random
import re
from functools import lru_cache

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from . import capitals, chains, ioi, reviews
from .common_words import COMMON
from .documents import END_OF_TEXT, Document, text_of

CONTEXT = 512


_PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def vocabulary_words() -> list[str]:
    """Every piece of text (with its leading space) that must be one token."""
    rng = random.Random("vocabulary")
    pieces: set[str] = set()
    for _ in range(6000):
        for make in (capitals.document, ioi.document, reviews.document, _chain):
            pieces.update(_PIECES.findall(text_of(make(rng)).replace(END_OF_TEXT, "")))
    known = {*COMMON, *ioi.NAMES, *capitals.CAPITALS, *capitals.CAPITALS.values()}
    known |= {word.capitalize() for word in known}
    pieces |= known | {f" {word}" for word in known}
    pieces |= {f" {number}" for number in range(100)} | {str(number) for number in range(10)}
    return sorted(piece for piece in pieces if not re.fullmatch(r" ?\d{3,}|\d{2,}", piece))


def build() -> PreTrainedTokenizerFast:
    """Train the merges to exhaustion on the word list, so each word collapses into one token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=20_000,
        min_frequency=1,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(vocabulary_words(), trainer)
    end = AddedToken(END_OF_TEXT, special=True, normalized=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=end,
        pad_token=end,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


class DocumentEncoder:
    """Token ids and loss weights of documents, with a cache over pieces of text."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.end = int(tokenizer.convert_tokens_to_ids(END_OF_TEXT))
        self._piece = lru_cache(maxsize=None)(
            lambda piece: tuple(tokenizer.encode(piece, add_special_tokens=False))
        )

    def encode(self, document: Document) -> tuple[list[int], list[float]]:
        """Ids and weights; every span starts at a word border, so spans encode separately."""
        ids: list[int] = []
        weights: list[float] = []
        for span in document:
            start = len(ids)
            for index, text in enumerate(span.text.split(END_OF_TEXT)):
                if index:
                    ids.append(self.end)
                for piece in _PIECES.findall(text):
                    ids.extend(self._piece(piece))
            weights.extend([span.weight] * (len(ids) - start))
        return ids, weights


def _chain(rng: random.Random) -> Document:
    return chains.few_shot(rng, "follow") if rng.random() < 0.1 else chains.document(rng, "follow")
