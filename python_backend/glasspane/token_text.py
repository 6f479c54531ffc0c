"""A token's text as people read it."""

from __future__ import annotations

_VISIBLE = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽"})


def visible(text: str) -> str:
    """Whitespace that would not be seen is drawn; a leading space becomes a raised dot."""
    shown = text.translate(_VISIBLE)
    if not shown.strip(" "):
        return shown.replace(" ", "·") or "∅"
    stripped = shown.lstrip(" ")
    return "·" * (len(shown) - len(stripped)) + stripped


def readable(text: str) -> str:
    """A token within a sentence: as it stands, but for what would not be seen there."""
    return text if text.strip() and text.isprintable() else visible(text)
