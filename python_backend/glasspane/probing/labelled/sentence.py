"""Sentences made of frames, one word of which is marked."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from ...protocol import LabelledText


def marked_sentence(
    rng: random.Random, frame: str, marked: str, word: str, label: str, fillers: Mapping[str, Sequence[str]]
) -> LabelledText:
    """``frame`` with ``word`` in its slot ``marked`` and other words, drawn without repetition, in the others.

    A slot ``{noun2}`` draws from ``fillers["noun"]``: digits tell slots of one kind apart. The sentence begins
    with a capital letter, and the group is the word in small letters.
    """
    taken = {word}
    text, span = "", (0, 0)
    for place, part in enumerate(re.split(r"\{(\w+)\}", frame)):
        if place % 2 == 0:
            text += part
        elif part == marked:
            span = (len(text), len(text) + len(word))
            text += word
        else:
            choices = [one for one in fillers[part.rstrip("0123456789")] if one not in taken]
            drawn = rng.choice(choices)
            taken.add(drawn)
            text += drawn
    text = text[0].upper() + text[1:]
    return LabelledText(text=text, label=label, start=span[0], end=span[1], group=word.casefold())
