"""The linear classifier: L2-regularised logistic regression of standardised activations, blind to its test."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .folds import INNER_FOLDS, Fold, Integers
from .intervals import Floats

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Values of C to choose from, the strongest regularisation first: it wins ties."""

MIDDLE = 1e-2
"""C where there are too few of some class to choose it by folds."""

Split = Callable[[Integers], Sequence[Fold]]
"""Folds within those training examples whose indices are given."""


@dataclass(frozen=True)
class HeldOut:
    """Predictions of examples by classifiers that were fitted without them."""

    predicted: Integers
    strengths: list[float]
    converged: bool


@dataclass(frozen=True)
class Fitted:
    """One classifier: ``weights`` [class or 1, dim] in units of the activations, class 1 − 0 where there is one row."""

    predict: Callable[[Floats], Integers]
    weights: Floats
    strength: float
    converged: bool


def held_out(
    x: Floats,
    y: Integers,
    folds: Sequence[Fold],
    split: Split,
    checkpoint: Callable[[int], None] = lambda fold: None,
) -> HeldOut:
    """Cross-validated predictions of ``y`` [example] from ``x`` [example, dim].

    For each fold, C is chosen by mean accuracy over folds within its training data (``split``); means and standard
    deviations come from training data only, at both levels. ``checkpoint`` is called before each fold.
    """
    predicted = np.empty_like(y)
    strengths, converged = [], True
    for number, (train, test) in enumerate(folds):
        checkpoint(number)
        fitted = fit(x[train], y[train], split(train))
        predicted[test] = fitted.predict(x[test])
        strengths.append(fitted.strength)
        converged = converged and fitted.converged
    return HeldOut(predicted, strengths, converged)


def fit(x: Floats, y: Integers, inner: Sequence[Fold]) -> Fitted:
    """The classifier for all of ``x`` [example, dim], its C chosen by the folds ``inner``."""
    strength = MIDDLE
    if inner:
        accuracy = np.array(
            [
                [(model.predict(x[test]) == y[test]).mean() for model in _path(x[train], y[train], STRENGTHS)]
                for train, test in inner
            ]
        )
        strength = STRENGTHS[int(accuracy.mean(0).argmax())]
    (model,) = _path(x, y, [strength])
    return Fitted(model.predict, model.weights(), strength, model.converged)


@dataclass(frozen=True)
class _Model:
    """Logistic regression of standardised activations, in the coordinates of their row space."""

    mean: Floats
    scale: Floats
    basis: Floats | None  # [dim, rank]
    regression: Any
    converged: bool

    def predict(self, x: Floats) -> Integers:
        found: Integers = self.regression.predict(_coordinates((x - self.mean) / self.scale, self.basis))
        return found

    def weights(self) -> Floats:
        coefficients: Floats = self.regression.coef_
        return (coefficients if self.basis is None else coefficients @ self.basis.T) / self.scale


def _path(x: Floats, y: Integers, strengths: Sequence[float]) -> list[_Model]:
    """A model for each C, each fit starting from the one before."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 1e-12 * np.abs(mean).clip(min=1.0), scale, 1.0)
    standard = (x - mean) / scale
    # With L2, the solution lies in the span of the training rows: where these are fewer than the dimensions,
    # it is found there, the same one for less work.
    basis = None
    if x.shape[0] < x.shape[1]:
        _, _, rows = np.linalg.svd(standard, full_matrices=False)
        basis = rows.T
    inputs = _coordinates(standard, basis)
    models: list[_Model] = []
    start: Any = None
    for strength in strengths:
        regression = LogisticRegression(C=strength, max_iter=2000, tol=1e-6, warm_start=True)
        if start is not None:
            regression.coef_, regression.intercept_ = start.coef_.copy(), start.intercept_.copy()
            regression.classes_ = start.classes_
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            regression.fit(inputs, y)
        converged = not any(issubclass(each.category, ConvergenceWarning) for each in caught)
        models.append(_Model(mean, scale, basis, regression, converged))
        start = regression
    return models


def _coordinates(standard: Floats, basis: Floats | None) -> Floats:
    return standard if basis is None else standard @ basis


def inner_unseen(y: Integers, groups: Integers, seed: int) -> Split:
    """Folds within training data that split no group."""
    from .folds import unseen_groups

    return lambda train: unseen_groups(y[train], groups[train], INNER_FOLDS, seed)


def inner_seen(y: Integers, seed: int) -> Split:
    """Folds within training data that split groups as it comes."""
    from .folds import seen_groups

    return lambda train: seen_groups(y[train], INNER_FOLDS, seed)


def balanced_accuracy(y: Integers, predicted: Integers) -> float:
    """Mean over classes of the share of each that was recognised."""
    return float(np.mean([(predicted[y == label] == label).mean() for label in np.unique(y)]))
