"""Several methods on one prompt as text, as static HTML and as an image."""

from __future__ import annotations

from html import escape

from ..figures import correlation, percent, signed
from ..protocol import ComparisonResult, ComparisonRow
from ..token_scores import largest
from ..token_text import visible
from . import svg, words
from .drawing import well_formed
from .palette import background, css, ink
from .terminal import columns, padded, safe


def headline(result: ComparisonResult) -> str:
    """E.g. ``next token " Paris" (97.3 %), by 4 methods``."""
    return f"{words.answer(result.target, result.subject.family)}, by {len(result.rows)} methods"


def report(result: ComparisonResult) -> str:
    """What each method says of every token, where they disagree and how far, for a terminal."""
    lines = [safe(headline(result)), ""]
    lines += [f"{place:>3}  {safe(_legend(row))}" for place, row in enumerate(result.rows, start=1)]
    texts = [safe(visible(token.text)) for token in result.tokens]
    wide = max([5, *map(columns, texts)])
    heads = "".join(f"{place:>9}" for place in range(1, len(result.rows) + 1))
    lines += ["", f"{'#':>4}  {'token':<{wide}}{heads}"]
    for token, text in zip(result.tokens, texts, strict=True):
        cells = "".join(f"{_cell(row, token.index, token.special):>9}" for row in result.rows)
        lines.append(f"{token.index:>4}  {padded(text, wide)}{cells}")
    lines += ["", "rank correlation of sizes (Spearman)"]
    lines += [
        f"{place:>4}  {''.join(f'{cell:>9}' for cell in row)}"
        for place, row in enumerate(_correlations(result), start=1)
    ]
    lines += ["", *map(safe, result.sentences)]
    lines += [f"! {safe(warning)}" for warning in result.warnings]
    lines += [f"! {safe(f'{row.label}: {said}')}" for row in result.rows for said in row.warnings]
    lines.append(safe(_origin(result)))
    return "\n".join(lines)


def fragment(result: ComparisonResult) -> str:
    """The same for a notebook's text/html: no script, no class names, every text escaped."""
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in result.sentences)
    heads = "".join(f"<th>{escape(row.label)}</th>" for row in result.rows)
    strongest = [largest(row.scores, result.tokens) if row.problem is None else 0.0 for row in result.rows]
    body = "".join(
        f"<tr><td>{token.index}</td><td><code>{escape(visible(token.text))}</code></td>"
        + "".join(
            _painted(row, token.index, token.special, most)
            for row, most in zip(result.rows, strongest, strict=True)
        )
        + "</tr>"
        for token in result.tokens
    )
    refused = "".join(
        f"<li><b>{escape(row.label)}:</b> {escape(f'{row.problem.message} {row.problem.next_step}')}</li>"
        for row in result.rows
        if row.problem is not None
    )
    matrix = "".join(
        f"<tr><th>{escape(row.label)}</th>"
        + "".join(f'<td align="right">{cell}</td>' for cell in cells)
        + "</tr>"
        for row, cells in zip(result.rows, _correlations(result), strict=True)
    )
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings)
    warnings += "".join(
        f"<li>{escape(f'{row.label}: {warning}')}</li>" for row in result.rows for warning in row.warnings
    )
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5">'
        f"<p><b>{escape(headline(result))}</b></p><ul>{said}</ul>"
        f"<table><thead><tr><th>#</th><th>token</th>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>Share of all |scores| of written tokens; + pushes for, − against, without sign: size only.</p>"
        f"{f'<ul>{refused}</ul>' if refused else ''}"
        f"<details><summary>Rank correlation of sizes (Spearman)</summary>"
        f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{matrix}</tbody></table></details>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p><small>{escape(_origin(result))}</small></p></div>"
    )


def image(result: ComparisonResult) -> str:
    """A strip of heat for every method that gave scores, each coloured against its own strongest token."""
    strips = []
    for row in result.rows:
        cells = [
            words.Row(token.index, visible(token.text), score, share, token.special)
            for token, score, share in zip(result.tokens, row.scores, row.shares, strict=False)
        ]
        # A refusal may be long, and an image does not wrap: its sentence stands in the other surfaces.
        title = _legend(row) if row.problem is None else f"{row.label}: no scores"
        strips.append(svg.Strip(cells, row.method.signed, words.largest_of(cells), title))
    return svg.stacked(headline(result), strips)


def _legend(row: ComparisonRow) -> str:
    said = row.label if row.problem is None else f"{row.label}: {row.problem.message}"
    return said if row.problem is not None or row.checks.complete else f"{said} (partial)"


def _cell(row: ComparisonRow, place: int, special: bool) -> str:
    if row.problem is not None:
        return "—"
    if special:
        return "added"
    score = row.scores[place]
    sign = "" if not row.method.signed or score == 0 else "−" if score < 0 else "+"
    return f"{sign}{percent(row.shares[place])}"


def _painted(row: ComparisonRow, place: int, special: bool, strongest: float) -> str:
    text = _cell(row, place, special)
    if special or row.problem is not None:
        return f'<td align="right" style="color:#777">{text}</td>'
    score = row.scores[place]
    colour = css(background(score, strongest, row.method.signed))
    return (
        f'<td align="right" title="{signed(score, row.method.signed)}" '
        f'style="background:{colour};color:{css(ink())}">{text}</td>'
    )


def _correlations(result: ComparisonResult) -> list[list[str]]:
    return [
        ["—" if pair is None or pair.spearman is None else correlation(pair.spearman) for pair in row]
        for row in result.agreement
    ]


def _origin(result: ComparisonResult) -> str:
    return (
        f"{words.model(result.subject)} · score: {result.target.score} {result.target.value:.4g} · "
        f"glasspane {result.glasspane}"
    )
