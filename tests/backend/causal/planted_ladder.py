"""Harder and harder circuits, with truth in degrees: what brute force says each part is worth.

Leaks and norms give every part some effect, and a sleeping backup next to none, so wiring no longer is the truth.
What counts instead is a part's effect as a share of the gap between the clean and the corrupted run:

- at least ``INSIDE`` = 0.2: part of the circuit;
- at most ``OUTSIDE`` = 0.1: not part of it;
- between the two: too close to call, and left out of any score.

On the rungs ``EXACT`` and ``HARDER`` nothing lies between: leaks and norms stay below 0.1, what was planted and is
awake has at least 0.3 (the tests check both on every seed). With everything together (``HARDEST``) a negative head's
and a woken backup's effects spread over the whole range, and some parts are too close to call; but nothing that was
not planted is ever inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal

from planted_assembly import Difficulty
from planted_circuits import Pair, PlantedCircuit
from planted_effects import Effects, Part, edge_effects, node_effects
from planted_graph import Edge, Node

INSIDE, OUTSIDE = 0.2, 0.1

EXACT = {
    "plain": Difficulty(),
    "distracting MLPs": Difficulty(mlps="distract"),
    "relaying MLP": Difficulty(mlps="relay"),
    "negative head": Difficulty(negative=True),
}
"""Every part that is not planted is without effect, to rounding; every planted one has a large effect."""

HARDER = {
    "leaky distractors": Difficulty(leak=0.1),
    "backup head": Difficulty(backup=True),
    "norms": Difficulty(rms_norm=True),
    "leaky MLPs and norms": Difficulty(leak=0.03, mlps="distract", rms_norm=True),
}
"""One or two difficulties at a time."""

HARDEST = Difficulty(leak=0.03, backup=True, negative=True, rms_norm=True)

Direction = Literal["noising", "denoising"]


@dataclass(frozen=True)
class GradedTruth(Generic[Part]):
    """``shares``: per part its mean absolute effect over the pairs, in shares of their mean gap."""

    shares: dict[Part, float]

    @property
    def inside(self) -> set[Part]:
        return {part for part, share in self.shares.items() if share >= INSIDE}

    @property
    def outside(self) -> set[Part]:
        return {part for part, share in self.shares.items() if share <= OUTSIDE}

    @property
    def too_close(self) -> set[Part]:
        return set(self.shares) - self.inside - self.outside

    def labels(self) -> dict[Part, bool]:
        """For a score: whether each part is inside, without those too close to call."""
        return {part: share >= INSIDE for part, share in self.shares.items() if part not in self.too_close}


def node_truth(
    circuit: PlantedCircuit, pairs: Sequence[Pair], direction: Direction = "noising"
) -> GradedTruth[Node]:
    """Of every head and MLP."""
    return _graded([node_effects(circuit, pair) for pair in pairs], direction)


def edge_truth(
    circuit: PlantedCircuit, pairs: Sequence[Pair], direction: Direction = "noising"
) -> GradedTruth[Edge]:
    """Of every edge."""
    return _graded([edge_effects(circuit, pair) for pair in pairs], direction)


def _graded(found: Sequence[Effects[Part]], direction: Direction) -> GradedTruth[Part]:
    gap = sum(effects.gap for effects in found)
    measured = [effects.noising if direction == "noising" else effects.denoising for effects in found]
    return GradedTruth({part: sum(abs(effects[part]) for effects in measured) / gap for part in measured[0]})
