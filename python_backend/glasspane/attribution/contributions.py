"""How much of a token's vector another token takes: ‖Σ_h α_h·(v_h W_O,h)‖ (Kobayashi et al. 2020).

Weights alone overstate tokens whose value vectors are small, as attention sinks' are. With the Gram matrix
G_j[h, g] = f_h(x_j)·f_g(x_j) of what the heads would move, f_h(x_j) = v_jh W_O,h, the norm of a sum over
heads is √(αᵀ G_j α), α the heads' weights on token j: no vector per pair of tokens is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import GlasspaneError
from ..protocol import Contribution
from ..subjects import Subject
from ..subjects.blocks import BlockNames, part
from .attention_weights import QueryBlock

_TOKENS_AT_ONCE = 128


@dataclass
class _Strongest:
    """The best of one layer so far; all [line]."""

    strength: Tensor
    share: Tensor
    target: Tensor
    source: Tensor


class StrongestContributions:
    """An observer that keeps the ``count`` strongest contributions of each layer."""

    def __init__(self, subject: Subject, layers: list[nn.Module], names: BlockNames, count: int) -> None:
        self._subject = subject
        self._count = count
        self._places: dict[int, int] = {}
        self._projections: dict[int, nn.Module] = {}
        for place, block in enumerate(layers):
            attention, projection = part(block, names.attention), part(block, names.projection)
            assert attention is not None
            assert projection is not None
            self._places[id(attention)] = place
            self._projections[place] = projection
        self._best: dict[int, _Strongest] = {}
        self._gram: Tensor | None = None

    def observe(self, block: QueryBlock) -> None:
        place = self._places.get(id(block.module))
        if place is None or block.values is None:
            raise GlasspaneError(
                "unsupported_model",
                f"{type(self._subject.core).__name__} does not show its value vectors.",
                "Look at single heads instead.",
            )
        if self._gram is None:
            self._gram = gram(block.values, self._projections[place], heads=block.weights.shape[0])
        strengths = contribution_strengths(block.weights, self._gram)
        self._keep(place, block.rows.start, strengths)
        if block.last:
            self._gram = None

    def _keep(self, place: int, first: int, strengths: Tensor) -> None:
        top = strengths.flatten().topk(min(self._count, strengths.numel()))
        target, source = top.indices // strengths.shape[1], top.indices % strengths.shape[1]
        found = _Strongest(
            top.values, top.values / strengths.sum(1)[target].clamp_min(1e-30), target + first, source
        )
        held = self._best.get(place)
        if held is not None:
            found = _Strongest(
                *(
                    torch.cat([getattr(held, name), getattr(found, name)])
                    for name in ("strength", "share", "target", "source")
                )
            )
            order = found.strength.argsort(descending=True)[: self._count]
            found = _Strongest(*(one[order] for one in vars(found).values()))
        self._best[place] = found

    def lines(self) -> list[Contribution]:
        """Layer by layer, strongest first; nothing taken is no line."""
        return [
            Contribution(layer=place, source=source, target=target, strength=strength, share=share)
            for place, best in sorted(self._best.items())
            for strength, share, target, source in zip(
                *(one.tolist() for one in vars(best).values()), strict=True
            )
            if strength > 0
        ]


def gram(values: Tensor, projection: nn.Module, heads: int) -> Tensor:
    """G [key, head, head] of f_h(x_j) = v_jh W_O,h, from ``values`` [head, key, dim].

    The projection's own forward pass is used, one head at a time, less what it makes of nothing (its
    bias): adapters and quantised layers count as they are. Raises ``unsupported_model`` where its
    weights lie elsewhere for now.
    """
    if any(parameter.is_meta for parameter in projection.parameters()):
        raise GlasspaneError(
            "unsupported_model", "The output projections are offloaded.", "Load the model onto one device."
        )
    values = values.repeat_interleave(heads // values.shape[0], dim=0)
    width = values.shape[2]
    nothing = projection.forward(values.new_zeros(1, 1, heads * width))
    parts = []
    for some in values.split(_TOKENS_AT_ONCE, dim=1):
        moved = []
        for head in range(heads):
            alone = some.new_zeros(1, some.shape[1], heads * width)
            alone[0, :, head * width : (head + 1) * width] = some[head]
            moved.append(_precise(projection.forward(alone)[0]) - _precise(nothing[0]))
        vectors = torch.stack(moved, dim=1)  # [key, head, dim]
        parts.append(vectors @ vectors.transpose(1, 2))
    return torch.cat(parts)


def contribution_strengths(weights: Tensor, gram: Tensor) -> Tensor:
    """√(αᵀ G_j α) [query, key] of ``weights`` α [head, query, key] and ``gram`` G [key, head, head]."""
    by_key = weights.permute(2, 0, 1).to(gram.dtype)  # [key, head, query]
    squares = ((gram @ by_key) * by_key).sum(1)
    return squares.clamp_min(0).sqrt().T


def _precise(tensor: Tensor) -> Tensor:
    """Squares of small differences need more than single precision, where the device has it."""
    return tensor.float() if tensor.device.type == "mps" else tensor.double()
