"""DeepLIFT: how much of the difference from a baseline each token brought about, in two passes."""

from __future__ import annotations

import torch
from torch import Tensor

from ...kernel.progress import Report
from ...subjects.architecture import run
from ...subjects.guard import eager_attention
from ..baselines import baseline
from ..evaluation import differentiable, refuse_non_finite
from ..outcome import Outcome, Task
from .gradients import completeness, in_full, little_to_share
from .rescale import RescaleRules

UNACCOUNTED = 0.01
"""Share of f(e) − f(e′) that may be missing from the scores before the result says why."""


def deeplift(task: Task, report: Report) -> Outcome:
    """Σ_d (e − e′)_d · m_d with DeepLIFT's multipliers m (Shrikumar et al. 2017, rescale rule); scores
    [target, token], signed.

    They add up to f(e) − f(e′) but for rounding, as every operation passes on exactly its own difference
    (:mod:`.rescale`). One pass at the baseline and one at the prompt serve all targets, with a backward for
    each. Models in half precision are computed in float32 from their own weights; the completeness gap is
    against the values that the model itself gives.
    """
    evaluator = task.evaluator
    evaluator.refuse_stopped_gradient(task.embeddings)
    start = baseline(task.subject, task.read, str(task.options["baseline"]), task.embeddings)
    values_at_start = evaluator.values(start.embeddings)[0]
    change = task.values - values_at_start

    def f(embeddings: Tensor) -> Tensor:
        forward = run(
            task.subject,
            evaluator.given,
            embeddings=embeddings,
            keep=evaluator.objective.keep,
            meter=evaluator.meter,
        )
        return evaluator.objective(forward.logits)[0]

    prompt, reference = in_full(task.embeddings), in_full(start.embeddings)
    rules = RescaleRules()
    scores = []
    with differentiable():
        with eager_attention(task.subject):
            report(0.1, "DeepLIFT, the baseline")
            own_values_at_start = rules.at_reference(f, reference)
            report(0.3, "DeepLIFT, the prompt")
            leaf, own_values = rules.at_prompt(f, prompt)
        for place, value in enumerate(own_values):
            report(0.6 + 0.4 * place / len(own_values), "DeepLIFT, multipliers")
            last = place == len(own_values) - 1
            (multipliers,) = torch.autograd.grad(value, leaf, retain_graph=not last)
            evaluator.meter.backwards += 1
            refuse_non_finite(multipliers, "multipliers")
            scores.append(((prompt - reference) * multipliers).sum(-1)[0])
    shares = torch.stack(scores)
    return Outcome(
        shares,
        baseline=start.phrase,
        baseline_value=float(values_at_start.sum()),
        **completeness(shares, change),
        warnings=[
            *little_to_share(change, task.values),
            *_unaccounted(shares, own_values.detach() - own_values_at_start, rules),
        ],
    )


def _unaccounted(scores: Tensor, change: Tensor, rules: RescaleRules) -> list[str]:
    """A sentence where scores [target, token] miss some of ``change`` [target], saying where it was lost."""
    missing = (scores.sum(1) - change).abs()
    # Where little changes, rounding of what cancels is no sign of a missing rule.
    allowed = torch.maximum(UNACCOUNTED * change.abs(), 1e-4 * scores.abs().sum(1))
    if not bool((missing > allowed).any()):
        return []
    lost = float((missing / change.abs()).nan_to_num().max())
    share = f"{lost:.1%} of the change" if lost < 10 else "more than the whole change"
    if rules.without_rule:
        cause = f"it has no rule for {', '.join(rules.without_rule)}, met on the way from the prompt"
    else:
        cause = "a part of the model is computed where it cannot look, or loses the rest to rounding"
    return [
        f"DeepLIFT does not account for {share}: {cause}. Integrated gradients ask the same question "
        "without rules."
    ]
