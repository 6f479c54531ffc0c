"""How much of an explanation falls to each role of a conversation, or to prompt and completion.

The pane shows the same parts (``extension_frontend/core/src/views/masses.ts``).
"""

from __future__ import annotations

from dataclasses import dataclass

from .grain import role_of
from .protocol import AttributionResult
from .token_scores import summed


@dataclass(frozen=True)
class Mass:
    """One part: how many tokens, the signed sum of their scores, Σ|score|, and that as a share of all mass."""

    role: str
    tokens: int
    score: float
    mass: float
    share: float


def masses_by_role(result: AttributionResult) -> list[Mass]:
    """The parts in the order in which they begin; together they hold every score. Of several targets, their sum.

    Tokens that the chat template wrote are "template", those that the tokenizer added to a plain text
    "added", and a plain prompt's own are "prompt".
    """
    added = "template" if result.template == "chat" else "added"
    scores: dict[str, list[float]] = {}
    for token, score in zip(result.tokens, summed(result), strict=True):
        role = added if token.special else role_of(result, token) or "prompt"
        scores.setdefault(role, []).append(score)
    sizes = {role: sum(map(abs, some)) for role, some in scores.items()}
    total = sum(sizes.values())
    return [
        Mass(role, len(some), sum(some), sizes[role], sizes[role] / total if total else 0.0)
        for role, some in scores.items()
    ]
