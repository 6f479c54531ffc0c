"""L2-regularised logistic regression of standardised activations, along a path of strengths.

The loss is scikit-learn's: C · Σ −log p(yᵢ | xᵢ) + ½‖W‖², the intercept free; of two classes one vector of weights, of
more one for each. The minimum is the same one, found with less work:

* With L2 it lies in the span of the training rows. There the problem has as many dimensions as there are rows, and
  the eigenvectors of the rows' products with each other are its axes.
* Along such an axis the loss curves like 1 + C · λ · p(1 − p), so scaling by that makes all directions nearly alike,
  and L-BFGS needs fewer steps. Every strength starts from the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .folds import Integers
from .intervals import Floats

TOLERANCE = 1e-6
"""Largest entry of the gradient, in the scaled coordinates, at which a fit ends."""

MOST_STEPS = 2000

_SMALLEST_CURVATURE = 1e-3
_SMALLEST_AXIS = 1e-10
"""Of an eigenvalue against the largest one; what lies along smaller ones is rounding."""


@dataclass(frozen=True)
class Logistic:
    """One classifier: ``coefficients`` [class or 1, dim] and ``intercept`` [class or 1] of standardised activations."""

    mean: Floats
    scale: Floats
    coefficients: Floats
    intercept: Floats
    classes: Integers
    converged: bool

    def predict(self, x: Floats) -> Integers:
        """The class of every row of ``x`` [example, dim]."""
        scores = ((x - self.mean) / self.scale) @ self.coefficients.T + self.intercept
        found: Integers = self.classes[
            (scores[:, 0] > 0).astype(np.int64) if len(self.classes) == 2 else scores.argmax(1)
        ]
        return found

    def weights(self) -> Floats:
        """[class or 1, dim], in units of the activations."""
        return self.coefficients / self.scale


def logistic_path(x: Floats, y: Integers, strengths: Sequence[float]) -> list[Logistic]:
    """A classifier of ``y`` [example] by ``x`` [example, dim] for each C of ``strengths``, which had better grow."""
    with _blas().limit(limits=1, user_api="blas"):
        return _path(x, y, strengths)


@cache
def _blas() -> Any:
    """Of numpy's matrix products, which are small here: beside torch's threads, those of a second pool wait for one
    another more than they compute (30 times slower were seen on two cores)."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _path(x: Floats, y: Integers, strengths: Sequence[float]) -> list[Logistic]:
    mean, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 1e-12 * np.abs(mean).clip(min=1.0), scale, 1.0)
    standard = (x - mean) / scale
    axes = _Axes.of(standard)
    classes, at = np.unique(y, return_inverse=True)
    problem = _Problem.of(axes, at, len(classes))
    found = []
    for strength in strengths:
        weights, intercept, converged = problem.solved(strength)
        coefficients = (axes.back @ weights).T
        if len(axes.back) != x.shape[1]:
            coefficients = coefficients @ standard
        found.append(Logistic(mean, scale, coefficients, intercept, classes, converged))
    return found


@dataclass(frozen=True)
class _Axes:
    """Rows in coordinates [example, axis] along orthogonal axes with ``sizes`` [axis], the sums of their squares.

    ``back`` @ weights are the weights of dimensions, or, where there are fewer rows than these, of the rows.
    """

    coordinates: Floats
    sizes: Floats
    back: Floats

    @classmethod
    def of(cls, standard: Floats) -> _Axes:
        rows, dimensions = standard.shape
        few = rows < dimensions
        sizes, vectors = np.linalg.eigh(standard @ standard.T if few else standard.T @ standard)
        kept = sizes > _SMALLEST_AXIS * max(sizes[-1], 1e-300)
        sizes, vectors = sizes[kept], vectors[:, kept]
        if few:
            return cls(vectors * np.sqrt(sizes), sizes, vectors / np.sqrt(sizes))
        return cls(standard @ vectors, sizes, vectors)


class _Problem:
    """The regression in such coordinates; each solution is where the next one starts."""

    def __init__(self, inputs: Floats, sizes: Floats, targets: Floats) -> None:
        self._inputs, self._sizes, self._targets = inputs, sizes, targets
        self._transposed = np.ascontiguousarray(inputs.T)
        columns = targets.shape[1]
        self._weights = np.zeros((inputs.shape[1], columns))
        self._curvature = (
            0.25 if columns == 1 else (columns - 1) / columns**2
        )  # p(1 − p) where nothing is known

    @classmethod
    def of(cls, axes: _Axes, at: Integers, classes: int) -> _Problem:
        """``at`` [example]: number of its class."""
        inputs = np.concatenate([axes.coordinates, np.ones((len(at), 1))], axis=1)
        targets = at[:, None].astype(np.float64) if classes == 2 else np.eye(classes)[at]
        return cls(inputs, axes.sizes, targets)

    def solved(self, strength: float) -> tuple[Floats, Floats, bool]:
        """Weights [axis, class or 1], intercept [class or 1], and whether that is the minimum."""
        from scipy.optimize import minimize

        rows, columns = self._targets.shape
        curvature = max(self._curvature, _SMALLEST_CURVATURE) * strength
        # Of the axes, and of the intercept, which is not penalised.
        units = np.append(1 / np.sqrt(1 + curvature * self._sizes), 1 / np.sqrt(curvature * rows))[:, None]
        penalty = units**2
        penalty[-1] = 0.0
        inputs, transposed = self._inputs * units.T, self._transposed * units
        predicted = np.empty_like(self._targets)

        def loss_and_gradient(flat: Floats) -> tuple[float, Floats]:
            scaled = flat.reshape(-1, columns)
            shrunk = penalty * scaled
            scores = inputs @ scaled
            unlikely = self._cross_entropy(scores, predicted)
            gradient = transposed @ (predicted - self._targets)
            gradient *= strength
            gradient += shrunk
            return strength * unlikely + 0.5 * float(np.vdot(shrunk, scaled)), gradient.ravel()

        found = minimize(
            loss_and_gradient,
            (self._weights / units).ravel(),
            jac=True,
            method="L-BFGS-B",
            # As close to the minimum relative to the weights, which the strength holds small.
            options={"maxiter": MOST_STEPS, "gtol": TOLERANCE * min(1.0, 3 * strength**0.5), "ftol": 0.0},
        )
        self._weights = found.x.reshape(-1, columns) * units
        self._curvature = float((predicted * (1 - predicted)).mean())
        # Where rounding stops the search for a better point, it is at the minimum too.
        converged = bool(found.success) or float(np.abs(found.jac).max()) <= 100 * TOLERANCE
        return self._weights[:-1], self._weights[-1], converged

    def _cross_entropy(self, scores: Floats, predicted: Floats) -> float:
        """Σ −log p of the true classes by ``scores`` [example, class or 1]; ``predicted`` becomes the probabilities."""
        if scores.shape[1] == 1:
            signed = np.where(self._targets > 0, -scores, scores)
            wrong = np.exp(-np.logaddexp(0.0, -signed))  # probability of the other class
            np.copyto(predicted, np.where(self._targets > 0, 1 - wrong, wrong))
            return float(np.logaddexp(0.0, signed).sum())
        scores = scores - scores.max(1, keepdims=True)
        of_targets = float(np.vdot(scores, self._targets))
        np.exp(scores, out=predicted)
        sums = predicted.sum(1, keepdims=True)
        predicted /= sums
        return float(np.log(sums).sum()) - of_targets
