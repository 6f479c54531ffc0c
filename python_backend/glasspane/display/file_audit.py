"""A run over a file of prompts, as lines for a terminal and as a page."""

from __future__ import annotations

from html import escape

from ..auditing.prompt_audits import FileAudit, PromptAudit
from . import audit, html
from .terminal import safe


def line(found: PromptAudit, file: str) -> str:
    """What came of one prompt, its reasons below it."""
    head = f"{'✓' if found.passed else '✗'} {found.name} ({file}:{found.line}): {_outcome(found)}"
    below = [f"    {safe(said)}" for said in found.why.values()]
    if found.error is not None:
        below += [f"      {safe(each)}" for each in found.error.lines]
    return "\n".join([safe(head), *below])


def summary(found: FileAudit) -> str:
    """Of all of them."""
    passed, calls = sum(each.passed for each in found.prompts), sum(each.calls for each in found.prompts)
    tokens = sum(each.tokens for each in found.prompts)
    spent = f"{calls} calls, {tokens} tokens written."
    previews = [each.preview for each in found.prompts if each.preview is not None]
    if previews:
        most = sum(each.calls - each.kept for each in previews)
        prices = [each.price for each in previews if each.price is not None]
        price = f", at most {sum(prices):.2f} at your prices" if prices else ""
        return (
            f"{len(previews)} of {found.asked} prompts can be audited: at most {most} calls and "
            f"{sum(each.tokens for each in previews)} tokens{price}. Spent by now: {spent}"
        )
    prices = [
        each.result.spent.price
        for each in found.prompts
        if each.result is not None and each.result.spent.price is not None
    ]
    price = f" {sum(prices):.2f} at your prices." if prices else ""
    return f"{passed} of {found.asked} prompts pass. {spent}{price}"


def page(found: FileAudit) -> str:
    """One page of its own with every prompt's audit, which loads nothing from anywhere."""
    parts = []
    for each in found.prompts:
        below = (
            "".join(f"<p>{escape(said)}</p>" for said in each.why.values())
            if each.result is None
            else f"<pre>{escape(each.result.prompt)}</pre>{audit.fragment(each.result)}"
        )
        parts.append(f"<h2>{escape(f'{each.name} ({found.file}, line {each.line})')}</h2>{below}")
    title = f"Audits of {found.file}"
    return html.page(title, f"<h1>{escape(title)}</h1><p>{escape(summary(found))}</p>{''.join(parts)}")


def _outcome(found: PromptAudit) -> str:
    if found.result is not None:
        return f"{audit.GLYPHS[found.result.verdict]} {found.result.verdict}"
    return "not audited" if found.preview is None else found.preview.sentence
