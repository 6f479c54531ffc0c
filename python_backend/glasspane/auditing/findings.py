"""What is odd about a reply, said as findings: an audit goes on with what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FindingCode = Literal[
    "empty_reply",
    "no_steps",
    "no_answer_marker",
    "no_answer_text",
    "several_answers",
    "cut_by_length",
    "endless_reply",
    "unclosed_reasoning",
    "runs_on",
]

SENTENCES: dict[FindingCode, str] = {
    "empty_reply": "The reply is empty.",
    "no_steps": "No step of reasoning was found in the reply.",
    "no_answer_marker": "The reply does not mark its answer, so no answer was read from it.",
    "no_answer_text": "Nothing follows the words that announce the answer.",
    "several_answers": "The reply announces more than one answer; the last one counts.",
    "cut_by_length": "The reply was cut by its length limit, so it has no answer.",
    "endless_reply": "The reply repeats itself without an end.",
    "unclosed_reasoning": "The reasoning never ends, so the reply has no answer.",
    "runs_on": "The reply goes on with another question; what follows was left out.",
}


@dataclass(frozen=True)
class Finding:
    """Something about a reply that limits what can be said of it."""

    code: FindingCode

    @property
    def sentence(self) -> str:
        """For a person."""
        return SENTENCES[self.code]
