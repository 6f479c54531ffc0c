"""Direct logit attribution: the answer's logit as a sum of everything that was written into the stream.

The final norm is frozen at its scale on this prompt (Elhage et al. 2021; Wang et al. 2022, arXiv:2211.00593), and so
is a norm behind attention (Gemma 2): then all is linear, and the terms add up to the logit. What a part does by
being read in later layers is not among them: that takes patching.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..attribution.by_attention.contributions import precise
from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..protocol import DirectAttribution
from .anatomy import Anatomy
from .ending import Ending, ending
from .frozen_norm import NotANorm, frozen
from .recording import first_of
from .stream_run import StreamRun

_TOLERANCE = {torch.float16: 0.02, torch.bfloat16: 0.05, torch.float32: 1e-3}
"""Largest share of Σ|terms| that the sum may miss the logit by: rounding, and no more."""


def direct_attribution(
    anatomy: Anatomy, kept: StreamRun, end: Tensor, ids: Tensor, right: int, wrong: int | None, report: Report
) -> DirectAttribution:
    """Terms of the ``right`` logit, less the ``wrong`` one's where there is one; ``end`` [dim] leaves the last layer.

    Raises ``unsupported_model`` where the terms do not add up to what the model gave.
    """
    last = ending(anatomy, end, ids, kept.beside, right, wrong)
    with torch.no_grad():
        layers = []
        for index in range(anatomy.count):
            report(index / anatomy.count, f"heads of layer {index + 1} of {anatomy.count}")
            layers.append(_heads(anatomy, kept, index, last))
        attention = last.contributions(torch.stack([one.to(end.device) for one in kept.attention]))
        mlp = last.contributions(torch.stack([one.to(end.device) for one in kept.mlp]))
        embedding = float(last.contributions(kept.embedding.to(end.device)[None]))
        positions = (
            None if kept.positions is None else float(last.contributions(kept.positions.to(end.device)[None]))
        )
    terms = [embedding, positions or 0.0, last.constant, *attention.tolist(), *mlp.tolist()]
    found = DirectAttribution(
        value=last.value,
        capped=last.capped,
        embedding=embedding,
        positions=positions,
        attention=attention.tolist(),
        mlp=mlp.tolist(),
        heads=[layer.heads for layer in layers],
        attention_bias=[layer.bias for layer in layers],
        bias=last.constant,
        gap=last.value - sum(terms),
    )
    tolerance = _TOLERANCE.get(end.dtype, 1e-5) * (1.0 + sum(map(abs, terms)))
    missed = [
        abs(whole - sum(layer.heads) - layer.bias)
        for whole, layer in zip(found.attention, layers, strict=True)
    ]
    if not max(abs(found.gap), *missed) <= tolerance:
        raise GlasspaneError(
            "unsupported_model",
            f"What the parts of {type(anatomy.subject.core).__name__} write does not add up to its logits.",
            "Ask for the lens without direct attribution: direct=False.",
        )
    return found


@dataclass(frozen=True)
class _Layer:
    heads: list[float]
    bias: float


def _heads(anatomy: Anatomy, kept: StreamRun, index: int, last: Ending) -> _Layer:
    """Each head through its slice of the output projection; heads lie side by side on the projection's input."""
    z = kept.heads[index].view(anatomy.heads, -1)
    alone = torch.eye(len(z), dtype=z.dtype, device=z.device)[:, :, None] * z  # [head, head, dim]
    rows = torch.cat([alone.flatten(1), torch.zeros_like(z).view(1, -1), z.view(1, -1)])
    made = precise(first_of(anatomy.projection(index)(rows[None]))[0])
    nothing = made[-2:-1]
    written = torch.cat([made[:-2] - nothing, nothing])
    shift = torch.zeros_like(nothing)
    if anatomy.post_normed:
        write, module = kept.attention[index], anatomy.attention_write(index)
        try:
            norm = frozen(
                lambda given: first_of(module(given[None]))[0], made[-1].to(write.dtype).to(write.device)
            )
        except NotANorm:
            raise GlasspaneError(
                "unsupported_model",
                f"What stands behind the attention of {type(anatomy.subject.core).__name__} is no norm known here.",
                "Ask for the lens without direct attribution: direct=False.",
            ) from None
        written, shift = norm.linear(written), norm.shift[None]
    values = last.contributions(torch.cat([written, shift]).to(last.direction.device)).tolist()
    return _Layer(values[:-2], values[-2] + values[-1])
