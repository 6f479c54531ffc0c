"""Tokens joined into words, sentences, lines or messages by signed sums: a coarser view that loses no score.

The joining rules are those of the panes (``extension_frontend/core/src/grain.ts``);
``tests/grain_cases.json`` holds both to the same cases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from .errors import GlasspaneError
from .protocol import AttributionResult, Token

Grain = Literal["token", "word", "sentence", "line", "message"]

_WHITE = "[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
"""What ECMAScript calls white space; Python's \\s is another set."""

_STARTS_WHITE = re.compile(_WHITE)
_ENDS_WHITE = re.compile(f"{_WHITE}\\Z")
_STOP_WITHIN = re.compile(f"[.!?]{_WHITE}")
_STOP_AT_END = re.compile(r"[.!?]\Z")
_LINE_END_ONLY = re.compile(f"{_WHITE}*\n{_WHITE}*\\Z")


@dataclass(frozen=True)
class Group:
    """Some neighbouring tokens as one: ``text`` from code point ``start`` to ``end`` of the result's text.

    ``scores`` are the signed sums of its tokens' scores, one for each target. ``role`` is that of the
    message it belongs to, if any; ``special`` groups are single tokens that were added, not written.
    """

    text: str
    start: int
    end: int
    special: bool
    role: str | None
    tokens: tuple[int, ...]
    scores: tuple[float, ...]


def checked_grain(by: str) -> Grain:
    """``by`` if there is such a grain; raises ``bad_option``."""
    if not isinstance(by, str) or by not in get_args(Grain):
        raise GlasspaneError(
            "bad_option",
            f"Tokens cannot be joined by {by!r}.",
            f"Choose one of: {', '.join(get_args(Grain))}.",
        )
    return by  # type: ignore[return-value]


def grouped(result: AttributionResult, by: str) -> list[Group]:
    """The tokens of ``result`` joined ``by`` a grain; raises ``bad_option`` for one that there is not."""
    tokens = result.tokens
    return [
        Group(
            text="".join(tokens[i].text for k, i in enumerate(group) if not k or not _shares(tokens, i)),
            start=tokens[group[0]].start,
            end=tokens[group[-1]].end,
            special=tokens[group[0]].special,
            role=role_of(result, tokens[group[0]]),
            tokens=tuple(group),
            scores=tuple(sum(row[i] for i in group) for row in result.scores),
        )
        for group in join(tokens, checked_grain(by))
    ]


def role_of(result: AttributionResult, token: Token) -> str | None:
    """The role of the message (or completion) that a token was written in."""
    if token.segment is None or token.segment >= len(result.segments):
        return None
    return result.segments[token.segment].role


def join(tokens: Sequence[Token], grain: Grain) -> list[list[int]]:
    """Places in ``tokens``, group by group; each in exactly one group, in order."""
    groups: list[list[int]] = []
    for place in range(len(tokens)):
        if groups and _belong_together(tokens, place, grain):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _belong_together(tokens: Sequence[Token], place: int, grain: Grain) -> bool:
    """Whether the token at ``place`` joins the one before it."""
    one, following = tokens[place - 1], tokens[place]
    if grain == "token" or one.special or following.special or one.segment != following.segment:
        return False
    if grain == "message" or _shares(tokens, place):
        return True  # pieces of one character are never torn apart
    if grain == "line":
        return "\n" not in one.text
    if grain == "sentence":
        return not _ends_sentence(one.text, following.text)
    return not _STARTS_WHITE.match(following.text) and not _ENDS_WHITE.search(one.text)


def _shares(tokens: Sequence[Token], place: int) -> bool:
    """Whether the token at ``place`` stands for the very characters of the one before it."""
    if place == 0:
        return False
    one, following = tokens[place - 1], tokens[place]
    if one.special or following.special:
        return False
    return (one.start, one.end) == (following.start, following.end) and one.end > one.start


def _ends_sentence(text: str, following: str) -> bool:
    """At . ! or ? before white space, or at a line end, which belongs to the sentence that it closes."""
    if "\n" in text or _STOP_WITHIN.search(text):
        return True
    return bool(
        _STOP_AT_END.search(text) and _STARTS_WHITE.match(following) and not _LINE_END_ONLY.match(following)
    )
