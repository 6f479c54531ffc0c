"""What every message is made of, and the media types they travel under."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MIME_TYPE = "application/vnd.glasspane.v1+json"
"""Output type of a stored result; always beside text/html, an image and text/plain."""

PROGRESS_MIME_TYPE = "application/vnd.glasspane.progress.v1+json"
"""Progress on the kernel's iopub channel; never stored in a notebook."""

ANSWER_MIME_TYPE = "application/vnd.glasspane.answer.v1+json"
"""A :data:`Result` as a displayed output, for hosts that can read nothing else; never stored in a notebook."""

LARGEST_REQUEST = 4 * 1024 * 1024
"""Bytes of a request: far beyond any prompt a model can read, far below what would hurt."""

CANCEL_COMM_TARGET = "glasspane.cancel"
"""Comm target whose ``comm_open`` (data: ``{"job": id}``) cancels that job."""


class Message(BaseModel):
    """Base of everything on the wire: unknown fields are refused, so typos surface, and so are numbers that
    are not finite, for JSON has none."""

    model_config = ConfigDict(
        extra="forbid", json_schema_serialization_defaults_required=True, allow_inf_nan=False
    )
