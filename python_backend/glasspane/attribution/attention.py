"""Raw attention: where the model looks. Offered for debugging, never alone."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..subjects.architecture import run
from ..subjects.guard import eager_attention
from .gradients import input_x_gradient
from .outcome import Outcome, Task

_SAID = "Attention shows where the model looks, not what changes its answer."


def attention(task: Task, report: Report) -> Outcome:
    """Attention of the deciding position to every token, mean over layers and heads or chosen ones.

    Unsigned, scores [1, token]. The deciding position is the last one of causal models and the
    first ([CLS]) of encoders. Comes with its rank correlation to gradient × input.
    """
    layer, head = int(task.options["layer"]), int(task.options["head"])
    report(0.2, "attention")
    with torch.no_grad(), eager_attention(task.subject):
        forward = run(task.subject, task.read.given, attentions=True, meter=task.evaluator.meter)
    maps = forward.attentions
    if not maps or any(a is None for a in maps):
        raise GlasspaneError(
            "unsupported_model",
            f"{type(task.subject.core).__name__} does not give its attention weights.",
            "Use a gradient method: it says more anyway.",
        )
    _refuse_out_of_range("layer", layer, len(maps))
    _refuse_out_of_range("head", head, int(maps[0].shape[1]))
    query = _deciding_position(task)
    rows = [maps[layer]] if layer >= 0 else list(maps)
    picked = torch.stack([_heads(a[0].float(), head)[:, query] for a in rows])  # [layer, head, key]
    weights = picked.mean((0, 1))[-task.read.given.length :]
    report(0.6, "gradient check")
    return Outcome(weights[None], warnings=[f"{_SAID} {_gradient_check(task, weights, report)}"])


def _deciding_position(task: Task) -> int:
    config = task.subject.core.config
    encoder = task.subject.family == "sequence_classifier" and not hasattr(task.subject.core, "score")
    return 0 if encoder and not getattr(config, "is_decoder", False) else -1


def _heads(weights: Tensor, head: int) -> Tensor:
    return weights[head : head + 1] if head >= 0 else weights


def _refuse_out_of_range(what: str, index: int, count: int) -> None:
    if index >= count:
        raise GlasspaneError(
            "bad_option",
            f"There is no {what} {index}.",
            f"The model has {count}: 0 to {count - 1}, or -1 for the mean of all.",
        )


def _gradient_check(task: Task, weights: Tensor, report: Report) -> str:
    try:
        gradient = input_x_gradient(task, report).scores[0]
    except GlasspaneError as problem:
        if problem.code != "unsupported_model":
            raise
        return "No gradient flows through this model, so it could not be compared with a gradient method."
    if weights.numel() < 3:
        return "The prompt is too short to compare it with a gradient method."
    from scipy.stats import spearmanr

    rho = float(spearmanr(weights.cpu().numpy(), gradient.abs().cpu().numpy()).statistic)
    if rho != rho:  # constant attention has no ranks
        return "It is the same for all tokens here."
    signed = f"{rho:+.2f}".replace("-", "−")
    return f"Its rank correlation with |gradient × input| on this prompt is {signed}."
