"""The logit lens: every layer's stream decoded by the model's own final norm and unembedding (nostalgebraist 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..attribution.evaluation import refuse_non_finite
from ..kernel.progress import Report
from .anatomy import Anatomy
from .stream_run import StreamRun
from .unembedding import unembedded

DECODED_BYTES = 256 * 2**20
"""What logits and distributions may take at once: every further batch reads the unembedding's weights again."""

_COPIES = 6
"""Tensors of the logits' size that are alive at once: two distributions and what they are compared by."""


@dataclass(frozen=True)
class Decoded:
    """[row, position] each, row l after l layers; ``top_ids`` and ``top_probabilities`` [row, position, k].

    ``own`` [position]: what the model itself says in the end. Probabilities and ranks of the answers
    [answer, row, position].
    """

    top_ids: Tensor
    top_probabilities: Tensor
    entropy: Tensor
    divergence: Tensor
    own: Tensor
    own_rank: Tensor
    probabilities: Tensor
    ranks: Tensor


def decoded(
    anatomy: Anatomy,
    kept: StreamRun,
    ids: Tensor,
    answers: Sequence[int],
    vocabulary: int,
    top: int,
    report: Report,
) -> Decoded:
    """The streams of ``kept`` as distributions over the next token, a few positions at a time.

    Logits of positions × layers × vocabulary never exist at once. ``ids`` [1, token]: the prompt. Call under
    ``no_grad``; raises ``non_finite``.
    """
    top = min(top, vocabulary)
    streams = kept.streams
    size = max(4, streams[0].element_size())
    step = max(1, DECODED_BYTES // (_COPIES * vocabulary * size))
    batches = list(zip(*(stream.split(step) for stream in streams), strict=True))
    found = [
        _of_positions(anatomy, rows, ids, kept.beside, answers, top, _Count(report, index, len(batches)))
        for index, rows in enumerate(batches)
    ]
    return Decoded(
        *(
            torch.cat([vars(part)[name] for part in found], dim=_POSITION_AXIS.get(name, 1))
            for name in Decoded.__dataclass_fields__
        )
    )


_POSITION_AXIS = {"own": 0, "probabilities": 2, "ranks": 2}


@dataclass(frozen=True)
class _Count:
    """How far batch ``index`` of ``batches`` is."""

    report: Report
    index: int
    batches: int

    def at(self, row: int, rows: int) -> None:
        self.report((self.index + row / rows) / self.batches, f"layer {row} of {rows - 1}")


def _of_positions(
    anatomy: Anatomy,
    rows: Sequence[Tensor],
    ids: Tensor,
    beside: tuple[Any, ...] | None,
    answers: Sequence[int],
    top: int,
    count: _Count,
) -> Decoded:
    """A few positions: ``rows`` [row][position, dim]."""
    final = _logits(anatomy, rows[-1], ids, beside)
    expected = final.log_softmax(-1)
    weights = expected.exp()
    certain = torch.linalg.vecdot(weights, expected)
    own = final.argmax(-1)
    named = torch.tensor(answers, device=final.device)[:, None].expand(-1, len(own))
    asked = torch.cat([named, own[None]]).T  # [position, answer, and what the model says]
    cells: list[tuple[Tensor, ...]] = []
    for index, row in enumerate(rows):
        count.at(index, len(rows))
        logits = final if index == len(rows) - 1 else _logits(anatomy, row, ids, beside)
        found = logits.log_softmax(-1)
        likely = found.topk(top, dim=-1)
        ranks = torch.stack(
            [1 + torch.count_nonzero(logits > logits.gather(1, one[:, None]), dim=-1) for one in asked.T]
        )
        divergence = (certain - torch.linalg.vecdot(weights, found)).clamp_min(0)
        cells.append(
            (
                likely.indices,
                likely.values.exp(),
                -torch.linalg.vecdot(found.exp(), found),
                divergence,
                found.gather(1, asked).exp().T[:-1],
                ranks,
            )
        )
    top_ids, top_probabilities, entropy, divergence, probabilities, ranks = (
        torch.stack(one).cpu() for one in zip(*cells, strict=True)
    )
    return Decoded(
        top_ids,
        top_probabilities,
        entropy,
        divergence,
        own.cpu(),
        ranks[:, -1],
        probabilities.transpose(0, 1),
        ranks[:, :-1].transpose(0, 1),
    )


def _logits(anatomy: Anatomy, stream: Tensor, ids: Tensor, beside: tuple[Any, ...] | None) -> Tensor:
    """[position, dim] → [position, vocabulary]; each position is a row of its own."""
    logits = unembedded(anatomy, stream[:, None], ids, beside)[:, 0]
    refuse_non_finite(logits, "logits")
    return logits
