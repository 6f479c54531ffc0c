"""What the heads of a circuit do, as far as figures show it: classes of Wang et al. 2022 (arXiv:2211.00593).

A class is named only where every figure that stands for it is beyond its bound; the figures come with it. A head of
which none is named has no known class, which says nothing against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..kernel.progress import Report, part_of
from ..subjects.architecture import Meter
from .ablation import AblatedModel
from .circuit_search import Faithfulness, NodeEffects
from .exact_edges import ExactEdges
from .graph import Edge, Graph, Node
from .node_writes import changes
from .patterns import looks, patterns, repeated_runs
from .runs import PairOfRuns
from .unembedding import unembedded

LOOKS_THERE = 0.4
"""Mean attention weight from which a head is said to look somewhere."""

MATTERS = 0.05
"""Share of the whole behaviour from which an effect is said to be one."""

COPIES = 0.5
"""Share of prompts in which what a head writes makes what it looks at one of the :data:`TOP` likeliest tokens."""

TOP = 5


@dataclass(frozen=True)
class HeadClass:
    """A class, with the figures that it rests on."""

    name: str
    evidence: dict[str, float]


@dataclass(frozen=True)
class HeadFigures:
    """Of one head, means over pairs. Effects are shares of the behaviour (the logit difference with all nodes at work
    less that with none): ``direct`` through the head's own edge to the logits, ``into_queries`` of the heads that
    write the answer, ``lost`` without it, ``lost_without_movers`` when those heads are ablated already. The others are
    attention weights of the last position, and ``copies`` a share of prompts."""

    previous: float
    same: float
    after_same: float
    to_right: float
    to_wrong: float
    copies: float
    direct: float
    into_queries: float
    lost: float
    lost_without_movers: float


def classes_of(figures: HeadFigures) -> list[HeadClass]:
    """Every class whose figures are there, in the order of the circuit's work."""
    f = figures
    rows = (
        ("previous token", ("previous",), f.previous >= LOOKS_THERE),
        ("duplicate token", ("same",), f.same >= LOOKS_THERE),
        ("induction", ("after_same",), f.after_same >= LOOKS_THERE),
        (
            "S-inhibition",
            ("into_queries", "to_wrong"),
            f.into_queries >= MATTERS and f.to_wrong >= LOOKS_THERE and abs(f.direct) < f.into_queries,
        ),
        (
            "name mover",
            ("direct", "to_right", "copies"),
            f.direct >= MATTERS and f.to_right + f.to_wrong >= LOOKS_THERE and f.copies >= COPIES,
        ),
        (
            "copy suppression",  # McDougall et al. 2023, arXiv:2310.04625
            ("direct", "to_wrong", "copies"),
            f.direct >= MATTERS and f.to_wrong >= LOOKS_THERE and f.copies < COPIES,
        ),
        (
            "negative mover",
            ("direct", "to_right"),
            f.direct <= -MATTERS and f.to_right + f.to_wrong >= LOOKS_THERE,
        ),
        (
            "backup",
            ("lost", "lost_without_movers"),
            f.lost_without_movers - f.lost >= MATTERS and f.lost_without_movers >= 2 * f.lost,
        ),
    )
    return [
        HeadClass(name, {figure: getattr(f, figure) for figure in shown})
        for name, shown, holds in rows
        if holds
    ]


def head_figures(
    model: AblatedModel,
    runs: Sequence[PairOfRuns],
    graph: Graph,
    heads: Sequence[Node],
    effects: NodeEffects,
    scale: Faithfulness,
    seed: int,
    meter: Meter,
    report: Report,
) -> dict[Node, HeadFigures]:
    """Figures of ``heads``, a circuit's, and of others that matter, alone or once the answer's writers are gone."""
    anatomy, whole = runs[0].anatomy, scale.whole - scale.empty
    report(0.0, "what heads look at")
    on_prompts = looks(anatomy, [each.other for each in runs])
    on_random = looks(anatomy, repeated_runs(anatomy, runs[0].other.given, seed, meter))
    report(0.1, "what heads write")
    edges = [ExactEdges(each, graph, changes(anatomy, each.base, each.other)) for each in runs]

    def effect(edge: Edge) -> float:
        return sum(exact.effect(edge) for exact in edges) / len(edges) / whole

    every = [node for node in model.nodes if node.kind == "head"]
    straight = [exact.on_logits(every) for exact in edges]
    direct = {head: sum(one[head] for one in straight) / len(edges) / whole for head in every}
    movers = [head for head in heads if direct[head] >= MATTERS]
    lost_then = _lost_without(model, movers, every, whole, part_of(report, 0.3, 0.5))
    looked_at = [
        head
        for head in every
        if head in heads
        or max(effects.size(head) / whole, abs(direct[head])) >= MATTERS
        or lost_then[head] - effects.lost[head] / whole >= MATTERS
    ]
    figures = {}
    for place, head in enumerate(looked_at):
        report(0.5 + 0.5 * place / len(looked_at), "what heads do")
        into = [Edge(head, mover, "q") for mover in movers if graph.writes_before(head, mover)]
        to_right, to_wrong, copies = _at_the_end(runs, head)
        figures[head] = HeadFigures(
            previous=_both(on_prompts.previous, on_random.previous, head),
            same=_both(on_prompts.same, on_random.same, head),
            after_same=_both(on_prompts.after_same, on_random.after_same, head),
            to_right=to_right,
            to_wrong=to_wrong,
            copies=copies,
            direct=direct[head],
            into_queries=sum(map(effect, into)),
            lost=effects.lost[head] / whole,
            lost_without_movers=lost_then[head],
        )
    return figures


def _lost_without(
    model: AblatedModel, movers: Sequence[Node], heads: Sequence[Node], whole: float, report: Report
) -> dict[Node, float]:
    """What each head's ablation loses when ``movers`` are ablated already."""
    rest = frozenset(model.nodes) - set(movers)
    values = model.differences([rest, *(rest - {head} for head in heads)], report).mean(1)
    return dict(zip(heads, ((values[0] - values[1:]) / whole).tolist(), strict=True))


def _both(prompts: Tensor, random: Tensor, head: Node) -> float:
    """The larger of both: words of a prompt mean something, random tokens are many."""
    values = torch.stack([prompts[head.layer, head.head], random[head.layer, head.head]])
    return float(values.nan_to_num(0.0).max())


def _at_the_end(runs: Sequence[PairOfRuns], head: Node) -> tuple[float, float, float]:
    """(attention of the last position to the right answer, to the wrong one, share of prompts it is copied in)."""
    right = wrong = copies = 0.0
    for each in runs:
        clean = each.other
        weights = patterns(each.anatomy, clean, head.layer)[head.head, -1]
        ids = clean.given.ids[0]
        right += float(weights[ids == each.right].sum())
        wrong += float(weights[ids == each.wrong].sum())
        z = torch.zeros_like(clean.layers[head.layer].z[-1:])
        nothing = each.anatomy.writes(head.layer, z)
        z[:, head.head] = clean.layers[head.layer].z[-1:, head.head]
        written = each.anatomy.writes(head.layer, z) - nothing
        logits = unembedded(each.anatomy, written[None], clean.given.ids)[0, 0]
        likeliest = torch.topk(logits, TOP).indices
        copies += float(ids[int(weights.argmax())] in likeliest)
    return right / len(runs), wrong / len(runs), copies / len(runs)
