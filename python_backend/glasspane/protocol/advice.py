"""Which method answers which question."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .message import Message

Goal = Literal["why_this_answer", "report", "quick_look", "debugging", "cause", "represented", "reasoning"]
Access = Literal["weights", "api"]
Audience = Literal["end_user", "regulator", "data_scientist", "safety_researcher"]


class AdviseRequest(Message):
    """Which method answers my question, given what I have of the model, who reads it and how long it may take?"""

    kind: Literal["advise"] = "advise"
    goal: Goal = "why_this_answer"
    access: Access = "weights"
    audience: Audience = "data_scientist"
    seconds: float = Field(default=30.0, gt=0, description="How long the answer may take.")


class Advice(Message):
    """One recommendation.

    ``method`` None: no attribution answers this. ``call`` is what does; None: nothing can, with this access to the
    model, and ``why`` says what would.
    """

    method: str | None
    label: str
    why: str
    with_it: list[str] = Field(description="What belongs beside the answer.")
    call: str | None = Field(description="The Python call that does it.")


class AdviceResult(Message):
    """Answer to :class:`AdviseRequest`, the first recommendation first."""

    kind: Literal["advice"] = "advice"
    advice: list[Advice]
