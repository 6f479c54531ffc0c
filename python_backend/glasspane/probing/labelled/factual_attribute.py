"""A fact that no word of the sentence gives away: the continent of a country.

Whether a model has it is another question: one that only ever met countries beside their capitals need not.
Countries on two continents, and the one that is a continent, are left out.
"""

from __future__ import annotations

import random

from ...protocol import LabelledText
from ...subjects.bundled.training.documents import words
from .sentence import marked_sentence

CONTINENTS: dict[str, tuple[str, ...]] = {
    "Europe": words(
        """France Germany Italy Spain Portugal England Ireland Scotland Wales Norway Sweden Finland Denmark
        Iceland Poland Austria Hungary Greece Ukraine Belarus Latvia Lithuania Estonia Belgium Netherlands
        Switzerland Romania Bulgaria Serbia Croatia Slovenia Slovakia Albania Malta Moldova"""
    ),
    "Africa": words(
        """Morocco Libya Kenya Ghana Nigeria Senegal Uganda Rwanda Zambia Zimbabwe Angola Sudan Somalia Mali
        Niger Namibia Mozambique"""
    ),
    "Asia": words(
        """Japan China India Pakistan Thailand Vietnam Philippines Mongolia Nepal Bangladesh Iran Iraq Syria
        Lebanon Jordan Qatar Oman"""
    ),
    "the Americas": words("Canada Cuba Jamaica Peru Chile Colombia Ecuador Venezuela Uruguay Paraguay"),
}

CLASSES = tuple(CONTINENTS)

FRAMES = (
    "the capital of {country} is",
    "the capital city of {country} is",
    "in {country}, the capital is",
    "people who visit the capital of {country} travel to",
    "the government of {country} sits in",
    "the parliament of {country} meets in",
    "the president of {country} lives in",
    "if you visit {country}, its capital city is",
    "the name of the main city of {country} is",
    "the embassy in {country} is in",
    "what is the capital of {country}?",
    "everyone in {country} knows that the capital is",
)


def draw(rng: random.Random, label: str) -> LabelledText:
    """One sentence about a country of the continent ``label``; the group is the country."""
    return marked_sentence(rng, rng.choice(FRAMES), "country", rng.choice(CONTINENTS[label]), label, {})
