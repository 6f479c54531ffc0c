"""Tables that a kernel holds, for a person to choose one of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .message import Message


class TablesRequest(Message):
    """Which tables does the user's namespace hold? Runs none of the user's code."""

    kind: Literal["tables"] = "tables"


class Table(Message):
    """A pandas DataFrame, or a list of dicts."""

    name: str = Field(description="Its variable, as in :class:`FrameExamples`.")
    rows: int
    columns: list[str] = Field(description="Those that have a text for a name, in order.")


class TablesResult(Message):
    """Answer to :class:`TablesRequest`, in the order in which they were made."""

    kind: Literal["tables"] = "tables"
    tables: list[Table]
