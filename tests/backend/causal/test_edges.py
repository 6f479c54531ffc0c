"""Edges. Truth: planted circuits run node by node, the chain rule, and finite differences of one head's input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pairs import FAMILIES, runs_of, subject_of
from planted_circuits import Pair, PlantedCircuit, planted_induction, planted_ioi
from planted_effects import edge_effects, node_effects
from planted_ladder import HARDER, HARDEST, edge_truth
from sklearn.metrics import roc_auc_score

import glasspane as gp
from glasspane.causal.anatomy import Anatomy
from glasspane.causal.cells import Cell
from glasspane.causal.edge_attribution import edge_scores, watched_projections
from glasspane.causal.estimate import gradients
from glasspane.causal.exact_edges import ExactEdges
from glasspane.causal.graph import Edge, Graph, Node
from glasspane.causal.node_writes import changes, graph_of
from glasspane.causal.recording import record
from glasspane.causal.runs import PairOfRuns, run_pair
from glasspane.causal.sweep import SuffixSweep
from glasspane.kernel.progress import silent
from glasspane.protocol import PatchRequest, PromptPair, TextPrompt
from glasspane.subjects.architecture import Meter
from glasspane.subjects.guard import unharmed


@contextmanager
def planted_runs(circuit: PlantedCircuit, pair: Pair) -> Iterator[PairOfRuns]:
    """The pair's runs as a request gives them, the corrupted one differentiable."""
    subject = gp.subject(circuit.model, circuit.tokenizer)
    asked = _asked(pair)
    with unharmed(subject):
        yield run_pair(subject, Anatomy(subject), PatchRequest(pairs=[asked]), asked, None, Meter())


def _asked(pair: Pair) -> PromptPair:
    return PromptPair(
        clean=TextPrompt(text=pair.clean_text),
        corrupted=TextPrompt(text=pair.corrupted_text),
        right=pair.right,
        wrong=pair.wrong,
    )


def plain(node: Any) -> Node:
    """A node of the planted graph as ours."""
    kind = {"embedding": "embed"}.get(node.kind, node.kind)
    return Node(-1 if kind == "embed" else node.layer, kind, node.head)


def detached(runs: PairOfRuns) -> PairOfRuns:
    return replace(runs, base=runs.base.detached(), other=runs.other.detached())


def ours(edge: Any, graph: Graph) -> Edge:
    target = graph.logits if edge.target.kind == "logits" else plain(edge.target)
    return Edge(plain(edge.source), target, edge.into)


@pytest.mark.parametrize("make", [planted_induction, planted_ioi])
@pytest.mark.parametrize("difficulty", [None, *HARDER.values(), HARDEST])
def test_exact_edges_and_nodes_are_those_of_a_run_node_by_node(make: Any, difficulty: Any) -> None:
    circuit = make(3) if difficulty is None else make(3, difficulty)
    (pair,) = circuit.pairs(0, 1)
    with planted_runs(circuit, pair) as runs:
        runs = detached(runs)
        graph = graph_of(runs.anatomy, runs.base)
        edges = ExactEdges(runs, graph, changes(runs.anatomy, runs.base, runs.other))
        truth = edge_effects(circuit, pair).denoising
        found = {edge: edges.effect(ours(edge, graph)) for edge in truth}
        np.testing.assert_allclose(list(found.values()), list(truth.values()), rtol=0, atol=1e-9)
        nodes = node_effects(circuit, pair).denoising
        cells = {
            node: Cell("z", node.layer, node.head, None)
            if node.kind == "head"
            else Cell("mlp_out", node.layer, None, None)
            for node in nodes
        }
        sweep = SuffixSweep(runs.anatomy, runs.base, runs.other, runs.first, runs.metric)
        values = sweep.values(list(cells.values()), silent)
        moved = [values[cell] - runs.base_value for cell in cells.values()]
        np.testing.assert_allclose(moved, list(nodes.values()), rtol=0, atol=1e-9)


def _auroc(circuit: PlantedCircuit, steps: int, count: int) -> float:
    """Of edges found by attribution, against those whose exact effect is inside and outside."""
    pairs = circuit.pairs(1, count)
    totals: dict[Edge, float] = {}
    for pair in pairs:
        with planted_runs(circuit, pair) as runs:
            for edge, score in edge_scores(runs, steps, Meter()).items():
                totals[edge] = totals.get(edge, 0.0) + score
            graph = graph_of(runs.anatomy, runs.base)
    truth = edge_truth(circuit, pairs, "denoising").labels()
    scores = [abs(totals[ours(edge, graph)]) for edge in truth]
    return float(roc_auc_score(list(truth.values()), scores))


@pytest.mark.parametrize("make", [planted_induction, planted_ioi])
def test_attribution_finds_every_planted_edge_before_any_other(make: Any) -> None:
    """AUROC 1 over twenty seeds, to the rounding of a sum."""
    found = [_auroc(make(seed), steps=5, count=2) for seed in range(20)]
    assert min(found) > 1 - 1e-9


@pytest.mark.parametrize("name", [*HARDER, "hardest"])
def test_attribution_finds_the_edges_of_harder_models(name: str) -> None:
    difficulty = HARDER.get(name, HARDEST)
    found = [_auroc(planted_ioi(seed, difficulty), steps=5, count=2) for seed in range(4)]
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize("family", FAMILIES)
def test_slopes_of_all_inputs_add_up_to_the_streams(family: str) -> None:
    """The chain rule: the metric's slope by the first stream is the sum over all inputs that read it."""
    subject = subject_of(family)
    with unharmed(subject):
        runs = runs_of(subject, 3)
        scores = edge_scores(runs, 1, Meter())
        graph = graph_of(runs.anatomy, runs.base)
        with torch.enable_grad():
            base = record(runs.anatomy, runs.base.given)
        slope = gradients(base, runs.metric)[0]["resid_pre"]
        change = runs.other.layers[0].resid_pre - runs.base.layers[0].resid_pre
        direct = sum(score for edge, score in scores.items() if edge.source == graph.embed)
    # Transformers takes RMS norms in float32.
    assert direct == pytest.approx(float((change * slope).sum()), rel=1e-5, abs=1e-5)


def test_a_run_whose_projections_were_watched_need_not_be_repeated() -> None:
    """The same scores, from one pass less."""
    circuit = planted_ioi(1, HARDEST)
    (pair,) = circuit.pairs(0, 1)
    with planted_runs(circuit, pair) as run:
        counted, again = Meter(), Meter()
        expected = edge_scores(run, 1, counted)
        subject = run.anatomy.subject
        request = PatchRequest(pairs=[_asked(pair)])
        watched = watched_projections(run.anatomy)
        once = run_pair(subject, run.anatomy, request, _asked(pair), None, Meter(), watched=watched)
        found = edge_scores(once, 1, again)
    assert (counted.forwards, again.forwards) == (1, 0)
    np.testing.assert_allclose(list(found.values()), list(expected.values()), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("family", "into"), [(f, i) for f in ("gpt2", "llama", "neox", "qwen3") for i in "qkv"]
)
def test_an_edges_score_is_the_slope_of_its_exact_effect(family: str, into: str) -> None:
    """Central differences of a hundredth of the step between the runs, read by one head's inputs alone (float64)."""
    small = 1e-2
    subject = subject_of(family)
    with unharmed(subject):
        runs = runs_of(subject, 3)
        scores = edge_scores(runs, 1, Meter())
        graph = graph_of(runs.anatomy, runs.base)
        chosen = [edge for edge in scores if edge.into == into]
        moved = []
        for step in (small, -small):
            written = changes(runs.anatomy, runs.base, runs.other)
            exact = ExactEdges(runs, graph, {node: step * change for node, change in written.items()})
            moved.append(np.array([exact.effect(edge) for edge in chosen]))
    found = (moved[0] - moved[1]) / (2 * small)
    expected = np.array([scores[edge] for edge in chosen])
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-3 * np.abs(expected).max())
