"""How a running method tells where it stands, and learns that it was cancelled."""

from __future__ import annotations

from typing import Protocol

from ..protocol import AttributionResult


class Report(Protocol):
    """Called by every method between batches.

    ``fraction`` runs from 0 to 1, ``stage`` is a phrase for people, ``partial`` a result
    that can be painted already. Raises :class:`glasspane.errors.Cancelled` once the job was
    cancelled, so a method needs no other check.
    """

    def __call__(self, fraction: float, stage: str, partial: AttributionResult | None = None) -> None: ...


def silent(fraction: float, stage: str, partial: AttributionResult | None = None) -> None:
    """A :class:`Report` for callers who neither watch nor cancel."""
