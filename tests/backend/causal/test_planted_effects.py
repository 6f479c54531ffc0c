"""The brute-force oracle against the model's own code, reached by hooks, and against sums written out."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from planted_circuits import Pair, PlantedCircuit, planted_induction, planted_ioi
from planted_effects import NodeByNode, edge_effects, mean_outputs, node_effects
from planted_graph import EMBEDDING, LOGITS, Edge, Node, all_edges, head, writers, writes_before
from planted_ladder import EXACT, HARDER, HARDEST
from planted_transformer import PlantedMLP
from torch import Tensor, nn

Make = Callable[..., PlantedCircuit]
EVERY = {**EXACT, **HARDER, "everything": HARDEST}

both = pytest.mark.parametrize("make", [planted_induction, planted_ioi])
every = pytest.mark.parametrize("difficulty", list(EVERY))


def difference(circuit: PlantedCircuit, ids: tuple[int, ...], pair: Pair) -> float:
    logits = circuit.model(torch.tensor([ids])).logits[0, -1]
    return (logits[pair.right] - logits[pair.wrong]).item()


@both
@every
def test_its_logits_are_the_models_own(make: Make, difficulty: str) -> None:
    circuit = make(6, EVERY[difficulty])
    for pair in circuit.pairs(0, 4):
        expected = circuit.model(torch.tensor([pair.clean])).logits
        assert (NodeByNode(circuit.model).run(pair.clean).logits - expected).abs().max() < 1e-12


@both
@every
def test_its_outputs_add_up_to_the_models_stream(make: Make, difficulty: str) -> None:
    circuit = make(6, EVERY[difficulty])
    pair = circuit.pairs(0, 1)[0]
    hidden = circuit.model(torch.tensor([pair.clean]), output_hidden_states=True).hidden_states
    outputs = NodeByNode(circuit.model).run(pair.clean).of_row()
    for layer in range(circuit.model.config.num_hidden_layers):
        before = [written for node, written in outputs.items() if node.layer < layer]
        assert (torch.stack(before).sum(0) - hidden[layer][0]).abs().max() < 1e-12


@both
@every
def test_node_effects_are_those_of_hooks(make: Make, difficulty: str) -> None:
    circuit = make(6, EVERY[difficulty])
    pair = circuit.pairs(0, 1)[0]
    found = node_effects(circuit, pair)
    for node in writers(circuit.model):
        patched = difference_with_output_of(circuit, pair, node)
        assert found.noising[node] == pytest.approx(found.clean - patched, abs=1e-11)


def difference_with_output_of(circuit: PlantedCircuit, pair: Pair, node: Node) -> float:
    """The clean prompt's, with one head's (or MLP's) output as it is for the corrupted prompt, by hooks."""
    block = circuit.model.blocks[node.layer]
    attention = block.self_attn
    module = block.mlp.down_proj if isinstance(block.mlp, PlantedMLP) else attention.o_proj
    columns = slice(None)
    if node.kind == "head":
        module, columns = attention.o_proj, attention.dimensions(node.head)
    kept: list[Tensor] = []

    def put_in(_module: nn.Module, given: tuple[Tensor]) -> tuple[Tensor]:
        changed = given[0].clone()
        changed[..., columns] = kept[0][..., columns]
        return (changed,)

    handle = module.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
    difference(circuit, pair.corrupted, pair)
    handle.remove()
    handle = module.register_forward_pre_hook(put_in)
    try:
        return difference(circuit, pair.clean, pair)
    finally:
        handle.remove()


@both
@every
def test_edge_effects_are_those_of_hooks(make: Make, difficulty: str) -> None:
    circuit = make(6, EVERY[difficulty])
    pair = circuit.pairs(0, 1)[0]
    found = edge_effects(circuit, pair)
    runner = NodeByNode(circuit.model)
    clean, corrupted = (runner.run(ids).of_row() for ids in (pair.clean, pair.corrupted))
    edges = all_edges(circuit.model)
    for edge in [*circuit.edges, *random.Random(0).sample(edges, 40)]:
        change = corrupted[edge.source] - clean[edge.source]
        patched = difference_with_edge_changed(circuit, pair, edge, change)
        assert found.noising[edge] == pytest.approx(found.clean - patched, abs=1e-11), edge


def difference_with_edge_changed(circuit: PlantedCircuit, pair: Pair, edge: Edge, change: Tensor) -> float:
    """The clean prompt's, with ``change`` [token, dim] added to what the edge's target reads, by hooks."""
    model = circuit.model.model
    if edge.target == LOGITS:
        return with_hook(
            circuit, pair, model.norm, lambda norm, given, _: type(norm).forward(norm, given[0] + change)
        )
    block = circuit.model.blocks[edge.target.layer]
    if edge.target.kind == "mlp":
        norm = block.post_attention_layernorm
        return with_hook(
            circuit, pair, norm, lambda norm, given, _: type(norm).forward(norm, given[0] + change)
        )
    stream: list[Tensor] = []
    handle = block.input_layernorm.register_forward_pre_hook(lambda _, given: stream.append(given[0]))
    rows = block.self_attn.dimensions(edge.target.head)

    def reread(project: Any, _given: Any, output: Tensor) -> Tensor:
        norm = block.input_layernorm
        changed = type(norm).forward(norm, stream[-1] + change) @ project.weight.T
        output = output.clone()
        output[..., rows] = changed[..., rows]
        return output

    try:
        return with_hook(circuit, pair, getattr(block.self_attn, f"{edge.into}_proj"), reread)
    finally:
        handle.remove()


def with_hook(circuit: PlantedCircuit, pair: Pair, module: nn.Module, hook: Any) -> float:
    handle = module.register_forward_hook(hook)
    try:
        return difference(circuit, pair.clean, pair)
    finally:
        handle.remove()


@both
def test_an_edges_input_is_the_plain_sum_of_chosen_outputs(make: Make) -> None:
    """Written out for queries: q of a head is W_Q times the sum of what every earlier node wrote."""
    circuit = make(8, HARDEST)
    pair = circuit.pairs(0, 1)[0]
    runner = NodeByNode(circuit.model)
    clean, corrupted = (runner.run(ids).of_row() for ids in (pair.clean, pair.corrupted))
    target = head(circuit.model.config.num_hidden_layers - 1, 1)
    block = circuit.model.blocks[target.layer]
    size, rows = block.self_attn.head_dim, block.self_attn.dimensions(target.head)
    earlier = [node for node in (EMBEDDING, *writers(circuit.model)) if writes_before(node, target)]
    for swapped in earlier:
        read = torch.stack([(corrupted if node == swapped else clean)[node] for node in earlier]).sum(0)
        query = block.input_layernorm(read) @ block.self_attn.q_proj.weight[rows].T
        plain = block.input_layernorm(torch.stack([clean[node] for node in earlier]).sum(0))
        key, value = (
            plain @ part.weight[rows].T for part in (block.self_attn.k_proj, block.self_attn.v_proj)
        )
        scores = query @ key.T / size**0.5
        mask = torch.ones(scores.shape, dtype=torch.bool).tril()
        z = scores.masked_fill(~mask, -torch.inf).softmax(-1) @ value
        expected = z @ block.self_attn.o_proj.weight[:, rows].T
        run = runner.run(pair.clean, [{Edge(swapped, target, "q"): corrupted[swapped]}])
        assert (run.outputs[target][0] - expected).abs().max() < 1e-12


@both
def test_rows_do_not_touch_each_other(make: Make) -> None:
    circuit = make(0, HARDEST)
    pair = circuit.pairs(0, 1)[0]
    runner = NodeByNode(circuit.model)
    other = runner.run(pair.corrupted).of_row()
    edges = list(circuit.edges)
    changes = [{edge: other[edge.source]} for edge in edges]
    together = runner.run(pair.clean, changes).difference(pair)
    alone = torch.cat([runner.run(pair.clean, [change]).difference(pair) for change in changes])
    assert (together - alone).abs().max() < 1e-12


@both
def test_all_nodes_or_all_edges_together_are_the_other_run(make: Make) -> None:
    circuit = make(0, HARDEST)
    pair = circuit.pairs(0, 1)[0]
    runner = NodeByNode(circuit.model)
    corrupted = runner.run(pair.corrupted)
    other = corrupted.of_row()
    for everything in (
        {node: other[node] for node in (EMBEDDING, *writers(circuit.model))},
        {edge: other[edge.source] for edge in all_edges(circuit.model)},
    ):
        found = runner.run(pair.clean, [everything])
        assert (found.logits - corrupted.logits).abs().max() < 1e-11


@both
def test_means_are_over_prompts_position_by_position(make: Make) -> None:
    circuit = make(0)
    prompts = [pair.clean for pair in circuit.pairs(0, 5)]
    means = mean_outputs(circuit, prompts)
    hidden = circuit.model(torch.tensor(prompts), output_hidden_states=True).hidden_states
    assert (means[EMBEDDING] - hidden[0].mean(0)).abs().max() < 1e-12
    first = torch.stack([written for node, written in means.items() if node.layer <= 0]).sum(0)
    assert (first - hidden[1].mean(0)).abs().max() < 1e-12
