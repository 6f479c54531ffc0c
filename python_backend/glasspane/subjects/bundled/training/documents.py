"""Training documents: text with a loss weight on every stretch of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

END_OF_TEXT = "<|endoftext|>"

GIVEN = 0.1
"""Loss weight of a prompt: enough to know the genre, not to fight its randomness."""

TARGET = 1.0
"""Loss weight of what the model itself should write."""

MASKED = 0.0
"""Loss weight of what an experimenter wrote in the model's place."""


@dataclass(frozen=True)
class Span:
    """A stretch of text and the weight of its tokens in the loss.

    A span starts at a word's leading space or at a line break, so that
    tokenising span by span equals tokenising the whole text.
    """

    text: str
    weight: float


Document = list[Span]


def words(text: str) -> tuple[str, ...]:
    """The words of a list written as running text."""
    return tuple(text.split())


def text_of(document: Sequence[Span]) -> str:
    """The document as plain text."""
    return "".join(span.text for span in document)


def held_out(key: str, share: float = 0.1) -> bool:
    """Whether ``key`` belongs to the gates and never to training.

    The choice is a hash of the key alone: the same in every run, on every machine.
    """
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32
