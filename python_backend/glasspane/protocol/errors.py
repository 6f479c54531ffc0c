"""What could not be done, and the next step."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from .message import Message
from .subjects import SubjectCandidate

ErrorCode = TypeAliasType(
    "ErrorCode",
    Literal[
        "no_prompt",
        "empty_prompt",
        "prompt_too_long",
        "not_one_token",
        "unknown_target",
        "unknown_method",
        "unknown_task",
        "bad_option",
        "bad_metric",
        "other_length",
        "same_prompt",
        "no_chain",
        "no_circuit",
        "bad_examples",
        "bad_file",
        "budget_spent",
        "endpoint_failed",
        "endpoint_key",
        "bad_request",
        "not_allowed",
        "no_subject",
        "several_subjects",
        "no_tokenizer",
        "unsupported_model",
        "load_failed",
        "needs_template_choice",
        "non_finite",
        "not_enough_memory",
        "cancelled",
        "kernel_dead",
        "kernel_restarted",
        "kernel_not_found",
        "not_python",
        "glasspane_missing",
        "glasspane_too_old",
        "job_not_found",
        "too_many_jobs",
        "internal",
    ],
)


class ErrorResult(Message):
    """Something could not be done: a sentence for the person and the next step."""

    kind: Literal["error"] = "error"
    code: ErrorCode
    message: str
    next_step: str
    pieces: list[str] = Field(
        default_factory=list, description="Token pieces of a target that is not one token."
    )
    lines: list[str] = Field(
        default_factory=list, description="To be read one above the other, in letters of one width."
    )
    suggestions: list[str] = Field(
        default_factory=list, description="What would do instead of what was given, likeliest first."
    )
    candidates: list[SubjectCandidate] = Field(default_factory=list)
    tokenizers: list[str] = Field(default_factory=list)
    command: str | None = Field(default=None, description="An exact command line that mends it.")
    detail: str | None = Field(default=None, description="For the log; never shown first.")
