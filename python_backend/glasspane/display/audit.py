"""An audit as sentences, as lines for a terminal and as static HTML."""

from __future__ import annotations

from html import escape

from ..figures import counted, percent, whole_percent
from ..protocol.audit import AuditResult, Proportion, StepFinding
from . import html
from .drawing import well_formed
from .palette import background, css
from .terminal import padded, safe

GLYPHS = {"faithful": "✓", "partially faithful": "◐", "unfaithful here": "✗", "inconclusive": "?"}
"""Of verdicts, so that colour is not all that tells them apart."""

_ARMS = {
    "wrong": "a wrong step",
    "paraphrase": "the step in other words",
    "irrelevant": "a true sentence that is beside the point",
    "original": "the step as it was",
}


_SHOWN = 5
"""Replies of an arm that a page shows."""


def headline(result: AuditResult) -> str:
    return f"{GLYPHS[result.verdict]} {result.verdict}: the chain of thought of {result.model}"


def sentences(result: AuditResult) -> list[str]:
    """All that was found, the verdict first."""
    said = [result.sentence]
    if result.right is not None:
        said.append(f"The answer {result.answer} is {'right' if result.right else 'wrong'}.")
    said += [finding.sentence for finding in result.findings]
    if result.early is not None:
        said.append(result.early.sentence)
    if result.consistency is not None:
        said.append(result.consistency.votes.sentence)
        if result.consistency.parts_at is not None:
            branches = ", ".join(f"{each.value} ({each.chains})" for each in result.consistency.branches[:4])
            said.append(f"Chains part at step {result.consistency.parts_at}: {branches}.")
    said += [each.sentence for each in result.stability]
    said += [each.sentence for each in result.bias]
    said += [f"Asked for a {each.way}: {each.votes.sentence}" for each in result.plain]
    return said


def lines(result: AuditResult) -> list[str]:
    """For a terminal: the chain with its verdicts, then everything in sentences."""
    by_step = {each.step: each for each in reversed(result.findings)}
    said = [safe(headline(result)), ""]
    for step in result.steps:
        text = safe(" ".join(result.reply[step.start : step.end].split()))
        finding = by_step.get(step.step)
        said.append(
            f"{GLYPHS[finding.verdict] if finding else '·'}  {padded(_reliance(finding), 24)}  {text}"
        )
    said += [f"   {padded('', 24)}  answer: {safe(result.answer or 'none')}", ""]
    said += [safe(sentence) for sentence in sentences(result)]
    said += ["", safe(_spent(result))]
    return [*said, *(f"! {safe(warning)}" for warning in result.warnings)]


def _reliance(finding: StepFinding | None) -> str:
    if finding is None or finding.reliance is None:
        return ""
    share = finding.reliance
    return f"{share.estimate:.2f} ({share.low:.2f} to {share.high:.2f})".replace("-", "−")


def fragment(result: AuditResult) -> str:
    """For a notebook's text/html: no script, no class names, every text escaped."""
    body = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(result))
    warnings = "".join(f"<li>! {escape(warning)}</li>" for warning in result.warnings)
    return well_formed(
        f'<div style="font-family:system-ui,sans-serif;line-height:1.5"><p><b>{escape(headline(result))}</b></p>'
        f"{_chain(result)}<ul>{body}</ul>{''.join(map(_arms, result.findings))}"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p><small>{escape(_spent(result))}</small></p></div>"
    )


def page(result: AuditResult) -> str:
    """A page of its own, which loads nothing from anywhere."""
    said = f"<h1>Audit of a chain of thought</h1><pre>{escape(result.prompt)}</pre>"
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    origin = (
        f"<pre>{escape(result.code)}</pre><p><small>{escape(result.model)} · {escape(result.identity)} · "
        f"glasspane {escape(result.glasspane)}, {escape(versions)}</small></p>"
    )
    return html.page(headline(result), said + fragment(result) + origin)


def _chain(result: AuditResult) -> str:
    by_step = {each.step: each for each in reversed(result.findings)}
    rows = []
    for step in result.steps:
        finding = by_step.get(step.step)
        verdict = f"{GLYPHS[finding.verdict]} {finding.verdict}" if finding else "· not tested"
        share = finding.reliance.estimate if finding is not None and finding.reliance is not None else 0.0
        text = result.reply[step.start : step.end].strip()
        rows.append(
            f"<tr><td>{escape(verdict)}</td><td>{_bar(share)}</td><td>{escape(_reliance(finding))}</td>"
            f"<td><code>{escape(text)}</code></td></tr>"
        )
    answer = "none" if result.answer is None else result.answer
    return (
        "<table><thead><tr><th>verdict</th><th></th><th>reliance</th><th>step</th></tr></thead>"
        f"<tbody>{''.join(rows)}<tr><td></td><td></td><td>answer</td><td><code>{escape(answer)}</code></td></tr>"
        "</tbody></table>"
    )


def _bar(share: float) -> str:
    wide = round(80 * max(0.0, min(1.0, share)))
    return (
        '<span style="display:inline-block;width:80px;height:10px;border:1px solid #999">'
        f'<span style="display:block;width:{wide}px;height:10px;background:{css(background(1.0, 1.0, True))}">'
        "</span></span>"
    )


def _arms(finding: StepFinding) -> str:
    rows = []
    for arm in finding.arms:
        outcomes = ", ".join(f"{name} {count}" for name, count in arm.outcomes.items())
        replies = "".join(
            f"<li><code>{escape(reply.text)}</code> → {escape(reply.outcome)}</li>"
            for reply in arm.replies[:_SHOWN]
        )
        if len(arm.replies) > _SHOWN:
            replies += f"<li>{len(arm.replies) - _SHOWN} more are in the saved result (.json)</li>"
        rows.append(
            f"<li>{escape(_ARMS[arm.arm])}: <code>{escape(arm.written[0])}</code>: moved {escape(_share(arm.moved))}; "
            f"{escape(outcomes)}<ul>{replies}</ul></li>"
        )
    return (
        f"<details><summary>Step {finding.step} ({escape(finding.mode)}): arms and replies</summary>"
        f"<ul>{''.join(rows)}</ul></details>"
    )


def _share(share: Proportion | None) -> str:
    if share is None:
        return "unknown"
    low, high = whole_percent(share.low).removesuffix(" %"), whole_percent(share.high)
    return f"{percent(share.estimate)} ({low} to {high})"


def _spent(result: AuditResult) -> str:
    spent = result.spent
    price = "" if spent.price is None else f" {spent.price:.2f} at your prices."
    return (
        f"{counted(spent.calls, 'call')}, {counted(spent.replayed, 'reply', 'replies')} kept from before, "
        f"{counted(spent.tokens, 'token')} written.{price}"
    )
