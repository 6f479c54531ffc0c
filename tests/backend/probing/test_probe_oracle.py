"""Figures against libraries called by hand. Truth: transformers' hidden states, scikit-learn, statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
import torch
from labelled_subjects import FAMILIES, in_double, of_family
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.proportion import proportion_confint

import glasspane as gp
from glasspane.kernel.progress import silent
from glasspane.probing.activations import read_activations
from glasspane.probing.classifier import STRENGTHS, fit
from glasspane.probing.examples import examples_of
from glasspane.probing.folds import control_labels, refuse_missing, seen_groups, unseen_groups
from glasspane.probing.intervals import mean_of, share_of, wilson
from glasspane.probing.stream import blocks_of
from glasspane.protocol import TaskExamples
from glasspane.subjects.architecture import Meter

TASK = TaskExamples(name="syntactic_role", count=90)


def hidden_states(subject: Any, text: str, position: int) -> list[np.ndarray]:
    """The stream at ``position`` as transformers gives it, one text at a time: the embedding's output, then each
    layer's. The last one may be normalised already, so it is left out."""
    given = subject.tokenizer(text, return_tensors="pt")
    given.pop("token_type_ids", None)
    model = subject.model.get_encoder() if subject.family == "encoder_decoder" else subject.model
    with torch.no_grad():
        states = model(**given, output_hidden_states=True).hidden_states
    return [state[0, position].double().numpy() for state in states[:-1]]


def by_hand(x: np.ndarray, y: Any, folds: Any, inner: Any) -> np.ndarray:
    """Pipeline and grid search as scikit-learn's own guide has them."""
    predicted = np.empty_like(y)
    for train, test in folds:
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000, tol=1e-7))
        search = GridSearchCV(
            pipeline, {"logisticregression__C": STRENGTHS}, cv=list(inner(train)), scoring="accuracy"
        )
        predicted[test] = search.fit(x[train], y[train]).predict(x[test])
    return predicted


@pytest.mark.parametrize("family", FAMILIES)
def test_accuracies_are_those_of_scikit_learn_on_transformers_hidden_states(family: str) -> None:
    subject = in_double(family)
    examples = examples_of(TASK, 4, {})
    read = read_activations(subject, blocks_of(subject), [1], examples.rows, silent, Meter())
    x = np.stack(
        [
            hidden_states(subject, row.text, placed.position)[1]
            for row, placed in zip(examples.rows, read.placed, strict=True)
        ]
    )
    np.testing.assert_allclose(read.at[1], x, rtol=2e-5, atol=1e-5)
    found = gp.probe(subject, TASK.name, examples=TASK.count, layers=[1], seed=4).layers[1]

    y, groups = examples.y, examples.groups
    folds = list(StratifiedGroupKFold(5, shuffle=True, random_state=4).split(x, y, groups))
    right = (
        by_hand(
            read.at[1].astype(np.float64),
            y,
            folds,
            lambda train: StratifiedGroupKFold(3, shuffle=True, random_state=4).split(
                x[train], y[train], groups[train]
            ),
        )
        == y
    )
    assert found.accuracy == pytest.approx(right.mean(), abs=1e-12)
    assert found.balanced_accuracy == pytest.approx(np.mean([right[y == label].mean() for label in (0, 1)]))

    control = control_labels(y, groups, 4)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=4).split(x, y))
    control_right = (
        by_hand(
            read.at[1].astype(np.float64),
            control,
            folds,
            lambda train: StratifiedKFold(3, shuffle=True, random_state=4).split(x[train], control[train]),
        )
        == control
    )
    assert found.control_accuracy == pytest.approx(control_right.mean(), abs=1e-12)
    assert found.selectivity == pytest.approx(found.seen_accuracy - found.control_accuracy)


@pytest.mark.parametrize("family", ["gpt2", "llama", "distilbert"])
def test_the_last_place_is_what_leaves_the_last_layer(family: str) -> None:
    """Read by a hook written here, before any final norm."""
    subject = of_family(family)
    examples = examples_of(TASK, 4, {})
    blocks = blocks_of(subject)
    read = read_activations(subject, blocks, [2], examples.rows[:5], silent, Meter())
    for row, placed in zip(examples.rows[:5], read.placed, strict=True):
        seen: list[Any] = []
        handle = blocks[-1].register_forward_hook(lambda _m, _i, out, seen=seen: seen.append(out))
        given = subject.tokenizer(row.text, return_tensors="pt")
        given.pop("token_type_ids", None)
        with torch.no_grad():
            subject.model(**given)
        handle.remove()
        out = seen[0][0] if isinstance(seen[0], tuple) else seen[0]
        np.testing.assert_allclose(read.at[2][placed.row], out[0, placed.position], rtol=1e-4, atol=1e-5)


def test_fewer_rows_than_dimensions_give_the_same_classifier() -> None:
    """The row space holds the whole solution: weights and predictions as without the shortcut."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 15)
    x = rng.normal(size=(45, 80)) * rng.uniform(0.1, 30, 80) + rng.normal(size=80)
    x[:, 3] = 7.0  # one that never changes
    x += 2 * np.eye(3)[y] @ rng.normal(size=(3, 80))
    inner = [(np.arange(45) % 3 != k, np.arange(45) % 3 == k) for k in range(3)]
    folds = [(np.flatnonzero(train), np.flatnonzero(test)) for train, test in inner]
    found = fit(x, y, folds)
    plain = make_pipeline(
        StandardScaler(), LogisticRegression(C=found.strength, max_iter=9000, tol=1e-9)
    ).fit(x, y)
    scaler, regression = plain[0], plain[1]
    np.testing.assert_allclose(
        found.weights, regression.coef_ / scaler.scale_, atol=2e-4 * np.abs(found.weights).max()
    )
    fresh = rng.normal(size=(200, 80)) * 5
    assert (found.predict(fresh) == plain.predict(fresh)).mean() > 0.99


def test_intervals_are_statsmodels() -> None:
    for share, count in ((0.0, 20), (0.5, 7), (0.93, 400), (1.0, 31)):
        theirs = proportion_confint(share * count, count, alpha=0.05, method="wilson")
        np.testing.assert_allclose(wilson(share, count)[1:], theirs, atol=1e-12)
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 30, 200)
    values = rng.normal(size=30)[groups] + rng.normal(size=200)
    ours = mean_of(values, groups)
    theirs = sm.OLS(values, np.ones(200)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    np.testing.assert_allclose(ours[1:], theirs.conf_int(0.05)[0], rtol=1e-10)


def test_intervals_of_shares_hold_what_they_promise_when_groups_agree() -> None:
    """Brute force: groups that are right or wrong as a whole. Counting every example would cover far too rarely."""
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(40), 10)
    covered = plain = 0
    for _ in range(400):
        chance = rng.beta(3.5, 1.5, 40)
        right = rng.random(400) < chance[groups]
        interval = share_of(right, groups)
        covered += interval.low <= 0.7 <= interval.high
        low, high = wilson(right.mean(), 400)[1:]
        plain += low <= 0.7 <= high
    assert covered / 400 > 0.92
    assert plain / 400 < 0.85


def test_folds_split_no_group_and_control_labels_split_none_either() -> None:
    examples = examples_of(TaskExamples(name="part_of_speech"), 0, {})
    y, groups = examples.y, examples.groups
    tested: list[int] = []
    for train, test in unseen_groups(y, groups, 5, 0):
        assert not set(groups[train]) & set(groups[test])
        tested += test.tolist()
    assert sorted(tested) == list(range(len(y)))
    shared = [set(groups[train]) & set(groups[test]) for train, test in seen_groups(y, 5, 0)]
    assert all(len(both) > 20 for both in shared)
    control = control_labels(y, groups, 0)
    for group in set(groups.tolist()):
        assert len(set(control[groups == group].tolist())) == 1
    # As frequent among groups as the classes are among examples: a quarter each.
    first = [np.flatnonzero(groups == group)[0] for group in set(groups.tolist())]
    counts = np.bincount(control[first], minlength=4)
    assert counts.max() - counts.min() <= 1


def test_a_fold_without_a_class_to_learn_from_is_refused() -> None:
    """One group has all of a class: whichever fold tests it, nothing is left to learn it from."""
    y, groups = np.array([0] * 9 + [1]), np.arange(10)
    folds = unseen_groups(y, groups, 5, 0)
    assert len(folds) == 4
    with pytest.raises(gp.GlasspaneError, match="none of a class to learn from"):
        refuse_missing(folds, 5)
