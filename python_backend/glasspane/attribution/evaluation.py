"""Batched evaluation of the objective at chosen embeddings, within a memory budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run
from .by_gradient.few_logits import FewLogits, few_logits_of
from .by_gradient.fused_activation import fused_activations
from .by_gradient.gradient_flow import WITHOUT_GRADIENTS, whole_gradient
from .kept_positions import kept_positions
from .targets import Objective

WORTH_A_TRIAL = 16
"""Rows × targets from which a tenth saved is more than one row tried."""

NO_GRADIENT = (
    "does not require grad",
    "not have been used in the graph",
    "Inference tensors",
    "derivative for",
    "modified by an inplace operation",
)
"""How autograd says that somewhere on the way there is nothing to differentiate."""


@dataclass
class Evaluator:
    """The subject as a function of its embeddings or ids: f and ∂f/∂e for many rows in few passes."""

    subject: Subject
    given: ModelInput
    objective: Objective
    rows_at_once: int
    meter: Meter = field(default_factory=Meter)
    known: tuple[Tensor, Tensor] | None = None  # f of one row [1, token, dim] → [1, target], from every logit
    flow_checked: bool = False  # whether a first pass has seen every module pass its gradient on
    few: FewLogits | Literal["untried"] | None = "untried"  # the way without the rest of the vocabulary

    def values(self, embeddings: Tensor) -> Tensor:
        """f of each row of ``embeddings`` [row, token, dim] → [row, target]; raises ``non_finite``."""
        with torch.no_grad(), self._lean():
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

    def values_of(self, given: ModelInput) -> Tensor:
        """f of the rows of ``given``, at most ``rows_at_once`` of them → [row, target]."""
        with torch.no_grad(), self._lean():
            forward = run(self.subject, given, keep=self.objective.keep, meter=self.meter)
            values = self.objective(forward.logits)
        refuse_non_finite(values, "scores of masked prompts")
        return values

    def refuse_stopped_gradient(self, embeddings: Tensor) -> None:
        """One pass forward, unless there was one, to see every module pass its gradient on."""
        if self.flow_checked:
            return
        leaf = embeddings.detach().clone().requires_grad_()
        with differentiable(), torch.enable_grad(), whole_gradient(self.subject):
            run(self.subject, self.given, embeddings=leaf, keep=self.objective.keep, meter=self.meter)
        self.flow_checked = True

    def per_gradient(self, embeddings: Tensor, reduce: Callable[[Tensor], Tensor]) -> Tensor:
        """``reduce`` of each target's ∂f/∂e [row, token, dim], stacked → [target, …].

        One pass forward for all targets, one backward for each; at most ``rows_at_once`` rows.
        Autograd is asked for the embeddings only: parameters get no gradient.
        """
        leaf = embeddings.detach().clone().requires_grad_()
        few = self._few_logits(embeddings)
        objective = self.objective if few is None else few.objective
        with differentiable(), torch.enable_grad(), self._lean(), only(few):
            with nullcontext() if self.flow_checked else whole_gradient(self.subject):
                forward = run(
                    self.subject, self.given, embeddings=leaf, keep=self.objective.keep, meter=self.meter
                )
            self.flow_checked = True
            totals = objective(forward.logits).sum(0)
            reduced = []
            for place, total in enumerate(totals):
                last = place == len(totals) - 1
                (gradient,) = torch.autograd.grad(total, leaf, retain_graph=not last)
                self.meter.backwards += int(leaf.shape[0])
                refuse_non_finite(gradient, "gradients")
                reduced.append(reduce(gradient.detach()))
        return torch.stack(reduced)

    @contextmanager
    def _lean(self) -> Iterator[None]:
        """Under it the model computes what the objective reads, by fewer and faster operations."""
        with kept_positions(self.subject, self.objective.keep), fused_activations(self.subject):
            yield

    def _few_logits(self, embeddings: Tensor) -> FewLogits | None:
        """The short way, tried on the row that is known; not worth the trial for little work."""
        if self.few != "untried":
            return self.few
        if self.known is None or embeddings.shape[0] * self.objective.targets < WORTH_A_TRIAL:
            return None
        self.few = few_logits_of(self.subject, self.objective)
        if self.few is not None:
            row, expected = self.known
            short = self.few.objective
            with torch.no_grad(), self._lean():
                if not self.few.agrees(
                    lambda: short(
                        run(
                            self.subject, self.given, embeddings=row, keep=short.keep, meter=self.meter
                        ).logits
                    ),
                    expected,
                ):
                    self.few = None
        return self.few


def only(few: FewLogits | None) -> AbstractContextManager[None]:
    """Under it the model makes no other logits."""
    return nullcontext() if few is None else few.only()


@contextmanager
def differentiable() -> Iterator[None]:
    """Raise ``unsupported_model`` where autograd inside finds nothing to differentiate."""
    try:
        yield
    except RuntimeError as problem:
        if any(sign in str(problem) for sign in NO_GRADIENT):
            raise no_gradient(problem) from problem
        raise


def no_gradient(problem: Exception) -> GlasspaneError:
    """What to say where autograd says one of :data:`NO_GRADIENT`."""
    return GlasspaneError(
        "unsupported_model",
        "No gradient flows back to the embeddings of this model.",
        f"It may be quantised, or made under inference_mode. {WITHOUT_GRADIENTS}",
        detail=str(problem),
    )


def refuse_non_finite(tensor: Tensor, what: str) -> None:
    """Raise ``non_finite`` when ``tensor`` holds NaN or infinity."""
    if not bool(torch.isfinite(tensor).all()):
        raise GlasspaneError(
            "non_finite",
            f"The model's {what} are not finite (NaN or infinity), so nothing can be explained from them.",
            "Check the weights, or load the model in float32.",
        )
