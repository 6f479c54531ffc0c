"""Where a model looks, as Python objects: what ``gp.attention`` gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .protocol import (
    AttentionOverview,
    AttentionRequest,
    AttentionResult,
    AttentionView,
    OverviewView,
    Token,
)
from .subjects import Subject

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Residual:
    """The residual stream of one prompt, in L2 norms (float32 arrays).

    ``stream`` [layer + 1, token] is its size as it enters each layer and, last row, as it leaves the last;
    ``attention`` and ``mlp`` [layer, token] are the sizes of what was added, ``…_relative`` the same divided
    by the stream entering that layer. ``normalised``: after every addition (BERT), so it does not grow.
    ``lines`` has the strongest contributions between tokens: layer, source, target, strength
    ‖Σ_h α_h·(v_h W_O,h)‖ (Kobayashi et al. 2020) and share of all that the target took.
    """

    stream: NDArray[np.float32]
    attention: NDArray[np.float32]
    mlp: NDArray[np.float32]
    attention_relative: NDArray[np.float32]
    mlp_relative: NDArray[np.float32]
    normalised: bool
    lines: pd.DataFrame

    def __repr__(self) -> str:
        layers, tokens = self.attention.shape
        return f"<Residual stream: {layers} layers × {tokens} tokens; {len(self.lines)} lines>"


class AttentionViews:
    """Views of one prompt's attention. Each runs the model when it is asked for, and keeps no weights.

    All numbers are exact; :meth:`result` gives what a pane gets, its matrices rounded for drawing.
    Attention shows where the model looks, not what changes its answer: see ``gradient_correlation``.
    Every view raises :class:`GlasspaneError` with a sentence and a next step.
    """

    def __init__(self, subject: Subject, request: AttentionRequest) -> None:
        self.subject = subject
        self.request = request

    @cached_property
    def tokens(self) -> list[Token]:
        """What rows and columns stand for; of an encoder–decoder, what its encoder reads."""
        from .attribution.asked_prompt import asked

        with asked(self.subject, self.request) as prompt:
            return prompt.tokens

    def overview(self) -> pd.DataFrame:
        """One row per head: layer, head, entropy (nats, mean over queries), entropy_share (of a uniform
        distribution's), sink_share (first token), special_share, diagonal_share, previous_share and
        gradient_correlation (Spearman, with |gradient × input|). ``attrs`` has the note and the warnings."""
        import pandas as pd

        result = self.result(OverviewView())
        assert isinstance(result.answer, AttentionOverview)
        frame = pd.DataFrame([figures.model_dump() for figures in result.answer.heads])
        frame.attrs.update(note=result.note, warnings=result.warnings)
        return frame

    def head(self, layer: int, head: int, *, without_sink: bool = False) -> NDArray[np.float32]:
        """One head's weights [query, key], the model's own eager ones.

        ``without_sink`` leaves out the first token and lets the rest of every row add up to 1 again.
        """
        from .attribution.asked_prompt import asked
        from .attribution.by_attention.attention_heads import without_sink as renormalised

        with asked(self.subject, self.request) as prompt:
            weights = prompt.head(layer, head).weights
        return _array(renormalised(weights) if without_sink else weights)

    def rollout(self) -> NDArray[np.float32]:
        """Attention rollout [query, token]: product over layers of ½A + ½I (Abnar & Zuidema 2020)."""
        from .attribution.asked_prompt import asked

        with asked(self.subject, self.request) as prompt:
            return _array(prompt.rollout().shares)

    def residual(self, lines: int = 40) -> Residual:
        """The residual stream layer by layer, with the ``lines`` strongest contributions of each."""
        import pandas as pd

        from .attribution.asked_prompt import asked

        with asked(self.subject, self.request) as prompt:
            found = prompt.residual(lines)
        columns = ["layer", "source", "target", "strength", "share"]
        return Residual(
            _array(found.stream),
            _array(found.attention),
            _array(found.mlp),
            _array(found.attention_relative),
            _array(found.mlp_relative),
            found.normalised,
            pd.DataFrame([line.model_dump() for line in found.lines], columns=columns),
        )

    def result(self, view: AttentionView) -> AttentionResult:
        """The typed result of one view, as panes get it."""
        from .attribution.by_attention.attend import attend

        return attend(self.subject, self.request.model_copy(update={"view": view}))

    def __repr__(self) -> str:
        return (
            f"<Attention of {self.subject.name}: {len(self.tokens)} tokens; "
            ".overview(), .head(layer, head), .rollout(), .residual()>"
        )


def _array(tensor: Any) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.float().cpu().numpy()
    return array
