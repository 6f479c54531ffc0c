"""The choices of a question, where it has any."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CHOICE = re.compile(r"(?m)^[ \t]*(?:\(([A-Z])\)|([A-Z])[.):])[ \t]+(\S.*?)[ \t]*$")
_IN_LINE = re.compile(r"\(([A-Z])\)[ \t]*([^()\n]+?)(?=[ \t]*[,;]?[ \t]*\([A-Z]\)|[ \t]*[.?]?[ \t]*$|\n)")


def options_in(question: str) -> Mapping[str, str] | None:
    """``{"A": "12", …}`` where the question lists two choices or more, from A on without a gap; else None."""
    lines = {found[1] or found[2]: found[3] for found in _CHOICE.finditer(question)}
    choices = lines or {found[1]: found[2].strip() for found in _IN_LINE.finditer(question)}
    expected = [chr(ord("A") + place) for place in range(len(choices))]
    return choices if len(choices) >= 2 and list(choices) == expected else None


def reordered(question: str, choices: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The question with its choices turned by one place, and which old letter each new one stands for."""
    letters = list(choices)
    turned = {letter: letters[(place + 1) % len(letters)] for place, letter in enumerate(letters)}

    def line(found: re.Match[str]) -> str:
        letter = found[1] or found[2]
        return found[0].replace(found[3], choices[turned[letter]]) if letter in turned else found[0]

    def in_line(found: re.Match[str]) -> str:
        return (
            found[0].replace(found[2].strip(), choices[turned[found[1]]]) if found[1] in turned else found[0]
        )

    changed = _CHOICE.sub(line, question)
    if changed == question:
        changed = _IN_LINE.sub(in_line, question)
    return None if changed == question else (changed, turned)
