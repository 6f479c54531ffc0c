"""Every head in figures, next to what a gradient method says of the same prompt."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ...errors import GlasspaneError
from ...protocol import AttentionOverview, AttributionResult, HeadFigures, TargetCard
from ...subjects.architecture import run
from ...subjects.recomputation import can_recompute, recomputed
from ..asked_prompt import AskedPrompt
from ..by_gradient.gradients import input_x_gradient
from ..evaluation import Evaluator, refuse_non_finite
from ..memory import rows_that_fit
from ..outcome import Outcome, Task
from ..targets import card, resolve
from .attention import deciding_positions, rank_correlation
from .attention_heads import LayerFigures, head_figures


def overview(prompt: AskedPrompt) -> tuple[AttentionOverview, TargetCard]:
    """Figures of all heads, and the target that their gradient check is about."""
    task, target = _task(prompt)
    queries: list[int] = []
    if not prompt.read.given.decoded:
        length = len(prompt.tokens)
        queries = sorted({place % length for place in deciding_positions(task)})
    layers = head_figures(prompt.subject, prompt.read, queries, prompt.report, prompt.meter)
    refuse_non_finite(torch.stack([layer.entropy.sum() for layer in layers]), "attention weights")
    pushes = _gradient(task, prompt)
    heads = [figures for index, layer in enumerate(layers) for figures in _figures(index, layer, pushes)]
    mean = torch.stack([layer.deciding.mean(0) for layer in layers]).mean(0)
    answer = AttentionOverview(
        layers=len(layers),
        heads=heads,
        deciding=queries,
        gradient_correlation=None if pushes is None else rank_correlation(mean, pushes),
    )
    return answer, target


def _figures(index: int, layer: LayerFigures, pushes: Tensor | None) -> list[HeadFigures]:
    columns = {
        "entropy": layer.entropy,
        "entropy_share": layer.entropy_share,
        "sink_share": layer.sink,
        "special_share": layer.special,
        "diagonal_share": layer.diagonal,
        "previous_share": layer.previous,
    }
    return [
        HeadFigures(
            layer=index,
            head=head,
            **{name: float(column[head]) for name, column in columns.items()},
            gradient_correlation=None if pushes is None else rank_correlation(layer.deciding[head], pushes),
        )
        for head in range(layer.entropy.shape[0])
    ]


def _task(prompt: AskedPrompt) -> tuple[Task, TargetCard]:
    """The objective that the prompt's target names, ready for a gradient."""
    subject, request, read = prompt.subject, prompt.request, prompt.read
    with torch.no_grad():
        forward = run(subject, read.given, keep=read.keep, meter=prompt.meter)
    refuse_non_finite(forward.logits, "logits")
    logits = forward.logits[0] if forward.logits.ndim == 3 else forward.logits
    objective = resolve(subject, request.target, request.score, read, logits[0])
    objective = replace(objective, each=False)
    values = objective(forward.logits)[0]
    evaluator = Evaluator(subject, read.given, objective, 1, prompt.meter)
    task = Task(
        "input_x_gradient", subject, read, evaluator, forward.embeddings.detach(), values, {}, _no_partial
    )
    return task, card(subject, objective, request.target, values, logits, read)


def _no_partial(_outcome: Outcome) -> AttributionResult:
    raise NotImplementedError("An overview paints no unfinished attribution.")


def _gradient(task: Task, prompt: AskedPrompt) -> Tensor | None:
    """|gradient × input| [token]; None, with a warning, where it cannot be had."""
    try:
        recomputes = can_recompute(prompt.subject)
        rows_that_fit(
            prompt.subject, prompt.read.given.length, prompt.read.keep, False, recomputes=recomputes
        )
        with recomputed(prompt.subject):
            scores = input_x_gradient(task, prompt.report).scores
    except GlasspaneError as problem:
        if problem.code not in ("unsupported_model", "not_enough_memory"):
            raise
        prompt.warnings.append(
            f"Attention could not be compared with a gradient method: {problem.result.message}"
        )
        return None
    return scores.abs().sum(0)[: len(prompt.tokens)].cpu()
