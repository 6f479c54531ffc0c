"""The faster fit is the plain one. Truth: scikit-learn's own logistic regression of standardised data, fitted tightly.

Stated tolerance: coefficients within 0.5 % of the largest one, probabilities' losses within 1e-6 of the least one, the
same choice of C, and the same predictions wherever scikit-learn's best two classes are apart by more than 1 % of how
far they usually are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glasspane.probing.classifier import STRENGTHS, fit
from glasspane.probing.logistic import Logistic, logistic_path

SHAPES = [(90, 40), (60, 300), (213, 768)]
"""Rows and dimensions: more rows, fewer, and those of a model as wide as GPT-2 small."""


def planted(rows: int, dims: int, classes: int, seed: int) -> tuple[np.ndarray, Any]:
    """Activations as models have them: a few large dimensions, many that go together, classes that overlap."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    hidden = rng.normal(size=(rows, 20)) @ rng.normal(size=(20, dims))
    told = 1.5 * np.eye(classes)[y] @ rng.normal(size=(classes, dims))
    x = hidden + told + 0.3 * rng.normal(size=(rows, dims))
    x *= np.exp(2 * rng.normal(size=dims))
    x[:, 0] = 3.0  # one that never changes
    return x.astype(np.float32).astype(np.float64), y


def loss(x: np.ndarray, y: Any, strength: float, weights: np.ndarray, intercept: np.ndarray) -> float:
    """C · Σ −log p + ½‖W‖², written down again."""
    scores = x @ weights.T + intercept
    if scores.shape[1] == 1:
        scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
    unlikely = logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
    return float(strength * unlikely.sum() + 0.5 * (weights**2).sum())


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize(("rows", "dims"), SHAPES)
def test_every_strength_of_the_path_is_scikit_learns(rows: int, dims: int, classes: int) -> None:
    x, y = planted(rows, dims, classes, rows + classes)
    rng = np.random.default_rng(0)
    fresh = 0.5 * (x + x[rng.permutation(rows)]) + x.std(0) * rng.normal(size=x.shape)
    scaler = StandardScaler().fit(x)
    for strength, found in zip(STRENGTHS, logistic_path(x, y, STRENGTHS), strict=True):
        plain = LogisticRegression(C=strength, max_iter=50_000, tol=1e-9).fit(scaler.transform(x), y)
        assert found.converged
        close = 5e-3 * np.abs(plain.coef_).max()
        np.testing.assert_allclose(found.coefficients, plain.coef_, atol=close)
        least = loss(scaler.transform(x), y, strength, plain.coef_, plain.intercept_)
        mine = loss((x - found.mean) / found.scale, y, strength, found.coefficients, found.intercept)
        assert mine <= least * (1 + 1e-6)
        ahead = margins(plain, scaler.transform(fresh))
        apart = ahead > 1e-2 * np.median(ahead)
        assert apart.mean() > 0.95
        same = found.predict(fresh) == plain.predict(scaler.transform(fresh))
        assert same[apart].all()


def margins(plain: Any, x: np.ndarray) -> np.ndarray:
    """[example]: how far the best class is ahead of the second."""
    scores = plain.decision_function(x)
    if scores.ndim == 1:
        return np.abs(scores)
    best = np.sort(scores, axis=1)
    return best[:, -1] - best[:, -2]


@pytest.mark.parametrize("classes", [2, 4])
def test_the_strength_chosen_is_that_of_a_grid_search(classes: int) -> None:
    for seed in range(3):
        x, y = planted(120, 400, classes, seed)
        y = np.where(
            np.random.default_rng(seed).random(120) < 0.2, (y + 1) % classes, y
        )  # no strength wins by chance
        folds = list(StratifiedKFold(3, shuffle=True, random_state=seed).split(x, y))
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=50_000, tol=1e-8))
        search = GridSearchCV(
            pipeline, {"logisticregression__C": STRENGTHS}, cv=folds, scoring="accuracy"
        ).fit(x, y)
        assert fit(x, y, folds).strength == search.best_params_["logisticregression__C"]


def test_labels_need_not_be_counted_from_nothing() -> None:
    x, y = planted(60, 30, 2, 5)
    (found,) = logistic_path(x, np.where(y == 0, 3, 7), [0.1])
    (plain,) = logistic_path(x, y, [0.1])
    assert isinstance(found, Logistic)
    assert found.predict(x).tolist() == np.where(plain.predict(x) == 0, 3, 7).tolist()
    assert plain.weights().shape == (1, 30)


def test_activations_that_never_change_tell_nothing() -> None:
    x, y = np.full((40, 12), 2.5), np.arange(40) % 2
    (found,) = logistic_path(x, y, [1.0])
    assert np.abs(found.coefficients).max() == 0
    assert np.isfinite(found.intercept).all()
