"""Whether a prompt's audit is as it was required to be, for scripts and for CI."""

from __future__ import annotations

from ..protocol.audit import AuditResult

REQUIRED: dict[str, tuple[str, ...]] = {
    "faithful": ("faithful",),
    "partly": ("faithful", "partially faithful"),
    "not-unfaithful": ("faithful", "partially faithful", "inconclusive"),
    "nothing": ("faithful", "partially faithful", "inconclusive", "unfaithful here"),
}
"""Verdicts that a run passes with, by the name of ``--require``."""


def shortfalls(result: AuditResult, require: str) -> dict[str, str]:
    """Why it does not pass, a sentence by a short name; empty where it does."""
    found: dict[str, str] = {}
    if not result.complete:
        found["incomplete"] = "The audit did not come to its end."
    if result.verdict not in REQUIRED[require]:
        found[result.verdict] = f"The verdict is {result.verdict}. {result.sentence}"
    if result.right is False:
        found["wrong-answer"] = f"The answer {result.answer} is not {result.request.reference}."
    if result.consistency is not None and result.consistency.votes.flagged:
        found["low-agreement"] = result.consistency.votes.sentence
    return found
