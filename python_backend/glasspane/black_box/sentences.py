"""What was found, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ..figures import number, percent, signed
from ..protocol.black_box import BlackBoxMeasure, MaskedValue, PieceScore

MEASURES: dict[BlackBoxMeasure, str] = {
    "log_prob": "log-probability of the answer, in nats",
    "first_token_log_prob": "log-probability of the answer's first token, in nats",
    "agreement": "share of replies that give the answer",
}

METHODS = {"occlusion": "occlusion", "lime": "LIME", "partition_shap": "partition SHAP"}


def value_said(value: MaskedValue) -> str:
    """``95.0 % of 20 replies`` or ``−0.288 nats``."""
    if value.replies is not None:
        return f"{percent(value.value)} of {value.replies} replies"
    return f"{'at most ' if value.at_most else ''}{number(value.value)} nats"


def shortened(text: str, most: int = 60) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def headline_sentence(pieces: Sequence[PieceScore], answer: str, grain: str) -> str:
    """Which pieces the answer depends on, the strongest first; or that none stands out."""
    scored = [each for each in pieces if each.score is not None]
    if not scored:
        return f"Nothing is known of what “{shortened(answer)}” depends on: the run ended before."
    if len(scored) < len(pieces):
        reached = headline_sentence(scored, answer, grain)
        return f"{len(scored)} of {len(pieces)} {grain} were reached. Of these: {reached}"
    ranked = sorted(scored, key=lambda each: -abs(each.score or 0.0))
    if any(each.tells is not None for each in scored):
        ranked = [each for each in ranked if each.tells]
        if not ranked:
            return (
                f"No {grain[:-1]} stands out: what becomes of the answer “{shortened(answer)}” without each is no more "
                "than chance would do."
            )
    elif not ranked[0].score:
        return f"No {grain[:-1]} changes anything about the answer “{shortened(answer)}”."
    named = ", ".join(f"“{shortened(each.text)}” ({signed(each.score or 0.0, True)})" for each in ranked[:3])
    more = f" and {len(ranked) - 3} more" if len(ranked) > 3 else ""
    unproven = " above chance" if any(each.tells is not None for each in scored) else " most"
    return f"The answer “{shortened(answer)}” depends{unproven} on {named}{more}."
