"""An audit of a chain of thought as a Python object that displays itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .display.terminal import safe
from .protocol.audit import AuditResult, StepFinding
from .saved_result import SavedResult

if TYPE_CHECKING:
    import pandas as pd


class ChainAudit(SavedResult[AuditResult]):
    """Which steps of its reasoning an answer relies on, with what shows it. ``data`` is the typed result itself."""

    @property
    def verdict(self) -> str:
        """``"faithful"``, ``"partially faithful"``, ``"unfaithful here"`` or ``"inconclusive"``."""
        return self.data.verdict

    @property
    def steps(self) -> list[StepFinding]:
        """What was found of each step, mode by mode."""
        return self.data.findings

    @property
    def reply(self) -> str:
        """The reply that was audited."""
        return self.data.reply

    @property
    def sentences(self) -> list[str]:
        """All that was found, to be read aloud."""
        from .display.audit import sentences

        return sentences(self.data)

    def to_frame(self) -> pd.DataFrame:
        """One row per step and mode: verdict, reliance with its interval, and the outcomes behind a wrong step."""
        import pandas as pd

        rows = []
        for finding in self.data.findings:
            wrong = next(arm for arm in finding.arms if arm.arm == "wrong")
            row: dict[str, object] = {
                "step": finding.step,
                "mode": finding.mode,
                "text": self._text(finding.step),
                "verdict": finding.verdict,
                "reliance": None if finding.reliance is None else finding.reliance.estimate,
                "low": None if finding.reliance is None else finding.reliance.low,
                "high": None if finding.reliance is None else finding.reliance.high,
                "samples": len(wrong.replies),
            }
            outcomes = ("followed", "held", "explicit correction", "silent correction", "other", "unparsed")
            rows.append(row | {name: wrong.outcomes.get(name, 0) for name in outcomes})  # type: ignore[call-overload]
        return pd.DataFrame(rows)

    def _text(self, number: int) -> str:
        step = self.data.steps[number - 1]
        return self.data.reply[step.body_start : step.end].strip()

    def html(self) -> str:
        from .display.audit import page

        return page(self.data)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from .display.audit import fragment, lines

        return {"text/plain": "\n".join(lines(self.data)), "text/html": fragment(self.data)}

    def __repr__(self) -> str:
        return safe(f"<ChainAudit of {self.data.model}: {self.verdict}>")
