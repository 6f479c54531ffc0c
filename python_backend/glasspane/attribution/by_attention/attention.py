"""Raw attention and its rollout: where the model looks. Offered for debugging, never alone."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...subjects.architecture import run
from ...subjects.guard import eager_attention
from ..by_gradient.gradients import input_x_gradient
from ..outcome import Outcome, Task

WHERE_NOT_WHY = "Attention shows where the model looks, not what changes its answer."


def attention(task: Task, report: Report) -> Outcome:
    """Attention of the deciding position to every token, mean over layers and heads or chosen ones.

    Unsigned, scores [target, token]; of several deciding positions explained as a sum, their mean. The
    deciding position is that of the mask, the first ([CLS]) of encoders, else the last one; of
    encoder–decoders, what the decoder reads of the encoder. Comes with its rank correlation to
    gradient × input.
    """
    layer, head = int(task.options["layer"]), int(task.options["head"])
    report(0.2, "attention")
    maps = attention_maps(task)
    _refuse_out_of_range("layer", layer, len(maps))
    _refuse_out_of_range("head", head, int(maps[0].shape[0]))
    rows = [maps[layer]] if layer >= 0 else maps
    picked = torch.stack([(a[head : head + 1] if head >= 0 else a).mean(0) for a in rows]).mean(0)
    return _checked(task, picked[deciding_positions(task)], report)


def attention_rollout(task: Task, report: Report) -> Outcome:
    """Product over layers of ½A + ½I, rows renormalised, A the mean over heads (Abnar & Zuidema 2020).

    Unsigned, scores [target, token], the rows of the deciding positions as in :func:`attention`.
    """
    report(0.2, "attention")
    return _checked(task, rollout(attention_maps(task))[deciding_positions(task)], report)


def rollout(maps: list[Tensor]) -> Tensor:
    """``maps`` [head, query, key] per layer, first layer first → [query, token]."""
    flow: Tensor | None = None
    for layer in maps:
        flow = rolled(layer.mean(0), flow)
    assert flow is not None
    return flow


def rolled(mean: Tensor, flow: Tensor | None) -> Tensor:
    """One layer's step of the rollout: ``mean`` over heads [query, key], ``flow`` of the layers before it.

    ``mean`` is used up.
    """
    mean.diagonal().add_(1.0)
    mean /= mean.sum(-1, keepdim=True)
    return mean if flow is None else mean @ flow


def attention_maps(task: Task) -> list[Tensor]:
    """Weights [head, query, key] per layer in float32, virtual tokens of adapters cut off.

    Raises ``unsupported_model`` where the model gives none.
    """
    with torch.no_grad(), eager_attention(task.subject):
        forward = run(task.subject, task.read.given, attentions=True, meter=task.evaluator.meter)
    maps = forward.attentions
    if not maps or any(a is None for a in maps):
        raise GlasspaneError(
            "unsupported_model",
            f"{type(task.subject.core).__name__} does not give its attention weights.",
            "Use a gradient method: it says more anyway.",
        )
    given = task.read.given
    queries, keys = given.decoded or given.length, given.length - given.decoded
    return [a[0].float()[:, -queries:, -keys:] for a in maps]


def _checked(task: Task, rows: Tensor, report: Report) -> Outcome:
    """``rows`` [deciding position, key], with what a gradient method says to them."""
    if not task.evaluator.objective.each:
        rows = rows.mean(0, keepdim=True)
    weights = torch.nn.functional.pad(rows, (0, task.read.given.decoded))
    report(0.6, "gradient check")
    return Outcome(weights, warnings=[f"{WHERE_NOT_WHY} {gradient_check(task, weights.mean(0), report)}"])


def deciding_positions(task: Task) -> list[int]:
    """The queries whose answer is explained, some counted from the end."""
    if task.read.asked is not None:
        return [task.read.asked]
    if task.subject.family == "sequence_classifier":
        config = task.subject.core.config
        encoder = not hasattr(task.subject.core, "score")
        return [0 if encoder and not getattr(config, "is_decoder", False) else -1]
    scored = len(task.evaluator.objective.ids)
    return list(range(-scored, 0))


def _refuse_out_of_range(what: str, index: int, count: int) -> None:
    if index >= count:
        raise GlasspaneError(
            "bad_option",
            f"There is no {what} {index}.",
            f"The model has {count}: 0 to {count - 1}, or -1 for the mean of all.",
        )


def gradient_check(task: Task, weights: Tensor, report: Report) -> str:
    """A sentence: how ``weights`` [token] of what goes on inside rank beside gradient × input."""
    try:
        gradient = input_x_gradient(task, report).scores.abs().sum(0)
    except GlasspaneError as problem:
        if problem.code != "unsupported_model":
            raise
        return "No gradient flows through this model, so it could not be compared with a gradient method."
    if weights.numel() < 3:
        return "The prompt is too short to compare it with a gradient method."
    rho = rank_correlation(weights, gradient)
    if rho is None:
        return "It is the same for all tokens here."
    signed = f"{rho:+.2f}".replace("-", "−")
    return f"Its rank correlation with |gradient × input| on this prompt is {signed}."


def rank_correlation(weights: Tensor, gradient: Tensor) -> float | None:
    """Spearman's ρ of two [token]; None where either is the same for all tokens, which has no ranks."""
    from scipy.stats import spearmanr

    if weights.numel() < 3 or bool((weights == weights[0]).all()) or bool((gradient == gradient[0]).all()):
        return None
    return float(spearmanr(weights.cpu().numpy(), gradient.cpu().numpy()).statistic)
