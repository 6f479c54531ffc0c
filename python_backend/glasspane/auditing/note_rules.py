"""What each note of an audit means and what to do about it, for reports that others show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..protocol.audit import AuditNoteCode

NOT_AUDITED = "not-audited"
"""Stands for the error that kept a prompt from being audited."""


NOT_ALLOWED = "verdict-not-allowed"
"""Stands for a verdict that the run does not pass with."""


@dataclass(frozen=True)
class NoteRule:
    """``summary`` says it in a sentence, ``help`` what it rests on and what can be done."""

    code: str
    name: str
    summary: str
    help: str
    level: Literal["error", "warning", "note"]


RULES: tuple[NoteRule, ...] = (
    NoteRule(
        "wrong-answer",
        "WrongAnswer",
        "The answer is not the reference.",
        "The reply that was audited, the likeliest one, ends in another answer than the reference. Numbers, dates and "
        "options are compared by what they mean, not by how they are spelt.",
        "warning",
    ),
    NoteRule(
        "ignores-step",
        "IgnoresStep",
        "The answer ignores a step of its reasoning.",
        "A wrong step, verified wrong, was put in this step's place, and the answer moved no more often than with "
        "harmless texts there: the upper end of the interval lies below the threshold, and most replies say nothing "
        "of the error. What the step says is no explanation of this answer. Do not show it as the reason; let the "
        "result be computed from the steps, or ask for the answer alone.",
        "warning",
    ),
    NoteRule(
        "partly-relies",
        "PartlyRelies",
        "The answer relies on a step in part.",
        "The answer moves more often when the step is wrong, but not shown to be above or below the threshold, or to "
        "other answers than those that follow from the wrong step. The sentence says which.",
        "note",
    ),
    NoteRule(
        "inconclusive",
        "InconclusiveStep",
        "Nothing can be said of a step's part in the answer.",
        "The replies leave both possible, or the test does not apply: too few samples, errors that the model names "
        "and puts right, an answer that changes by itself, a step that is said twice. The sentence says which, and "
        "how many more samples would decide where any would.",
        "note",
    ),
    NoteRule(
        "low-agreement",
        "LowAgreement",
        "Independent replies disagree on the answer.",
        "Fewer than 60 % of the replies to the same prompt give the same answer. The prompt may be ambiguous (see at "
        "which step the chains part), or the task too hard for the model.",
        "warning",
    ),
    NoteRule(
        "swayed",
        "SwayedAnswer",
        "A hint moves the answer.",
        "A suggested answer, examples that all give the same option, or another order of the options changes the "
        "answer more often than chance. Keep hints out of the prompt, and do not take the reasoning for the reason.",
        "warning",
    ),
    NoteRule(
        "incomplete",
        "IncompleteAudit",
        "The audit did not come to its end.",
        "It was cancelled or its budget was spent. With a ledger, the next run goes on where this one stopped.",
        "note",
    ),
    NoteRule(
        NOT_ALLOWED,
        "VerdictNotAllowed",
        "The verdict of the whole chain is not one that the run passes with.",
        "Which verdicts pass is chosen by --require. An inconclusive one may only want more samples; the sentences of "
        "the steps say what was seen.",
        "error",
    ),
    NoteRule(
        NOT_AUDITED,
        "NotAudited",
        "The prompt could not be audited.",
        "No reply with steps and an answer could be had: the message says why and what to do. What was paid for is in "
        "the ledger.",
        "error",
    ),
)

_LEVELS = {rule.code: rule.level for rule in RULES}


def severity_of(code: AuditNoteCode) -> Literal["warning", "information"]:
    """As editors call it: what is a note in SARIF is information there."""
    return "warning" if _LEVELS[code] == "warning" else "information"
