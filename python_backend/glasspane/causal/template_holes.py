"""A pair of texts as a template: which of its words are holes, and what it is with others in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from unicodedata import category

from ..errors import GlasspaneError

_RUN = re.compile(r"\w+")
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Hole:
    """``word`` stands there in the pair itself. Holes of one ``kind`` change places between the two texts."""

    name: str
    word: str
    kind: int


def words_of(text: str) -> list[str]:
    """The words of a text, in their order; punctuation and spaces are none."""
    return [text[start:end] for start, end in _word_spans(text)]


def _word_spans(text: str) -> list[tuple[int, int]]:
    """Where words stand: letters and digits with the marks written behind them (vowel signs, accents, joiners), which
    ``\\w`` leaves out."""
    spans: list[tuple[int, int]] = []
    for found in _RUN.finditer(text):
        start, end = found.span()
        if spans and spans[-1][1] == start:
            start = spans.pop()[0]
        while end < len(text) and (text[end] in _JOINERS or category(text[end]).startswith("M")):
            end += 1
        spans.append((start, end))
    return spans


def holes_of(clean: str, corrupted: str, answers: Sequence[str]) -> list[Hole]:
    """Holes of every word that differs between the texts, then of the answers' words that stand in one of them.

    Raises ``other_length`` where one text has more words, ``same_prompt`` where no word differs.
    """
    ours, theirs = words_of(clean), words_of(corrupted)
    if len(ours) != len(theirs):
        raise GlasspaneError(
            "other_length",
            f"The prompts are {len(ours)} and {len(theirs)} words long: which word stands for which cannot be told.",
            "Replace words by as many others, and leave the rest as it is.",
        )
    differing = [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]]
    if not differing:
        raise GlasspaneError(
            "same_prompt",
            "The prompts differ in no word, so no word can be another one.",
            "Change a word that the answer hangs on, for example a name or a place.",
        )
    kinds: dict[str, str] = {}
    for one, other in differing:
        first, second = (_kind(kinds, word) for word in (one, other))
        kinds[second] = first
    known = {*ours, *theirs}
    for word in (word for answer in answers for word in words_of(answer) if word in known):
        _kind(kinds, word)
    # In the order in which they are read.
    read = [word for word in dict.fromkeys([*ours, *theirs]) if word in kinds]
    if len(read) > len(ascii_lowercase):
        raise GlasspaneError(
            "bad_option",
            f"The prompts differ in {len(differing)} places: these are two texts, not one with other words.",
            "Replace one word, or a few.",
        )
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(_kind(kinds, word) for word in read))}
    return [
        Hole(name, word, numbers[_kind(kinds, word)])
        for name, word in zip(ascii_lowercase, read, strict=False)
    ]


def _kind(kinds: dict[str, str], word: str) -> str:
    """The word by which its kind goes; one that is new begins a kind."""
    while kinds.setdefault(word, word) != word:
        word = kinds[word]
    return word


def template_of(text: str, holes: Sequence[Hole]) -> str:
    """The text with its words' holes, as ``str.format`` takes it."""
    names = {hole.word: hole.name for hole in holes}
    parts, at = [], 0
    for start, end in _word_spans(text):
        if text[start:end] in names:
            parts += [_escaped(text[at:start]), f"{{{names[text[start:end]]}}}"]
            at = end
    return "".join([*parts, _escaped(text[at:])])


def places_of(text: str, hole: Hole) -> list[tuple[int, int]]:
    """Where a hole's word stands in the text, in code points."""
    return [(start, end) for start, end in _word_spans(text) if text[start:end] == hole.word]


def filled(template: str, holes: Sequence[Hole], words: Mapping[str, str]) -> str:
    """The template with ``words`` by hole; every other hole has the pair's own."""
    return template.format(**{hole.name: words.get(hole.name, hole.word) for hole in holes})


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def choices(words: Sequence[Sequence[str]]) -> int:
    """In how many ways each hole can be given one of its words so that no word comes twice.

    Every word is of one hole alone or of all the holes given.
    """
    shared = set.intersection(*map(set, words)) if len(words) > 1 else set(words[0])
    # ways[k]: to choose the other holes' own words and leave k holes to the shared ones.
    ways = [1]
    for each in words:
        own = len(set(each) - shared)
        ways = [
            own * (ways[k] if k < len(ways) else 0) + (ways[k - 1] if k > 0 else 0)
            for k in range(len(ways) + 1)
        ]
    total = 0
    for taken, way in enumerate(ways):
        arrangements = 1
        for used in range(taken):
            arrangements *= max(0, len(shared) - used)
        total += way * arrangements
    return total
