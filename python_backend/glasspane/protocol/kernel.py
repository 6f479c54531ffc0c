"""What a kernel holds: its packages, models, values and outputs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .message import Message
from .prompts import ChatMessage
from .subjects import SubjectCandidate, SubjectRef


class HelloRequest(Message):
    """Which Glasspane, Python and packages live in this kernel?"""

    kind: Literal["hello"] = "hello"


class HelloResult(Message):
    """Answer to :class:`HelloRequest`."""

    kind: Literal["hello"] = "hello"
    glasspane: str
    python: str
    executable: str
    packages: dict[str, str | None] = Field(description="Version of torch, transformers, …; None = absent.")
    subshells: bool


class SubjectsRequest(Message):
    """Which models and tokenizers does the user's namespace hold? Runs none of the user's code."""

    kind: Literal["subjects"] = "subjects"


class SubjectsResult(Message):
    """Answer to :class:`SubjectsRequest`, most likely candidates first."""

    kind: Literal["subjects"] = "subjects"
    candidates: list[SubjectCandidate]
    tokenizers: list[str]


class HoleExpression(Message):
    """The expression of one f-string hole, e.g. ``name`` of ``f"Hello {name!r:>10}"``."""

    source: str
    conversion: Literal["", "s", "r", "a"] = ""
    format_spec: str = Field(default="", description="Literal format spec; nested holes already resolved.")


class PromptValueRequest(Message):
    """Values from the user's namespace that a prompt is made of.

    Names and literals are read at once. An expression that calls, indexes or reads an
    attribute may have effects: without ``consent`` it is answered with status
    ``needs_consent`` and not evaluated.
    """

    kind: Literal["prompt_value"] = "prompt_value"
    expressions: list[HoleExpression]
    consent: bool = False


class HoleValue(Message):
    """The value of one expression, formatted as the f-string would.

    ``not_text``: its text is a bare ``<function f at 0x7f…>`` or the like, which no prompt means.
    """

    source: str
    status: Literal["value", "needs_consent", "failed", "not_text"]
    text: str | None = None
    messages: list[ChatMessage] | None = Field(
        default=None, description="Set when the value is a list of chat messages."
    )
    problem: str | None = Field(default=None, description="Why it failed, as a sentence.")


class PromptValueResult(Message):
    """Answer to :class:`PromptValueRequest`, in the order asked."""

    kind: Literal["prompt_value"] = "prompt_value"
    values: list[HoleValue]


class OutputPromptRequest(Message):
    """Which prompt begins this cell output? ``candidates`` are the literals of its cell.

    String values of the user's namespace are tried too; the longest that the output
    starts with (after whitespace) is the prompt and the rest is the completion.
    """

    kind: Literal["output_prompt"] = "output_prompt"
    output: str
    candidates: list[str] = Field(default_factory=list)


class OutputPromptResult(Message):
    """Answer to :class:`OutputPromptRequest`; ``prompt`` is None when nothing matches."""

    kind: Literal["output_prompt"] = "output_prompt"
    prompt: str | None
    completion: str | None
    origin: str | None = Field(description='Where the prompt was found, e.g. "variable prompt".')


class WeightsRequest(Message):
    """The current weights fingerprint of a subject, to tell whether drawn heat is stale."""

    kind: Literal["weights"] = "weights"
    subject: SubjectRef


class WeightsResult(Message):
    """Answer to :class:`WeightsRequest`."""

    kind: Literal["weights"] = "weights"
    weights: str
