"""An explanation as a page that others can read without Glasspane."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from typing_extensions import Self

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

    @model_validator(mode="after")
    def _refuse_parts_of_others(self) -> Self:
        """A verdict on other scores beside these would say that these were checked."""
        explained, checked = self.attribution, self.faithfulness
        if checked is not None and (
            checked.method.name != explained.method.name
            or checked.target.ids != explained.target.ids
            or checked.target.versus_ids != explained.target.versus_ids
            or checked.request.explain.prompt != explained.request.prompt
        ):
            raise ValueError("the check is of another explanation")
        if self.comparison is not None and self.comparison.tokens != explained.tokens:
            raise ValueError("the comparison is of another prompt")
        return self


class ReportResult(Message):
    """Answer to :class:`ReportRequest`."""

    kind: Literal["report"] = "report"
    html: str
