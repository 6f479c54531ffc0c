"""A sentence cut into the parts that arithmetic is written with: numbers, operators, relations and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from .numerals import DIGITS, IN_WORDS, read_number
from .plain_text import plain
from .units import CURRENCIES

TokenKind = Literal[
    "number", "operator", "relation", "open", "close", "currency", "percent", "and", "word", "stop"
]

OPERATORS = {
    "plus": "+",
    "added to": "+",
    "more than": "+",
    "minus": "-",
    "less": "-",
    "without": "-",
    "take away": "-",
    "less than": "less than",
    "fewer than": "less than",
    "times": "×",
    "multiplied by": "×",
    "divided by": "÷",
    "of": "of",
    "*": "×",
    "x": "×",
    "/": "÷",
    ":": "stop",
}
"""Words and signs for operators; "b less than a" is a − b, and "of" counts behind a percentage or fraction only."""

_VERBS = (
    "is equal to|are equal to|equals?|makes?|gives?|gets?|leaves?|yields?|becomes?|totals?|comes to|results in|"
    "leaving|giving|making|to get|have|are left with|find|obtain|is|are|was|were"
)
_RELATION = (
    r"[=≈]|(?:,\s*)?(?:\b(?:which|that|this|it|and|so|we|you|there|would|will|then|now|to|together|altogether|"
    rf"still|us|you)\s+){{0,4}}\b(?:{_VERBS})\b(?:\s+(?:us|you|exactly|about|approximately|only|just|a total of)\b)*"
)
_TOKEN = re.compile(
    rf"""(?ix)
      (?P<number>(?<![A-Za-z_\d])(?:{DIGITS})|{IN_WORDS}|(?<=\d[xX])(?:{DIGITS}))
    | (?P<operator>(?<=\d)\s*x(?=\s*[\d({CURRENCIES}])|(?<=\s)x(?=\s+[\d({CURRENCIES}])|[-+*×/÷^]
        |\b(?:plus|added\ to|more\ than|minus|less\ than|fewer\ than|less|without|take\ away|times
        |multiplied\ by|divided\ by|of)\b)
    | (?P<relation>{_RELATION.replace(" ", chr(92) + " ")})
    | (?P<open>\() | (?P<close>\)) | (?P<currency>[{CURRENCIES}]) | (?P<percent>%|\bper\s?cent\b)
    | (?P<and>\band\b)
    | (?P<word>[^\W\d_][\w'²³°]*(?:/[^\W\d_]+)?|°[CF]?)
    | (?P<stop>\S)"""
)


@dataclass(frozen=True)
class Token:
    """One part of a sentence, with its span; ``operator`` and ``value`` are set for their kinds."""

    kind: TokenKind
    start: int
    end: int
    text: str
    operator: str = ""
    value: Fraction = Fraction(0)


@lru_cache(maxsize=2048)
def tokens(text: str) -> tuple[Token, ...]:
    """The parts of ``text``, blanks left out; spans are characters of ``text``."""
    found = []
    for match in _TOKEN.finditer(plain(text)):
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]
        start = match.end() - len(match[0].lstrip())
        said = match[0].strip()
        if kind == "number":
            value = read_number(said)
            if value is None:
                kind, value = "stop", Fraction(0)
            found.append(Token(kind, start, match.end(), said, value=value))
        elif kind == "operator":
            word = " ".join(said.lower().split())
            found.append(Token(kind, start, match.end(), said, operator=OPERATORS.get(word, word)))
        else:
            found.append(Token(kind, start, match.end(), said))
    return tuple(found)
