"""Which examples are held out together, and the control task's random labels.

Two kinds of folds, because two questions are asked:

* *Unseen groups.* A word that is in training is not in the test. Otherwise a probe that has learned every
  word by heart would look as if it knew the property. The accuracy that is reported comes from these.
* *Seen groups.* The control task (Hewitt & Liang 2019, arXiv:1909.03368) gives each group one random label. What it
  measures is how much a probe can learn by heart, so its test has to meet groups of the training: with unseen
  groups it would be at chance whatever the probe. Selectivity compares it with the real labels on the same folds.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GlasspaneError
from ..subjects.guard import random_state

INNER_FOLDS = 3
"""Folds within the training data, by which the regularisation is chosen."""

Integers = NDArray[np.int64]
Fold = tuple[Integers, Integers]
"""Indices of the training examples and of the held-out ones."""


def unseen_groups(y: Integers, groups: Integers, folds: int, seed: int) -> list[Fold]:
    """Stratified folds of [example] classes ``y``, none of which splits a group; those are left out in whose
    training data a class would be missing."""
    return _with_every_class(
        _splitters().StratifiedGroupKFold(folds, shuffle=True, random_state=seed), y, groups
    )


def seen_groups(y: Integers, folds: int, seed: int) -> list[Fold]:
    """The same, but groups are split as it comes."""
    return _with_every_class(_splitters().StratifiedKFold(folds, shuffle=True, random_state=seed), y, None)


def _splitters() -> Any:
    """What scikit-learn has for splitting; importing it draws from Python's own generator where rich is installed."""
    put_back = random_state()
    try:
        from sklearn import model_selection
    finally:
        put_back()
    return model_selection


def _with_every_class(splitter: Any, y: Integers, groups: Integers | None) -> list[Fold]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes smaller than the number of folds: see below
        found: list[Fold] = list(splitter.split(y[:, None], y, groups))
    classes = len(np.unique(y))
    return [(train, test) for train, test in found if len(test) and len(np.unique(y[train])) == classes]


def refuse_missing(found: list[Fold], folds: int) -> list[Fold]:
    """``found``; raises ``bad_examples`` unless all ``folds`` are there, for then some examples would not be tested."""
    if len(found) < folds:
        raise GlasspaneError(
            "bad_examples",
            "A few groups hold so many of the examples that some folds would have none of a class to learn from.",
            "Give more groups, or fewer folds.",
        )
    return found


def control_labels(y: Integers, groups: Integers, seed: int) -> Integers:
    """One random class for each group [example], classes as frequent among groups as they are among examples."""
    rng = np.random.default_rng(seed)
    count = int(groups.max()) + 1
    shares = np.bincount(y) / len(y)
    # Cut [0, 1) by the shares and spread the groups evenly over it: no class is missing by bad luck.
    drawn = np.searchsorted(np.cumsum(shares), (np.arange(count) + rng.random()) / count, side="right")
    labels: Integers = rng.permutation(np.minimum(drawn, len(shares) - 1))[groups]
    return labels
