"""Replies that do not stop: the same sentences or words again and again."""

from __future__ import annotations

import re

REPEATS = 8
"""So many times the same few sentences at the end of a reply are a model that does not stop."""

LONGEST_LOOP = 6
"""Sentences that such a loop may have."""

_UNIT = re.compile(r"[^.!?\n]+")


def loops(tail: str) -> bool:
    """Whether ``tail`` ends in the same sentences, lines or words again and again."""
    sentences = [found[0].strip() for found in _UNIT.finditer(tail) if any(map(str.isalnum, found[0]))]
    words = tail.split()[-LONGEST_LOOP * REPEATS * 3 :]
    if any(not any(map(str.isalnum, word)) for word in words[-LONGEST_LOOP:]):
        words = []
    return _ends_periodic(sentences, REPEATS) or _ends_periodic(words, 3 * REPEATS)


def _ends_periodic(parts: list[str], repeats: int) -> bool:
    # what is cut off in the middle does not hide the loop before it
    return any(
        len(parts) >= length * repeats + drop
        and all(
            parts[-1 - drop - place] == parts[-1 - drop - place - length]
            for place in range(length * (repeats - 1))
        )
        for length in range(1, LONGEST_LOOP + 1)
        for drop in (0, 1)
    )
