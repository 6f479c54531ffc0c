"""What is measured when something was patched: one number per run, from its logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..attribution.targets import Objective
from ..errors import GlasspaneError
from ..protocol import MetricName, ScoreFunction

LABELS: dict[MetricName, str] = {
    "logit_difference": "logit difference",
    "log_prob": "log-probability",
    "prob": "probability",
    "kl": "KL divergence from the clean prediction",
    "loss": "loss on the clean text",
}

UserMetric = Callable[[Tensor], Any]
"""A person's own: logits [1, position, vocabulary] → a number, as TransformerLens' patching calls it."""


@dataclass(frozen=True)
class Metric:
    """A function of logits.

    ``keep``: how many of the last positions it reads. ``objective``: the few logits it hangs on, where it is
    the difference of some; then they alone need be computed. ``of`` takes logits [row, keep, vocabulary].
    """

    name: str
    label: str
    keep: int
    of: Callable[[Tensor], Tensor]
    objective: Objective | None = None

    def __call__(self, logits: Tensor) -> Tensor:
        """logits [row, position, vocabulary], of which the last ``keep`` are read → [row]."""
        return self.of(logits[:, -self.keep :])


def answer_metric(name: MetricName, right: int, wrong: int | None) -> Metric:
    """Of the answer tokens at the last position: ``logit_difference``, ``log_prob`` or ``prob``.

    With ``wrong``, log-probabilities and probabilities are differences too.
    """
    score: ScoreFunction = "prob" if name == "prob" else "log_prob" if name == "log_prob" else "logit"
    objective = Objective((right,), () if wrong is None else (wrong,), score, keep=1)
    label = LABELS[name] if wrong is not None or name != "logit_difference" else "logit"
    return Metric(name, label, 1, lambda logits: objective(logits)[:, 0], objective)


def kl_metric(clean: Tensor) -> Metric:
    """KL(clean ‖ patched) of the next-token distributions, in nats; ``clean`` [vocabulary]: logits of the clean run."""
    expected = clean.log_softmax(-1)

    def of(logits: Tensor) -> Tensor:
        found = logits[:, -1].log_softmax(-1)
        return (expected.exp() * (expected - found)).sum(-1)

    return Metric("kl", LABELS["kl"], 1, of)


def loss_metric(clean_ids: Tensor, right: int | None) -> Metric:
    """Mean next-token loss, in nats, on the clean prompt's tokens [token] and the right answer after them."""
    answer = clean_ids.new_tensor([right]) if right is not None else clean_ids[:0]
    following = torch.cat([clean_ids[1:], answer])

    def of(logits: Tensor) -> Tensor:
        found = logits[:, : len(following)].log_softmax(-1)
        said = following.to(found.device).expand(len(found), -1)[..., None]
        return -found.gather(2, said)[..., 0].mean(1)

    return Metric("loss", LABELS["loss"], len(clean_ids), of)


def user_metric(function: UserMetric, positions: int) -> Metric:
    """A person's own function of all logits; raises ``bad_metric`` where it gives no single finite number."""
    name = getattr(function, "__name__", "metric")

    def of(logits: Tensor) -> Tensor:
        return torch.stack([_number(function, name, row[None]) for row in logits])

    return Metric(name, name, positions, of)


def _number(function: UserMetric, name: str, logits: Tensor) -> Tensor:
    try:
        value = function(logits)
    except Exception as problem:
        raise GlasspaneError(
            "bad_metric",
            f"{name} failed on logits of shape {list(logits.shape)}: {type(problem).__name__}: {problem}",
            "A metric takes logits [1, position, vocabulary] and gives one number.",
        ) from problem
    tensor = value if isinstance(value, Tensor) else _as_tensor(value)
    if tensor is None or tensor.numel() != 1:
        what = f"a tensor of shape {list(tensor.shape)}" if tensor is not None else type(value).__name__
        raise GlasspaneError(
            "bad_metric",
            f"{name} gave {what}, not one number.",
            "A metric takes logits [1, position, vocabulary] and gives one number: end it in .mean() or pick a token.",
        )
    return tensor.reshape(()).to(device=logits.device, dtype=logits.dtype)


def _as_tensor(value: Any) -> Tensor | None:
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        return None
