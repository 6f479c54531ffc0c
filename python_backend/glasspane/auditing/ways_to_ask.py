"""The same question without reasoning, with it, and after solved examples."""

from __future__ import annotations

from typing import Literal

from ..protocol.audit import PlainFinding
from .audited_reply import Audited, with_text
from .consistency import free_asks, votes_of
from .early import DEFAULT_STEM
from .source import Ask

Way = Literal["plain", "zero-shot chain", "few-shot chain"]


def plain_asks(audited: Audited) -> dict[Way, list[Ask]]:
    """By way of asking; the zero-shot chain is the prompt as it stands, shared with other tests."""
    count = len(free_asks(audited))
    asks: dict[Way, list[Ask]] = {
        "plain": [audited.ask("plain", sample, DEFAULT_STEM, audited.forced) for sample in range(count)],
        "zero-shot chain": free_asks(audited),
    }
    if audited.request.examples:
        shown = "\n\n".join(audited.request.examples)
        prompt = with_text(audited.request.prompt, lambda text: f"{shown}\n\n{text}")
        asks["few-shot chain"] = [
            audited.ask("few-shot", sample, "", audited.sampling, prompt) for sample in range(count)
        ]
    return asks


def ask_each_way(audited: Audited) -> list[PlainFinding]:
    found = []
    for way, asks in plain_asks(audited).items():
        replies = audited.write(asks, way)
        answers = [audited.read(each.continuation, forced=way == "plain") for each in replies]
        found.append(PlainFinding(way=way, votes=votes_of(audited, answers)))
    return found
