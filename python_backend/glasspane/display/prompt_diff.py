"""A prompt before and after an edit as text, as static HTML and as an image."""

from __future__ import annotations

from html import escape

from ..figures import signed
from ..protocol import AttributionResult, PromptDiffResult, TokenPair
from ..token_text import visible
from . import svg, words
from .drawing import well_formed
from .palette import background, css, ink
from .terminal import columns, padded, safe

_MARKS = {"same": "", "replaced": "~", "removed": "−", "added": "+"}


def headline(result: PromptDiffResult) -> str:
    """E.g. ``next token " Paris" (97.3 %) → next token " Paris" (0.2 %), by integrated gradients``."""
    return (
        f"{words.answer(result.before.target, result.before.subject.family)} → {words.headline(result.after)}"
    )


def report(result: PromptDiffResult) -> str:
    """What changed in words, and every token with its score before and after, for a terminal."""
    texts = [tuple(safe(text) for text in _texts(result, pair)) for pair in result.pairs]
    wide = [max([6, *(columns(text[side]) for text in texts)]) for side in (0, 1)]
    lines = [safe(headline(result)), "", *map(safe, result.sentences), ""]
    lines.append(
        f"   {'before':<{wide[0]}}  {'after':<{wide[1]}}  {'before':>10}  {'after':>10}  {'difference':>10}"
    )
    for place, (pair, text) in enumerate(zip(result.pairs, texts, strict=True)):
        old, new, change = _numbers(result, pair)
        lines.append(
            f"{_MARKS[pair.change] or ' '}{'*' if place in result.moved else ' '} {padded(text[0], wide[0])}  "
            f"{padded(text[1], wide[1])}  {old:>10}  {new:>10}  {change:>10}"
        )
    lines += ["", "~ replaced, − removed, + added, * moved most"]
    lines += [f"! {safe(warning)}" for warning in _warnings(result)]
    lines.append(safe(words.origin(result.after)))
    return "\n".join(lines)


def fragment(result: PromptDiffResult) -> str:
    """The same for a notebook's text/html: no script, no class names, every text escaped."""
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.sentences)
    largest = max((abs(pair.difference) for pair in result.pairs), default=0.0)
    body = ""
    for place, pair in enumerate(result.pairs):
        old, new = _texts(result, pair)
        before, after, change = _numbers(result, pair)
        colour = css(background(pair.difference, largest, True))
        name = pair.change if place not in result.moved else "moved most"
        body += (
            f"<tr><td>{'' if name == 'same' else name}</td><td><code>{escape(old)}</code></td>"
            f"<td><code>{escape(new)}</code></td>"
            f'<td align="right">{before}</td><td align="right">{after}</td>'
            f'<td align="right" style="background:{colour};color:{css(ink())}">{change}</td></tr>'
        )
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in _warnings(result))
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">'
        f"<p><b>{escape(headline(result))}</b></p><ul>{said}</ul>"
        f"<table><thead><tr><th></th><th>before</th><th>after</th><th>score before</th><th>score after</th>"
        f"<th>difference</th></tr></thead><tbody>{body}</tbody></table>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p><small>{escape(words.origin(result.after))}</small></p></div>"
    )


def image(result: PromptDiffResult) -> str:
    """Both prompts under one scale, and what every token's score gained or lost."""
    is_signed = result.before.method.signed
    sides = [words.rows(each) for each in (result.before, result.after)]
    largest = max(map(words.largest_of, sides))
    changes = [
        words.Row(place, _arrow(*_texts(result, pair)), pair.difference, None, _special(result, pair))
        for place, pair in enumerate(result.pairs)
    ]
    return svg.stacked(
        headline(result),
        [
            svg.Strip(sides[0], is_signed, largest, "before"),
            svg.Strip(sides[1], is_signed, largest, "after"),
            svg.Strip(changes, True, words.largest_of(changes), "difference, after − before"),
        ],
    )


def _arrow(old: str, new: str) -> str:
    if old and new:
        return old if old == new else f"{old} → {new}"
    return f"added {new}" if new else f"removed {old}"


def _texts(result: PromptDiffResult, pair: TokenPair) -> tuple[str, str]:
    one = "" if pair.before is None else visible(result.before.tokens[pair.before].text)
    other = "" if pair.after is None else visible(result.after.tokens[pair.after].text)
    return one, other


def _numbers(result: PromptDiffResult, pair: TokenPair) -> tuple[str, str, str]:
    is_signed = result.before.method.signed
    old, new = (
        "" if score is None else signed(score, is_signed) for score in (pair.score_before, pair.score_after)
    )
    return old, new, signed(pair.difference, True)


def _special(result: PromptDiffResult, pair: TokenPair) -> bool:
    sides: tuple[tuple[AttributionResult, int | None], ...] = (
        (result.before, pair.before),
        (result.after, pair.after),
    )
    return all(each.tokens[i].special for each, i in sides if i is not None)


def _warnings(result: PromptDiffResult) -> list[str]:
    both = [said for said in result.before.warnings if said in result.after.warnings]
    return [
        *result.warnings,
        *both,
        *(
            f"{name}: {said}"
            for name, each in (("before", result.before), ("after", result.after))
            for said in each.warnings
            if said not in both
        ),
    ]
