"""Offsets of tokens whose tokenizer tells none: tokenizers written in Python, and fast ones that report start = end.

Each way is exact where it works and gives up where it does not; the last one is coarse, never wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

Span = tuple[int, int]
"""Code points of the text, half open."""


def offsets_are_broken(tokenizer: Any, ids: list[int], raw: Sequence[Span], special: Sequence[bool]) -> bool:
    """Some byte-level tokenizers report start = end for every token: then offsets tell nothing."""
    written = [i for i, flag in enumerate(special) if not flag]
    empty = [i for i in written if raw[i][1] <= raw[i][0]]
    if empty and len(empty) == len(written):
        return True
    return any(tokenizer.decode([ids[i]]).strip() not in ("", "\ufffd") for i in empty)


def offsets_without_help(tokenizer: Any, text: str, ids: list[int], special: Sequence[bool]) -> list[Span]:
    """A span for every token; of ``special`` ones an empty one. Tokens that cannot be told apart share theirs."""
    written = [i for i, flag in enumerate(special) if not flag]
    own = [ids[i] for i in written]
    spans: list[Span] = [(0, 0)] * len(ids)
    if not own:
        return spans
    found = (
        _by_bytes(tokenizer, text, own)
        or _by_words(tokenizer, text, own)
        or _by_letters(tokenizer, text, 0, own)
        or [(0, len(text))] * len(own)
    )
    for i, span in zip(written, found, strict=True):
        spans[i] = span
    return spans


def _by_bytes(tokenizer: Any, text: str, ids: list[int]) -> list[Span] | None:
    """Exact, from the bytes that the pieces of a byte-level tokenizer spell; None for other kinds."""
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens(ids)]
    for alphabet in (_byte_alphabet(), _bytes_as_they_are()):
        if all(character in alphabet for piece in pieces for character in piece):
            spelled = bytes(alphabet[character] for piece in pieces for character in piece)
            if spelled == text.encode():
                return _spans_of_bytes(text, [len(piece) for piece in pieces])
    return None


def _spans_of_bytes(text: str, sizes: list[int]) -> list[Span]:
    character_at = [place for place, character in enumerate(text) for _ in character.encode()]
    spans, cursor = [], 0
    for size in sizes:
        first = character_at[cursor] if size else 0
        cursor += size
        spans.append((first, character_at[cursor - 1] + 1 if size else 0))
    return spans


@cache
def _byte_alphabet() -> Mapping[str, int]:
    """The printable stand-in of each byte in byte-level vocabularies (Radford et al. 2019)."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in kept]
    return {chr(byte): byte for byte in kept} | {chr(256 + n): byte for n, byte in enumerate(others)}


@cache
def _bytes_as_they_are() -> Mapping[str, int]:
    """The alphabet of ByT5 (Xue et al. 2022): the character whose number is the byte."""
    return {chr(byte): byte for byte in range(256)}


def _by_words(tokenizer: Any, text: str, ids: list[int]) -> list[Span] | None:
    """Exact at the words; None where the tokens of the text are not those of its words one by one.

    Within a word, pieces are told apart where they spell it, and share it where they do not.
    """
    words = list(re.finditer(r"\S+", text))
    if not words:
        return None
    spans: list[Span] = []
    for word in words:
        own = [int(i) for i in tokenizer(word[0], add_special_tokens=False, verbose=False)["input_ids"]]
        if ids[len(spans) : len(spans) + len(own)] != own:
            return None
        spans += _by_letters(tokenizer, word[0], word.start(), own) or [word.span()] * len(own)
    return spans if len(spans) == len(ids) else None


def _by_letters(tokenizer: Any, text: str, start: int, ids: list[int]) -> list[Span] | None:
    """Exact where the pieces, one after the other, spell the text but for case, accents and spaces.

    An unknown token stands for letters of one word, or for white space. None where the pieces spell something else.
    """
    letters: list[tuple[str, int]] = [
        (letter, place) for place, character in enumerate(text) for letter in _plain(character)
    ]
    spelled = "".join(letter for letter, _ in letters)
    places = [place for _, place in letters]
    unknown_ends = _unknown_ends(text, places)
    for pieces in (_pieces(tokenizer, ids), [tokenizer.decode([i]) for i in ids]):
        wanted = [
            None if token == getattr(tokenizer, "unk_token_id", None) else _plain(str(piece))
            for token, piece in zip(ids, pieces, strict=True)
        ]
        cuts = _cuts(spelled, unknown_ends, wanted)
        if cuts is not None:
            return [
                (start + letters[first][1], start + letters[last - 1][1] + 1)
                if last > first
                else (start, start)
                for first, last in zip([0, *cuts], cuts, strict=False)
            ]
    return None


def _pieces(tokenizer: Any, ids: list[int]) -> list[str]:
    """Without the marks by which vocabularies say where a word begins, goes on or ends."""
    return [
        re.sub(r"^##(?=.)|@@$|</w>$|[▁Ġ]", "", str(piece)) for piece in tokenizer.convert_ids_to_tokens(ids)
    ]


def _plain(text: str) -> str:
    """Letters as any tokenizer may have rewritten them: compatible forms taken apart, no case, accents or spaces."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in apart if not unicodedata.combining(c) and not c.isspace())


def _unknown_ends(text: str, places: list[int]) -> list[range]:
    """For each place between letters (and both ends): where an unknown token that begins there may end.

    At least one letter on and at most to the end of the word; at once, where white space stands there.
    """
    word_ends = [match.end() for match in re.finditer(r"\S+", text)]
    ends: list[range] = []
    for index in range(len(places) + 1):
        here = places[index] if index < len(places) else len(text)
        before = places[index - 1] + 1 if index else 0
        blank = any(character.isspace() for character in text[before:here])
        last = index
        stop = next((end for end in word_ends if end > here), here)
        while last < len(places) and places[last] < stop:
            last += 1
        ends.append(range(index if blank else index + 1, last + 1))
    return ends


def _cuts(spelled: str, unknown_ends: list[range], wanted: list[str | None]) -> list[int] | None:
    """Where each of ``wanted`` ends in ``spelled``, all of it used up; None: it cannot be.

    Every place that some reading of the tokens before can reach is followed at once, so a wrong guess at
    what an unknown token (None) stands for costs nothing.
    """
    reached: list[dict[int, int]] = [{0: 0}]  # where a token can end → where it then begins
    for piece in wanted:
        ends: dict[int, int] = {}
        for begin in reached[-1]:
            if piece is None:
                for end in unknown_ends[begin]:
                    ends.setdefault(end, begin)
            elif spelled.startswith(piece, begin):
                ends.setdefault(begin + len(piece), begin)
        if not ends:
            return None
        reached.append(ends)
    if len(spelled) not in reached[-1]:
        return None
    cuts = [len(spelled)]
    for ends in reversed(reached[2:]):
        cuts.append(ends[cuts[-1]])
    return cuts[::-1]
