"""Which nodes make a circuit: ranked by their exact effects, then left out for as long as the answer stands.

A node's effect is looked for in both directions: what is lost when it alone is ablated, and what comes back when it
alone is restored to the corrupted run. Backups hide the first, and redundancy the second. Estimates only order what
is tried; every step is taken by an exact run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from ..errors import GlasspaneError
from ..kernel.progress import Report, part_of
from .ablation import AblatedModel
from .cells import Cell
from .graph import Node
from .runs import PairOfRuns
from .sweep import SuffixSweep


@dataclass(frozen=True)
class NodeEffects:
    """Per node, in logits, the mean over pairs of what is ``lost`` without it and what it ``restores`` alone."""

    lost: dict[Node, float]
    restores: dict[Node, float]

    def size(self, node: Node) -> float:
        return max(abs(self.lost[node]), abs(self.restores[node]))


def node_effects(model: AblatedModel, runs: Iterable[PairOfRuns], report: Report) -> NodeEffects:
    """Exact effects of every head and MLP at all positions; ``runs`` are those of the model's pairs, in full."""
    every = frozenset(model.nodes)
    sets = [every, *(every - {node} for node in model.nodes)]
    whole, *without = model.differences(sets, part_of(report, 0.0, 0.6)).mean(1).tolist()
    lost = {node: whole - value for node, value in zip(model.nodes, without, strict=True)}
    restores = dict.fromkeys(model.nodes, 0.0)
    count = model.pairs
    for index, each in enumerate(runs):
        cells = {node: _cell(node) for node in model.nodes}
        sweep = SuffixSweep(each.anatomy, each.base, each.other, each.first, each.metric)
        done = part_of(report, 0.6 + 0.4 * index / count, 0.6 + 0.4 * (index + 1) / count)
        values = sweep.values(list(cells.values()), done)
        for node, cell in cells.items():
            restores[node] += (values[cell] - each.base_value) / count
    return NodeEffects(lost, restores)


def _cell(node: Node) -> Cell:
    if node.kind == "mlp":
        return Cell("mlp_out", node.layer, None, None)
    return Cell("z", node.layer, node.head, None)


@dataclass(frozen=True)
class Faithfulness:
    """Scales a set's logit difference: 0 with every node ablated, 1 with all at work."""

    whole: float
    empty: float

    def of(self, difference: float) -> float:
        return (difference - self.empty) / (self.whole - self.empty)


def scale_of(model: AblatedModel, report: Report) -> Faithfulness:
    """Raises ``no_circuit`` where the nodes together make no difference for the better."""
    whole, empty = model.differences([frozenset(model.nodes), frozenset()], report).mean(1).tolist()
    if whole - empty <= 1e-3 * max(abs(whole), abs(empty), 1e-6) or whole <= 0:
        raise GlasspaneError(
            "no_circuit",
            f"With all of its heads and MLPs at work the model favours the right answer by {whole:.3g} logits, with "
            f"all of them ablated by {empty:.3g}: there is no behaviour here that a circuit could carry.",
            "Choose prompts that the model answers rightly, and answers that the pairs tell apart.",
        )
    return Faithfulness(whole, empty)


def smallest_circuit(
    model: AblatedModel, effects: NodeEffects, scale: Faithfulness, enough: float, report: Report
) -> list[Node]:
    """Nodes that keep at least ``enough`` of the behaviour; none can be left out without falling below.

    The weakest are left out together, as many as can be (by bisection), and the others one by one, weakest first.
    """
    order = sorted(model.nodes, key=effects.size)

    def stands(nodes: Sequence[Node], done: float) -> bool:
        values = model.differences([frozenset(nodes)], part_of(report, done, done))
        return scale.of(float(values.mean())) >= enough

    low, high = 0, len(order)
    while low < high:  # `low` can be left out; more than `high` cannot
        middle = (low + high + 1) // 2
        if stands(order[middle:], 0.1):
            low = middle
        else:
            high = middle - 1
    kept = order[low:]
    changed = True
    while changed:
        changed = False
        for place, node in enumerate(list(kept)):
            report(0.2 + 0.8 * place / max(1, len(order)), f"leaving nodes out, {len(kept)} are left")
            rest = [other for other in kept if other != node]
            if stands(rest, 0.2 + 0.8 * place / len(order)):
                kept, changed = rest, True
    return sorted(kept)


def bootstrap(values: torch.Tensor, seed: int, draws: int = 1000) -> torch.Tensor:
    """Means [draw, set] of ``values`` [set, pair] over pairs drawn with replacement, the same pairs for every set."""
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.randint(values.shape[1], (draws, values.shape[1]), generator=chance)
    return values[:, chosen].mean(2).T
