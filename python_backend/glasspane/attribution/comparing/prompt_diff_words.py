"""What an edit of a prompt changed, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from ...figures import number, percent, signed
from ...protocol import AttributionResult, TargetCard, TokenPair
from ...token_text import readable

NEGLIGIBLE = 0.005
"""Share of the largest part below which a remainder is not worth words."""


def sentences(
    before: AttributionResult,
    after: AttributionResult,
    pairs: Sequence[TokenPair],
    moved: Sequence[int],
    carried_over: bool,
) -> list[str]:
    """The answer's change, what was explained, what carries the change, and which tokens moved."""
    said = [_answer(before, after)]
    if all(pair.change == "same" for pair in pairs):
        said.append("The two prompts are the same tokens.")
        if before.target.value == after.target.value and not any(pair.difference for pair in pairs):
            return said
    if same_thing(before.target, after.target):
        said.append(_explained(before.target, after.target, carried_over))
        said.append(_carried(before, after, pairs) if before.method.signed else _held(before, after, pairs))
    if (last := _movement(before, pairs, moved)) is not None:
        said.append(last)
    return said


def warnings(before: AttributionResult, after: AttributionResult) -> list[str]:
    """Why the two may not be comparable, each as a sentence."""
    said = []
    if not same_thing(before.target, after.target):
        said.append(
            f"Different answers are explained: “{readable(before.target.text)}” before and "
            f"“{readable(after.target.text)}” after. Their scores answer two questions."
        )
    if before.subject.weights != after.subject.weights:
        said.append("The weights differ: the model was changed in between, or these are two models.")
    if before.method.options != after.method.options:
        said.append("The method's options differ, and so may the scores for that reason alone.")
    if before.method.baseline != after.method.baseline:
        said.append(f"The baselines differ: {before.method.baseline} before, {after.method.baseline} after.")
    if before.template != after.template:
        said.append("One prompt was read through the chat template and the other was not.")
    for name, result in (("before", before), ("after", after)):
        if not result.checks.complete:
            said.append(f"The explanation {name} is a partial one: its run was not finished.")
    return said


def same_thing(one: TargetCard, other: TargetCard) -> bool:
    """Whether two cards are of one answer (ids may differ between vocabularies, texts say it)."""
    return (one.kind, one.text, one.versus_text) == (other.kind, other.text, other.versus_text)


def _answer(before: AttributionResult, after: AttributionResult) -> str:
    if before.target.kind == "class" and before.target.probability is None:
        return (
            f"The predicted number goes from {number(before.target.value)} to {number(after.target.value)}."
        )
    one, other = before.predictions[0], after.predictions[0]
    first = f"“{readable(one.text)}” {percent(one.probability)}"
    if one.text == other.text:
        return f"The likeliest answer stays the same: {first} → {percent(other.probability)}."
    return f"The likeliest answer changes: {first} → “{readable(other.text)}” {percent(other.probability)}."


def _explained(one: TargetCard, other: TargetCard, carried_over: bool) -> str:
    what = f"“{readable(one.text)}”"
    likely = (
        f", its probability from {percent(one.probability)} to {percent(other.probability)}"
        if one.probability is not None and other.probability is not None
        else ""
    )
    why = ", the answer of the first, so that the scores are of one thing" if carried_over else ""
    return (
        f"Both explain {what}{why}: its score ({one.score}) goes from {number(one.value)} to "
        f"{number(other.value)}{likely}."
    )


def _carried(before: AttributionResult, after: AttributionResult, pairs: Sequence[TokenPair]) -> str:
    """How the change of f is shared out: edited tokens, unchanged ones, the baseline's own change, the rest."""
    change = after.target.value - before.target.value
    edited = sum(pair.difference for pair in pairs if pair.change != "same")
    unchanged = sum(pair.difference for pair in pairs if pair.change == "same")
    said = (
        f"Of its change of {signed(change, True)}, edited tokens carry {signed(edited, True)} and unchanged "
        f"ones {signed(unchanged, True)}"
    )
    rest = change - edited - unchanged
    largest = max(abs(change), abs(edited), abs(unchanged))
    base_before, base_after = before.checks.baseline_value, after.checks.baseline_value
    complete = all(
        each.checks.completeness_difference is not None and len(each.scores) == 1 for each in (before, after)
    )
    if complete and base_before is not None and base_after is not None:
        of_baseline = base_after - base_before
        if abs(of_baseline) > NEGLIGIBLE * largest:
            said += f"; {signed(of_baseline, True)} is the change of the baseline itself"
        if abs(rest - of_baseline) > NEGLIGIBLE * largest:
            said += f"; {signed(rest - of_baseline, True)} is what the scores fall short of adding up"
    elif abs(rest) > NEGLIGIBLE * largest:
        said += f"; the scores, which need not add up, leave {signed(rest, True)} unsaid"
    return f"{said}."


def _held(before: AttributionResult, after: AttributionResult, pairs: Sequence[TokenPair]) -> str:
    shares = []
    for scores in (
        [(pair.change, pair.score_before) for pair in pairs if pair.score_before is not None],
        [(pair.change, pair.score_after) for pair in pairs if pair.score_after is not None],
    ):
        total = sum(abs(score) for _, score in scores)
        edited = sum(abs(score) for change, score in scores if change != "same")
        shares.append(percent(edited / total if total else 0.0))
    return (
        f"Edited tokens hold {shares[0]} of all scores before and {shares[1]} after; by size, for this "
        "method knows no direction."
    )


def _movement(before: AttributionResult, pairs: Sequence[TokenPair], moved: Sequence[int]) -> str | None:
    written = [
        pair
        for pair in pairs
        if pair.change == "same" and pair.before is not None and not before.tokens[pair.before].special
    ]
    if not written:
        return None
    if not moved:
        return "No unchanged token's score moved by a tenth of the largest or more."
    named = []
    for place in moved[:3]:
        pair = pairs[place]
        assert pair.before is not None
        assert pair.score_before is not None
        assert pair.score_after is not None
        old, new = (signed(score, before.method.signed) for score in (pair.score_before, pair.score_after))
        named.append(f"`{readable(before.tokens[pair.before].text).strip()}` {old} → {new}")
    return f"Of the unchanged tokens, these moved most: {', '.join(named)}."
