"""Planted circuits against brute force: their wiring is all there is, in float64, over many seeds.

Truth: every node and edge of the model cut into heads, patched or taken away one at a time (see
:mod:`planted_effects`, itself checked in ``test_planted_effects``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from planted_circuits import PlantedCircuit, planted_induction, planted_ioi
from planted_effects import (
    NodeByNode,
    Part,
    ablated_difference,
    edge_effects,
    kept_difference,
    mean_outputs,
    node_effects,
)
from planted_graph import LOGITS, Edge, Node, all_edges, head, writers
from planted_ladder import (
    EXACT,
    HARDER,
    HARDEST,
    INSIDE,
    Direction,
    GradedTruth,
    edge_truth,
    node_truth,
)
from sklearn.metrics import roc_auc_score
from torch import Tensor

Make = Callable[..., PlantedCircuit]
SEEDS = range(20)
DIRECTIONS: tuple[Direction, ...] = ("noising", "denoising")

both = pytest.mark.parametrize("make", [planted_induction, planted_ioi])


def attention(circuit: PlantedCircuit, ids: tuple[int, ...]) -> dict[Node, Tensor]:
    """Per head [query, key], as the model itself computes it."""
    patterns = circuit.model(torch.tensor([ids]), output_attentions=True).attentions
    return {
        head(layer, index): pattern.detach()
        for layer, of_layer in enumerate(patterns)
        for index, pattern in enumerate(of_layer[0])
    }


@both
@pytest.mark.parametrize("seed", SEEDS)
def test_only_planted_parts_have_an_effect(make: Make, seed: int) -> None:
    circuit = make(seed)
    for pair in circuit.pairs(seed, 2):
        for found, planted in (
            (node_effects(circuit, pair), circuit.nodes),
            (edge_effects(circuit, pair), circuit.edges),
        ):
            assert planted < found.noising.keys()
            for effects in (found.noising, found.denoising):
                for part, effect in effects.items():
                    if part in planted:
                        assert effect > 0.9 * found.gap, part  # the answer turns over
                    else:
                        assert abs(effect) < 1e-12, part


@both
@pytest.mark.parametrize("difficulty", list(EXACT))
def test_with_mlps_and_a_negative_head_the_rest_stays_without_effect(make: Make, difficulty: str) -> None:
    circuit = make(3, EXACT[difficulty], layers=4)
    pair = circuit.pairs(0, 1)[0]
    for found, planted in (
        (node_effects(circuit, pair), circuit.nodes),
        (edge_effects(circuit, pair), circuit.edges),
    ):
        for effects in (found.noising, found.denoising):
            assert max(abs(effect) for part, effect in effects.items() if part not in planted) < 1e-12
            assert min(abs(effect) for part, effect in effects.items() if part in planted) > 0.3 * found.gap


@both
@pytest.mark.parametrize("difficulty", list(EXACT))
def test_edges_that_carry_the_same_for_both_prompts_count_once_taken_away(
    make: Make, difficulty: str
) -> None:
    circuit = make(1, EXACT[difficulty])
    pair = circuit.pairs(0, 1)[0]
    edges = all_edges(circuit.model)
    nothing = torch.zeros(len(pair.clean), circuit.model.config.hidden_size, dtype=torch.float64)
    values = NodeByNode(circuit.model).run(pair.clean, [{}, *({edge: nothing} for edge in edges)])
    whole, *without = values.difference(pair).tolist()
    lost = {edge: abs(whole - value) for edge, value in zip(edges, without, strict=True)}
    assert circuit.constant_edges
    assert not circuit.constant_edges & circuit.edges
    wired = circuit.edges | circuit.constant_edges
    assert max(loss for edge, loss in lost.items() if edge not in wired) < 1e-12
    # Faintest: a resting place that nobody needs while there is a match.
    assert min(lost[edge] for edge in wired) > 1e-6
    assert min(lost[edge] for edge in circuit.edges) > 1


@both
@pytest.mark.parametrize("difficulty", [*EXACT, *HARDER, "everything"])
def test_every_prompt_is_answered_right(make: Make, difficulty: str) -> None:
    circuit = make(5, {**EXACT, **HARDER, "everything": HARDEST}[difficulty])
    for held_out in (False, True):
        for pair in circuit.pairs(1, 40, held_out):
            logits = circuit.model(torch.tensor([pair.clean, pair.corrupted])).logits[:, -1]
            assert logits.argmax(-1).tolist() == [pair.right, pair.wrong]


@both
def test_pairs_are_aligned_reproducible_and_readable(make: Make) -> None:
    circuit = make(0)
    pairs = circuit.pairs(7, 30)
    assert pairs == circuit.pairs(7, 30) == make(0).pairs(7, 30)
    assert len(set(pairs)) > 20
    assert not set(pairs) & set(circuit.pairs(8, 30, held_out=True))
    for pair in pairs:
        assert len(pair.clean) == len(pair.corrupted) == circuit.model.config.max_position_embeddings
        assert sorted(pair.clean) != sorted(pair.corrupted) or pair.clean[-1] == pair.corrupted[-1]
        for ids, text in ((pair.clean, pair.clean_text), (pair.corrupted, pair.corrupted_text)):
            assert tuple(circuit.tokenizer(text).input_ids) == ids
            assert circuit.tokenizer.decode(ids, skip_special_tokens=True) == text
            assert circuit.tokenizer.unk_token_id not in ids
        answers = circuit.tokenizer.convert_ids_to_tokens([pair.right, pair.wrong])
        assert answers == [pair.right_word, pair.wrong_word]


def test_heads_of_induction_look_where_their_class_says() -> None:
    for seed in SEEDS:
        circuit = planted_induction(seed)
        of_class = {label: node for node, label in circuit.classes.items()}
        assert set(of_class) == {"previous_token", "induction"}
        for pair in circuit.pairs(seed, 3):
            patterns = attention(circuit, pair.clean)
            assert patterns[of_class["previous_token"]].diagonal(-1).min() > 0.99
            after = pair.clean.index(pair.clean[-1]) + 1
            assert patterns[of_class["induction"]][-1, after] > 0.99


def test_heads_of_the_ioi_chain_look_where_their_class_says() -> None:
    for seed in SEEDS:
        circuit = planted_ioi(seed)
        of_class = {label: node for node, label in circuit.classes.items()}
        assert set(of_class) == {"duplicate_token", "s_inhibition", "name_mover"}
        for pair in circuit.pairs(seed, 3):
            patterns = attention(circuit, pair.clean)
            subject = [place for place, token in enumerate(pair.clean) if token == pair.wrong]
            assert patterns[of_class["duplicate_token"]][subject[1], subject[0]] > 0.99
            assert patterns[of_class["s_inhibition"]][-1, subject[1]] > 0.99
            assert patterns[of_class["name_mover"]][-1, pair.clean.index(pair.right)] > 0.99


@both
def test_the_circuit_alone_is_enough_and_without_it_nothing_is_left(make: Make) -> None:
    circuit = make(2)
    reference = circuit.pairs(11, 60)
    means = mean_outputs(circuit, [pair.corrupted for pair in reference])
    for pair in circuit.pairs(3, 3):
        found = node_effects(circuit, pair)
        for ablation in ("mean", "resample"):
            alone = kept_difference(circuit, pair, circuit.nodes, ablation, means)
            assert alone == pytest.approx(found.clean, abs=1e-12)
            assert kept_difference(circuit, pair, [], ablation, means) == pytest.approx(
                ablated_difference(circuit, pair, circuit.nodes, ablation, means), abs=1e-12
            )
            for node in circuit.nodes:  # minimal: no node can be spared
                less = kept_difference(circuit, pair, circuit.nodes - {node}, ablation, means)
                assert less < 0.7 * found.clean, (node, ablation)
        assert ablated_difference(circuit, pair, circuit.nodes) == pytest.approx(found.corrupted, abs=1e-12)
        assert abs(ablated_difference(circuit, pair, circuit.nodes, "mean", means)) < 0.3 * found.clean


@both
def test_a_backup_hides_what_its_mover_does(make: Make) -> None:
    circuit = make(4, HARDER["backup head"])
    of_class = {label: node for node, label in circuit.classes.items()}
    mover, backup = of_class["name_mover" if make is planted_ioi else "induction"], of_class["backup_mover"]
    assert backup.layer > mover.layer
    means = mean_outputs(circuit, [pair.corrupted for pair in circuit.pairs(11, 60)])
    for pair in circuit.pairs(3, 3):
        found = node_effects(circuit, pair)
        assert abs(found.noising[backup]) < 0.01 * found.gap
        assert ablated_difference(circuit, pair, [backup], "mean", means) > 0.9 * found.clean
        assert ablated_difference(circuit, pair, [mover], "mean", means) > 0.7 * found.clean
        assert ablated_difference(circuit, pair, [mover, backup], "mean", means) < 0.3 * found.clean


@both
def test_a_negative_head_stands_in_the_way(make: Make) -> None:
    circuit = make(4, EXACT["negative head"])
    negative = next(node for node, label in circuit.classes.items() if label == "negative_mover")
    pair = circuit.pairs(3, 1)[0]
    assert node_effects(circuit, pair).noising[negative] < 0
    nothing = {negative: torch.zeros(len(pair.clean), circuit.model.config.hidden_size)}
    values = NodeByNode(circuit.model).run(pair.clean, [{}, nothing]).difference(pair)
    assert values[1] > 1.5 * values[0]


@both
@pytest.mark.wide
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rung", list(HARDER))
def test_harder_circuits_still_have_a_clear_border(make: Make, rung: str, seed: int) -> None:
    circuit = make(seed, HARDER[rung])
    pairs = circuit.pairs(seed, 2)
    for direction in DIRECTIONS:
        has_a_clear_border(node_truth(circuit, pairs, direction), circuit.nodes, rung)
        has_a_clear_border(edge_truth(circuit, pairs, direction), circuit.edges, rung)


def has_a_clear_border(truth: GradedTruth[Part], planted: frozenset[Part], rung: str) -> None:
    assert not truth.too_close
    assert truth.inside
    assert truth.inside <= planted
    assert truth.inside == planted or rung == "backup head"  # which sleeps
    assert min(truth.shares[part] for part in truth.inside) > 0.3
    unplanted = max(share for part, share in truth.shares.items() if part not in planted)
    assert unplanted > 1e-6 or rung == "backup head"  # the difficulty is there


@both
@pytest.mark.wide
@pytest.mark.parametrize("seed", SEEDS)
def test_with_everything_together_nothing_unplanted_is_taken_for_truth(make: Make, seed: int) -> None:
    circuit = make(seed, HARDEST)
    pairs = circuit.pairs(seed, 3)
    nodes, edges = node_truth(circuit, pairs), edge_truth(circuit, pairs)
    assert max(s for node, s in nodes.shares.items() if node not in circuit.nodes) < INSIDE
    assert max(s for edge, s in edges.shares.items() if edge not in circuit.edges) < INSIDE
    chain = {
        node for node, label in circuit.classes.items() if label not in ("negative_mover", "backup_mover")
    }
    assert chain <= nodes.inside
    assert len(edges.too_close) <= 10 < len(edges.outside)
    assert sum(edges.labels().values()) == len(edges.inside) >= 5
    assert min(edges.shares[edge] for edge in edges.inside) >= INSIDE


@both
def test_neither_size_nor_an_axis_gives_the_circuit_away(make: Make) -> None:
    """Rank by how much each head can write (‖W_V W_O‖), does write, or attends to one place: no better than chance."""
    scores: dict[str, list[float]] = {"weights": [], "writes": [], "attention": []}
    for seed in SEEDS:
        circuit = make(seed, heads=6)
        pair = circuit.pairs(seed, 1)[0]
        nodes = writers(circuit.model)
        run, patterns = NodeByNode(circuit.model).run(pair.clean), attention(circuit, pair.clean)
        ranked: dict[str, list[float]] = {"weights": [], "writes": [], "attention": []}
        for node in nodes:
            block = circuit.model.blocks[node.layer].self_attn
            rows = block.dimensions(node.head)
            value, output = block.v_proj.weight[rows], block.o_proj.weight[:, rows]
            assert value.norm(dim=0).min() > 1e-4  # every axis is read
            assert output.norm(dim=1).min() > 1e-4  # and written
            ranked["weights"].append(float((output @ value).detach().norm()))
            ranked["writes"].append(float(run.outputs[node].norm()))
            ranked["attention"].append(float(patterns[node].max(-1).values.mean()))
        for name, of_nodes in ranked.items():
            scores[name].append(roc_auc_score([node in circuit.nodes for node in nodes], of_nodes))
    found = {name: float(np.mean(values)) for name, values in scores.items()}
    assert all(0.3 < score < 0.7 for score in found.values()), found


@both
def test_the_graph_has_every_edge_once_and_none_back(make: Make) -> None:
    circuit = make(0, EXACT["relaying MLP"], layers=4, heads=3)
    edges = all_edges(circuit.model)
    heads, layers = 3, 4
    into_heads = sum(3 * heads * (1 + layer * (heads + 1)) for layer in range(layers))
    into_mlps = sum(1 + layer * (heads + 1) + heads for layer in range(layers))
    assert len(set(edges)) == len(edges) == into_heads + into_mlps + 1 + layers * (heads + 1)
    assert circuit.edges | circuit.constant_edges <= set(edges)
    assert Edge(head(1, 0), head(1, 1), "q") not in edges
    assert any(edge.target == LOGITS for edge in circuit.edges)
