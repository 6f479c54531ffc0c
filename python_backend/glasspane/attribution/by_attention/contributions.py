"""How much of a token's vector another token takes: ‖Σ_h α_h·(v_h W_O,h)‖ (Kobayashi et al. 2020).

Weights alone overstate tokens whose value vectors are small, as attention sinks' are. With the Gram matrix
G_j[h, g] = f_h(x_j)·f_g(x_j) of what the heads would move, f_h(x_j) = v_jh W_O,h, the norm of a sum over
heads is √(αᵀ G_j α), α the heads' weights on token j: no vector per pair of tokens is ever made. Nor is
every pair computed: by the triangle inequality a norm is at most Σ_h α_h ‖f_h(x_j)‖, so pairs whose bound
is below the weakest line that is kept cannot be among the strongest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...errors import GlasspaneError
from ...protocol import Contribution
from ...subjects import Subject
from ...subjects.blocks import BlockNames, part
from .attention_weights import QueryBlock

_OF_LAST = 8
"""Lines that the last token has for itself: it decides, and in a long prompt others may take all there are."""

_TOKENS_AT_ONCE = 128
_PAIRS_AT_ONCE = 8192


@dataclass(frozen=True)
class MovedVectors:
    """What the heads would move from each token: ``gram`` [key, head, head] of f_h(x_j), ``sizes`` [head, key]."""

    gram: Tensor
    sizes: Tensor

    def strengths(self, weights: Tensor, key: Tensor) -> Tensor:
        """√(αᵀ G_j α) [pair] of α = ``weights`` [pair, head] on the tokens j = ``key`` [pair]."""
        parts = []
        for some, of in zip(weights.split(_PAIRS_AT_ONCE), key.split(_PAIRS_AT_ONCE), strict=True):
            alpha = some.to(self.gram.dtype)
            squares = torch.einsum("ph,phg,pg->p", alpha, self.gram[of], alpha)
            parts.append(squares.clamp_min(0).sqrt())
        return torch.cat(parts)

    def bounds(self, weights: Tensor) -> Tensor:
        """Σ_h α_h ‖f_h(x_j)‖ [query, key] of ``weights`` [head, query, key], rounding included."""
        total = torch.zeros_like(weights[0])
        for head, sizes in zip(weights, self.sizes.to(weights.dtype), strict=True):
            total.addcmul_(head, sizes)
        return total.mul_(1 + 1e-4)


@dataclass
class _Strongest:
    """The best of one layer so far, strongest first; all [line]."""

    strength: Tensor
    share: Tensor
    target: Tensor
    source: Tensor

    def best(self, count: int) -> _Strongest:
        order = self.strength.argsort(descending=True, stable=True)[:count]
        return _Strongest(*(one[order] for one in vars(self).values()))

    def and_also(self, other: _Strongest) -> _Strongest:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Strongest(*(torch.cat(pair) for pair in pairs))


class StrongestContributions:
    """An observer that keeps the ``count`` strongest contributions of each layer, and the last token's."""

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
        self._moved: MovedVectors | None = None

    def observe(self, block: QueryBlock) -> None:
        place = self._places.get(id(block.module))
        if place is None or block.values is None:
            raise GlasspaneError(
                "unsupported_model",
                f"{type(self._subject.core).__name__} does not show its value vectors.",
                "Look at single heads instead.",
            )
        if self._moved is None:
            self._moved = moved_vectors(block.values, self._projections[place], block.weights.shape[0])
        held = self._best.get(place)
        found = self._strongest_of(block, self._moved, held)
        self._best[place] = found if held is None else held.and_also(found).best(self._count)
        if block.last:
            if self._count > 0:
                self._best[place] = self._with_last(self._best[place], block, self._moved)
            self._moved = None

    def _with_last(self, best: _Strongest, block: QueryBlock, moved: MovedVectors) -> _Strongest:
        """``best`` with what the last token takes most of, where that is not there yet."""
        every = torch.arange(block.weights.shape[2], device=block.weights.device)
        strength = moved.strengths(block.weights[:, -1].T, every)
        last = block.rows.start + block.weights.shape[1] - 1
        there = best.source[best.target == last]
        source = strength.argsort(descending=True, stable=True)[:_OF_LAST]
        source = source[~torch.isin(source, there)]
        missing = _Strongest(
            strength[source],
            strength[source] / strength.sum().clamp_min(1e-30),
            torch.full_like(source, last),
            source,
        )
        both = best.and_also(missing)
        return both.best(len(both.strength))

    def _strongest_of(self, block: QueryBlock, moved: MovedVectors, held: _Strongest | None) -> _Strongest:
        """The strongest of ``block``; those that ``held`` leaves no room for may be missing."""
        keys = block.weights.shape[2]
        alphas = block.weights.flatten(1)  # [head, pair]
        bounds = moved.bounds(block.weights).flatten()
        count = min(self._count, bounds.numel())

        def strengths(pair: Tensor) -> Tensor:
            return moved.strengths(alphas[:, pair].T, pair % keys)

        # At least `count` of this block's, or of those held, are as strong as this.
        weakest = strengths(bounds.topk(count).indices).min()
        if held is not None and len(held.strength) == self._count:
            weakest = torch.maximum(weakest, held.strength[-1])
        pair = (bounds >= weakest).nonzero().squeeze(1)
        strength = strengths(pair)
        order = strength.argsort(descending=True, stable=True)[:count]
        pair, strength = pair[order], strength[order]
        target = pair // keys
        row, place = target.unique(return_inverse=True)
        every = torch.arange(keys, device=pair.device)
        totals = torch.stack(
            [moved.strengths(block.weights[:, query].T, every).sum() for query in row.tolist()]
            or [strength.sum()]
        )
        share = strength / totals[place].clamp_min(1e-30)
        return _Strongest(strength, share, target + block.rows.start, pair % keys)

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


def moved_vectors(values: Tensor, projection: nn.Module, heads: int) -> MovedVectors:
    """f_h(x_j) = v_jh W_O,h, as their Gram matrices, from ``values`` [head, key, dim].

    W_O is what the projection's own forward pass makes of unit vectors, less what it makes of nothing
    (its bias): adapters and quantised layers count as they are. Raises ``unsupported_model`` where its
    weights lie elsewhere for now.
    """
    if any(parameter.is_meta for parameter in projection.parameters()):
        raise GlasspaneError(
            "unsupported_model", "The output projections are offloaded.", "Load the model onto one device."
        )
    values = values.repeat_interleave(heads // values.shape[0], dim=0)
    width = values.shape[2]
    units = torch.eye(heads * width, dtype=values.dtype, device=values.device).unsqueeze(0)
    made, nothing = projection.forward(units)[0], projection.forward(torch.zeros_like(units[:, :1]))[0]
    output = (precise(made) - precise(nothing)).view(heads, width, -1)
    grams = []
    for some in values.split(_TOKENS_AT_ONCE, dim=1):
        vectors = torch.bmm(precise(some), output).transpose(0, 1)  # [key, head, dim]
        grams.append(vectors @ vectors.transpose(1, 2))
    gram = torch.cat(grams)
    return MovedVectors(gram, gram.diagonal(dim1=1, dim2=2).clamp_min(0).sqrt().T)


def precise(tensor: Tensor) -> Tensor:
    """Squares of small differences need more than single precision, where the device has it."""
    return tensor.float() if tensor.device.type == "mps" else tensor.double()
