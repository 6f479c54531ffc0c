"""The trust figures. Truth: plain loops of one forward pass per masked prompt, curves integrated by hand,
captum's metrics, a planted model, and maps that are known to know nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max as captum_sensitivity
from plain_model import (
    TEXT,
    absent_id,
    embed,
    ids_of,
    of_embeddings,
    of_ids,
    players,
    subject_of,
    text_for,
    with_absent,
)
from planted import one_place_subject
from scipy.stats import binom
from test_shift_copy import BACK
from test_shift_copy import subject as shift_copy_subject  # noqa: F401  (a fixture)

import glasspane as gp
from glasspane.attribution.trust import figures, removal
from glasspane.attribution.trust.check_cost import estimated_seconds
from glasspane.attribution.trust.measures import Answers
from glasspane.attribution.trust.rankings import (
    PERCENTS,
    counts_of,
    prefixes,
    random_orders,
    rearranged,
    tokens_at,
)
from glasspane.attribution.trust.removal import Curves
from glasspane.attribution.trust.sensitivity import perturbed
from glasspane.attribution.trust.soft_erasure import DRAWS
from glasspane.attribution.trust.verdicts import Column, mid_ranks, standing, taken_together
from glasspane.errors import GlasspaneError

EVERYTHING = slice(None)
SHORT = "The capital of France is"


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def with_scores(explanation: gp.Explanation, scores: Any) -> gp.Explanation:
    """The same explanation with other scores, as if a method had given those."""
    rows = np.atleast_2d(np.asarray(scores, dtype=float)).tolist()
    return gp.Explanation(explanation.data.model_copy(update={"scores": rows}))


def shuffled(explanation: gp.Explanation, seed: int) -> gp.Explanation:
    return with_scores(explanation, np.random.default_rng(seed).permutation(explanation.scores.sum(0)))


def logits_of(subject: Any, ours: gp.Explanation) -> Callable[[torch.Tensor], torch.Tensor]:
    """ids [row, token] → [row, class or vocabulary], one forward pass for each."""
    if subject.family != "encoder_decoder":
        return of_ids(subject, EVERYTHING, ids_of(ours))  # type: ignore[arg-type]

    def f(rows: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return torch.stack(
                [
                    subject.model(row[None, :-1], decoder_input_ids=row[None, -1:]).logits[0, -1]
                    for row in rows
                ]
            )

    return f


class PlainFigures:
    """Each figure for one order of the players, by loops over its thresholds."""

    def __init__(self, subject: Any, ours: gp.Explanation) -> None:
        self.count = len(players(subject, ours))
        self.target = ours.target.ids[0]
        self._f, self._ids, self._places = logits_of(subject, ours), ids_of(ours), players(subject, ours)
        self._absent = absent_id(subject)
        if subject.family == "sequence_classifier" and subject.tokenizer.mask_token is None:
            (self._absent,) = subject.tokenizer(" ", add_special_tokens=False)["input_ids"]
        self.whole = self.log_p(range(self.count))

    def logits(self, kept: Any) -> torch.Tensor:
        ids = self._ids.clone()
        for player in set(range(self.count)) - set(kept):
            ids[0, self._places[player]] = self._absent
        return self._f(ids)[0]

    def log_p(self, kept: Any) -> float:
        return float(self.logits(kept).log_softmax(-1)[self.target])

    def of(self, order: list[int]) -> dict[str, float]:
        n = self.count
        p = math.exp(self.whole)
        tops = [order[: max(1, math.ceil(n * k / 100))] for k in (1, 5, 10, 20, 50)]
        rest = [[i for i in range(n) if i not in top] for top in tops]
        deleted = [math.exp(self.log_p(order[k:])) for k in range(n + 1)]
        inserted = [math.exp(self.log_p(order[:k])) for k in range(n + 1)]
        flips = [k / n for k in range(n + 1) if int(self.logits(order[k:]).argmax()) != self.target]
        return {
            "comprehensiveness": float(np.mean([p - math.exp(self.log_p(kept)) for kept in rest])),
            "sufficiency": float(np.mean([p - math.exp(self.log_p(top)) for top in tops])),
            "log_odds": float(np.mean([self.log_p(kept) - self.whole for kept in rest])),
            "decision_flip": min(flips, default=1.0),
            "deletion_auc": sum((a + b) / 2 / n for a, b in itertools.pairwise(deleted)),
            "insertion_auc": sum((a + b) / 2 / n for a, b in itertools.pairwise(inserted)),
        }


@pytest.mark.parametrize("family", ["gpt2", "llama", "distilbert", "bert_masked", "t5", "gpt2_classifier"])
def test_figures_equal_a_loop_over_the_thresholds(family: str) -> None:
    subject = subject_of(family, double=True)
    text = SHORT if family == "t5" else text_for(family)
    ours = gp.explain(subject, text, method="input_x_gradient")
    checked = gp.check(subject, ours)
    plain = PlainFigures(subject, ours)
    assert plain.count <= 20  # every number of tokens is a point of the curves
    scores = ours.scores[0][players(subject, ours)]
    expected = plain.of(np.argsort(-scores).tolist())
    for name, value in expected.items():
        assert checked.figures[name].value == pytest.approx(value, rel=1e-5, abs=1e-7), name
    assert checked.data.confidence == pytest.approx(math.exp(plain.whole), rel=1e-5)


def test_short_prompts_stand_beside_every_ranking() -> None:
    """Five tokens have 120 orders: the interval is theirs, exactly."""
    subject = subject_of("gpt2", double=True)
    ours = gp.explain(subject, "The capital of France", method="input_x_gradient")
    plain = PlainFigures(subject, ours)
    assert 3 <= plain.count <= 5
    every = [plain.of(list(order)) for order in itertools.permutations(range(plain.count))]
    checked = gp.check(subject, ours)
    assert checked.data.every_ranking
    assert checked.data.rankings == math.factorial(plain.count)
    for name, figure in checked.figures.items():
        if name not in every[0]:
            continue
        values = np.array([each[name] for each in every])
        sign = 1 if figure.direction == "higher" else -1
        assert figure.random_mean == pytest.approx(values.mean(), abs=1e-9), name
        assert figure.as_good == pytest.approx(np.mean(sign * values >= sign * figure.value - 1e-9)), name
        assert np.mean((values < figure.random_low - 1e-9) | (values > figure.random_high + 1e-9)) <= 0.05


def test_longer_prompts_stand_beside_the_rankings_drawn() -> None:
    subject = subject_of("gpt2", double=True)
    text = " ".join([TEXT] * 2)
    ours = gp.explain(subject, text, method="input_x_gradient")
    checked = gp.check(subject, ours, seed=5)
    n = len(players(subject, ours))
    assert n > 20
    f = logits_of(subject, ours)
    whole = f(ids_of(ours)).softmax(-1)[0, ours.target.ids[0]]
    orders = random_orders(n, 40, seeded(5)).order

    def comprehensiveness(order: torch.Tensor, percent: int) -> float:
        kept = torch.ones(1, n, dtype=torch.bool)
        kept[0, order[: math.ceil(n * percent / 100)]] = False
        return float(whole - f(with_absent(ours, kept, subject)).softmax(-1)[0, ours.target.ids[0]])

    own = torch.tensor(np.argsort(-ours.scores[0]).copy())
    for part in checked.figures["comprehensiveness"].at:
        assert part.tokens == math.ceil(n * part.percent / 100)
        assert part.value == pytest.approx(comprehensiveness(own, part.percent), abs=1e-9)
        values = [comprehensiveness(order, part.percent) for order in orders]
        assert part.random_mean == pytest.approx(np.mean(values), abs=1e-9)
        # Forty values have a 95 % interval by rank: from the lowest to the highest.
        assert (part.random_low, part.random_high) == pytest.approx((min(values), max(values)), abs=1e-9)


def test_areas_and_flips_by_hand() -> None:
    fractions = torch.tensor([0.0, 0.5, 1.0]).double()
    values = torch.tensor([[1.0, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 1.0, 0.4]]).double()
    torch.testing.assert_close(removal.area(values, fractions), torch.tensor([0.5, 0.25, 0.65]).double())
    uneven = torch.tensor([0.0, 0.1, 1.0]).double()
    torch.testing.assert_close(removal.area(values[:1], uneven), torch.tensor([0.075 + 0.225]).double())

    def answers(leads: list[Any]) -> Answers:
        flags = torch.tensor(leads, dtype=torch.bool)
        nothing = torch.zeros(flags.shape[:-1], dtype=torch.float64)
        return Answers(nothing, nothing, nothing, flags)

    # Three rankings of four tokens; what leads are the two tokens of a completion.
    both, one, none = [True, True], [True, False], [False, False]
    deletion = answers([[both, both, one, none, none], [both, none, both, both, both], [both] * 5])
    curves = Curves(torch.arange(5), 4, deletion, deletion, answers(both))
    assert removal.decision_flip(curves).tolist() == [0.5, 0.25, 1.0]


def test_thresholds_and_counts_by_hand() -> None:
    assert [tokens_at(k, 5) for k in PERCENTS] == [1, 1, 1, 1, 3]
    assert [tokens_at(k, 200) for k in PERCENTS] == [2, 10, 20, 40, 100]
    assert counts_of(4).tolist() == [0, 1, 2, 3, 4]
    counts = counts_of(200).tolist()
    assert {0, 2, 10, 20, 40, 100, 200} <= set(counts)
    assert {200 - count for count in counts} == set(counts)


def test_a_completion_is_measured_by_the_mean_of_its_tokens_and_of_several_rows_by_their_sum() -> None:
    subject = subject_of("gpt2", double=True)
    rows = gp.explain(subject, SHORT, completion=" Paris, not Rome", each=True, method="input_x_gradient")
    checked = gp.check(subject, rows)
    said = rows.target.ids
    assert len(rows.scores) == len(said) > 1

    def p(ids: torch.Tensor) -> float:
        with torch.no_grad():
            logits = subject.model(ids).logits[0, -len(said) :].log_softmax(-1)
        return math.exp(np.mean([float(logits[k, token]) for k, token in enumerate(said)]))

    ids = ids_of(rows)
    assert checked.data.confidence == pytest.approx(p(ids), rel=1e-9)
    order = np.argsort(-rows.scores.sum(0))
    for part in checked.figures["sufficiency"].at:
        kept = torch.full_like(ids, absent_id(subject))
        kept[0, order[: part.tokens].copy()] = ids[0, order[: part.tokens].copy()]
        assert part.value == pytest.approx(p(ids) - p(kept), abs=1e-9)
    assert "their sum" in checked.data.ranked


def test_a_contrast_is_measured_between_its_two_answers() -> None:
    subject = subject_of("gpt2", double=True)
    ours = gp.explain(subject, SHORT, target=(" Paris", " Rome"), method="occlusion")
    checked = gp.check(subject, ours)
    with torch.no_grad():
        two = subject.model(ids_of(ours)).logits[0, -1, [*ours.target.ids, *ours.target.versus_ids]]
    assert checked.data.confidence == pytest.approx(float(two.softmax(0)[0]), rel=1e-9)
    flip = checked.figures["decision_flip"]
    assert (flip.value is None) == (float(two[0]) < float(two[1]))


def test_infidelity_is_captums_where_no_scale_turns_the_map_around() -> None:
    subject = subject_of("gpt2", double=True)
    ours = gp.explain(subject, TEXT, method="occlusion")
    checked = gp.check(subject, ours, seed=3)
    places = players(subject, ours)
    n = len(places)
    f = of_ids(subject, ours.target.ids[0])
    orders = random_orders(n, 40, seeded(3)).order
    absent = prefixes(orders, counts_of(n)[1:]).flatten(0, 1)

    def forward(kept: torch.Tensor) -> torch.Tensor:
        return f(with_absent(ours, kept > 0.5, subject))

    def take_away(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gone = absent.double()
        return gone, inputs[: len(gone)] - gone

    theirs = captum_infidelity(
        forward,
        take_away,
        torch.ones(1, n, dtype=torch.float64),
        torch.tensor(ours.scores[0][places])[None],
        n_perturb_samples=len(absent),
        normalize=True,
    )
    assert checked.figures["infidelity"].value == pytest.approx(float(theirs[0]), rel=1e-8)


def test_infidelity_of_a_map_turned_around_is_that_of_none() -> None:
    """The scale may not be negative: −φ explains nothing of what φ explains."""
    absent = torch.rand(50, 6, generator=seeded()) < 0.5
    scores = torch.tensor([[3.0, 1, 0, 0, 2, 1], [-3, -1, 0, 0, -2, -1], [0, 0, 0, 0, 0, 0]]).double()
    change = absent.double() @ scores[0]
    found = removal.infidelity(scores, absent, change)
    assert float(found[0]) == pytest.approx(0.0, abs=1e-20)
    assert found[1:].tolist() == pytest.approx([float(change.square().mean())] * 2)


def test_sensitivity_is_captums_on_the_same_copies() -> None:
    subject = subject_of("gpt2", double=True)
    ours = gp.explain(subject, TEXT, method="input_x_gradient")
    checked = gp.check(subject, ours, seed=2)
    ids = ids_of(ours)
    f = of_embeddings(subject, ids, ours.target.ids[0])

    def explanation(embeddings: Any) -> tuple[torch.Tensor]:
        (leaf,) = embeddings if isinstance(embeddings, tuple) else (embeddings,)
        leaf = leaf.detach().requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(f(leaf).sum(), leaf)
        return ((leaf * gradient).sum(-1).detach(),)

    def copies(_inputs: torch.Tensor) -> torch.Tensor:
        return perturbed(embed(subject, ids), seeded(2))

    theirs = captum_sensitivity(explanation, embed(subject, ids), copies, n_perturb_samples=10)
    ours_value = checked.figures["sensitivity_max"].value
    assert ours_value == pytest.approx(float(theirs[0]), rel=1e-6)
    assert ours_value > 0


def test_sensitivity_needs_a_method_that_is_run_on_embeddings_and_that_gave_these_scores() -> None:
    subject = subject_of("gpt2")
    masked = gp.check(subject, gp.explain(subject, SHORT, method="occlusion"))
    assert masked.figures["sensitivity_max"].value is None
    assert "not run on embeddings" in masked.figures["sensitivity_max"].sentence
    other = shuffled(gp.explain(subject, SHORT, method="saliency"), 1)
    assert gp.check(subject, other).figures["sensitivity_max"].value is None


@pytest.mark.parametrize(("family", "target"), [("gpt2", None), ("distilbert", "NEGATIVE")])
def test_soft_figures_equal_a_loop_over_the_draws(family: str, target: str | None) -> None:
    subject = subject_of(family, double=True)
    ours = gp.explain(subject, text_for(family), target=target, method="input_x_gradient")
    checked = gp.check(subject, ours, seed=4)
    places, ids = players(subject, ours), ids_of(ours)
    f = of_embeddings(subject, ids, EVERYTHING)  # type: ignore[arg-type]
    whole = embed(subject, ids)

    def p(embeddings: torch.Tensor) -> float:
        with torch.no_grad():
            return float(f(embeddings).softmax(-1)[0, ours.target.ids[0]])

    nothing = whole.clone()
    nothing[:, places] = 0
    at_zero = max(0.0, p(whole) - p(nothing))
    scores = ours.scores[0][places]
    strength = (scores - scores.min()) / (scores.max() - scores.min())
    draws = torch.rand(DRAWS, len(places), whole.shape[-1], generator=seeded(4))
    kept, erased = [], []
    for draw in draws:
        for share, into in ((strength, kept), (1 - strength, erased)):
            soft = whole.clone()
            for row, place in enumerate(places):
                soft[0, place] = soft[0, place] * (draw[row] < share[row])
            into.append(max(0.0, p(whole) - p(soft)))
    assert at_zero > 1e-3  # the answer needs its tokens: there is something to erase
    sufficiency = ((1 - np.mean(kept)) - (1 - at_zero)) / (1 - (1 - at_zero))  # as the paper writes it
    assert checked.figures["soft_sufficiency"].value == pytest.approx(sufficiency, rel=1e-6, abs=1e-9)
    assert checked.figures["soft_comprehensiveness"].value == pytest.approx(
        np.mean(erased) / at_zero, rel=1e-6, abs=1e-9
    )


def test_where_the_answer_needs_no_token_there_is_nothing_to_erase_softly() -> None:
    """Of two classes, the one that is less likely with the prompt than without loses nothing."""
    subject = subject_of("distilbert", double=True)
    ours = gp.explain(subject, TEXT, target="POSITIVE", method="input_x_gradient")
    soft = gp.check(subject, ours).figures["soft_comprehensiveness"]
    assert soft.value is None
    assert "no less likely" in soft.sentence


# ── maps that know nothing, and one that knows ───────────────────────────────


def most_by_chance(cases: int, rate: float = 0.05) -> int:
    """Exceeded by chance once in a thousand such tests."""
    return int(binom.ppf(0.999, cases, rate))


def random_game_curves(count: int, seed: int) -> tuple[Curves, Any, torch.Tensor]:
    """Curves of a random ranking and of those beside it, in a game with interactions and no model."""
    chance = np.random.default_rng(seed)
    alone, pairs = chance.normal(size=count), np.triu(chance.normal(size=(count, count)), 1)
    random = random_orders(count, 40, seeded(seed))
    own = torch.tensor(chance.permutation(count))
    counts = counts_of(count)
    first = prefixes(torch.cat([own[None], random.order]), counts)

    def answers(kept: torch.Tensor) -> Answers:
        z = kept.double().numpy()
        p = torch.tensor(1 / (1 + np.exp(-(z @ alone + np.einsum("...i,ij,...j", z, pairs, z)))))
        return Answers(p, p, p.log(), torch.ones(*p.shape, 1, dtype=torch.bool))

    return Curves(counts, count, answers(~first), answers(first), answers(~first)[0][0]), random, own


def test_random_rankings_are_rarely_taken_for_more() -> None:
    """Three hundred games: at most 5 % of random rankings fall outside, whichever figure is looked at,
    though the rankings beside them come in pairs."""
    cases, outside = 300, {"comprehensiveness": 0, "deletion_auc": 0, "insertion_auc": 0, "together": 0}
    for seed in range(cases):
        curves, random, _ = random_game_curves(12, seed)
        columns = {
            "comprehensiveness": (removal.comprehensiveness(curves).mean(1), True),
            "deletion_auc": (removal.area(curves.deletion.probability, curves.fractions), False),
            "insertion_auc": (removal.area(curves.insertion.probability, curves.fractions), True),
        }
        made = {
            name: Column(float(values[0]), values[1:], higher, 1e-9)
            for name, (values, higher) in columns.items()
        }
        for name, column in made.items():
            stands = standing(column.value, column.random, column.higher, random.every, 1e-9)
            outside[name] += stands.verdict != "no better than random"
        stands = taken_together(list(made.values()), random.every)
        outside["together"] += stands.verdict != "no better than random"
    assert max(outside.values()) <= most_by_chance(cases), outside


def test_shuffled_scores_are_no_better_than_random() -> None:
    subject = subject_of("gpt2")
    ours = gp.explain(subject, "The capital of France is Paris", method="input_x_gradient")
    assert 6 <= len(ours.tokens) <= 8
    cases = 40
    outside: dict[str, int] = {}
    for seed in range(cases):
        checked = gp.check(subject, shuffled(ours, seed))
        outside["overall"] = outside.get("overall", 0) + (checked.verdict != "no better than random")
        for name, figure in checked.figures.items():
            said_more = figure.verdict not in (None, "no better than random")
            outside[name] = outside.get(name, 0) + said_more
    assert max(outside.values()) <= most_by_chance(cases), outside


def test_a_model_that_always_says_the_same_has_no_map_better_than_random() -> None:
    subject = subject_of("gpt2")
    subject.model.lm_head = torch.nn.Linear(32, 600, bias=False)
    torch.nn.init.zeros_(subject.model.lm_head.weight)
    ours = gp.explain(subject, TEXT, method="input_x_gradient")
    assert not ours.scores.any()
    for seed in range(3):
        scores = np.random.default_rng(seed).normal(size=len(ours.tokens))
        checked = gp.check(subject, with_scores(ours, scores), seed=seed)
        assert checked.verdict == "no better than random"
        for figure in checked.figures.values():
            assert figure.verdict in (None, "no better than random"), figure.name
        assert checked.figures["soft_sufficiency"].value is None
    flat = gp.check(subject, ours)
    assert flat.verdict == "no better than random"
    assert any("rank nothing" in warning for warning in flat.data.warnings)


def test_another_targets_map_is_no_better_than_random() -> None:
    """Every class hangs on a place of its own: what explains one says nothing of another."""
    subject = one_place_subject()
    maps = [
        gp.explain(subject, TEXT, target=label, method="occlusion", score="prob")
        for label in range(len(subject.labels))
    ]
    cases, taken_for_more = 0, 0
    for seed, (one, other) in enumerate(itertools.permutations(maps, 2)):
        assert int(np.argmax(one.scores[0])) != int(np.argmax(other.scores[0]))
        checked = gp.check(subject, with_scores(one, other.scores), seed=seed)
        cases += 1
        taken_for_more += checked.verdict == "better than random"
    assert taken_for_more <= most_by_chance(cases, 0.025)
    own = gp.check(subject, maps[0])
    assert own.figures["decision_flip"].value == pytest.approx(1 / own.data.tokens)


LONG = " ".join(["The capital of France is Paris. The capital of Spain is Madrid, not Rome."] * 3)


def test_the_planted_cause_is_better_than_random_on_every_figure(shift_copy_subject: Any) -> None:  # noqa: F811
    ours = gp.explain(shift_copy_subject, LONG, method="input_x_gradient")
    source = len(ours.tokens) - 1 - BACK
    assert int(np.argmax(ours.scores[0])) == source
    # So many tokens that fewer than 2.5 % of random rankings happen to begin with the cause.
    assert len(ours.tokens) > 40
    checked = gp.check(shift_copy_subject, ours, rankings=400)
    assert checked.verdict == "better than random"
    assert checked.sentence.startswith("Better than random")
    assert {figure.verdict for figure in checked.figures.values()} == {"better than random"}, (
        checked.to_frame()
    )
    assert checked.figures["decision_flip"].value == pytest.approx(1 / len(ours.tokens), abs=0.03)


def test_the_planted_cause_last_is_worse_than_random(shift_copy_subject: Any) -> None:  # noqa: F811
    ours = gp.explain(shift_copy_subject, LONG, method="input_x_gradient")
    checked = gp.check(shift_copy_subject, with_scores(ours, -ours.scores), rankings=400)
    assert checked.verdict == "worse than random"
    assert checked.sentence.startswith("Worse than random")
    assert "better than random" not in {figure.verdict for figure in checked.figures.values()}
    for name in ("deletion_auc", "insertion_auc", "decision_flip"):
        assert checked.figures[name].verdict == "worse than random", name


# ── what is drawn, what is evaluated, what is left alone ─────────────────────


def test_each_masked_prompt_is_evaluated_once() -> None:
    subject = subject_of("gpt2")
    ours = gp.explain(subject, TEXT, method="occlusion")
    checked = gp.check(subject, ours)
    n = len(ours.tokens)
    own = torch.tensor(np.argsort(-ours.scores[0], kind="stable").copy())
    orders = torch.cat([own[None], random_orders(n, 40, seeded()).order])
    asked = [
        frozenset(kept) for order in orders.tolist() for k in range(n + 1) for kept in (order[:k], order[k:])
    ]
    assert checked.data.maskings_asked == len(asked)
    assert checked.data.maskings == len(set(asked)) - 1  # the whole prompt was known
    # Pairs of an order and its reverse: half of what each by itself would need.
    assert checked.data.maskings < 0.52 * len(asked)


def test_random_orders_come_in_pairs_and_are_each_uniform() -> None:
    drawn = random_orders(9, 400, seeded()).order
    assert torch.equal(drawn[0::2], drawn[1::2].flip(1))
    assert torch.equal(drawn.sort(1).values, torch.arange(9).expand(400, 9))
    first = torch.bincount(drawn[:, 0], minlength=9)
    assert int(first.min()) > binom.ppf(0.0001, 400, 1 / 9)
    every = random_orders(5, 40, seeded())
    assert every.every
    assert len({tuple(order) for order in every.order.tolist()}) == every.count == 120


def test_rearranged_scores_are_the_same_numbers_in_the_given_order() -> None:
    scores = torch.tensor([0.5, -2.0, 3.0, 0.0]).double()
    order = torch.tensor([[3, 0, 1, 2], [2, 0, 3, 1]])
    moved = rearranged(scores, order)
    assert moved.tolist() == [[0.5, 0.0, -2.0, 3.0], [0.5, -2.0, 3.0, 0.0]]


def test_intervals_hold_95_percent_by_rank() -> None:
    drawn = torch.arange(40).double()
    assert standing(39.5, drawn, True, False, 0).verdict == "better than random"
    assert standing(39.0, drawn, True, False, 0).verdict == "no better than random"
    assert standing(-0.5, drawn, True, False, 0).verdict == "worse than random"
    assert standing(-0.5, drawn, False, False, 0).verdict == "better than random"
    every = torch.arange(120).double()
    # 3 of 120 are 2.5 %: the third best of all is better than random, the fourth is not.
    assert standing(117.0, every, True, True, 1e-9).verdict == "better than random"
    assert standing(116.0, every, True, True, 1e-9).verdict == "no better than random"
    assert mid_ranks(torch.tensor([1.0, 5.0, 5.0, 9.0])).tolist() == [0, 0.5, 0.5, 1]


def test_the_same_seed_gives_the_same_numbers_and_nothing_else_moves() -> None:
    subject = subject_of("gpt2")
    subject.model.train()
    ours = gp.explain(subject, TEXT, method="smoothgrad", samples=4)
    torch.manual_seed(7)
    np.random.seed(7)
    before = (torch.get_rng_state(), np.random.get_state()[1].copy())
    first = gp.check(subject, ours, seed=1)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert subject.model.training
    assert all(p.grad is None for p in subject.model.parameters())
    again, other = gp.check(subject, ours, seed=1), gp.check(subject, ours, seed=2)
    assert first.data.figures == again.data.figures
    assert first.data.figures != other.data.figures
    assert first.figures["deletion_auc"].value == other.figures["deletion_auc"].value


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from glasspane.attribution import memory

    subject = subject_of("gpt2")
    ours = gp.explain(subject, SHORT, method="integrated_gradients")
    at_once = gp.check(subject, ours)
    monkeypatch.setitem(memory.ROWS_AT_ONCE, "cpu", 1)
    one_by_one = gp.check(subject, ours)
    for name, figure in at_once.figures.items():
        assert one_by_one.figures[name].value == pytest.approx(figure.value, rel=1e-3, abs=1e-5)
        assert one_by_one.figures[name].verdict == figure.verdict


def test_of_too_few_tokens_it_is_said_that_nothing_can_be_told() -> None:
    subject = subject_of("gpt2")
    checked = gp.check(subject, gp.explain(subject, "The", method="occlusion"))
    assert checked.verdict == "no better than random"
    assert "no ranking can be told" in checked.sentence


def test_an_explanation_of_other_tokens_is_refused_and_of_other_weights_is_noted() -> None:
    subject = subject_of("gpt2")
    ours = gp.explain(subject, SHORT, method="occlusion")
    with pytest.raises(GlasspaneError) as caught:
        gp.check(subject_of("distilbert"), ours)
    assert caught.value.code == "bad_request"
    with torch.no_grad():
        subject.model.transformer.wte.weight.mul_(1.5)
    assert any("weights" in warning for warning in gp.check(subject, ours).data.warnings)


def test_a_number_that_is_predicted_has_figures_but_no_probability() -> None:
    subject = subject_of("bert")
    subject.model.config.num_labels = 1
    subject.model.config.id2label = {0: "SCORE"}
    subject.model.classifier = torch.nn.Linear(32, 1)
    checked = gp.check(subject, gp.explain(subject, TEXT, method="occlusion"))
    assert checked.data.confidence is None
    assert checked.figures["comprehensiveness"].unit == "predicted number"
    for name in ("log_odds", "decision_flip", "soft_sufficiency"):
        assert checked.figures[name].value is None
        assert checked.figures[name].sentence


def test_the_estimate_grows_with_what_is_to_be_evaluated() -> None:
    subject = subject_of("gpt2")
    short = gp.explain(subject, SHORT, method="occlusion").data
    cost = short.cost.model_copy(update={"forwards": 10, "backwards": 0, "stages": {"method": 0.1}})
    short = short.model_copy(update={"cost": cost})
    # 5 to 8 tokens: at most 2ⁿ masked prompts, and 41 maps erased softly in two ways four times, at 10 ms.
    rows = min(2 ** len(short.tokens), 41 * (len(short.tokens) + 1)) + 41 * 2 * DRAWS
    assert estimated_seconds(short) == pytest.approx(0.01 * rows)
    faster = short.model_copy(
        update={"cost": cost.model_copy(update={"stages": {"method": 0.1, "predict": 0.001}})}
    )
    assert estimated_seconds(faster) == pytest.approx(0.001 * rows)
    unfinished = short.checks.model_copy(update={"complete": False})
    assert estimated_seconds(short.model_copy(update={"checks": unfinished})) is None


def test_an_explanation_says_what_its_check_would_take() -> None:
    explained = gp.explain(subject_of("gpt2"), SHORT, method="occlusion").data
    assert explained.checks.check_seconds == estimated_seconds(explained)
    assert explained.checks.check_seconds is not None


def test_every_figure_says_what_it_is() -> None:
    subject = subject_of("gpt2")
    checked = gp.check(subject, gp.explain(subject, TEXT, method="integrated_gradients"))
    for figure in checked.figures.values():
        assert figure.sentence.endswith(".")
        assert figure.value is None or f"{figure.direction} is better" in figure.sentence
        assert figure.reference
        assert figure.replacement
    assert checked.data.replacement == "pad token <|endoftext|>"
    assert checked.figures["soft_sufficiency"].replacement != checked.data.replacement
    assert figures.FIGURES.keys() == checked.figures.keys()
