"""What a method is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from ..protocol import AttributionResult, OptionValue
from ..subjects import Subject
from ..subjects.prompt import ReadPrompt
from .evaluation import Evaluator


@dataclass(frozen=True)
class Outcome:
    """Scores [target, token] and the evidence a method has for them; ``margins`` are half the widths of
    their 95 % intervals. Of several targets, a check is the worst of theirs."""

    scores: Tensor
    margins: Tensor | None = None
    baseline: str | None = None
    baseline_value: float | None = None
    completeness_difference: float | None = None
    completeness_gap: float | None = None
    steps: int | None = None
    converged: bool | None = None
    largest_move: float | None = None
    surrogate_r2: float | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Task:
    """One prompt and one objective, everything before the method already done.

    ``method`` is the name of the row that was asked for. ``embeddings`` [1, token, dim] are the prompt's
    own, ``values`` [target] is f there. ``partial`` turns an unfinished outcome into a result that can be painted.
    """

    method: str
    subject: Subject
    read: ReadPrompt
    evaluator: Evaluator
    embeddings: Tensor
    values: Tensor
    options: dict[str, OptionValue]
    partial: Callable[[Outcome], AttributionResult]
