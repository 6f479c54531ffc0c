"""Gradient methods that average over chance: SmoothGrad and gradient SHAP.

Chance comes from a generator of its own, seeded by an option: the user's random state stands still
and the same call gives the same numbers. Margins are 1.96 standard errors of the mean.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...subjects.architecture import embedding_rows
from ..baselines import Baseline, baseline, embeddings_of
from ..outcome import Outcome, Task
from .gradients import completeness, in_full

RANDOM_TOKENS = "random"
"""The baseline of gradient SHAP that is another one at every sample."""


def smoothgrad(task: Task, report: Report) -> Outcome:
    """Mean of ẽ · ∂f/∂ẽ over ẽ = e + N(0, σ²) (Smilkov et al. 2017). Scores [target, token], signed.

    σ is the option ``noise`` times the range of the prompt's embeddings.
    """
    samples = int(task.options["samples"])
    chance = torch.Generator().manual_seed(int(task.options["seed"]))
    embeddings = in_full(task.embeddings)
    sigma = float(task.options["noise"]) * float(embeddings.max() - embeddings.min())
    mean = RunningMean()
    for rows in _batches(samples, task):
        # One by one: how many fit into memory must not decide what is drawn.
        noise = torch.stack(
            [torch.randn(embeddings.shape[1:], generator=chance, dtype=torch.float32) for _ in range(rows)]
        ).to(embeddings)
        noisy = (embeddings + sigma * noise).to(task.embeddings.dtype)
        mean.add(task.evaluator.per_gradient(noisy, _times(in_full(noisy))))
        outcome = Outcome(mean.value, mean.margin, steps=mean.count)
        report(
            mean.count / samples,
            f"SmoothGrad, {mean.count} of {samples} samples",
            task.partial(outcome) if mean.count < samples else None,
        )
    return outcome


def gradient_shap(task: Task, report: Report) -> Outcome:
    """Mean of (e − e′) · ∂f/∂e at e′ + α(e − e′) over baselines e′ and α ~ U(0, 1): expected gradients
    (Lundberg & Lee 2017; Erion et al. 2021). Scores [target, token], signed.

    α is drawn stratified, one in each n-th of [0, 1], which keeps the mean and narrows its spread.
    """
    samples = int(task.options["samples"])
    chance = torch.Generator().manual_seed(int(task.options["seed"]))
    name = str(task.options["baseline"])
    embeddings = in_full(task.embeddings)
    fixed = None if name == RANDOM_TOKENS else baseline(task.subject, task.read, name, task.embeddings)
    mean, at_start = RunningMean(), RunningMean()
    if fixed is not None:
        at_start.add(task.evaluator.values(fixed.embeddings).T[:, :, None])
    # All at once, for how many rows fit into memory must not decide what is drawn.
    alphas = (torch.arange(samples) + torch.rand(samples, generator=chance)) / samples
    for rows in _batches(samples, task):
        alpha = alphas[mean.count : mean.count + rows]
        start = fixed or random_tokens(task, rows, chance)
        difference = embeddings - in_full(start.embeddings)
        points = in_full(start.embeddings) + alpha.to(embeddings).view(-1, 1, 1) * difference
        points = points.to(task.embeddings.dtype)
        mean.add(task.evaluator.per_gradient(points, _times(difference)))
        if fixed is None:
            at_start.add(task.evaluator.values(start.embeddings).T[:, :, None])
        change = task.values.cpu() - at_start.value[:, 0]
        outcome = Outcome(
            mean.value,
            mean.margin,
            baseline=start.phrase,
            baseline_value=float(at_start.value.sum()),
            **completeness(mean.value, change),
            steps=mean.count,
        )
        report(
            mean.count / samples,
            f"gradient SHAP, {mean.count} of {samples} samples",
            task.partial(outcome) if mean.count < samples else None,
        )
    return outcome


def random_tokens(task: Task, rows: int, chance: torch.Generator) -> Baseline:
    """Embeddings [row, token, dim] of the prompt with every written token replaced by one drawn from the
    vocabulary. Raises ``bad_option`` where nothing of the prompt may be replaced."""
    read = task.read
    free = [place for place, fixed in enumerate(read.fixed) if not fixed]
    if not free:
        raise GlasspaneError(
            "bad_option",
            "The prompt has only special tokens, and none of them is replaced.",
            "Write some text.",
        )
    known = min(embedding_rows(task.subject), len(task.subject.tokenizer))
    drawn = torch.stack([torch.randint(known, (len(free),), generator=chance) for _ in range(rows)])
    ids = read.given.ids.repeat(rows, 1)
    ids[:, free] = drawn.to(ids)
    return Baseline(embeddings_of(task.subject, read.given.with_ids(ids)), "random tokens of the vocabulary")


class RunningMean:
    """Mean and spread of samples [target, sample, …] that come in batches."""

    def __init__(self) -> None:
        self.count = 0
        self._sum: Tensor | float = 0.0
        self._squares: Tensor | float = 0.0

    def add(self, samples: Tensor) -> None:
        self.count += samples.shape[1]
        samples = samples.cpu().double()  # some accelerators know no doubles
        self._sum = self._sum + samples.sum(1)
        self._squares = self._squares + samples.square().sum(1)

    @property
    def value(self) -> Tensor:
        """[target, …]"""
        assert isinstance(self._sum, Tensor)
        return self._sum / self.count

    @property
    def margin(self) -> Tensor | None:
        """1.96 standard errors of the mean, [target, …]; None for a single sample."""
        if self.count < 2:
            return None
        assert isinstance(self._squares, Tensor)
        variance = (self._squares - self.count * self.value.square()).clamp_min(0) / (self.count - 1)
        return 1.96 * (variance / self.count).sqrt()


def _times(factor: Tensor) -> Callable[[Tensor], Tensor]:
    """Σ_d factor · gradient, [row, token]."""
    return lambda gradient: (factor * in_full(gradient)).sum(-1)


def _batches(samples: int, task: Task) -> list[int]:
    size = task.evaluator.rows_at_once
    return [min(size, samples - first) for first in range(0, samples, size)]
