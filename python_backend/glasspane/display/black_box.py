"""On which pieces of a prompt an answer depends: as sentences, as lines for a terminal and as static HTML."""

from __future__ import annotations

from html import escape

from ..black_box.sentences import METHODS, shortened, value_said
from ..figures import correlation, counted, percent, signed
from ..protocol.black_box import BlackBoxResult, MaskedValue, PieceScore
from . import html
from .drawing import well_formed
from .palette import background, css, ink, underline
from .terminal import columns, padded, safe

_WIDEST = 48


def headline(result: BlackBoxResult) -> str:
    return f"answer “{shortened(result.answer)}” of {result.model}, by {METHODS[result.request.method]}"


def sentences(result: BlackBoxResult) -> list[str]:
    """All that was found, the conclusion first."""
    said = [result.sentence]
    if result.whole is not None:
        said.append(f"Whole prompt: {value_said(result.whole)}.")
    if result.nothing is not None:
        said.append(f"With none of its pieces: {value_said(result.nothing)}.")
    if result.gap is not None:
        said.append("The scores add up to the difference of the two.")
    said.append(f"Score: {result.measured_by}.")
    said.append(f"Missing pieces: {result.absent}.")
    if result.interval_of is not None:
        said.append(f"Intervals: {result.interval_of}.")
    if result.surrogate_r2 is not None:
        said.append(f"A sum over pieces explains {percent(max(0.0, result.surrogate_r2))} of the values.")
    return said


def lines(result: BlackBoxResult) -> list[str]:
    """For a terminal: the pieces with their scores, then everything in sentences."""
    rows = [(safe(shortened(each.text, _WIDEST)), each) for each in result.pieces]
    wide = max(columns(text) for text, _ in rows)
    largest = _largest(result)
    said = [safe(headline(result)), ""]
    for text, each in rows:
        bar = "█" * round(16 * abs(each.score or 0.0) / largest) if largest else ""
        sign = "−" if (each.score or 0.0) < 0 else "+"
        figures = f"{_score(each):>10}  {padded(_interval(each), 22)}"
        said.append(f"{_mark(each)} {padded(text, wide)}  {figures} {sign if bar else ''}{bar}")
    said += ["", *(safe(sentence) for sentence in sentences(result)), safe(_spent(result))]
    return [*said, *(f"! {safe(warning)}" for warning in result.warnings)]


def fragment(result: BlackBoxResult) -> str:
    """For a notebook's text/html: no script, no class names, every text escaped."""
    body = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(result))
    warnings = "".join(f"<li>! {escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5"><p><b>{escape(headline(result))}</b></p>'
        f"{_prompt(result)}{_table(result)}<ul>{body}</ul>{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"{_versions(result)}<p><small>{escape(_spent(result))}</small></p></div>"
    )


def page(result: BlackBoxResult) -> str:
    """A page of its own, which loads nothing from anywhere."""
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    origin = (
        f"<pre>{escape(result.code)}</pre><p><small>{escape(result.model)} · {escape(result.identity)} · "
        f"glasspane {escape(result.glasspane)}, {escape(versions)}</small></p>"
    )
    return html.page(headline(result), f"<h1>What the answer depends on</h1>{fragment(result)}{origin}")


def _largest(result: BlackBoxResult) -> float:
    return max((abs(each.score) for each in result.pieces if each.score is not None), default=0.0)


def _mark(piece: PieceScore) -> str:
    """What tells is told apart without colour."""
    return "●" if piece.tells else "○" if piece.tells is False else "·"


def _score(piece: PieceScore) -> str:
    return "not known" if piece.score is None else signed(piece.score, True)


def _interval(piece: PieceScore) -> str:
    if piece.interval is None:
        return ""
    low, high = correlation(piece.interval.low), correlation(piece.interval.high)
    return f"({low} to {high})" + ("" if piece.tells else " noise")


def _prompt(result: BlackBoxResult) -> str:
    """The prompt with its heat; what is no better than noise has none."""
    largest, said, at = _largest(result), "", 0
    for piece in result.pieces:
        said += escape(result.text[at : piece.start])
        at = piece.end
        shown = 0.0 if piece.score is None or piece.tells is False else piece.score
        line = "dashed" if shown < 0 else "solid"
        edge = f"border-bottom:2px {line} {css(underline(shown, True))};" if shown else ""
        said += (
            f'<span title="{escape(_score(piece))}" style="background:{css(background(shown, largest, True))};'
            f'color:{css(ink())};{edge}">{escape(piece.text)}</span>'
        )
    said += escape(result.text[at:])
    return f'<p style="font-family:ui-monospace,monospace;line-height:1.8;white-space:pre-wrap">{said}</p>'


def _table(result: BlackBoxResult) -> str:
    rows = "".join(
        f"<tr><td>{_mark(each)}</td><td>{escape(_role(result, each))}</td>"
        f"<td><code>{escape(shortened(each.text))}</code></td>"
        f'<td align="right">{_score(each)}</td><td>{_interval(each)}</td></tr>'
        for each in result.pieces
    )
    return (
        "<table><thead><tr><th></th><th>message</th><th>piece</th><th>score</th><th>interval</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><p>● tells · ○ no better than noise · + pushes for the answer, − against</p>"
    )


def _role(result: BlackBoxResult, piece: PieceScore) -> str:
    return "" if piece.segment is None else result.segments[piece.segment].role


def _versions(result: BlackBoxResult) -> str:
    rows = "".join(
        f"<tr><td>{escape(_missing(result, each))}</td><td>{escape(value_said(each))}</td>"
        f"<td>{escape(_answers(each))}</td></tr>"
        for each in result.masked
    )
    return (
        f"<details><summary>{counted(len(result.masked), 'version')} of the prompt</summary>"
        f"<table><thead><tr><th>without</th><th>value</th><th>answers</th></tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _missing(result: BlackBoxResult, masked: MaskedValue) -> str:
    if not masked.missing:
        return "(whole prompt)"
    return " | ".join(shortened(result.pieces[at].text, 24) for at in masked.missing[:6]) + (
        f" and {len(masked.missing) - 6} more" if len(masked.missing) > 6 else ""
    )


def _answers(masked: MaskedValue) -> str:
    return ", ".join(
        f"{shortened(answer, 24)} ({count})" for answer, count in list(masked.answers.items())[:4]
    )


def _spent(result: BlackBoxResult) -> str:
    spent = result.spent
    price = "" if spent.price is None else f" {spent.price:.2f} at your prices."
    return (
        f"{counted(len(result.masked), 'version')} of the prompt, {counted(spent.calls, 'call')}, "
        f"{counted(spent.replayed, 'reply', 'replies')} kept from before, {counted(spent.tokens, 'token')} "
        f"written.{price}"
    )
