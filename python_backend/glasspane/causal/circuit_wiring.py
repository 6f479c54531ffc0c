"""How a circuit's nodes are wired: edges estimated, those that matter computed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from ..kernel.progress import Report
from ..protocol import CircuitEdge
from ..subjects.architecture import Meter
from .circuit_search import Faithfulness
from .edge_attribution import edge_scores
from .exact_edges import ExactEdges
from .graph import Edge, Graph, Node
from .node_writes import changes
from .runs import PairOfRuns

EDGES = 60
"""Most edges that are computed exactly and shown."""

EDGE_MATTERS = 0.02
"""Share of the behaviour from which an edge's estimate is followed up."""


def wiring(
    runs: Sequence[PairOfRuns],
    graph: Graph,
    nodes: Sequence[Node],
    scale: Faithfulness,
    steps: int,
    meter: Meter,
    report: Report,
) -> list[CircuitEdge]:
    """Edges among ``nodes``, embedding and logits, strongest first; means over ``runs``, in shares of the behaviour.

    Raises ``unsupported_model`` where it cannot be seen what makes each head's queries, keys and values.
    """
    whole = scale.whole - scale.empty
    scores = _estimated(runs, graph, nodes, steps, whole, meter, report)
    likely = sorted(scores, key=lambda edge: -abs(scores[edge]))[:EDGES]
    likely = [edge for edge in likely if abs(scores[edge]) >= EDGE_MATTERS]
    exact = dict.fromkeys(likely, 0.0)
    for index, run in enumerate(runs):
        report(0.6 + 0.4 * index / len(runs), "computing edges")
        with torch.no_grad():
            one = ExactEdges(run, graph, changes(run.anatomy, run.base, run.other))
            for edge in likely:
                exact[edge] += one.effect(edge) / len(runs) / whole
    shown = [edge for edge in likely if abs(exact[edge]) >= EDGE_MATTERS / 2]
    return [
        CircuitEdge(
            source=str(edge.source),
            target=str(edge.target),
            into=edge.into,
            estimated=scores[edge],
            exact=exact[edge],
        )
        for edge in sorted(shown, key=lambda edge: -abs(exact[edge]))
    ]


def _estimated(
    runs: Sequence[PairOfRuns],
    graph: Graph,
    nodes: Sequence[Node],
    steps: int,
    whole: float,
    meter: Meter,
    report: Report,
) -> dict[Edge, float]:
    sources, targets = {graph.embed, *nodes}, {graph.logits, *nodes}
    group = graph.heads // graph.key_value_heads
    if group > 1:  # keys and values stand at the first head of their group
        targets |= {
            replace(node, head=node.head - node.head % group) for node in nodes if node.kind == "head"
        }
    scores: dict[Edge, float] = {}
    for index, run in enumerate(runs):
        report(0.6 * index / len(runs), "estimating edges")
        for edge, score in edge_scores(run, steps, meter).items():
            if edge.source in sources and edge.target in targets:
                scores[edge] = scores.get(edge, 0.0) + score / len(runs) / whole
    return scores
