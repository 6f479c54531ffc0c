"""Circuits. Truth: planted circuits by brute force, and the bundled model's own on held-out prompts."""

from __future__ import annotations

import gc
import json
from contextlib import suppress
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from planted_circuits import Pair, PlantedCircuit, planted_induction, planted_ioi
from planted_effects import ablated_difference, kept_difference, mean_outputs
from planted_graph import Node as PlantedNode
from planted_ladder import EXACT, HARDER, HARDEST, node_truth
from sklearn.metrics import roc_auc_score
from test_edges import plain, planted_runs
from test_guard import fingerprint
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.causal import ablation as ablating
from glasspane.causal import circuit as finding
from glasspane.causal.ablation import AblatedModel, prompts_of
from glasspane.causal.runs import PairOfRuns
from glasspane.errors import Cancelled, GlasspaneError
from glasspane.kernel.progress import silent
from glasspane.protocol import CircuitRequest, CircuitResult, PromptPair, TextPrompt
from glasspane.subjects.architecture import Meter

CLASSES = {
    "previous_token": "previous token",
    "induction": "induction",
    "duplicate_token": "duplicate token",
    "s_inhibition": "S-inhibition",
    "name_mover": "name mover",
    "negative_mover": "negative mover",
    "backup_mover": "backup",
}


def rows(pairs: list[Pair]) -> list[tuple[Any, ...]]:
    return [(pair.clean_text, pair.corrupted_text, pair.right, pair.wrong) for pair in pairs]


def found_in(circuit: PlantedCircuit, count: int = 6, **options: Any) -> gp.Circuit:
    return gp.circuit(
        circuit.model,
        circuit.tokenizer,
        pairs=rows(circuit.pairs(0, count)),
        held_out=rows(circuit.pairs(1, count, held_out=True)),
        **options,
    )


@pytest.mark.parametrize("make", [planted_induction, planted_ioi])
@pytest.mark.parametrize("seed", range(20))
def test_the_planted_circuit_is_found_read_and_validated(make: Any, seed: int) -> None:
    planted = make(seed)
    found = found_in(planted)
    names = {str(plain(node)) for node in planted.nodes}
    assert set(found.nodes) == names
    assert found.verdict == "validated"
    assert found.faithfulness.value == pytest.approx(1, abs=1e-6)
    assert found.validation.left_without.value == pytest.approx(0, abs=1e-6)
    for node, label in planted.classes.items():
        assert CLASSES[label] in found.classes[str(plain(node))], (node, label)
    edges = found.edges()
    wired = {(edge.source, edge.target, edge.into) for edge in edges.itertuples()}
    expected = {
        (str(plain(e.source)), str(plain(e.target)) if e.target.kind != "logits" else "logits", e.into)
        for e in planted.edges
    }
    assert wired == expected


@pytest.mark.wide
@pytest.mark.parametrize(
    ("make", "name"), product([planted_induction, planted_ioi], [*EXACT, *HARDER, "hardest"])
)
def test_effects_rank_every_node_of_harder_models(make: Any, name: str) -> None:
    """AUROC against brute-force effects: 1 where all else is without effect, 0.95 where it is not."""
    difficulty = {**EXACT, **HARDER}.get(name, HARDEST)
    scores = []
    for seed in range(4):
        planted = make(seed, difficulty)
        pairs = planted.pairs(0, 4)
        found = gp.circuit(planted.model, planted.tokenizer, pairs=rows(pairs))
        truth = node_truth(planted, pairs).labels()
        listed = {node.name: max(abs(node.lost), abs(node.restores)) for node in found.data.nodes}
        scores.append(
            roc_auc_score(list(truth.values()), [listed.get(str(plain(node)), 0.0) for node in truth])
        )
    assert np.mean(scores) >= (1 - 1e-9 if name in EXACT else 0.95)


@pytest.mark.parametrize("name", ["negative head", "backup head", "hardest"])
@pytest.mark.parametrize("make", [planted_induction, planted_ioi])
def test_heads_outside_the_circuit_are_read_too(make: Any, name: str) -> None:
    """A head that writes against the answer, and one that wakes when those that write it are ablated."""
    planted = make(0, {**EXACT, **HARDER}.get(name, HARDEST))
    found = found_in(planted)
    for node, label in planted.classes.items():
        assert CLASSES[label] in found.classes.get(str(plain(node)), []), (node, label, found.classes)
    distractors = set(found.classes) - {str(plain(node)) for node in planted.classes}
    assert not distractors


@pytest.mark.parametrize("ablation", ["resample", "mean"])
@pytest.mark.parametrize("name", ["relaying MLP", "norms", "hardest"])
def test_any_set_of_nodes_ablated_is_what_brute_force_gives(name: str, ablation: Any) -> None:
    planted = planted_ioi(2, {**EXACT, **HARDER}.get(name, HARDEST))
    pairs = planted.pairs(0, 3)
    means = mean_outputs(planted, [pair.corrupted for pair in pairs])
    runs = []
    for pair in pairs:
        with planted_runs(planted, pair) as run:
            runs.append(
                type(run)(**{**vars(run), "base": run.base.detached(), "other": run.other.detached()})
            )
    model = AblatedModel(runs[0].anatomy, prompts_of(runs[0].anatomy, runs, ablation), Meter())
    chance = np.random.default_rng(0)
    sets = [
        frozenset(node for node in model.nodes if chance.random() < share) for share in (0, 0.3, 0.6, 0.9, 1)
    ]
    found = model.differences(sets, silent)
    for kept, values in zip(sets, found, strict=True):
        there: set[PlantedNode] = {node for node in _writers(planted) if plain(node) in kept}
        expected = [kept_difference(planted, pair, there, ablation, means) for pair in pairs]
        np.testing.assert_allclose(values.numpy(), expected, rtol=0, atol=1e-9)
        gone = [node for node in _writers(planted) if node not in there]
        again = [ablated_difference(planted, pair, gone, ablation, means) for pair in pairs]
        np.testing.assert_allclose(expected, again, atol=1e-9)


def _writers(planted: PlantedCircuit) -> list[PlantedNode]:
    from planted_graph import writers

    return list(writers(planted.model))


@pytest.mark.parametrize("ablation", ["resample", "mean"])
def test_more_pairs_than_go_in_one_pass_are_ablated_alike(
    ablation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = planted_ioi(2)
    whole = found_in(planted, ablation=ablation).data
    monkeypatch.setattr(ablating, "TOKENS_AT_ONCE", 2 * len(planted.pairs(0, 1)[0].clean) + 1)
    parts = found_in(planted, ablation=ablation).data
    assert [node.name for node in parts.nodes] == [node.name for node in whole.nodes]
    for node, other in zip(parts.nodes, whole.nodes, strict=True):
        assert (node.lost, node.restores) == pytest.approx((other.lost, other.restores), abs=1e-9)
    for one, two in zip(parts.validation, whole.validation, strict=True):
        for name in ("faithfulness", "left_without", "random_sets"):
            assert getattr(one, name).model_dump() == pytest.approx(getattr(two, name).model_dump(), abs=1e-9)


def test_of_many_pairs_few_are_kept_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording is many times its prompt; 500 pairs of them do not fit a laptop. The figures stay the same."""
    planted, alive = planted_ioi(2), []
    run_pair = finding.run_pair

    def counted(*given: Any, **options: Any) -> Any:
        in_full = [each for each in gc.get_objects() if type(each) is PairOfRuns and each.other.layers]
        alive.append(len(in_full))
        return run_pair(*given, **options)

    monkeypatch.setattr(finding, "run_pair", counted)
    few = found_in(planted, 24).data
    kept, alive[:] = max(alive) - alive[0], []
    monkeypatch.setattr(finding, "PAIRS_FOR_EDGES", 24)
    every = found_in(planted, 24).data
    assert kept < (max(alive) - alive[0]) / 2
    assert few.verdict == every.verdict
    found = {node.name: node.restores for node in few.nodes}
    assert found == pytest.approx({node.name: node.restores for node in every.nodes if node.name in found})


# ── the bundled model ────────────────────────────────────────────────────────

TEMPLATE = "When {a} and {b} went to the {place}, {s} gave a {thing} to"
ANOTHER = "After {a} and {b} went to the {place}, {s} gave a {thing} to"
NAMES = (("Mary", "John"), ("Anna", "Tom"), ("Lucy", "Robert"))


def ioi(template: str, places: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str, str]]:
    made = []
    for (a, b), (place, thing) in product(NAMES, places):
        for one, other in ((a, b), (b, a)):
            clean, corrupted = (
                template.format(a=a, b=b, place=place, thing=thing, s=subject) for subject in (other, one)
            )
            made.append((clean, corrupted, f" {one}", f" {other}"))
    return made


@pytest.fixture(scope="module")
def of_demo() -> gp.Circuit:
    return gp.circuit(
        "demo-lm",
        pairs=ioi(TEMPLATE, (("store", "bottle"), ("park", "book"))),
        held_out=ioi(ANOTHER, (("school", "ring"),)),
        sets=[["3.0", "3.3"]],
    )


def test_the_bundled_models_circuit_holds_on_another_template(of_demo: gp.Circuit) -> None:
    assert of_demo.verdict == "validated"
    assert 0 < len(of_demo.nodes) < 16
    assert of_demo.validation.on == "held-out pairs"
    assert of_demo.faithfulness.low >= 0.8
    assert of_demo.validation.beaten >= 0.95
    assert all(each.value > 0 for each in of_demo.data.validation[0].minimality.values())
    assert any("holds" in sentence for sentence in of_demo.summary)


def test_a_set_loses_what_its_nodes_lose_together(of_demo: gp.Circuit) -> None:
    first = of_demo.data.sets[0]
    assert first.nodes == ["3.0", "3.3"]
    assert first.sum_of_each == pytest.approx(of_demo.node("3.0").lost + of_demo.node("3.3").lost)
    assert first.lost.low <= first.lost.value <= first.lost.high


def test_exact_edges_are_what_the_estimates_stand_for(of_demo: gp.Circuit) -> None:
    edges = of_demo.edges()
    assert np.corrcoef(edges.exact, edges.estimated)[0, 1] > 0.9
    assert list(edges.exact.abs()) == sorted(edges.exact.abs(), reverse=True)


def test_a_result_survives_json_and_gives_itself_again(of_demo: gp.Circuit) -> None:
    assert CircuitResult.model_validate(json.loads(of_demo.json())) == of_demo.data
    scope: dict[str, Any] = {}
    exec(of_demo.data.code.replace("gp.circuit", "found = gp.circuit"), scope)
    assert scope["found"].nodes == of_demo.nodes
    assert scope["found"].data.validation == of_demo.data.validation


def test_a_handful_of_pairs_validates_nothing() -> None:
    """A bootstrap over one pair has no width: that is no certainty."""
    held_out = ioi(ANOTHER, (("school", "ring"),))
    found = gp.circuit("demo-lm", pairs=ioi(TEMPLATE, (("store", "bottle"),)), held_out=[held_out[0]] * 6)
    assert found.verdict == "not validated"
    assert any("too few" in sentence for sentence in found.summary)
    again = gp.circuit("demo-lm", pairs=ioi(TEMPLATE, (("store", "bottle"),))[:1] * 4, held_out=held_out)
    assert any("1 distinct pair" in warning for warning in again.data.warnings)


def test_pairs_with_one_answer_are_left_out() -> None:
    """Truth: the circuit of the pairs that have two, asked for without them."""
    pairs = [
        (f"The capital of {one} is", f"The capital of {other} is", None, None)
        for one, other in (("Japan", "Peru"), ("Peru", "Japan"), ("Spain", "Peru"), ("Kenya", "Japan"))
    ]
    alike = ("The capital of Japan is", "That capital of Japan is", None, None)
    found = gp.circuit("demo-lm", pairs=[pairs[0], alike, *pairs[1:]])
    without = gp.circuit("demo-lm", pairs=pairs)
    assert found.nodes == without.nodes
    assert found.data.validation == without.data.validation
    assert "1 of 5 pairs are left out: the model says the same after both prompts." in found.data.warnings
    with pytest.raises(GlasspaneError, match="the model says the same after both prompts"):
        gp.circuit("demo-lm", pairs=[alike, alike])


# ── what cannot be asked ─────────────────────────────────────────────────────


def test_no_behaviour_no_circuit() -> None:
    """A random model, and answers that the prompts have nothing to do with."""
    with pytest.raises(GlasspaneError) as caught:
        gp.circuit(
            "demo-lm",
            pairs=[("The capital of France is", "The capital of Spain is", " bottle", " book")] * 2,
        )
    assert caught.value.code == "no_circuit"


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"pairs": ioi(TEMPLATE, (("store", "bottle"),))[:1]}, "bad_option", "pairs"),
        ({"enough": 0}, "bad_option", "enough"),
        ({"ablation": "zero"}, "bad_option", "ablation"),
        ({"sets": [["9.9"]]}, "bad_option", "no node '9.9'"),
        ({"sets": [["head nine"]]}, "bad_option", "no node"),
        ({"sets": [[]]}, "bad_option", "empty"),
        ({"sets": ["9.9"]}, "bad_option", "no node '9.9'"),
        ({"pairs": ["ab", "cd"]}, "bad_option", "rows"),
        ({"pairs": None}, "bad_option", "rows"),
        ({"held_out": ioi(TEMPLATE, (("store", "bottle"),))[2:4]}, "bad_option", "found on"),
        (
            {
                "pairs": [
                    *ioi(TEMPLATE, (("store", "bottle"),)),
                    ("Tom is here.", "Anna is here.", " Tom", " Anna"),
                ]
            },
            "other_length",
            "place by place",
        ),
        ({"pairs": [row[:3] for row in ioi(TEMPLATE, (("store", "bottle"),))]}, "bad_option", "wrong answer"),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_next_step(asked: Any, code: str, said: str) -> None:
    with pytest.raises(GlasspaneError, match=said) as caught:
        gp.circuit("demo-lm", **{"pairs": ioi(TEMPLATE, (("store", "bottle"),)), **asked})
    assert caught.value.code == code
    assert caught.value.result.next_step


def test_nothing_of_the_model_changes_on_success_error_or_cancel() -> None:
    model, words = make_model("llama").train(), tokenizer("byte_level")
    subject = gp.subject(model, words)
    before = fingerprint(model, words)
    pairs = [
        PromptPair(
            clean=TextPrompt(text=f"The capital of {one}"),
            corrupted=TextPrompt(text=f"The capital of {other}"),
        )
        for one, other in (("France", "Spain"), ("Spain", "France"))
    ]
    asked = CircuitRequest(pairs=pairs, random_sets=10)
    with suppress(GlasspaneError):  # a random model may have none
        finding.circuit(subject, asked)
    assert fingerprint(model, words) == before
    for last in (1, 3, 6, 20):
        calls = 0

        def cancelling(fraction: float, stage: str, partial: Any = None, last: int = last) -> None:
            nonlocal calls
            calls += 1
            if calls == last:
                raise Cancelled

        with suppress(GlasspaneError):
            finding.circuit(subject, asked, cancelling)
        assert fingerprint(model, words) == before
        assert torch.is_grad_enabled()


def test_pairs_that_would_fill_the_memory_are_refused_once_the_first_was_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 60 pairs the model's own one row fits in what is free, and what all of them write does not."""
    subject = gp.subject("demo-lm")
    pairs = 10 * ioi(TEMPLATE, (("park", "ring"),))
    ran: list[int] = []
    run_pair = finding.run_pair
    monkeypatch.setattr(finding, "run_pair", lambda *a, **n: ran.append(1) or run_pair(*a, **n))
    monkeypatch.setattr("glasspane.attribution.memory.free_memory", lambda _device: 9 * 2**20)
    with pytest.raises(GlasspaneError) as refused:
        gp.circuit(subject, pairs=pairs)
    assert refused.value.code == "not_enough_memory"
    assert "60 pairs" in refused.value.result.message
    assert "would fit" in refused.value.result.next_step
    assert len(ran) == 1
    fits = int(refused.value.result.next_step.split()[1])
    assert 1 <= fits < 60
