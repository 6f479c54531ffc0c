"""Which examples are held out together, and the control task's random labels.

Two kinds of folds, because two questions are asked:

* *Unseen groups.* A word that is in training is not in the test. Otherwise a probe that has learned every
  word by heart would look as if it knew the property. The accuracy that is reported comes from these.
* *Seen groups.* The control task (Hewitt & Liang 2019, arXiv:1909.03368) gives each group one random label. What it
  measures is how much a probe can learn by heart, so its test has to meet groups of the training: with unseen
  groups it would be at chance whatever the probe. Selectivity compares it with the real labels on the same folds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..errors import GlasspaneError

INNER_FOLDS = 3
"""Folds within the training data, by which the regularisation is chosen."""

Integers = NDArray[np.int64]
Fold = tuple[Integers, Integers]
"""Indices of the training examples and of the held-out ones."""


def unseen_groups(y: Integers, groups: Integers, folds: int, seed: int) -> list[Fold]:
    """Stratified folds, none of which splits a group.

    Raises ``bad_examples`` where a class would be missing from the training data, for its groups are too uneven.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = list(splitter.split(y[:, None], y, groups))
    return list(_whole(found, y))


def seen_groups(y: Integers, folds: int, seed: int) -> list[Fold]:
    """Stratified folds that split groups as it comes."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return list(_whole(list(splitter.split(y[:, None], y)), y))


def _whole(folds: list[Fold], y: Integers) -> Iterator[Fold]:
    classes = len(set(y.tolist()))
    for train, test in folds:
        if len(test) == 0 or len(set(y[train].tolist())) < classes:
            raise GlasspaneError(
                "bad_examples",
                "A few groups hold so many examples that some folds would have none of a class to learn from.",
                "Give more groups, or fewer folds.",
            )
        yield train, test


def control_labels(y: Integers, groups: Integers, seed: int) -> Integers:
    """One random class for each group [example], classes as frequent among groups as they are among examples."""
    rng = np.random.default_rng(seed)
    count = int(groups.max()) + 1
    shares = np.bincount(y) / len(y)
    # Cut [0, 1) by the shares and spread the groups evenly over it: no class is missing by bad luck.
    drawn = np.searchsorted(np.cumsum(shares), (np.arange(count) + rng.random()) / count, side="right")
    labels: Integers = rng.permutation(np.minimum(drawn, len(shares) - 1))[groups]
    return labels
