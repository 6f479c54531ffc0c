"""Shapley and Owen values against brute force over all orders, shap, and their axioms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shap
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_model import TEXT, ids_of, of_ids, players, relative, subject_of, text_for, with_absent

import glasspane as gp
from glasspane.attribution.by_masking.coalitions import all_coalitions, paired_coalitions
from glasspane.attribution.by_masking.interaction_surrogate import Prior, ProductKernel, smoother
from glasspane.attribution.by_masking.owen import OwenRecursion
from glasspane.attribution.by_masking.shapley import exact_shapley
from glasspane.attribution.by_masking.shapley_regression import shapley_regression
from glasspane.attribution.by_masking.token_tree import Node, token_tree

Game = Callable[[np.ndarray], float]


def by_all_orders(game: Game, count: int) -> np.ndarray:
    """Mean gain of each player over every order in which they may come."""
    total = np.zeros(count)
    for order in itertools.permutations(range(count)):
        there = np.zeros(count, dtype=bool)
        before = game(there)
        for player in order:
            there[player] = True
            after = game(there)
            total[player] += after - before
            before = after
    return total / math.factorial(count)


def random_game(count: int, seed: int) -> Game:
    """Any number for every coalition."""
    table = np.random.default_rng(seed).normal(size=2**count)
    return lambda there: float(table[int((there << np.arange(count)).sum())])


def values_of(game: Game, kept: torch.Tensor) -> torch.Tensor:
    return torch.tensor([[game(row.numpy())] for row in kept], dtype=torch.float64)


@given(st.integers(1, 6), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_all_coalitions_give_the_mean_over_all_orders(count: int, seed: int) -> None:
    game = random_game(count, seed)
    ours = exact_shapley(values_of(game, all_coalitions(count)))[:, 0].numpy()
    np.testing.assert_allclose(ours, by_all_orders(game, count), atol=1e-12)
    assert ours.sum() == pytest.approx(game(np.ones(count, bool)) - game(np.zeros(count, bool)))


@given(st.integers(3, 8), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_symmetric_players_share_alike_and_dummies_get_their_own_worth(count: int, seed: int) -> None:
    """Player 0 and 1 are interchangeable, the last adds 2 wherever it comes."""
    inner = random_game(count - 1, seed)

    def game(there: np.ndarray) -> float:
        mirrored = there[: count - 1].copy()
        mirrored[[0, 1]] = mirrored[[1, 0]]
        return inner(there[: count - 1]) + inner(mirrored) + 2.0 * there[count - 1]

    for scores in (
        exact_shapley(values_of(game, all_coalitions(count)))[:, 0].numpy(),
        regressed(game, count, 10_000, seed)[0],
    ):
        assert scores[0] == pytest.approx(scores[1], abs=1e-9)
        assert scores[-1] == pytest.approx(2.0, abs=1e-9)


def regressed(game: Game, count: int, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    drawn = paired_coalitions(count, rows, torch.Generator().manual_seed(seed))
    nobody = game(np.zeros(count, bool))
    change = torch.tensor([game(np.ones(count, bool)) - nobody], dtype=torch.float64)
    scores, margins = shapley_regression(drawn, values_of(game, drawn.kept) - nobody, change)
    return scores[0].numpy(), None if margins is None else margins[0].numpy()


@pytest.mark.parametrize("count", [3, 4, 7, 8])
def test_the_regression_on_every_coalition_is_exact(count: int) -> None:
    """Kernel SHAP's least squares problem is solved by the Shapley values (Lundberg & Lee 2017)."""
    game = random_game(count, 5)
    scores, _ = regressed(game, count, 2**count, 0)
    np.testing.assert_allclose(
        scores, by_all_orders(game, count) if count < 8 else exact(game, count), atol=1e-9
    )


def exact(game: Game, count: int) -> np.ndarray:
    return exact_shapley(values_of(game, all_coalitions(count)))[:, 0].numpy()


@pytest.mark.parametrize(("count", "rows"), [(9, 60), (10, 200), (13, 400), (30, 500)])
def test_coalitions_come_in_complementary_pairs_without_repeats(count: int, rows: int) -> None:
    drawn = paired_coalitions(count, rows, torch.Generator().manual_seed(1))
    assert len(drawn.kept) in (rows, rows - 1)
    assert torch.equal(drawn.kept[0::2], ~drawn.kept[1::2])
    assert len({tuple(row.tolist()) for row in drawn.kept}) == len(drawn.kept)
    sizes = drawn.kept.sum(1)
    # The weights of a size add up to the Shapley kernel summed over it.
    for size in sizes.unique().tolist():
        total = float(drawn.weight[sizes == size].sum())
        assert total == pytest.approx((count - 1) / (size * (count - size)))


def interacting_game(count: int, seed: int) -> Game:
    """Players that act in pairs, threes, fours and fives, and a part that hangs on their number alone."""
    chance = np.random.default_rng(seed)
    alone, together = chance.normal(size=count), np.triu(chance.normal(size=(count, count)), 1)
    groups = [(chance.choice(count, size, replace=False), chance.normal()) for size in (3, 4, 5) * 8]

    def game(there: np.ndarray) -> float:
        z = there.astype(float)
        larger = sum(worth * z[group].prod() for group, worth in groups)
        return float(alone @ z + z @ together @ z + np.sin(3 * z.sum()) + larger)

    return game


@pytest.mark.parametrize("rows", [60, 300])
def test_estimates_scatter_around_the_truth_and_their_intervals_cover_it(rows: int) -> None:
    """Forty draws of some of the 16,384 coalitions of fourteen players; truth by enumeration. What all
    draws miss alike is well within the interval that each gives."""
    game = interacting_game(14, 0)
    truth = exact(game, 14)
    found = [regressed(game, 14, rows, seed) for seed in range(40)]
    assert np.mean([np.abs(scores - truth) <= margins for scores, margins in found]) >= 0.93
    bias = np.abs(np.mean([scores for scores, _ in found], 0) - truth)
    assert (bias <= 0.5 * np.mean([margins for _, margins in found], 0)).all()


def test_interactions_and_sizes_that_are_seen_no_longer_spread_the_estimates() -> None:
    """Against Lundberg & Lee's constrained least squares, by Lagrange multipliers, on the same coalitions."""
    game = interacting_game(14, 1)
    truth = exact(game, 14)
    nobody = game(np.zeros(14, bool))
    change = game(np.ones(14, bool)) - nobody
    ours, plain = [], []
    for seed in range(10):
        drawn = paired_coalitions(14, 300, torch.Generator().manual_seed(seed))
        values = values_of(game, drawn.kept) - nobody
        scores, _ = shapley_regression(drawn, values, torch.tensor([change], dtype=torch.float64))
        ours.append(np.linalg.norm(scores[0].numpy() - truth))
        design, weight = drawn.kept.numpy().astype(float), drawn.weight.numpy()
        system = np.ones((15, 15))
        system[:14, :14], system[14, 14] = design.T @ (weight[:, None] * design), 0
        right = np.append(design.T @ (weight * values[:, 0].numpy()), change)
        plain.append(np.linalg.norm(np.linalg.solve(system, right)[:14] - truth))
    assert np.mean(ours) <= 0.5 * np.mean(plain)


@given(st.integers(2, 7), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_surrogates_kernel_and_its_shapley_values_equal_brute_force(count: int, seed: int) -> None:
    """The kernel is a sum over all sets of odd size beyond one; of its Shapley values, over all coalitions."""
    chance = np.random.default_rng(seed)
    factors = chance.uniform(0.05, 0.8, count)
    kernel = ProductKernel(torch.tensor(factors))
    at = all_coalitions(count).double() * 2 - 1
    point = at[int(chance.integers(2**count))][None]

    def by_sets(signs: np.ndarray) -> float:
        sets = itertools.chain(
            *(itertools.combinations(range(count), size) for size in range(3, count + 1, 2))
        )
        return sum(float(np.prod((factors * signs)[list(members)])) for members in sets)

    whole = by_sets(np.ones(count))
    if whole == 0:  # two players have no interactions of odd order
        assert kernel.between(at, point).abs().max() < 1e-9 or count == 2
        return
    expected = np.array([by_sets(row.numpy() * point[0].numpy()) for row in at]) / whole
    np.testing.assert_allclose(kernel.between(at, point)[:, 0].numpy(), expected, atol=1e-9)
    shares = exact_shapley(torch.tensor(expected)[:, None])[:, 0]
    np.testing.assert_allclose(kernel.shapley_values(point)[:, 0].numpy(), shares.numpy(), atol=1e-9)


def test_what_the_surrogate_makes_of_a_pair_without_it_is_what_a_refit_makes_of_it() -> None:
    """The closed form of leaving one out against leaving it out."""
    chance = torch.Generator().manual_seed(0)
    drawn = paired_coalitions(9, 60, chance)
    signs, spread = drawn.kept[0::2].double() * 2 - 1, drawn.weight[0::2].reciprocal()
    prior = Prior(ProductKernel(torch.full((9,), 0.2, dtype=torch.float64)), 1.0, 3.0)
    seen = len(signs)
    values = torch.randn(seen + 1, 1, generator=chance, dtype=torch.float64)
    whole = smoother(signs, spread, prior, seen)
    for left_out in (0, 7, seen - 1):
        others = [row for row in range(seen) if row != left_out]
        order = [*others, left_out]
        without = smoother(signs[order], spread[order], prior, seen - 1)
        predicted = without.fitted[-1] @ values[[*others, seen]]
        assert float(whole.left_out[left_out] @ values) == pytest.approx(
            float(values[left_out] - predicted), rel=1e-6
        )


@pytest.mark.parametrize("family", ["gpt2", "distilbert", "bert_masked", "llama"])
def test_kernel_shap_of_a_model_equals_shap(family: str) -> None:
    """shap's Exact explainer on the same model and maskings, at most twelve tokens."""
    subject = subject_of(family, double=True)
    text = text_for(family) if family == "bert_masked" else "The capital of France is"
    ours = gp.explain(subject, text, method="kernel_shap")
    f = of_ids(subject, ours.target.ids[0], ids_of(ours))
    count = len(players(subject, ours))
    assert count <= 12

    def model(masks: np.ndarray) -> np.ndarray:
        return f(with_absent(ours, torch.tensor(masks).bool(), subject)).numpy()

    explainer = shap.explainers.Exact(model, shap.maskers.Independent(np.zeros((1, count))))
    theirs = explainer(np.ones((1, count))).values[0]
    assert relative(ours.scores[0][players(subject, ours)], theirs) <= (1e-4 if family == "llama" else 1e-9)
    assert ours.checks.completeness_gap <= 1e-9


def test_more_tokens_than_can_be_enumerated_still_add_up_exactly() -> None:
    subject = subject_of("gpt2", double=True)
    ours = gp.explain(subject, TEXT + " a bottle", method="kernel_shap", samples=200)
    assert len(players(subject, ours)) > 12
    assert ours.checks.completeness_gap <= 1e-9
    assert np.asarray(ours.data.margins).max() > 0


def test_too_few_evaluations_are_refused_with_the_number_needed() -> None:
    with pytest.raises(gp.GlasspaneError, match="too few") as caught:
        gp.explain(subject_of("gpt2"), TEXT + " a bottle", method="kernel_shap", samples=20)
    assert "at least" in caught.value.result.next_step


# ── Owen values ──────────────────────────────────────────────────────────────


def clustering_of(tree: Node, count: int) -> np.ndarray:
    """The tree as shap writes one: rows (left, right, distance, size), leaves first."""
    rows: list[list[float]] = []

    def number(node: Node) -> int:
        if node.parts is None:
            return node.first
        left, right = number(node.parts[0]), number(node.parts[1])
        rows.append([left, right, len(rows) + 1, node.last - node.first])
        return count + len(rows) - 1

    number(tree)
    return np.array(rows, dtype=float)


@pytest.mark.parametrize(("family", "samples"), [("gpt2", 10_000), ("distilbert", 10_000)])
def test_partition_shap_equals_shaps_on_the_same_tree(family: str, samples: int) -> None:
    subject = subject_of(family, double=True)
    ours = gp.explain(subject, TEXT, method="partition_shap", samples=samples)
    places = players(subject, ours)
    f = of_ids(subject, ours.target.ids[0])
    tree = token_tree([ours.tokens[place] for place in places])

    class Masker(shap.maskers.Masker):  # type: ignore[misc]
        clustering = clustering_of(tree, len(places))
        shape = (1, len(places))
        invariants = None

        def __call__(self, mask: np.ndarray, _x: Any) -> Any:
            return (np.asarray(mask)[None],)

        def mask_shapes(self, _x: Any) -> Any:
            return [(len(places),)]

    def model(masks: np.ndarray) -> np.ndarray:
        return f(with_absent(ours, torch.tensor(np.asarray(masks)).bool(), subject)).numpy()

    explainer = shap.explainers.Partition(model, Masker())
    theirs = explainer(np.ones((1, len(places))), max_evals=samples, silent=True).values[0]
    assert relative(ours.scores[0][places], theirs) <= 1e-9
    assert not any("not split" in warning for warning in ours.warnings)


def by_orders_within(game: Game, node: Node, count: int) -> np.ndarray:
    """Owen values of a tree: the mean gain over the orders that keep every stretch together."""
    total = np.zeros(count)

    def orders(at: Node) -> list[list[int]]:
        if at.parts is None:
            return [[at.first]]
        left, right = orders(at.parts[0]), orders(at.parts[1])
        return [a + b for a in left for b in right] + [b + a for a in left for b in right]

    every = orders(node)
    for order in every:
        there = np.zeros(count, dtype=bool)
        before = game(there)
        for player in order:
            there[player] = True
            total[player] += game(there) - before
            before = game(there)
    return total / len(every)


@pytest.mark.parametrize("seed", range(4))
def test_the_recursion_gives_the_mean_over_orders_that_keep_stretches_together(seed: int) -> None:
    subject = subject_of("gpt2")
    tokens = gp.explain(subject, "a b, c d", method="input_x_gradient").tokens
    tree, count = token_tree(tokens), len(tokens)
    game = random_game(count, seed)
    everyone, nobody = (values_of(game, torch.full((1, count), flag))[0] for flag in (True, False))
    recursion = OwenRecursion(tree, count, nobody, everyone)
    while (masks := recursion.questions(8)) is not None:
        recursion.answered(values_of(game, masks))
    np.testing.assert_allclose(
        recursion.values()[:, 0].numpy(), by_orders_within(game, tree, count), atol=1e-12
    )


def test_a_small_budget_still_adds_up_and_says_what_was_not_split() -> None:
    ours = gp.explain(subject_of("gpt2", double=True), TEXT, method="partition_shap", samples=6)
    assert ours.checks.completeness_gap <= 1e-9
    assert ours.checks.steps <= 8
    assert any("not split further" in warning for warning in ours.warnings)


def test_words_and_clauses_stay_together_in_the_tree() -> None:
    subject = subject_of("gpt2")
    text = "The capital of France. Not Xylophone, no"
    tokens = gp.explain(subject, text, method="input_x_gradient").tokens
    stretches = set()

    def collect(node: Node) -> None:
        stretches.add("".join(token.text for token in tokens[node.first : node.last]))
        for part in node.parts or ():
            collect(part)

    collect(token_tree(tokens))
    assert len([token for token in tokens if token.text in " Xylophone"]) > 1
    assert {text, "The capital of France.", " Not Xylophone,", " Xylophone", " no"} <= stretches
