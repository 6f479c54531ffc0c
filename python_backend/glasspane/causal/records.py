"""What is kept of one run: per layer the stream, heads and writes.

Queries and keys are kept as attention takes them, positions already rotated in: at one position both runs are
rotated alike, so patching them there is patching them before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ..subjects.architecture import ModelInput

_WRITES = ("z", "mlp_out")


@dataclass
class LayerRecord:
    """What one layer did; T tokens of one prompt.

    ``resid_pre``, ``attn_out``, ``mlp_out``, ``resid_post`` [T, dim]; ``query`` [head, T, dim], ``key`` and
    ``value`` [key-value head, T, dim]; ``z`` [T, head, dim]. ``seen`` are the tensors as they passed, [1, …], and
    hang together under grad mode. ``mask`` [1, 1, T, T] is added to attention scores, ``options`` are the scale, the
    window and whatever else this model's attention takes. ``arguments`` and ``named`` are what the layer was called
    with beside the stream, ``attention_rest`` what its attention gave beside its output.
    """

    arguments: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    stream_by_name: bool = False
    attention_rest: tuple[Any, ...] | None = None
    seen: dict[str, Tensor] = field(default_factory=dict)
    mask: Tensor | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """By site, without the axis of the batch."""
        return {name: tensor[0] for name, tensor in self.seen.items()}

    @property
    def resid_pre(self) -> Tensor:
        return self.seen["resid_pre"][0]

    @property
    def attn_out(self) -> Tensor:
        return self.seen["attn_out"][0]

    @property
    def mlp_out(self) -> Tensor:
        return self.seen["mlp_out"][0]

    @property
    def resid_post(self) -> Tensor:
        return self.seen["resid_post"][0]

    @property
    def query(self) -> Tensor:
        return self.seen["q"][0]

    @property
    def key(self) -> Tensor:
        return self.seen["k"][0]

    @property
    def value(self) -> Tensor:
        return self.seen["v"][0]

    @property
    def z(self) -> Tensor:
        return self.seen["z"][0]

    def detached(self) -> LayerRecord:
        """The same numbers without the graph that made them."""
        return LayerRecord(
            self.arguments,
            self.named,
            self.stream_by_name,
            self.attention_rest,
            {name: tensor.detach() for name, tensor in self.seen.items()},
            self.mask,
            self.options,
        )


@dataclass(frozen=True)
class Recording:
    """One run: its layers, first one first, and the ``logits`` [kept position, vocabulary] of its last positions."""

    given: ModelInput
    layers: list[LayerRecord]
    logits: Tensor

    @property
    def tokens(self) -> int:
        return self.given.length

    def detached(self) -> Recording:
        return Recording(self.given, [layer.detached() for layer in self.layers], self.logits.detach())

    @property
    def written_bytes(self) -> int:
        """What :meth:`writes` keeps."""
        kept = [layer.seen[site] for layer in self.layers for site in _WRITES]
        return sum(tensor.numel() * tensor.element_size() for tensor in kept)

    def writes(self) -> Recording:
        """Only what heads and MLPs wrote, as copies, so that nothing else of the run is kept alive."""
        layers = [
            LayerRecord(seen={site: layer.seen[site].clone() for site in _WRITES}) for layer in self.layers
        ]
        return Recording(self.given, layers, self.logits.new_empty(0))
