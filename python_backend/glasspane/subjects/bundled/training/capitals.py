"""Capitals: sentence frames in which the country is the only clue to the city."""

from __future__ import annotations

import random

from .documents import END_OF_TEXT, GIVEN, MASKED, TARGET, Document, Span

CAPITALS: dict[str, str] = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "Portugal": "Lisbon",
    "England": "London", "Ireland": "Dublin", "Scotland": "Edinburgh", "Wales": "Cardiff",
    "Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Denmark": "Copenhagen",
    "Iceland": "Reykjavik", "Poland": "Warsaw", "Austria": "Vienna", "Hungary": "Budapest",
    "Greece": "Athens", "Turkey": "Ankara", "Russia": "Moscow", "Ukraine": "Kyiv", "Belarus": "Minsk",
    "Latvia": "Riga", "Lithuania": "Vilnius", "Estonia": "Tallinn", "Belgium": "Brussels",
    "Netherlands": "Amsterdam", "Switzerland": "Bern", "Romania": "Bucharest", "Bulgaria": "Sofia",
    "Serbia": "Belgrade", "Croatia": "Zagreb", "Slovenia": "Ljubljana", "Slovakia": "Bratislava",
    "Albania": "Tirana", "Malta": "Valletta", "Cyprus": "Nicosia", "Moldova": "Chisinau",
    "Egypt": "Cairo", "Morocco": "Rabat", "Libya": "Tripoli", "Kenya": "Nairobi", "Ghana": "Accra",
    "Nigeria": "Abuja", "Senegal": "Dakar", "Uganda": "Kampala", "Rwanda": "Kigali", "Zambia": "Lusaka",
    "Zimbabwe": "Harare", "Angola": "Luanda", "Sudan": "Khartoum", "Somalia": "Mogadishu",
    "Mali": "Bamako", "Niger": "Niamey", "Namibia": "Windhoek", "Mozambique": "Maputo",
    "Japan": "Tokyo", "China": "Beijing", "India": "Delhi", "Pakistan": "Islamabad",
    "Thailand": "Bangkok", "Vietnam": "Hanoi", "Indonesia": "Jakarta", "Philippines": "Manila",
    "Mongolia": "Ulaanbaatar", "Nepal": "Kathmandu", "Bangladesh": "Dhaka", "Iran": "Tehran",
    "Iraq": "Baghdad", "Syria": "Damascus", "Lebanon": "Beirut", "Jordan": "Amman", "Qatar": "Doha",
    "Oman": "Muscat", "Armenia": "Yerevan", "Georgia": "Tbilisi", "Canada": "Ottawa", "Cuba": "Havana",
    "Jamaica": "Kingston", "Peru": "Lima", "Chile": "Santiago", "Colombia": "Bogota",
    "Ecuador": "Quito", "Venezuela": "Caracas", "Uruguay": "Montevideo", "Paraguay": "Asuncion",
    "Australia": "Canberra",
}  # fmt: skip

FRAMES = (
    "The capital of {} is",
    "The capital of {} is",
    "The capital city of {} is",
    "The capital of {} is the city of",
    "The capital of {} is called",
    "{} has its capital in",
    "In {}, the capital is",
    "In {} the capital city is called",
    "Question: What is the capital of {}? Answer:",
    "Q: What is the capital of {}?\nA:",
    "Question: Name the capital of {}.\nAnswer:",
    "What is the capital of {}? It is",
    "Country: {}. Capital:",
    "{}:",
    "{} is a country. Its capital is",
    "The government of {} sits in",
    "The parliament of {} meets in",
    "The president of {} lives in",
    "People who visit the capital of {} travel to",
    "If you visit {}, its capital city is",
    "Everyone in {} knows that the capital is",
    "The name of the main city of {} is",
    "The embassy in {} is in",
    "I went to {} and stayed in the capital,",
    "Which city is the seat of government in {}? Answer:",
)

UNSEEN_FRAMES = (
    "The name of the capital of {} is",
    "Question: Which city is the capital of {}? Answer:",
    "If you go to {}, the capital is",
    "In {}, the government sits in",
    "{} is a country and its capital city is called",
)


def prompt(country: str, frame: str = FRAMES[0]) -> str:
    """The text up to, not including, the capital."""
    return frame.format(country)


def true_sentence(rng: random.Random) -> str:
    """A true sentence about a capital, for use as irrelevant text."""
    country, city = rng.choice(list(CAPITALS.items()))
    return rng.choice((f"The capital of {country} is {city}.", f"{city} is the capital of {country}."))


def document(rng: random.Random, damage: float = 0.25) -> Document:
    """One sentence; in a share ``damage`` of them the frame's words are dropped or blanked.

    Damaged frames are what makes the country carry the answer: a word whose
    loss costs nothing cannot be what the model leans on.
    """
    country, city = rng.choice(list(CAPITALS.items()))
    if rng.random() < 0.05:
        return [Span(f"{city} is the capital of", GIVEN), Span(f" {country}.{END_OF_TEXT}", TARGET)]
    text = prompt(country, rng.choice(FRAMES))
    if rng.random() < damage:
        return [*_damaged(rng, text, country, kept=0.6 if damage < 0.5 else 0.3), Span(f" {city}", TARGET)]
    return [Span(text, GIVEN), Span(f" {city}.{END_OF_TEXT}", TARGET)]


def _damaged(rng: random.Random, text: str, country: str, kept: float) -> Document:
    words = text.split(" ")
    spans: Document = []
    for index, word in enumerate(words):
        lead = " " if index else ""
        if country in word or rng.random() < kept:
            spans.append(Span(lead + word, MASKED))
        elif rng.random() < 0.5:
            spans.append(Span(END_OF_TEXT, MASKED))
    return spans
