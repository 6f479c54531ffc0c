"""Which versions are asked and what is made of them. Truth: brute force over all sets and orders, shap, lime, the
bundled model's own log-probabilities, and simulated replies."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

import glasspane as gp
from glasspane.attribution.by_masking.perturbation import proximity, random_maskings
from glasspane.attribution.by_masking.token_tree import Node
from glasspane.auditing.differences import newcombe_independent
from glasspane.black_box.game import Game
from glasspane.black_box.measuring import Measured, Told
from glasspane.black_box.methods import Lime, Method, Occlusion, PartitionShap, Scores
from glasspane.black_box.pieces import CutPrompt
from glasspane.black_box.score_intervals import interval_of_sum, widened
from glasspane.kernel.progress import Report, silent
from glasspane.protocol import Prompt, TextPrompt

STORY = "When Mary and John went to the store, John gave a bottle to"


class TableMeasure:
    """A game on words "p0", "p1", …: the value of the very words that stand in the prompt."""

    sampled = False
    name: Any = "log_prob"

    def __init__(self, value: Callable[[frozenset[int]], float]) -> None:
        self.value = value
        self.asked: list[frozenset[int]] = []

    def __call__(self, prompts: Sequence[Prompt], report: Report, told: Told) -> None:
        for place, prompt in enumerate(prompts):
            assert isinstance(prompt, TextPrompt)
            there = frozenset(int(word.strip("p,.")) for word in prompt.text.split() if word.startswith("p"))
            self.asked.append(there)
            told(place, Measured(self.value(there)))

    def preview(self, prompts: Any, prices: Any) -> Any:
        raise NotImplementedError


def random_game(count: int, seed: int) -> Callable[[frozenset[int]], float]:
    table = np.random.default_rng(seed).normal(size=2**count)
    return lambda there: float(table[sum(1 << piece for piece in there)])


def played(
    text: str, value: Callable[[frozenset[int]], float], make: Callable[[CutPrompt], Method]
) -> tuple[list[float], Scores, TableMeasure, Method]:
    cut = CutPrompt(TextPrompt(text=text), "words")
    measure, method = TableMeasure(value), make(cut)
    game = Game(cut, measure, silent, method.most())
    method.ask(game)
    found = method.scores(game)
    scores = []
    for weights in found.weights:
        assert weights is not None
        scores.append(sum(weight * game.known[row].value for row, weight in weights.items()))
    return scores, found, measure, method


def shapley(value: Callable[[frozenset[int]], float], count: int) -> list[float]:
    """By all orders (Shapley 1953)."""
    total = [0.0] * count
    for order in itertools.permutations(range(count)):
        there: frozenset[int] = frozenset()
        for piece in order:
            total[piece] += value(there | {piece}) - value(there)
            there |= {piece}
    return [each / math.factorial(count) for each in total]


def orders_within(node: Node) -> list[list[int]]:
    """All that keep every stretch of the tree together."""
    if node.parts is None:
        return [[node.first]]
    left, right = orders_within(node.parts[0]), orders_within(node.parts[1])
    return [a + b for a in left for b in right] + [b + a for a in left for b in right]


def owen(value: Callable[[frozenset[int]], float], tree: Node, count: int) -> list[float]:
    total = [0.0] * count
    every = orders_within(tree)
    for order in every:
        there: frozenset[int] = frozenset()
        for piece in order:
            total[piece] += value(there | {piece}) - value(there)
            there |= {piece}
    return [each / len(every) for each in total]


TEXTS = ["p0 p1, p2 p3. p4 p5 p6 p7", "p0 p1 p2", "p0"]


@pytest.mark.parametrize("text", TEXTS)
def test_partition_shap_at_full_budget_is_the_mean_over_orders_that_keep_stretches_together(
    text: str,
) -> None:
    count = len(text.split())
    value = random_game(count, count)
    scores, found, measure, method = played(text, value, lambda cut: PartitionShap(cut, 4096))
    assert isinstance(method, PartitionShap)
    assert scores == pytest.approx(owen(value, method._tree, count), abs=1e-12)
    assert sum(scores) == pytest.approx(value(frozenset(range(count))) - value(frozenset()), abs=1e-12)
    assert not found.unfinished
    assert len(measure.asked) == len(set(measure.asked)) <= 2**count


@pytest.mark.parametrize("seed", range(3))
def test_it_is_shaps_partition_explainer_on_the_same_tree(seed: int) -> None:
    shap = pytest.importorskip("shap")
    text, count = TEXTS[0], 8
    value = random_game(count, seed)
    scores, _, _, method = played(text, value, lambda cut: PartitionShap(cut, 4096))
    rows: list[list[float]] = []

    def number(node: Node) -> int:
        if node.parts is None:
            return node.first
        left, right = number(node.parts[0]), number(node.parts[1])
        rows.append([left, right, len(rows) + 1, node.last - node.first])
        return count + len(rows) - 1

    assert isinstance(method, PartitionShap)
    number(method._tree)

    class Masker(shap.maskers.Masker):  # type: ignore[misc]
        clustering = np.array(rows, dtype=float)
        shape = (1, count)
        invariants = None

        def __call__(self, mask: np.ndarray, _x: Any) -> Any:
            return (np.asarray(mask)[None],)

        def mask_shapes(self, _x: Any) -> Any:
            return [(count,)]

    def model(masks: np.ndarray) -> np.ndarray:
        return np.array([value(frozenset(np.flatnonzero(mask).tolist())) for mask in masks])

    explainer = shap.explainers.Partition(model, Masker())
    theirs = explainer(np.ones((1, count)), max_evals=4096, silent=True).values[0]
    assert scores == pytest.approx(theirs.ravel().tolist(), abs=1e-9)


def test_where_pieces_act_within_a_pair_it_is_the_exact_shapley_value() -> None:
    """Sums, and what two neighbours do together, are shared as Shapley shares them: by all 8! orders."""
    weights = [0.3, -1.0, 2.0, 0.0, 0.5, 1.5, -0.25, 4.0]

    def value(there: frozenset[int]) -> float:
        return sum(weights[piece] for piece in there) + 3 * ({4, 5} <= there) - 2 * ({0, 1} <= there)

    scores, _, _, _ = played(TEXTS[0], value, lambda cut: PartitionShap(cut, 4096))
    assert scores == pytest.approx(shapley(value, 8), abs=1e-9)


@pytest.mark.parametrize("maskings", [4, 7, 12, 30])
def test_with_fewer_versions_it_still_adds_up_and_never_asks_more(maskings: int) -> None:
    value = random_game(8, 5)
    scores, found, measure, _ = played(TEXTS[0], value, lambda cut: PartitionShap(cut, maskings))
    assert len(measure.asked) <= maskings
    assert found.unfinished
    assert sum(scores) == pytest.approx(value(frozenset(range(8))) - value(frozenset()), abs=1e-12)


def test_occlusion_is_what_is_lost_by_hand() -> None:
    value, everyone = random_game(4, 1), frozenset(range(4))
    scores, _, measure, _ = played("p0 p1 p2 p3", value, Occlusion)
    assert scores == pytest.approx([value(everyone) - value(everyone - {piece}) for piece in range(4)])
    assert len(measure.asked) == 5


@pytest.mark.parametrize(("count", "maskings"), [(8, 90), (3, 64)])
def test_lime_is_the_lime_package_on_the_same_maskings(count: int, maskings: int) -> None:
    lime_base = pytest.importorskip("lime.lime_base")
    from sklearn.metrics import pairwise_distances

    value = random_game(count, 2)
    text = " ".join(f"p{piece}" for piece in range(count))
    scores, found, measure, _ = played(text, value, lambda cut: Lime(cut, maskings, 7))
    kept = random_maskings(maskings, count, torch.Generator().manual_seed(7)).numpy().astype(float)
    values = np.array([value(frozenset(np.flatnonzero(row).tolist())) for row in kept])
    distances = pairwise_distances(kept, kept[:1], metric="cosine").ravel()
    base = lime_base.LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 0.25**2)))
    _, theirs, r2, _ = base.explain_instance_with_data(
        kept, values[:, None], distances, 0, count, feature_selection="none"
    )
    assert scores == pytest.approx([dict(theirs)[piece] for piece in range(count)], abs=1e-9)
    assert found.surrogate_r2 == pytest.approx(r2, abs=1e-9)
    assert len(measure.asked) == len(set(measure.asked)) <= min(maskings, 2**count), (
        "sets alike are asked once"
    )
    assert (found.margins is None) == (maskings < 10 * (count + 2))


def test_maskings_are_weighed_as_in_the_white_box_methods() -> None:
    kept = torch.tensor([[True, True], [True, False], [False, False]])
    assert proximity(kept)[0] == 1


# ── intervals ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("one", "other", "replies"), [(20, 12, 20), (0, 0, 10), (7, 9, 15)])
def test_the_interval_of_a_difference_is_newcombes(one: int, other: int, replies: int) -> None:
    ours = interval_of_sum([1.0, -1.0], [(one / replies, replies), (other / replies, replies)])
    theirs = newcombe_independent(one, replies, other, replies)
    assert (ours.estimate, max(-1, ours.low), min(1, ours.high)) == pytest.approx(
        (theirs.estimate, theirs.low, theirs.high)
    )


@pytest.mark.parametrize("replies", [10, 20])
@pytest.mark.parametrize(
    "shares", [(0.5,), (0.02, 0.9, 0.1, 0.97, 0.5, 0.3), (0.0, 1.0, 0.05, 0.0, 1.0, 0.5)]
)
@pytest.mark.parametrize(
    "method", [lambda cut: PartitionShap(cut, 64), lambda cut: Lime(cut, 30, 0), Occlusion]
)
def test_the_intervals_of_a_run_hold_all_together(
    method: Callable[[CutPrompt], Method], shares: tuple[float, ...], replies: int
) -> None:
    """1,500 simulated runs of planted shares: in at least 93 % every interval holds its score, as 95 % promises."""
    count = 4
    _, found, measure, _ = played("p0 p1 p2 p3", random_game(count, 0), method)
    rows = sorted({row for weights in found.weights if weights for row in weights})
    truth = {row: shares[at % len(shares)] for at, row in enumerate(rows)}
    scores = [sum(w * truth[row] for row, w in weights.items()) for weights in found.weights if weights]
    chance, held, level = random.Random(4), 0, 1 - 0.05 / count
    for _ in range(1500):
        seen = {row: sum(chance.random() < truth[row] for _ in range(replies)) / replies for row in rows}
        intervals = [
            interval_of_sum(list(weights.values()), [(seen[row], replies) for row in weights], level)
            for weights in found.weights
            if weights
        ]
        held += all(
            each.low - 1e-12 <= score <= each.high + 1e-12
            for each, score in zip(intervals, scores, strict=True)
        )
    assert held / 1500 >= 0.93
    assert len(measure.asked) >= len(rows)


@pytest.mark.parametrize(("count", "replies"), [(4, 20), (8, 20), (8, 10)])
@pytest.mark.parametrize("together", [False, True])
def test_lime_marks_what_the_answer_depends_on_and_hardly_ever_anything_else(
    count: int, replies: int, together: bool
) -> None:
    """100 simulated runs of 64 drawn versions; the answer needs one piece, or two together, which no sum can say.

    Intervals of the replies' chance alone mark another piece in half of the runs where two act together.
    """
    needed = frozenset({0, 1} if together else {0})
    wrong = found = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        cut = CutPrompt(TextPrompt(text=" ".join(f"p{at}" for at in range(count))), "words")
        method = Lime(cut, 64, seed)

        def value(there: frozenset[int], chance: np.random.Generator = chance) -> float:
            return float(chance.binomial(replies, 0.95 if needed <= there else 0.05)) / replies

        game = Game(cut, TableMeasure(value), silent, method.most())
        method.ask(game)
        scores = method.scores(game)
        assert scores.errors is not None
        marked = set()
        for piece, (weights, error) in enumerate(zip(scores.weights, scores.errors, strict=True)):
            assert weights is not None
            shares = [(game.known[row].value, replies) for row in weights]
            drawn = interval_of_sum(list(weights.values()), shares, 1 - 0.05 / count)
            if widened(drawn, error, scores.freedom).excludes(0):
                marked.add(piece)
        wrong += bool(marked - needed)
        found += needed <= marked
    assert wrong <= 10
    assert found >= 85


# ── beside the white-box methods ─────────────────────────────────────────────


def teacher_forced(subject: gp.subject, text: str, answer: str) -> float:  # type: ignore[valid-type]
    """Σ log p by hand, in one forward."""
    model, tokenizer = subject.model, subject.tokenizer  # type: ignore[attr-defined]
    prompt, said = (tokenizer(each, return_tensors="pt")["input_ids"] for each in (text, answer))
    with torch.no_grad():
        logits = model(torch.cat([prompt, said], 1)).logits[0].double().log_softmax(-1)
    first = prompt.shape[1] - 1
    return sum(float(logits[first + at, token]) for at, token in enumerate(said[0]))


def test_log_probabilities_of_the_kernels_model_are_what_a_forward_gives_and_white_box_occlusion() -> None:
    subject = gp.subject("demo-lm")
    ours = gp.explain_black_box(subject, STORY, grain="words", answer=" Mary")
    assert isinstance(ours, gp.BlackBoxExplanation)
    words = STORY.split()
    whole = teacher_forced(subject, STORY, " Mary")
    by_hand = [
        whole
        - teacher_forced(subject, " ".join(word for at, word in enumerate(words) if at != piece), " Mary")
        for piece in range(len(words))
    ]
    scores = [each.score for each in ours.pieces]
    assert scores == pytest.approx(by_hand, abs=1e-4)
    dropped = gp.explain(
        subject, STORY, method="occlusion", replacement="drop", completion=" Mary", score="log_prob"
    )
    whites = {token.start: score for token, score in zip(dropped.tokens, dropped.scores[0], strict=True)}
    compared = 0
    for each in ours.pieces[1:]:  # the first leaves a word without its space behind: another token
        if each.text == "store,":
            continue  # two tokens, dropped one by one there
        start = each.start - 1 if each.start - 1 in whites else each.start
        assert each.score == pytest.approx(float(whites[start]), abs=1e-4), each.text
        compared += 1
    assert compared == 11
    assert max(ours.pieces, key=lambda each: each.score or 0).text == "to"
