"""What a circuit's figures show, in sentences; nothing that they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..figures import percent, percent_within
from ..protocol import AblatedSet, CircuitEdge, CircuitNode, CircuitValidation, Interval
from .graph import Graph

Verdict = Literal["validated", "not validated", "not held out"]

CARRIES, LEAVES, BEATS = 0.8, 0.2, 0.95
"""Bounds of a validated circuit on held-out pairs: the lower end of what it carries, the upper end of what is left
without it, and the share of random sets that it beats."""

FEWEST = 4
"""Distinct pairs from which an interval over them says something; over one it has no width."""

_DOES = {
    "previous token": "looks at the token before",
    "duplicate token": "looks at where the same token stood before",
    "induction": "looks at what followed the same token before",
    "S-inhibition": "looks at the wrong answer from the last token, and changes where the answer's heads look",
    "name mover": "looks at an answer and writes it",
    "copy suppression": "looks at the wrong answer and holds it back",
    "negative mover": "looks at an answer and writes against it",
    "backup": "stands in when the heads that write the answer are gone",
}

_WEIGHTS = {
    "previous": "attention",
    "same": "attention",
    "after_same": "attention",
    "to_right": "attention to the right answer",
    "to_wrong": "attention to the wrong answer",
}
_SHARES = {
    "copies": "of prompts copied",
    "direct": "straight to the logits",
    "into_queries": "through their queries",
    "lost": "lost without it",
    "lost_without_movers": "once they are gone",
}


def verdict(validation: Sequence[CircuitValidation]) -> Verdict:
    """Of held-out pairs; those it was found on prove nothing."""
    held_out = [each for each in validation if each.on == "held-out pairs"]
    if not held_out:
        return "not held out"
    (found,) = held_out
    if found.distinct < FEWEST:
        return "not validated"
    holds = found.faithfulness.low >= CARRIES and found.left_without.high <= LEAVES and found.beaten >= BEATS
    return "validated" if holds else "not validated"


def summary(
    graph: Graph,
    nodes: Sequence[CircuitNode],
    edges: Sequence[CircuitEdge],
    validation: Sequence[CircuitValidation],
    sets: Sequence[AblatedSet],
    decided: Verdict,
) -> list[str]:
    """From what carries the answer to how far that is to be trusted."""
    inside = [node for node in nodes if node.inside]
    heads = sum(node.head is not None for node in inside)
    said = [
        f"{heads} of {graph.layers * graph.heads} heads and {len(inside) - heads} of {graph.layers} MLPs carry "
        f"{_with_range(validation[0].faithfulness)} of the behaviour by themselves; random sets of as many carry "
        f"{_with_range(validation[0].random_sets)}."
    ]
    said += [_of_head(node) for node in nodes if node.classes]
    unknown = [node.name for node in inside if node.head is not None and not node.classes]
    if unknown:
        said.append(f"Of {', '.join(unknown)} no known class is shown.")
    wires = [
        f"{edge.source} → {edge.target}{'' if edge.into in ('mlp', 'logits') else f' ({_INPUTS[edge.into]})'} "
        f"{percent(edge.exact)}"
        for edge in edges[:8]
    ]
    if wires:
        said.append(f"The strongest edges, each patched by itself: {'; '.join(wires)}.")
    for each in sets:
        said.append(
            f"{', '.join(each.nodes)} together: {percent(each.lost.value)} is lost without them, "
            f"{percent(each.sum_of_each)} if what each loses alone is added up."
        )
    said.append(_left(validation[0]))
    said.append(_held_out(validation, decided))
    return said


_INPUTS = {"q": "queries", "k": "keys", "v": "values"}


def _of_head(node: CircuitNode) -> str:
    parts = []
    for found in node.classes:
        figures = ", ".join(
            f"{_WEIGHTS[name]} {value:.2f}" if name in _WEIGHTS else f"{percent(value)} {_SHARES[name]}"
            for name, value in found.evidence.items()
        )
        parts.append(f"{_DOES[found.name]} ({found.name}: {figures})")
    place = "" if node.inside else ", outside the circuit,"
    return f"{node.name}{place} {'; '.join(parts)}."


def _with_range(interval: Interval) -> str:
    return percent_within(interval.value, interval.low, interval.high)


def _left(found: CircuitValidation) -> str:
    return f"Without the circuit {_with_range(found.left_without)} of the behaviour is left."


def _held_out(validation: Sequence[CircuitValidation], decided: Verdict) -> str:
    if decided == "not held out":
        return "No held-out pairs were given: whether this is the circuit of the task or of these prompts is open."
    found = next(each for each in validation if each.on == "held-out pairs")
    figures = (
        f"{_with_range(found.faithfulness)} carried, {_with_range(found.left_without)} left without it, better than "
        f"{percent(found.beaten)} of random sets"
    )
    if found.distinct < FEWEST:
        return f"{found.distinct} distinct held-out pairs are too few to validate it, {FEWEST} are needed: {figures}."
    if decided == "validated":
        return f"On {found.pairs} held-out pairs it holds: {figures}."
    return f"On {found.pairs} held-out pairs it does not hold up: {figures}."
