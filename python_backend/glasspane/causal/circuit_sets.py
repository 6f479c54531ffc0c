"""Nodes ablated together: where heads stand in for one another, what each does alone says little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..protocol import AblatedSet, Interval
from .ablation import AblatedModel
from .anatomy import Anatomy
from .circuit_search import Faithfulness, NodeEffects, bootstrap
from .graph import Node, node_named
from .head_classes import HeadClass


def named_nodes(names: Sequence[str], anatomy: Anatomy) -> list[Node]:
    """Nodes by their names (``9.6``, ``mlp 3``); raises ``bad_option`` for one that there is not."""
    if not names:
        raise GlasspaneError("bad_option", "A set of nodes is empty.", "Name at least one, e.g. 0.0.")
    nodes = []
    for name in names:
        try:
            node = node_named(name)
        except ValueError:
            node = None
        there = node is not None and 0 <= node.layer < anatomy.count
        if not there or node is None or (node.kind == "head" and not 0 <= node.head < anatomy.heads):
            raise GlasspaneError(
                "bad_option",
                f"There is no node {name!r}.",
                f"Name heads as 0.0 to {anatomy.count - 1}.{anatomy.heads - 1}, and MLPs as “mlp 0”.",
            )
        nodes.append(node)
    return nodes


def sets_of_classes(classes: Mapping[Node, Sequence[HeadClass]]) -> list[list[Node]]:
    """Heads of one class, where there are several."""
    by_class: dict[str, list[Node]] = {}
    for head, found in classes.items():
        for each in found:
            by_class.setdefault(each.name, []).append(head)
    return [heads for heads in by_class.values() if len(heads) > 1]


def ablated_sets(
    model: AblatedModel,
    scale: Faithfulness,
    effects: NodeEffects,
    sets: Sequence[list[Node]],
    seed: int,
    report: Report,
) -> list[AblatedSet]:
    """What goes when each set is ablated in the whole model, beside the sum of what each node loses alone."""
    sets = [nodes for place, nodes in enumerate(sets) if nodes not in sets[:place]]
    if not sets:
        return []
    every = frozenset(model.nodes)
    values = model.differences([every, frozenset(), *(every - set(nodes) for nodes in sets)], report)
    drawn = bootstrap(values, seed)
    whole = scale.whole - scale.empty
    result = []
    for place, nodes in enumerate(sets, start=2):
        lost = (drawn[:, 0] - drawn[:, place]) / (drawn[:, 0] - drawn[:, 1])
        low, high = torch.quantile(lost, lost.new_tensor([0.025, 0.975])).tolist()
        result.append(
            AblatedSet(
                nodes=[str(node) for node in nodes],
                lost=Interval(
                    value=float(values[0].mean() - values[place].mean()) / whole, low=low, high=high
                ),
                sum_of_each=sum(effects.lost[node] for node in nodes) / whole,
            )
        )
    return result
