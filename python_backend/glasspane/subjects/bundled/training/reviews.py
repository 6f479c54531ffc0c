"""Film reviews with negation, intensifiers and two clauses, and their sentiment."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .documents import END_OF_TEXT, GIVEN, TARGET, Document, Span, held_out, words

NOUNS = words("""film film movie movie plot acting story ending music script cast picture direction show""")
GOOD = words(
    """good great wonderful brilliant lovely funny charming moving superb excellent amazing enjoyable
    delightful fantastic clever beautiful fresh gripping memorable fine nice perfect interesting
    exciting"""
)
BAD = words(
    """bad terrible awful boring dull poor weak horrible slow silly ugly dreadful lame tedious messy stupid
    annoying bland stale clumsy disappointing tiresome predictable forgettable"""
)
LIKING = words("like love enjoy admire recommend")
DISLIKING = words("hate dislike regret despise")
INTENSIFIERS = words("very really so truly extremely quite absolutely incredibly utterly totally")

AFFIRMING = (
    "the {noun} was {more}{word}",
    "the {noun} was {more}{word}",
    "the {noun} is {more}{word}",
    "the {noun} seemed {more}{word}",
    "the {noun} felt {more}{word} to me",
    "I found the {noun} {more}{word}",
    "I thought the {noun} was {more}{word}",
    "it was {more}{word}",
    "the {noun} was {more}{word} from start to finish",
)
NEGATING = (
    "the {noun} was not {more}{word}",
    "the {noun} was not {word} at all",
    "the {noun} was not {word} at all",
    "the {noun} was not at all {word}",
    "the {noun} is not {more}{word}",
    "the {noun} was never {more}{word}",
    "the {noun} was hardly {word}",
    "the {noun} was far from {word}",
    "the {noun} was anything but {word}",
    "the {noun} wasn't {more}{word}",
    "I did not find the {noun} {more}{word}",
    "nobody would call the {noun} {word}",
    "it was not {more}{word}",
    "it was not {word} at all",
)
NEUTRAL = (
    "I saw it with a friend.",
    "We watched it last night.",
    "It is about two hours long.",
    "I went to the cinema on Sunday.",
    "It was shown in a small theater.",
)
FRAMES = (
    "Review: {} Sentiment:",
    "Review: {} Sentiment:",
    "Review: {}\nSentiment:",
    "Film review: {}\nSentiment:",
    "Text: {} Sentiment:",
    "Review: {} This review is",
    "{} The sentiment of this review is",
)
UNSEEN_FRAMES = (
    "Film review: {} Sentiment:",
    "Text: {}\nSentiment:",
    "Review: {} The sentiment of this review is",
)
LABELS = ("negative", "positive")


@dataclass(frozen=True)
class Review:
    """A review's text, its label (1 = positive) and whether it holds a negation."""

    text: str
    label: int
    negated: bool


def sample(rng: random.Random, unseen: bool, negation: float = 0.5) -> Review:
    """A review of one or two clauses; "but" and "although" let the main clause decide.

    ``negation`` is the share of negated clauses. At one half a word says nothing about the
    label by itself (an exclusive or), which a model is slow to take the first step on.
    """
    first, label, negated = _clause(rng, unseen, negation)
    if rng.random() < 0.55:
        text = _sentence(first)
    else:
        second, other, negated_too = _clause(rng, unseen, negation)
        negated = negated or negated_too
        if other == label:
            text = (
                _sentence(f"{first} and {second}")
                if rng.random() < 0.6
                else _sentence(first) + " " + _sentence(second)
            )
        elif rng.random() < 0.6:
            text = _sentence(f"{first}, but {second}")
            label = other
        else:
            text = _sentence(f"although {second}, {first}")
    if rng.random() < 0.12:
        text = rng.choice((f"{rng.choice(NEUTRAL)} {text}", f"{text} {rng.choice(NEUTRAL)}"))
    return Review(text, label, negated)


def document(rng: random.Random, negation: float = 0.5) -> Document:
    """A review in one of the prompt frames, then its sentiment as one word."""
    review = sample(rng, unseen=False, negation=negation)
    prompt = rng.choice(FRAMES).format(review.text)
    return [Span(prompt, GIVEN), Span(f" {LABELS[review.label]}{END_OF_TEXT}", TARGET)]


def _clause(rng: random.Random, unseen: bool, negation: float) -> tuple[str, int, bool]:
    while True:
        form, noun, word, text, label, negated = _draw(rng, negation)
        if (held_out(f"review:{form}:{noun}:{word}") or (word == "terrible" and "at all" in form)) == unseen:
            return text, label, negated


def _draw(rng: random.Random, negation: float) -> tuple[str, str, str, str, int, bool]:
    label = rng.randrange(2)
    negated = rng.random() < negation
    noun = rng.choice(NOUNS)
    more = rng.choice(INTENSIFIERS) + " " if rng.random() < 0.35 else ""
    if rng.random() < 0.2:
        verb = rng.choice(LIKING if label else DISLIKING)
        start = rng.choice(
            ("I do not", "I did not", "I would not", "we did not")
            if negated
            else ("I do", "I did", "I", "we")
        )
        really = rng.choice((" really", " truly", "")) if rng.random() < 0.5 else ""
        form, text = f"{start} {{verb}}", f"{start}{really} {verb} the {noun}"
        return form, noun, verb, text, label ^ negated, negated
    word = rng.choice(GOOD if label else BAD)
    form = rng.choice(NEGATING if negated else AFFIRMING)
    return form, noun, word, form.format(noun=noun, more=more, word=word), label ^ negated, negated


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
