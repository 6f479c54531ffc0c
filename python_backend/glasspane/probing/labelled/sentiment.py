"""Sentiment: one clause of a film review, negated half of the time.

The class is the opinion word's own, turned round by the negation, and both are drawn evenly: neither the word nor
"not" says anything by itself, so what is read off the last token has to have been put together.
"""

from __future__ import annotations

import random

from ...protocol import LabelledText
from ...subjects.bundled.training.reviews import AFFIRMING, BAD, GOOD, INTENSIFIERS, LABELS, NEGATING, NOUNS

CLASSES = LABELS

FRAME = "Review: {} Sentiment:"


def draw(rng: random.Random, label: str) -> LabelledText:
    """One review of the class ``label``; the group is its opinion word."""
    negated = rng.random() < 0.5
    positive = label == "positive"
    word = rng.choice(GOOD if positive != negated else BAD)
    form = rng.choice(NEGATING if negated else AFFIRMING)
    more = f"{rng.choice(INTENSIFIERS)} " if rng.random() < 0.35 else ""
    clause = form.format(noun=rng.choice(NOUNS), more=more, word=word)
    return LabelledText(text=FRAME.format(f"{clause[0].upper()}{clause[1:]}."), label=label, group=word)
