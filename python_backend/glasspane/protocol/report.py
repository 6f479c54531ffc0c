"""An explanation as a page that others can read without Glasspane."""

from __future__ import annotations

from typing import Literal

from .attribution import AttributionResult
from .comparison import ComparisonResult, PromptDiffResult
from .faithfulness import FaithfulnessResult
from .message import Message


class ReportRequest(Message):
    """Write what is known about an explanation as one page of HTML; runs no model."""

    kind: Literal["report"] = "report"
    attribution: AttributionResult
    faithfulness: FaithfulnessResult | None = None
    comparison: ComparisonResult | None = None
    difference: PromptDiffResult | None = None


class ReportResult(Message):
    """Answer to :class:`ReportRequest`."""

    kind: Literal["report"] = "report"
    html: str
