"""The residual stream step by step: its size at every layer, and what attention and MLP wrote into it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import GlasspaneError
from ...kernel.progress import Report
from ...protocol import Contribution
from ...subjects import Subject
from ...subjects.architecture import Meter, run
from ...subjects.blocks import BlockNames, layers_of, part, unreadable
from ...subjects.prompt import ReadPrompt
from ..by_gradient.gradients import in_full
from .attention_weights import read_attention
from .contributions import StrongestContributions


@dataclass(frozen=True)
class Stream:
    """L2 norms: ``stream`` [layer + 1, token] as it enters each layer and leaves the last; ``attention`` and
    ``mlp`` [layer, token] of what was added. ``normalised``: after every addition, as BERT does."""

    stream: Tensor
    attention: Tensor
    mlp: Tensor
    normalised: bool
    lines: list[Contribution]
    warnings: list[str]

    @property
    def attention_relative(self) -> Tensor:
        return self.attention / self.stream[:-1].clamp_min(1e-30)

    @property
    def mlp_relative(self) -> Tensor:
        return self.mlp / self.stream[:-1].clamp_min(1e-30)


def residual_stream(
    subject: Subject, read: ReadPrompt, lines: int, report: Report, meter: Meter | None = None
) -> Stream:
    """One pass with hooks that are gone afterwards; keeps the ``lines`` strongest contributions per layer.

    What the hooks see is checked: a layer's output must be its input plus what was written. Raises
    ``unsupported_model`` where it is not, or where the architecture is not known.
    """
    layers, names = layers_of(subject)
    tokens = read.given.length - read.given.decoded
    watched = [_LayerWatch(block, names, tokens) for block in layers]
    strongest = StrongestContributions(subject, layers, names, lines)
    warnings: list[str] = []
    with ExitStack() as stack:
        for watch in watched:
            stack.enter_context(watch)
        if lines:
            try:
                read_attention(subject, read.given, strongest.observe, report, meter)
            except GlasspaneError as problem:
                if problem.code != "unsupported_model":
                    raise
                warnings.append(
                    f"Contributions between tokens could not be computed: {problem.result.message}"
                )
                lines = 0
        if not lines:
            report(0.2, "residual stream")
            with torch.no_grad():
                run(subject, read.given, meter=meter)
    if not all(watch.understood for watch in watched):
        raise unreadable(subject)
    return Stream(
        torch.stack([*(watch.sizes["in"] for watch in watched), watched[-1].sizes["out"]]),
        torch.stack([watch.sizes["attention"] for watch in watched]),
        torch.stack([watch.sizes["mlp"] for watch in watched]),
        names.norms is not None,
        strongest.lines() if lines else [],
        warnings,
    )


@dataclass
class _LayerWatch:
    """Hooks on one layer for the length of one pass."""

    block: nn.Module
    names: BlockNames
    tokens: int
    sizes: dict[str, Tensor] = field(default_factory=dict)  # per part: [token]
    understood: bool = False
    _seen: dict[str, Tensor] = field(default_factory=dict)

    def __enter__(self) -> _LayerWatch:
        names = self.names
        self._handles = [
            self.block.register_forward_pre_hook(self._entering, with_kwargs=True),
            self._on_output(names.attention_write, "attention"),
            self._on_output(names.mlp_write, "mlp"),
        ]
        if names.norms is not None:
            self._handles.append(self._on_output(names.norms[0], "middle"))
            for path, name in zip(names.norms, ("before middle", "before out"), strict=True):
                self._handles.append(self._part(path).register_forward_pre_hook(self._input_as(name)))
        self._handles.append(self.block.register_forward_hook(self._leaving))
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._seen.clear()

    def _part(self, path: str) -> nn.Module:
        found = part(self.block, path)
        assert found is not None
        return found

    def _on_output(self, path: str, name: str) -> Any:
        return self._part(path).register_forward_hook(lambda _module, _inputs, out: self._keep(name, out))

    def _input_as(self, name: str) -> Any:
        return lambda _module, inputs: self._keep(name, inputs)

    def _entering(self, _block: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._keep("in", inputs or (named.get("hidden_states"),))

    def _leaving(self, _block: nn.Module, _inputs: Any, output: Any) -> None:
        self._keep("out", output)
        self.understood = self._adds_up()
        self._seen.clear()

    def _keep(self, name: str, output: Any) -> None:
        """A copy, for blocks may add in place; of virtual tokens, nothing."""
        vectors = output[0] if isinstance(output, (tuple, list)) else output
        if isinstance(vectors, Tensor) and vectors.ndim == 3:
            kept = in_full(vectors[0, -self.tokens :].detach()).clone()
            self._seen[name] = kept
            self.sizes[name] = kept.norm(dim=-1)

    def _adds_up(self) -> bool:
        seen = self._seen
        if not {"in", "attention", "mlp", "out"} <= seen.keys():
            return False
        if self.names.norms is None:
            return _close(seen["out"], seen["in"] + seen["attention"] + seen["mlp"])
        if not {"middle", "before middle", "before out"} <= seen.keys():
            return False
        return _close(seen["before middle"], seen["in"] + seen["attention"]) and _close(
            seen["before out"], seen["middle"] + seen["mlp"]
        )


def _close(whole: Tensor, parts: Tensor) -> bool:
    """Up to what half precision rounds away."""
    return bool((whole - parts).norm() <= 0.02 * whole.norm().clamp_min(1e-30))
