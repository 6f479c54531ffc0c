"""The linear classifier: L2-regularised logistic regression of standardised activations, blind to its test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .folds import INNER_FOLDS, Fold, Integers
from .intervals import Floats
from .logistic import logistic_path

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
                [
                    (model.predict(x[test]) == y[test]).mean()
                    for model in logistic_path(x[train], y[train], STRENGTHS)
                ]
                for train, test in inner
            ]
        )
        strength = STRENGTHS[int(accuracy.mean(0).argmax())]
    (model,) = logistic_path(x, y, [strength])
    return Fitted(model.predict, model.weights(), strength, model.converged)


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
