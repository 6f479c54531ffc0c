"""Whether a set of nodes is the circuit: enough by itself, nothing much left without it, nothing in it to spare.

Faithfulness, completeness and minimality follow Wang et al. 2022 (arXiv:2211.00593), scaled so that 0 is every node
ablated and 1 the whole model, with 95 % bootstrap intervals over pairs, beside random sets of as many nodes of a kind.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..kernel.progress import Report, part_of
from .ablation import AblatedModel
from .circuit_search import bootstrap
from .graph import Node


@dataclass(frozen=True)
class Estimate:
    """A mean over pairs and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Validation:
    """On one set of pairs.

    ``faithfulness``: of the circuit alone. ``left_without``: of the model without the circuit (complete circuits leave
    nothing). ``minimality``: per node, the share of the behaviour that is lost when the circuit goes without it.
    ``random_sets``: faithfulness of random sets of as many nodes of each kind, mean and 95 % range; ``beaten``: the
    share of them that the circuit beats.
    """

    pairs: int
    faithfulness: Estimate
    left_without: Estimate
    minimality: dict[Node, Estimate]
    random_sets: Estimate
    beaten: float


def validated(
    model: AblatedModel, circuit: Sequence[Node], sets: int, seed: int, report: Report
) -> Validation:
    """Run the circuit, its complement, it without each node, and ``sets`` random ones."""
    every, nodes = frozenset(model.nodes), frozenset(circuit)
    chance = random.Random(seed)
    by_chance = [_random_set(model.nodes, nodes, chance) for _ in range(sets)]
    asked = [every, frozenset(), nodes, every - nodes, *(nodes - {node} for node in circuit), *by_chance]
    values = model.differences(asked, part_of(report, 0.0, 1.0))
    draws = bootstrap(values, seed)
    shares, drawn = _scaled(values.mean(1)[None])[0], _scaled(draws)
    estimates = [
        Estimate(float(share), *torch.quantile(drawn[:, index], drawn.new_tensor([0.025, 0.975])).tolist())
        for index, share in enumerate(shares)
    ]
    lost = shares[2] - shares[4 : 4 + len(circuit)]
    lost_drawn = drawn[:, 2:3] - drawn[:, 4 : 4 + len(circuit)]
    minimality = {
        node: Estimate(
            float(lost[place]),
            *torch.quantile(lost_drawn[:, place], drawn.new_tensor([0.025, 0.975])).tolist(),
        )
        for place, node in enumerate(circuit)
    }
    chosen = shares[4 + len(circuit) :]
    low, high = torch.quantile(chosen, chosen.new_tensor([0.025, 0.975])).tolist()
    return Validation(
        int(values.shape[1]),
        estimates[2],
        estimates[3],
        minimality,
        Estimate(float(chosen.mean()), low, high),
        float((chosen < shares[2]).double().mean()),
    )


def _scaled(values: Tensor) -> Tensor:
    """[draw, set] as shares of the whole (set 0) over nothing (set 1)."""
    whole, empty = values[:, :1], values[:, 1:2]
    return (values - empty) / (whole - empty)


def _random_set(nodes: Sequence[Node], circuit: frozenset[Node], chance: random.Random) -> frozenset[Node]:
    """As many heads and MLPs, but not the circuit itself, which small models would often draw."""
    for _ in range(100):
        chosen: list[Node] = []
        for kind in ("head", "mlp"):
            there = [node for node in nodes if node.kind == kind]
            chosen += chance.sample(there, sum(node.kind == kind for node in circuit))
        if frozenset(chosen) != circuit:
            break
    return frozenset(chosen)
