"""Batched evaluation of the objective at chosen embeddings, within a memory budget."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run
from .targets import Objective

_NO_GRADIENT = (
    "does not require grad",
    "not have been used in the graph",
    "Inference tensors",
    "derivative for",
    "modified by an inplace operation",
)
"""How autograd says that somewhere on the way there is nothing to differentiate."""


@dataclass
class Evaluator:
    """The subject as a function of its embeddings: f(e) and ∂f/∂e for many e in few passes."""

    subject: Subject
    given: ModelInput
    objective: Objective
    rows_at_once: int
    meter: Meter = field(default_factory=Meter)

    def values(self, embeddings: Tensor) -> Tensor:
        """f of each row of ``embeddings`` [row, token, dim] → [row]; raises ``non_finite``."""
        with torch.no_grad():
            parts = [
                self.objective(
                    run(
                        self.subject, self.given, embeddings=rows, keep=self.objective.keep, meter=self.meter
                    ).logits
                )
                for rows in embeddings.split(self.rows_at_once)
            ]
        values = torch.cat(parts)
        refuse_non_finite(values, "scores at the baseline")
        return values

    def gradients(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """(f [row], ∂f/∂e [row, token, dim]) in one pass; at most ``rows_at_once`` rows.

        Autograd is asked for the embeddings only: parameters get no gradient.
        """
        leaf = embeddings.detach().clone().requires_grad_()
        try:
            with torch.enable_grad():
                forward = run(
                    self.subject, self.given, embeddings=leaf, keep=self.objective.keep, meter=self.meter
                )
                value = self.objective(forward.logits)
                (gradient,) = torch.autograd.grad(value.sum(), leaf)
        except RuntimeError as problem:
            if any(sign in str(problem) for sign in _NO_GRADIENT):
                raise GlasspaneError(
                    "unsupported_model",
                    "No gradient flows back to the embeddings of this model.",
                    "It may be quantised, or made under inference_mode: load it without, "
                    "or use a method that needs no gradients.",
                    detail=str(problem),
                ) from problem
            raise
        self.meter.backwards += int(leaf.shape[0])
        refuse_non_finite(gradient, "gradients")
        return value.detach(), gradient.detach()


def refuse_non_finite(tensor: Tensor, what: str) -> None:
    """Raise ``non_finite`` when ``tensor`` holds NaN or infinity."""
    if not bool(torch.isfinite(tensor).all()):
        raise GlasspaneError(
            "non_finite",
            f"The model's {what} are not finite (NaN or infinity), so nothing can be explained from them.",
            "Check the weights, or load the model in float32.",
        )
