"""One view of attention from request to result: read the prompt, run, reduce, quantise."""

from __future__ import annotations

import time

from torch import Tensor

from ...errors import GlasspaneError
from ...kernel.progress import Report, silent
from ...protocol import (
    AttentionAnswer,
    AttentionOverview,
    AttentionRequest,
    AttentionResult,
    AttentionRollout,
    Cost,
    HeadDetail,
    HeadView,
    ResidualStream,
    ResidualView,
    RolloutView,
    TargetCard,
    TokenReading,
)
from ...subjects import Subject
from ...version import glasspane_version
from ..asked_prompt import AskedPrompt, asked
from ..call import attention_call
from ..explain import sendable
from .attention import WHERE_NOT_WHY
from .attention_heads import SINK, without_sink
from .attention_overview import overview
from .drawn_matrix import exact, quantised

DRAWN_AT_MOST = 4096
"""Tokens up to which a whole matrix is sent: at 16 bits it is 45 MB of JSON by then."""

WRITTEN_NOT_USED = (
    "Sizes say how much was written and taken, not whether later layers used it for the answer: "
    "compare with a gradient method."
)


def attend(subject: Subject, request: AttentionRequest, report: Report = silent) -> AttentionResult:
    """Answer one view of ``request``.

    Raises :class:`GlasspaneError` for everything a person can mend, and ``Cancelled`` from
    ``report``. Model, tokenizer and random state are as before in every case.
    """
    began = time.perf_counter()
    with asked(subject, request, report) as prompt:
        report(0.0, "attention")
        answer, note, target = _answer(prompt)
        return AttentionResult(
            glasspane=glasspane_version(),
            subject=subject.card(),
            text=prompt.read.text,
            rendered=prompt.read.rendered,
            template=prompt.read.template,
            segments=prompt.read.segments,
            tokens=prompt.tokens,
            target=target,
            answer=answer,
            note=note,
            warnings=prompt.warnings,
            cost=Cost(
                seconds=time.perf_counter() - began,
                forwards=prompt.meter.forwards,
                backwards=prompt.meter.backwards,
            ),
            code=attention_call(request, subject),
            request=request.model_copy(
                update={"job": None, "subject": subject.ref, "prompt": sendable(request.prompt)}
            ),
        )


def _answer(prompt: AskedPrompt) -> tuple[AttentionAnswer, str, TargetCard | None]:
    """The view asked for, the note that stands beside it, and the target of the gradient check."""
    match prompt.request.view:
        case HeadView() as view:
            return _head(prompt, view), WHERE_NOT_WHY, None
        case RolloutView() as view:
            return _rollout(prompt, view), WHERE_NOT_WHY, None
        case ResidualView() as view:
            return _residual(prompt, view), WRITTEN_NOT_USED, None
        case _:
            figures, target = overview(prompt)
            return figures, f"{WHERE_NOT_WHY} {_compared(figures)}".strip(), target


def _compared(figures: AttentionOverview) -> str:
    if figures.gradient_correlation is None:
        return ""  # a warning says why
    return (
        "Spearman rank correlation of the mean over all heads with |gradient × input| on this prompt: "
        f"{figures.gradient_correlation:+.2f}."
    )


def _head(prompt: AskedPrompt, view: HeadView) -> HeadDetail:
    _refuse_undrawable(prompt, view)
    found = prompt.head(view.layer, view.head)
    weights = without_sink(found.weights) if view.without_sink else found.weights
    return HeadDetail(
        layer=view.layer,
        head=view.head,
        layers=found.layers,
        heads=found.heads,
        weights=quantised(weights, view.bits) if view.matrix else None,
        without_sink=view.without_sink,
        sink=found.weights[:, SINK].tolist(),
        exact=_reading(weights, view.token),
    )


def _rollout(prompt: AskedPrompt, view: RolloutView) -> AttentionRollout:
    _refuse_undrawable(prompt, view)
    found = prompt.rollout()
    return AttentionRollout(
        layers=found.layers,
        shares=quantised(found.shares, view.bits) if view.matrix else None,
        exact=_reading(found.shares, view.token),
    )


def _residual(prompt: AskedPrompt, view: ResidualView) -> ResidualStream:
    found = prompt.residual(view.lines)
    prompt.warnings += found.warnings
    return ResidualStream(
        layers=len(found.attention),
        stream=exact(found.stream),
        attention=exact(found.attention),
        mlp=exact(found.mlp),
        attention_relative=exact(found.attention_relative),
        mlp_relative=exact(found.mlp_relative),
        normalised=found.normalised,
        lines=found.lines,
    )


def _reading(weights: Tensor, token: int | None) -> TokenReading | None:
    if token is None:
        return None
    return TokenReading(token=token, reads=weights[token].tolist(), read_by=weights[:, token].tolist())


def _refuse_undrawable(prompt: AskedPrompt, view: HeadView | RolloutView) -> None:
    """Before the model runs: a token that is not there, a matrix that no editor could take."""
    count = len(prompt.tokens)
    if view.token is not None and view.token >= count:
        raise GlasspaneError(
            "bad_option",
            f"There is no token {view.token}.",
            f"The prompt has {count}: choose 0 to {count - 1}.",
        )
    if view.matrix and count > DRAWN_AT_MOST:
        raise GlasspaneError(
            "prompt_too_long",
            f"A matrix of {count:,} × {count:,} tokens is too large to draw; {DRAWN_AT_MOST:,} fit.",
            "Ask for one token's row, or shorten the prompt. In Python, gp.attention(…) gives the whole matrix.",
        )
