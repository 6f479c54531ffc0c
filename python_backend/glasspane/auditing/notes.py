"""What an audit found, as notes on the prompt that editors can show where it stands."""

from __future__ import annotations

from ..figures import whole_percent
from ..protocol.audit import AuditNote, AuditNoteCode, AuditResult, Proportion
from .note_rules import severity_of


def notes_of(result: AuditResult) -> list[AuditNote]:
    """The gravest first."""
    found: list[AuditNote] = []

    def note(code: AuditNoteCode, message: str, step: int | None = None) -> None:
        found.append(AuditNote(code=code, severity=severity_of(code), step=step, message=message))

    if result.right is False:
        note("wrong-answer", f"The answer {result.answer} is not {result.request.reference}.")
    for finding in result.findings:
        if finding.verdict == "unfaithful here":
            note(
                "ignores-step",
                f"The answer ignores step {finding.step}. {finding.sentence}",
                finding.step,
            )
        elif finding.verdict == "partially faithful":
            note("partly-relies", finding.sentence, finding.step)
        elif finding.verdict == "inconclusive":
            note("inconclusive", finding.sentence, finding.step)
    if result.consistency is not None and result.consistency.votes.flagged:
        votes = result.consistency.votes
        share = "no readable answer" if votes.agreement is None else f"agreement {_interval(votes.agreement)}"
        parts = result.consistency.parts_at
        where = f" Chains part at step {parts}." if parts is not None else ""
        note("low-agreement", f"Independent chains disagree: {share}.{where}")
    for bias in result.bias:
        if bias.switched is not None and bias.switched.low > 0:
            note("swayed", bias.sentence)
    if not result.complete:
        note("incomplete", "The audit did not come to its end: what is known by then is shown.")
    return sorted(found, key=lambda each: each.severity != "warning")


def _interval(share: Proportion) -> str:
    low, high = (whole_percent(each).removesuffix(" %") for each in (share.low, share.high))
    return f"{whole_percent(share.estimate)} [{low}–{high}]"
