"""A prompt as a tree: pieces make words, words clauses, clauses sentences, sentences lines.

What belongs together in the text is split late, so that a budget is spent on the right question first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

_BREAKS = (
    re.compile(r"\n"),  # lines
    re.compile(r"[.!?。！？]['\")\]]*\s*$"),  # sentences
    re.compile(r"[,;:—–()\[\]{}|]\s*$"),  # clauses
    re.compile(r"\s"),  # words
)
"""Where a level's stretch ends, coarse to fine; the last level's ends where the next token begins a word."""


class Written(Protocol):
    """What a player is: some text, and which message it stands in."""

    @property
    def text(self) -> str: ...
    @property
    def segment(self) -> int | None: ...


@dataclass(frozen=True)
class Node:
    """A stretch of players [first, last) and its two parts; a single player has none."""

    first: int
    last: int
    parts: tuple[Node, Node] | None = None


def token_tree(tokens: Sequence[Written]) -> Node:
    """The binary tree over ``tokens`` (the players, in reading order); raises ``ValueError`` for none."""
    if not tokens:
        raise ValueError("no tokens make no tree")
    return _grown(tokens, list(range(len(tokens))), 0)


def _grown(tokens: Sequence[Written], members: list[int], level: int) -> Node:
    if len(members) == 1:
        return Node(members[0], members[0] + 1)
    if level == len(_BREAKS):
        return _balanced([Node(m, m + 1) for m in members])
    stretches: list[list[int]] = [[]]
    for place, member in enumerate(members):
        stretches[-1].append(member)
        if place + 1 < len(members) and _ends(tokens[member], tokens[members[place + 1]], level):
            stretches.append([])
    return _balanced([_grown(tokens, stretch, level + 1) for stretch in stretches])


def _ends(token: Written, following: Written, level: int) -> bool:
    if token.segment != following.segment:
        return True
    if level == len(_BREAKS) - 1:
        if token.text.isspace():
            return False  # goes with the word that it stands before
        begins = following.text[:1].isspace() or token.text[-1:].isspace()
        return begins or not (token.text[-1:].isalnum() and following.text[:1].isalnum())
    return bool(_BREAKS[level].search(token.text))


def _balanced(nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    middle = (len(nodes) + 1) // 2
    left, right = _balanced(nodes[:middle]), _balanced(nodes[middle:])
    return Node(left.first, right.last, (left, right))
