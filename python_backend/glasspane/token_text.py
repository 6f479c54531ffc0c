"""A token's text as people read it."""

from __future__ import annotations

_INVISIBLE = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""They take no room, and most of them turn around how what follows is written: scores, too. The joiner of
emoji is not among them."""

_VISIBLE = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", **dict.fromkeys(_INVISIBLE, "◌")})


def visible(text: str) -> str:
    """What would not be seen is drawn; a leading space becomes a raised dot."""
    shown = text.translate(_VISIBLE)
    if not shown.strip(" "):
        return shown.replace(" ", "·") or "∅"
    stripped = shown.lstrip(" ")
    return "·" * (len(shown) - len(stripped)) + stripped


def readable(text: str) -> str:
    """A token within a sentence: as it stands, but for what would not be seen there."""
    return text if text.strip() and text.isprintable() else visible(text)
