"""The next token of every row: each has a stream of random numbers of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .sampling import Sampling


class TokenDrawer:
    """Draws for rows that come and go.

    A row's numbers follow from its seed alone, so that a continuation is the same whatever is drawn beside it (up to
    rounding of the logits). By the Gumbel-max trick (Maddison et al. 2014) the largest of log p + noise is a draw
    from p.
    """

    def __init__(self, seeds: Sequence[int], sampling: Sampling) -> None:
        self._sampling = sampling
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]

    def only(self, rows: Sequence[int]) -> None:
        """Go on with these rows."""
        self._streams = [self._streams[row] for row in rows]

    def __call__(self, logits: Tensor) -> list[int]:
        """A token for each row of ``logits`` [row, vocabulary]."""
        if self._sampling.temperature == 0:
            return [int(token) for token in logits.argmax(-1)]
        scaled = logits.float().cpu() / self._sampling.temperature
        if self._sampling.top_p < 1:
            scaled = _nucleus(scaled, self._sampling.top_p)
        # Uniform numbers of float32 may be 0, whose noise is −∞: never drawn, as rarely as once in 2²⁴.
        noise = torch.stack([torch.rand(scaled.shape[-1], generator=stream) for stream in self._streams])
        return [int(token) for token in (scaled - (-noise.log()).log()).argmax(-1)]


def _nucleus(logits: Tensor, top_p: float) -> Tensor:
    """The fewest tokens that hold ``top_p`` of the probability (Holtzman et al. 2020); the others at −∞."""
    ordered, places = logits.sort(-1, descending=True)
    shares = ordered.softmax(-1)
    beyond = shares.cumsum(-1) - shares >= top_p
    return logits.masked_fill(beyond.gather(-1, places.argsort(-1)), -torch.inf)
