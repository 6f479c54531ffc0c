"""Part of speech: the same places of a sentence hold words of several classes, and some words are of two.

After "the" stands a noun or an adjective, after "was" an adjective or an adverb, after "we" a verb or an
adverb, so that the word before does not decide. Most words are of one class only, which a probe can learn word
by word: folds keep the words of the test out of training.
"""

from __future__ import annotations

import random

from ...protocol import LabelledText
from ...subjects.bundled.training.documents import words
from ...subjects.bundled.training.ioi import OBJECTS, PLACES
from ...subjects.bundled.training.reviews import BAD, DISLIKING, GOOD, INTENSIFIERS, LIKING, NOUNS
from .sentence import marked_sentence

CLASSES = ("noun", "verb", "adjective", "adverb")

BOTH = words("show book call name start stop letter box bank")
"""Nouns that are verbs too: these take the frame to tell."""

WORDS: dict[str, tuple[str, ...]] = {
    "noun": tuple(dict.fromkeys((*NOUNS, *PLACES, *OBJECTS, *BOTH))),
    "verb": (
        *LIKING,
        *DISLIKING,
        *words("see find know want need make take read write open close watch"),
        *BOTH,
    ),
    "adjective": tuple(one for one in (*GOOD, *BAD) if one != "fine"),
    "adverb": (*INTENSIFIERS, *words("never always often soon again hardly now still just also")),
}

SCALES = words(
    "very really truly extremely quite absolutely incredibly utterly totally never always often still"
)
"""Adverbs that fit in front of an adjective."""

FRAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "noun": (
        ("the {noun} was {adjective}", "noun"),
        ("we {verb} the {noun}", "noun"),
        ("the {adjective} {noun} is here", "noun"),
        ("they {adverb} {verb} the {noun} and the {noun2}", "noun"),
    ),
    "verb": (
        ("we {verb} the {noun}", "verb"),
        ("they {adverb} {verb} the {adjective} {noun}", "verb"),
        ("they want to {verb} the {noun}", "verb"),
        ("you and I {verb} the {noun} of the {noun2}", "verb"),
    ),
    "adjective": (
        ("the {noun} was {adjective}", "adjective"),
        ("the {adjective} {noun} is here", "adjective"),
        ("we {verb} the {adjective} {noun}", "adjective"),
        ("the {noun} was {scale} {adjective} and {adjective2}", "adjective"),
    ),
    "adverb": (
        ("we {adverb} {verb} the {noun}", "adverb"),
        ("they {adverb} {verb} the {adjective} {noun}", "adverb"),
        ("you and I {adverb} {verb} the {noun}", "adverb"),
        ("the {noun} was {scale} {adjective}", "scale"),
    ),
}


def draw(rng: random.Random, label: str) -> LabelledText:
    """One sentence with one marked word of the class ``label``."""
    frame, slot = rng.choice(FRAMES[label])
    word = rng.choice(SCALES if slot == "scale" else WORDS[label])
    return marked_sentence(rng, f"{frame}.", slot, word, label, {**WORDS, "scale": SCALES})
