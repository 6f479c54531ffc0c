"""The bundled tasks of probes, as hosts see them."""

from __future__ import annotations

from .message import Message


class ProbeTaskSpec(Message):
    """One bundled task."""

    name: str
    label: str
    summary: str
    classes: list[str]
    read_at: str
    grouped_by: str
