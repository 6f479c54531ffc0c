"""The direction along which a probe tells its classes apart, and others to compare it with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .classifier import Fitted, fit
from .folds import Fold, Integers
from .intervals import Floats


@dataclass(frozen=True)
class ProbeDirection:
    """``basis`` [dim, rank], orthonormal: all that the classifier looks at. Of K classes the rank is K − 1 at most.

    ``mean`` [dim] and ``class_means`` [class, dim] are of the activations it was fitted on.
    """

    fitted: Fitted
    basis: Floats
    mean: Floats
    class_means: Floats


def probe_direction(x: Floats, y: Integers, inner: list[Fold]) -> ProbeDirection:
    """Fit the classifier to ``x`` [example, dim] and take the span of the differences of its classes' weights."""
    fitted = fit(x, y, inner)
    weights = fitted.weights
    if len(weights) > 1:
        weights = weights - weights.mean(0)  # what all classes share decides nothing
    _, sizes, rows = np.linalg.svd(weights, full_matrices=False)
    basis = rows[sizes > 1e-9 * max(sizes.max(), 1e-300)].T
    means = np.stack([x[y == label].mean(0) for label in range(int(y.max()) + 1)])
    return ProbeDirection(fitted, basis, x.mean(0), means)


def random_bases(count: int, dim: int, rank: int, seed: int) -> Floats:
    """[count, dim, rank]: orthonormal bases of random subspaces, uniformly drawn."""
    rng = np.random.default_rng(seed)
    return np.stack([np.linalg.qr(rng.normal(size=(dim, rank)))[0] for _ in range(count)])
