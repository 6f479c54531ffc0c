"""What a saved page says of where a result came from."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ..protocol import SubjectCard


def origin(code: str, subject: SubjectCard, glasspane: str, versions: Mapping[str, str]) -> str:
    """The Python call that gives the result again, the model with its weights' fingerprint, and versions, as HTML."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"<pre>{escape(code)}</pre><p><small>{escape(subject.name)} · {escape(subject.weights)} · "
        f"glasspane {escape(glasspane)}, {escape(named)}</small></p>"
    )
