"""A report that others can hold an explanation to: one page of HTML, no script, no network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from html import escape

from ..figures import percent
from ..protocol import AttributionResult, ComparisonResult, FaithfulnessResult, PromptDiffResult
from . import checks, words
from . import comparison as compared
from . import prompt_diff as differing
from .bar_chart import bar_chart
from .curves import curves
from .drawing import well_formed
from .palette import css, ink
from .svg import strip

Section = tuple[str, str]
"""A heading, and HTML below it."""

_STYLE = (
    "body{max-width:52rem;margin:2rem auto;padding:0 1rem;background:#fff;line-height:1.5;"
    "font-family:system-ui,sans-serif;color:%s}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;font-size:.9rem}"
    "td,th{padding:.15rem .6rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}"
    "pre{padding:.6rem;background:#f4f4f4;overflow:auto;white-space:pre-wrap}"
    "figure{margin:.5rem 0}svg{max-width:100%%;height:auto}.quiet{color:#555}"
)

_LOCAL = (
    "This is a local explanation: of this one prompt and this one answer. It says nothing about what the model "
    "does elsewhere."
)


def report(
    result: AttributionResult,
    faithfulness: FaithfulnessResult | None = None,
    comparison: ComparisonResult | None = None,
    difference: PromptDiffResult | None = None,
    made: date | None = None,
) -> str:
    """The page; ``made``: its date, today where none is given."""
    headline = words.headline(result)
    sections: list[Section] = [
        ("What was asked", _question(result)),
        ("What the scores say", _scores(result)),
        ("How far to trust them", _trust(result)),
        ("Is it better than chance?", _faithfulness(faithfulness)),
        *_beside(comparison, difference),
        ("How it was made", _facts(result, faithfulness)),
        ("To make it again", f"<pre>{escape(result.code)}</pre>"),
    ]
    body = "".join(f"<h2>{escape(heading)}</h2>{content}" for heading, content in sections)
    return well_formed(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(headline)}</title>'
        '<meta name="viewport" content="width=device-width">'
        # Whatever a prompt may hold: the page loads nothing and runs nothing.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<style>{_STYLE % css(ink())}</style></head><body>"
        f"<h1>Why {escape(_asked(result))}?</h1>"
        f'<p class="quiet">{(made or date.today()).isoformat()} · {escape(result.subject.name)} · '
        f"{escape(result.method.label)} · made with Glasspane {escape(result.glasspane)}</p>{body}</body></html>"
    )


def _beside(comparison: ComparisonResult | None, difference: PromptDiffResult | None) -> list[Section]:
    """What else was asked about the same prompt."""
    found: list[Section] = []
    if comparison is not None:
        drawn = f"<figure>{compared.image(comparison)}</figure>{compared.fragment(comparison)}"
        found.append(("Other methods on the same prompt", drawn))
    if difference is not None:
        drawn = f"<figure>{differing.image(difference)}</figure>{differing.fragment(difference)}"
        found.append(("Beside another prompt", drawn))
    return found


def _asked(result: AttributionResult) -> str:
    """E.g. ``the next token " Paris" (97.3 %)``."""
    return f"the {words.headline(result).split(', by ')[0]}"


def _question(result: AttributionResult) -> str:
    read = ""
    if result.rendered is not None and result.rendered != result.text:
        read = f"<p>What the model read:</p><pre>{escape(result.rendered)}</pre>"
    likely = _table(
        ("likeliest", "probability", "logit"),
        (
            (words.visible(p.text), percent(p.probability), words.number(p.logit))
            for p in result.predictions[:5]
        ),
    )
    return f"<pre>{escape(result.text)}</pre>{read}{likely}"


def _scores(result: AttributionResult) -> str:
    masses = _masses(result)
    rows = _table(
        ("#", "token", "score", "share of the magnitude"),
        (
            (
                str(row.index + 1),
                row.text,
                words.signed(row.score, result.method.signed),
                "added by the tokenizer or the template" if row.share is None else percent(row.share),
            )
            for row in words.rows(result)
        ),
    )
    return (
        f"<figure>{strip(result)}</figure><figure>{bar_chart(result)}</figure>{masses}"
        f"<details><summary>All {len(result.tokens)} tokens</summary>{rows}</details>"
    )


def _masses(result: AttributionResult) -> str:
    """Of a conversation: what each of its messages weighs."""
    if len(result.segments) < 2:
        return ""
    scores = [sum(column) for column in zip(*result.scores, strict=True)]
    total = sum(map(abs, scores))

    def mass(indices: Iterable[int]) -> tuple[str, str]:
        here = list(indices)
        size = sum(abs(scores[i]) for i in here)
        return (
            words.signed(sum(scores[i] for i in here), result.method.signed),
            percent(size / total if total else 0.0),
        )

    lines = [
        (f"{number + 1}. {segment.role}", *mass(t.index for t in result.tokens if t.segment == number))
        for number, segment in enumerate(result.segments)
    ]
    lines.append(("template and special tokens", *mass(t.index for t in result.tokens if t.segment is None)))
    return _table(("part", "sum of scores", "share of the magnitude"), lines)


def _trust(result: AttributionResult) -> str:
    sentences = [words.trust(result), _LOCAL, result.method.note or "", *result.warnings]
    said = dict.fromkeys(sentence for sentence in sentences if sentence)
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in said)}</ul>"


def _faithfulness(result: FaithfulnessResult | None) -> str:
    if result is None:
        return (
            "<p>Not checked. <code>result.check()</code> compares it with random rankings of the tokens, "
            "and a report made after it holds the figures.</p>"
        )
    drawn = curves(result)
    return checks.fragment(result) + ("" if drawn is None else f"<figure>{drawn}</figure>")


def _facts(result: AttributionResult, faithfulness: FaithfulnessResult | None) -> str:
    subject, method, target, found = result.subject, result.method, result.target, result.checks
    seeds = [f"method {method.options['seed']}"] if "seed" in method.options else []
    if faithfulness is not None:
        seeds.append(f"check {faithfulness.request.seed}")
    facts: list[tuple[str, str | None]] = [
        ("model", f"{subject.name} ({subject.architecture}, {subject.parameters:,} parameters)"),
        ("weights", f"fingerprint {subject.weights}"),
        ("runs on", f"{subject.device}, {subject.dtype}"),
        ("tokenizer", subject.tokenizer_match),
        ("method", method.label),
        ("options", ", ".join(f"{name} = {value}" for name, value in method.options.items()) or "none"),
        ("baseline", method.baseline or "none: this method has no baseline"),
        ("score", f"{target.score}, {words.number(target.value)} on the prompt"),
        ("score at the baseline", _known(found.baseline_value)),
        (
            "δ = Σ scores − (score − score at the baseline)",
            None
            if found.completeness_difference is None or found.completeness_gap is None
            else f"{words.number(found.completeness_difference)} ({percent(found.completeness_gap)})",
        ),
        ("path points, samples or maskings", None if found.steps is None else f"{found.steps:,}"),
        ("converged", {None: None, True: "yes", False: "no"}[found.converged]),
        ("seed", ", ".join(seeds) or "nothing was drawn at random"),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))),
        (
            "cost",
            f"{result.cost.seconds:.2f} s, {result.cost.forwards:,} forward and {result.cost.backwards:,} "
            "backward passes",
        ),
    ]
    return _table((), ((name, value) for name, value in facts if value is not None))


def _known(value: float | None) -> str | None:
    return None if value is None else words.number(value)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
