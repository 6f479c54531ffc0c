"""A text with its signs made plain, character for character, so that spans stay valid."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SIGNS = {
    "−": "-",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "∗": "*",
    "⋅": "×",
    "·": "×",
    "✕": "×",
    "✖": "×",
    "∕": "/",
    "⁄": "/",
    "≃": "≈",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
}
LATEX = {
    r"\times": "×",
    r"\cdot": "×",
    r"\div": "÷",
    r"\approx": "≈",
    r"\left": "",
    r"\right": "",
    r"\$": "$",
    r"\%": "%",
    r"\(": "",
    r"\)": "",
    r"\[": "",
    r"\]": "",
    r"\,": "",
    r"\;": "",
    r"\!": "",
}
_LATEX = re.compile(r"\\(?:times|cdot|div|approx|left|right)(?![A-Za-z])|\\[$%()\[\],;!]|\*\*|__|`")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """``text`` with digits of all scripts, minus signs, full-width signs and LaTeX operators in their ASCII form.

    As long as ``text``, so that a span found in one is the same span in the other. Superscripts stay
    what they are: 5² is not 52. Emphasis (``**``) becomes blanks.
    """
    same = "".join(_plain_character(character) for character in text)
    return _LATEX.sub(lambda found: LATEX.get(found[0], "").ljust(len(found[0])), same)


def _plain_character(character: str) -> str:
    if character < "\x7f":
        return character
    if (sign := SIGNS.get(character)) is not None:
        return sign
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    if character != "\n" and unicodedata.category(character) == "Zs":
        return " "
    return character
