"""Where the steps of a chain are: numbered, bulleted, one a line, else one a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from .numerals import ONES
from .sentences import sentence_spans

Style = Literal["numbered", "bullets", "lines", "sentences", "none"]
Labelled = tuple[int, int, int]
"""Start of a step, start of its body (behind the label) and end."""

MOST_STEPS = 200
"""Steps that are told apart; a chain that goes on is read up to here."""

_BOLD = r"(?:\*\*|__)?"
_STEP_LABEL = re.compile(
    rf"(?im)(?:^[ \t]*(?:[#>]+[ \t]*)?(?:[-*•][ \t]+)?|(?<=[.!?:;)\]] )|(?<=[.!?]))"
    rf"{_BOLD}(?:step|part)[ \t]*(?:\d{{1,3}}|{'|'.join(ONES[1:11])})\b{_BOLD}"
    rf"(?:[ \t]*\([^)\n]*\))?[ \t]*(?:[:.)\-–—]+{_BOLD}[ \t]*|(?=\n))"
)
_NUMBER_LABEL = re.compile(rf"(?m)^[ \t]*{_BOLD}\(?(\d{{1,3}})[.)]{_BOLD}[ \t]+(?=\S)")
_BULLET = re.compile(r"(?m)^([ \t]*)(?:[-*•‣◦▪–])[ \t]+(?=\S)")
_OPENING = re.compile(
    r"(?i)(?:sure|okay|ok|certainly|of course|alright)?[,.!: ]*(?:let'?s|let us|let me|i will|i'll|we)?\s*"
    r"(?:think|solve|work|go|break|reason|do)?[^.:!\n]*step[- ]by[- ]step[^.:!\n]*[.:!]?"
)
_SENTENCE_END = (".", "!", "?", "。", "…")


def split_steps(text: str, start: int, end: int, style: Style | None = None) -> tuple[list[Labelled], Style]:
    """The steps of ``text[start:end]`` and the style they were found in; ``style`` allows that one only."""
    ways: dict[Style, Callable[[str, int, int], list[Labelled]]] = {
        "numbered": _numbered,
        "bullets": _bullets,
        "lines": _lines,
        "sentences": _sentences,
    }
    for name, way in ways.items():
        if style is not None and name != style:
            continue
        found = [step for step in way(text, start, end) if text[step[1] : step[2]].strip()]
        if found and (style is not None or name == "sentences" or len(found) > 1 or name == "numbered"):
            return found[:MOST_STEPS], name
    return [], "none"


def _numbered(text: str, start: int, end: int) -> list[Labelled]:
    labels = [found.span() for found in _STEP_LABEL.finditer(text, start, end)]
    if not labels:
        labels = _counted(list(_NUMBER_LABEL.finditer(text, start, end)))
    return _between(text, labels, end)


def _counted(found: list[re.Match[str]]) -> list[tuple[int, int]]:
    """The labels that count up by one; "12." at the start of a line is often the end of a sentence."""
    runs: list[list[re.Match[str]]] = []
    for one in found:
        following = next((run for run in runs if int(run[-1][1]) + 1 == int(one[1])), None)
        if following is None:
            runs.append([one])
        else:
            following.append(one)
    best = max(runs, key=len, default=[])
    if len(best) == 1 and best[0][1] not in ("0", "1"):
        return []
    return [one.span() for one in best]


def _bullets(text: str, start: int, end: int) -> list[Labelled]:
    found = list(_BULLET.finditer(text, start, end))
    least = min((len(one[1].expandtabs(4)) for one in found), default=0)
    outer = [one.span() for one in found if len(one[1].expandtabs(4)) == least]
    return _between(text, outer, end)


def _between(text: str, labels: list[tuple[int, int]], end: int) -> list[Labelled]:
    """From each label to the next one; the last step ends with the paragraph in which it is complete."""
    steps: list[Labelled] = []
    for place, (label, body) in enumerate(labels):
        last = place + 1 == len(labels)
        stop = _last_step_end(text, body, end) if last else labels[place + 1][0]
        label += len(text[label:body]) - len(text[label:body].lstrip())
        steps.append(_without_blanks(text, label, body, stop))
    return steps


def _last_step_end(text: str, body: int, end: int) -> int:
    for gap in re.compile(r"\n[ \t\r]*\n").finditer(text, body, end):
        if text[body : gap.start()].rstrip(" \t\r\n*_").endswith(_SENTENCE_END):
            return gap.start()
    return end


def _lines(text: str, start: int, end: int) -> list[Labelled]:
    lines: list[list[int]] = []
    for found in re.compile(r"[^\n]+").finditer(text, start, end):
        if not found[0].strip():
            continue
        before = text[slice(*lines[-1])].rstrip() if lines else ""
        wrapped = found[0].lstrip()[:1].islower() and not before.endswith(_SENTENCE_END)
        if lines and (before.endswith(":") or wrapped):
            lines[-1][1] = found.end()
        else:
            lines.append([found.start(), found.end()])
    steps = [_without_blanks(text, first, first, last) for first, last in lines]
    return steps[1:] if len(steps) > 1 and _is_opening(text, steps[0]) else steps


def _sentences(text: str, start: int, end: int) -> list[Labelled]:
    steps = [(first, first, last) for first, last in sentence_spans(text, start, end)]
    return steps[1:] if steps and _is_opening(text, steps[0]) else steps


def _is_opening(text: str, step: Labelled) -> bool:
    return _OPENING.fullmatch(text[step[0] : step[2]]) is not None


def _without_blanks(text: str, start: int, body: int, end: int) -> Labelled:
    while start < body and text[start].isspace():
        start += 1
    while body < end and text[body].isspace():
        body += 1
    while end > body and text[end - 1].isspace():
        end -= 1
    return (body, body, end) if start == body else (start, body, max(end, body))
