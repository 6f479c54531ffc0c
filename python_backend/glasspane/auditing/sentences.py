"""Where sentences end: abbreviations, initials and decimals do not end one."""

from __future__ import annotations

import re

_SHORT = (
    "e.g i.e mr mrs ms dr prof st no nos vs approx ca cf fig eq eqs sec min max hr hrs jan feb mar apr jun "
    "jul aug sep sept oct nov dec jr sr inc ltd vol pp al resp incl dept est"
)
ABBREVIATIONS = frozenset(_SHORT.split())
"""Without their last full stop, in lower case."""

ENDING_ABBREVIATIONS = frozenset(("etc", "a.m", "p.m", "u.s", "u.k", "u.s.a"))
"""Abbreviations behind which a capital letter starts a new sentence."""

_END = re.compile(r"(?:[.!?]+|…)(?:[\"'”’)\]]|\*\*)*(?=\s|$)|[。！？]")
_WORD = re.compile(r"[^\s(\[\"'“‘*]+$")
_LABEL = re.compile(r"\s*\(?\d{1,3}")


def sentence_spans(
    text: str, start: int = 0, end: int | None = None, labels: bool = True
) -> list[tuple[int, int]]:
    """``(start, end)`` of every sentence of ``text[start:end]``, without the blanks around it.

    A blank line ends a sentence too. With ``labels`` the "1." that a sentence starts with is a part of it,
    otherwise it is a sentence of its own ("25. That is all."). Characters between the spans are blanks only.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    for first, last in _paragraphs(text, start, end):
        begun = first
        for found in _END.finditer(text, first, last):
            if found[0][0] == "." and not _ends(text, (begun, found.start(), found.end(), last), labels):
                continue
            spans.append(_trimmed(text, begun, found.end()))
            begun = found.end()
        spans.append(_trimmed(text, begun, last))
    return [span for span in spans if span[0] < span[1]]


def _paragraphs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    cuts = [start]
    for gap in re.compile(r"\n[ \t\r]*\n\s*").finditer(text, start, end):
        cuts += [gap.start(), gap.end()]
    cuts.append(end)
    return list(zip(cuts[::2], cuts[1::2], strict=True))


def _ends(text: str, place: tuple[int, int, int, int], labels: bool) -> bool:
    """Whether the full stop at ``stop`` ends the sentence begun at ``begun``."""
    begun, stop, after, last = place
    if after - stop > 1:
        return True
    if labels and _LABEL.fullmatch(text[begun:stop]):
        return text[after:last].strip() == ""  # "1. Subtract": the label of what follows
    word = _WORD.search(text, begun, stop)
    if word is None:
        return True
    said = word[0].lower()
    follows = text[after:last].lstrip()[:1]
    if said in ENDING_ABBREVIATIONS:
        return follows == "" or follows.isupper()
    if said in ABBREVIATIONS:
        return follows == "" or (said in ("no", "sec", "min", "max") and not follows.isdigit())
    if len(said) == 1 and word[0].isupper():
        before = text[begun : word.start()].split()
        return bool(before) and not before[-1][0].isupper()  # "J. Smith", "A. 25 apples"
    return True


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
