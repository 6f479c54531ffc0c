"""The sentences and shown tokens that every static surface shares."""

from __future__ import annotations

from dataclasses import dataclass

from ..figures import percent
from ..grain import Grain, grouped
from ..protocol import AttributionResult, SubjectCard, TargetCard

_INVISIBLE = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""They take no room, and most of them turn around how what follows is written: scores, too. The joiner of
emoji is not among them."""

_VISIBLE = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", **dict.fromkeys(_INVISIBLE, "◌")})


@dataclass(frozen=True)
class Row:
    """One token (or some joined) as a table row: its score, and its share of Σ|score| over written tokens."""

    index: int
    text: str
    score: float
    share: float | None
    special: bool


def rows(result: AttributionResult, target: int | None = None, by: Grain = "token") -> list[Row]:
    """A row for every token, or for every group of them that ``by`` joins, at its first token's index.

    Of several targets their sum, unless one is named. Shares are of the tokens' Σ|score| at every grain.
    """
    scores = (
        [sum(column) for column in zip(*result.scores, strict=True)]
        if target is None
        else result.scores[target]
    )
    total = sum(abs(s) for s, t in zip(scores, result.tokens, strict=True) if not t.special)
    joined = [(sum(scores[i] for i in group.tokens), group) for group in grouped(result, by)]
    return [
        Row(g.tokens[0], visible(g.text), s, None if g.special or not total else abs(s) / total, g.special)
        for s, g in joined
    ]


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


def headline(result: AttributionResult) -> str:
    """E.g. ``next token " Paris" (97.3 %), by integrated gradients``."""
    return f"{answer(result.target)}, by {within_a_sentence(result.method.label)}"


def answer(target: TargetCard) -> str:
    """E.g. ``next token " Paris" (97.3 %)``."""
    what = {"token": "next token", "class": "class", "completion": "completion", "contrast": "contrast"}
    said = (
        f'"{visible(target.text.removesuffix(f" − {target.versus_text}"))}" rather than "{visible(target.versus_text)}"'
        if target.versus_text is not None
        else f'{what[target.kind]} "{visible(target.text)}"'
    )
    likely = "" if target.probability is None else f" ({percent(target.probability)})"
    return f"{said}{likely}"


def within_a_sentence(label: str) -> str:
    """Small at its start, unless it begins with a name or an abbreviation: DeepLIFT, LIME, SmoothGrad."""
    first = label.split(" ")[0]
    return label if first[1:] != first[1:].lower() else label[:1].lower() + label[1:]


def trust(result: AttributionResult) -> str:
    """How far the scores add up, as a sentence."""
    checks = result.checks
    partial = "" if checks.complete else "Partial: the run was not finished. "
    if checks.completeness_gap is None:
        return f"{partial}{result.method.note or ''}"
    within = (
        f"{partial}The scores add up to the change from the baseline ({result.method.baseline}) within "
        f"{percent(checks.completeness_gap)}"
    )
    if checks.converged is None:
        return f"{within}."
    return f"{within}; {'converged' if checks.converged else 'not converged'} at {checks.steps} steps."


def origin(result: AttributionResult) -> str:
    """What was explained and with what, on one line."""
    options = ", ".join(f"{k}={v}" for k, v in result.method.options.items())
    return (
        f"{model(result.subject)} · "
        f"score: {result.target.score} {result.target.value:.4g} · {result.method.name}"
        f"{f' ({options})' if options else ''} · glasspane {result.glasspane}"
    )


def model(card: SubjectCard) -> str:
    """Which model it was and how it was held, on one line."""
    return (
        f"{card.name} · {card.architecture} · {card.parameters:,} parameters · {card.device} · {card.dtype}"
    )


def signed(score: float, is_signed: bool) -> str:
    """A score with its sign spelled out (true minus), four significant digits."""
    text = f"{abs(score):.4g}"
    if not is_signed:
        return text
    return ("+" if score > 0 else "−" if score < 0 else "±") + text


def number(value: float | None) -> str:
    """Three significant digits with a true minus."""
    if value is None:
        return ""
    text = f"{abs(value):.3g}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
