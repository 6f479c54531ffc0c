"""Where a reply announces its answer: a fixed list of stems, or the user's own marker or pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..errors import GlasspaneError
from .sentences import sentence_spans

_LEAD = r"(?:(?:and\s+)?(?:so|thus|therefore|hence|finally|in conclusion|overall)\b[, ]+)?"
_EMPHASIS = r"(?:\*\*|__|\*|_)?"

STEMS = (
    # "Answer: 25", "**Final answer:** 25", "### Answer" with the answer on the next line
    rf"(?im)^[ \t]*(?:[#>]+[ \t]*)?{_EMPHASIS}(?:the\s+)?(?:final\s+|correct\s+)?answer{_EMPHASIS}[ \t]*"
    rf"(?:[:=]{_EMPHASIS}|is\b(?!\s+not\b)[ \t]*:?|{_EMPHASIS}[ \t]*(?=\n))",
    # "So the answer is 25", "the final answer would be: 25", "... . Answer: 25" within a line
    rf"(?i)\b{_LEAD}(?:the|my|our)\s+(?:final\s+|correct\s+)?(?:answer|result)\s*{_EMPHASIS}\s*"
    r"(?:is|=|would be|must be|should be)(?!\s+not\b)\s*(?:therefore\s+)?:?(?:\*\*)?",
    r"(?:(?<=[.!?)\]>] )|(?<=>))(?:Final answer|Answer|ANSWER):",
    # GSM8K and MATH
    r"(?m)^[ \t]*####",
    r"(?=\\boxed\{)",
)
"""Marks of an answer that is announced, all of one rank: the last one in the reply counts."""

CONCLUSION = re.compile(
    r"(?i)(?:^|(?<=[.!?:;)*] )|(?<=\n))[ \t]*(?:so|thus|therefore|hence)\b[^\n=.!?]*(?:\.\d[^\n=.!?]*)*="
)
"""The weaker mark "Therefore, … = 25": only looked for where no answer is announced."""

_STEMS = tuple(re.compile(stem) for stem in STEMS)


@dataclass(frozen=True)
class AnswerMark:
    """The answer as announced: spans of the stem and of the answer's text, in characters of the reply.

    ``concluding`` says that no stem announced it: it was read off the reply's last conclusion, which is a step too.
    """

    stem_start: int
    stem_end: int
    start: int
    end: int
    stem: str
    text: str
    concluding: bool = False


@dataclass(frozen=True)
class AnswerRule:
    """How a reply's answer is found: by the usual stems, or by the user's ``marker`` or ``pattern``.

    ``marker`` is literal text before the answer. ``pattern`` is a regular expression whose group ``answer``,
    else its first group, else the whole of it, is the answer. Both count at their last place in the reply.
    """

    marker: str | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        """Raises ``bad_option`` for an empty marker, both at once, or a pattern that cannot be read."""
        if self.marker is not None and self.pattern is not None:
            raise GlasspaneError(
                "bad_option", "The answer has both a marker and a pattern.", "Give one of the two."
            )
        if self.marker is not None and not self.marker.strip():
            raise GlasspaneError(
                "bad_option", "The answer's marker is empty.", "Give the words that stand before the answer."
            )
        if self.pattern is not None:
            _compiled(self.pattern)

    def find(self, text: str, start: int, end: int) -> list[AnswerMark]:
        """Every announced answer between ``start`` and ``end``, in the order of the text."""
        if self.pattern is not None:
            return _by_pattern(_compiled(self.pattern), text, start, end)
        stems = _STEMS if self.marker is None else (re.compile(re.escape(self.marker.strip())),)
        return _by_stems(stems, text, start, end)


def conclusion(text: str, start: int, end: int) -> AnswerMark | None:
    """The last "Therefore, … = 25" between ``start`` and ``end``."""
    last = None
    for found in CONCLUSION.finditer(text, start, end):
        last = found
    if last is None:
        return None
    line = text.find("\n", last.end(), end)
    stop = sentence_spans(text, last.end(), end if line < 0 else line, labels=False)
    if not stop:
        return None
    begun = last.start() + len(last[0]) - len(last[0].lstrip())
    return AnswerMark(begun, last.end(), *stop[0], text[begun : last.end()], text[slice(*stop[0])], True)


def after_stem(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the answer that follows a stem ending at ``start``: a box, else the first sentence."""
    box = re.compile(r"[\s$]*\\boxed\{").match(text, start, end)
    if box is not None:
        return box.end(), _closing_brace(text, box.end(), end)
    while start < end and (text[start].isspace() or text.startswith(("**", "__"), start)):
        start += 1
    line = text.find("\n", start, end)
    spans = sentence_spans(text, start, end if line < 0 else line, labels=False)
    return spans[0] if spans else (start, start)


def _by_stems(stems: tuple[re.Pattern[str], ...], text: str, start: int, end: int) -> list[AnswerMark]:
    places = sorted(
        {(found.start(), found.end()) for stem in stems for found in stem.finditer(text, start, end)}
    )
    marks: list[AnswerMark] = []
    for begun, stop in places:
        if marks and begun < marks[-1].end and begun >= marks[-1].stem_start:
            continue  # "Answer: \boxed{25}" is one mark
        span = after_stem(text, stop, end)
        lead = begun + len(text[begun:stop]) - len(text[begun:stop].lstrip())
        marks.append(AnswerMark(lead, stop, *span, text[lead:stop], text[slice(*span)]))
    return marks


def _by_pattern(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[AnswerMark]:
    group: str | int = "answer" if "answer" in pattern.groupindex else min(1, pattern.groups)
    return [
        AnswerMark(
            found.start(),
            found.start(group),
            *found.span(group),
            text[found.start() : found.start(group)],
            found[group],
        )
        for found in pattern.finditer(text, start, end)
        if found[group] is not None
    ]


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as problem:
        place = getattr(problem, "pos", None)
        where = "" if place is None else f" at character {place + 1}"
        said = getattr(problem, "msg", str(problem))
        line = "" if place is None else " " * place + "^"
        raise GlasspaneError(
            "bad_option",
            f"The answer's pattern cannot be read: {said}{where}.",
            r"Write it as in Python's re, for instance \"Result: (\d+)\"; a backslash before ( makes it a plain sign.",
            lines=[pattern, line] if line and "\n" not in pattern else [pattern],
        ) from problem


def _closing_brace(text: str, start: int, end: int) -> int:
    depth = 1
    for place in range(start, end):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return end
