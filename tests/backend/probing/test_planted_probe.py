"""What probes find where it is known. Truth: weights written by hand, whose every activation follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from planted_parity import (
    PARITY_MOVED,
    VOCABULARY,
    WORDS,
    parity,
    parity_model,
    parity_rows,
    parity_subject,
)

import glasspane as gp


def changed(subject: Any, layer: int, seed: int = 0, **how: Any) -> gp.ProbeTest:
    return gp.probe(subject, parity_rows(seed), layers=[layer], seed=seed).test(**how)


@pytest.fixture(scope="module")
def probes() -> gp.Probes:
    return gp.probe(parity_subject(used=True), parity_rows(), seed=1)


def test_the_planted_parity_is_where_it_was_put() -> None:
    """The model itself, before anything is said of probes."""
    model = parity_model(used=True).requires_grad_(False)
    seen: dict[str, torch.Tensor] = {}
    model.transformer.h[2].register_forward_pre_hook(lambda _m, given: seen.update(at=given[0]))
    for word in WORDS[:8]:
        ids = torch.tensor([[VOCABULARY.index(each) for each in ("so", word, "is")]])
        model(ids)
        each = [abs(float(model.transformer.wte.weight[i, :2].sum())) for i in ids[0]]
        assert [one > 0 for one in each] == [True, bool(parity(word)), True]
        assert float(seen["at"][0, 2, PARITY_MOVED]) == pytest.approx(sum(each) / 3)


def test_a_feature_is_found_at_the_layer_that_writes_it_and_not_before(probes: gp.Probes) -> None:
    assert list(probes.layers) == [0, 1, 2, 3]
    assert [each.site for each in probes.layers.values()] == [
        "resid_pre 0", "resid_pre 1", "resid_pre 2", "resid_post 2",
    ]  # fmt: skip
    for before in (0, 1):
        assert not probes.layers[before].decodable
        assert probes.layers[before].low < 0.5 < probes.layers[before].high + 0.05
    for after in (2, 3):
        assert probes.layers[after].accuracy == 1.0
        assert probes.layers[after].decodable
    assert probes.best.layer == 2
    assert "from resid_pre 2 on" in probes.sentence


def test_the_control_task_stays_at_chance_where_only_the_feature_is_left(probes: gp.Probes) -> None:
    """Of the word before, its parity alone arrives: random labels of words cannot be learned from that."""
    for layer in probes.layers.values():
        assert layer.control_low < 0.5 < layer.control_high
    assert probes.best.selectivity > 0.35
    assert probes.best.selectivity_low > 0.2


def test_words_learned_by_heart_are_not_taken_for_a_property() -> None:
    """Random classes of words, read at the word itself: on seen words the probe knows many, on others none."""
    rng = np.random.default_rng(3)
    drawn = rng.permutation(np.repeat(["a", "b"], len(WORDS) // 2))
    rows = [
        {
            "text": f"{before} {word} is",
            "label": label,
            "span": (len(before) + 1, len(before) + 1 + len(word)),
        }
        for word, label in zip(WORDS, drawn, strict=True)
        for before in ("so", "then", "now")
    ]
    found = gp.probe(parity_subject(used=True), rows, layers=[0])
    only = found.layers[0]
    assert not only.decodable
    assert only.low < 0.5
    assert only.seen_accuracy > 0.62
    # The control task learns random classes as well as these, which are random too: no selectivity.
    assert only.selectivity_low < 0 < only.selectivity_high


def test_what_the_head_reads_is_used_and_what_nothing_reads_is_not() -> None:
    answers = {"even": "yes", "odd": "no"}
    used, unused = (changed(parity_subject(used=used), 2, answers=answers) for used in (True, False))
    assert used.data.accuracy == unused.data.accuracy == 1.0
    assert used.used
    assert all(change.used for change in used.changes.values())
    assert used.sentence.startswith("The model uses what the probe of")
    # The classes' means differ by 2/3 in both dimensions, in one against the other. The head reads the first, 3 for
    # "yes" and −3 for "no": moved by ±2/3 against the own answer, their difference falls by 2/3 × 6.
    patched = used.effect("patch", "answer_difference")
    assert patched.value == pytest.approx(-4, rel=1e-6)
    assert used.changes["patch"].size == pytest.approx(2 / 3 * 2**0.5)
    # Replaced by the mean, which lies between two classes of one size, it falls by half of that.
    assert used.effect("mean_replace", "answer_difference").value == pytest.approx(-2, rel=0.05)
    assert not unused.used
    assert unused.sentence.startswith("Decodable is not used")
    for name, change in unused.changes.items():
        assert change.size == pytest.approx(used.changes[name].size)
        for measure in ("kl", "top_probability", "answer_difference"):
            effect = unused.effect(name, measure)
            assert abs(effect.value) < 1e-12
            assert effect.low - 1e-12 <= 0 <= effect.high + 1e-12
        assert unused.effect(name).difference_high < 0


def test_it_is_the_last_layers_too() -> None:
    found = changed(parity_subject(used=True), 3)
    assert found.data.site == "resid_post 2"
    assert found.used


def test_norms_give_every_direction_a_share_but_no_use() -> None:
    """A norm divides by the size of the whole stream, so an unused direction moves the answer a little: less than
    random ones do."""
    for used in (True, False):
        found = changed(parity_subject(used=used, norms=True), 3)
        assert found.data.accuracy == 1.0
        assert found.used is used


def test_every_token_is_changed_where_that_is_asked() -> None:
    """Before the parity is moved, it stands at the word itself: changed there, it counts once. Changed at all
    three tokens, the words around bring their share too, which attention adds up."""
    rows: list[dict[str, Any]] = [{**row, "span": row["group"]} for row in parity_rows()]
    subject = parity_subject(used=True)
    probes = gp.probe(subject, rows, layers=[1])
    assert probes.best.accuracy == 1.0
    here, every = (probes.test(answers=["yes", "no"], where=where) for where in ("readout", "every"))
    assert here.used
    assert every.used
    assert every.data.changed == "resid_pre 1 at every token"
    once, thrice = (found.effect("patch", "answer_difference").value for found in (here, every))
    # Not 3 exactly: a direction fitted at words has a little of their code in it, which the head reads at "is".
    assert thrice / once == pytest.approx(3, rel=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_the_verdicts_do_not_hang_on_the_seed(seed: int) -> None:
    for used in (True, False):
        assert changed(parity_subject(used=used), 2, seed).used is used


def test_the_bundled_model_has_the_sentiment_that_it_was_trained_to_say() -> None:
    """demo-lm names a review's sentiment in every case of its gates, on words and negations that say nothing each
    by itself: so it is not in the embedding of the last token, and by the end it is, and turns the answer."""
    subject = gp.subject("demo-lm")
    probes = gp.probe(subject, "sentiment", layers=[0, 4])
    assert not probes.layers[0].decodable
    assert probes.layers[4].accuracy == 1.0
    found = probes.test(4, answers={"negative": " negative", "positive": " positive"}, examples=32)
    assert found.used
    assert found.effect("patch", "answer_difference").high < -1
    assert found.effect("patch", "answer_difference").as_large == 0
