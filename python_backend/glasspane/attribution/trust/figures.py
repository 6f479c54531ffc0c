"""From numbers to a figure that stands beside those of random rankings, with its verdict in words."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ...protocol import FaithfulnessFigure, FigureAt
from .figure_table import FIGURES
from .rankings import PERCENTS, tokens_at
from .sensitivity import PHRASE as NOISE
from .soft_erasure import PHRASE as ERASED
from .verdicts import Column, figure_sentence, standing


@dataclass(frozen=True)
class Found:
    """A figure of the map, first, and of random rankings: ``values`` [1 + ranking] or [1 + ranking, percent].

    ``every``: those are all rankings; differences up to ``same`` are rounding.
    """

    values: Tensor
    every: bool
    same: float
    players: int

    @property
    def overall(self) -> Tensor:
        """[1 + ranking]: the mean over the percents where there are any."""
        return self.values if self.values.ndim == 1 else self.values.mean(1)

    def column(self, name: str) -> Column:
        return Column(float(self.overall[0]), self.overall[1:], FIGURES[name].higher, self.same)


@dataclass(frozen=True)
class Unfound:
    """A figure that cannot be given here, and why."""

    reason: str


def beside_random(
    name: str, found: Found | Unfound, measured: str, replacement: str, number: bool
) -> FaithfulnessFigure:
    """The figure ``name`` as it is shown; ``number``: what falls is a predicted number, no probability."""
    row = FIGURES[name]
    replaced = replacement
    if name.startswith("soft_"):
        replaced = ERASED
    elif name == "sensitivity_max":
        replaced = NOISE
    about = FaithfulnessFigure(
        name=name,
        label=row.label,
        value=None,
        direction="higher" if row.higher else "lower",
        unit="predicted number" if number and row.unit == "probability" else row.unit,
        random_mean=None,
        random_low=None,
        random_high=None,
        as_good=None,
        verdict=None,
        sentence=found.reason if isinstance(found, Unfound) else "",
        replacement=replaced,
        reference=row.reference,
    )
    if isinstance(found, Unfound):
        return about
    value = float(found.overall[0])
    stands = standing(value, found.overall[1:], row.higher, found.every, found.same)
    return about.model_copy(
        update={
            "value": value,
            "random_mean": stands.mean,
            "random_low": stands.low,
            "random_high": stands.high,
            "as_good": stands.as_good,
            "verdict": stands.verdict,
            "sentence": figure_sentence(row.meaning.format(measured=measured), value, stands, row.higher),
            "at": _thresholds(found, row.higher),
        }
    )


def _thresholds(found: Found, higher: bool) -> list[FigureAt]:
    if found.values.ndim == 1:
        return []
    parts = []
    for place, share in enumerate(PERCENTS):
        column = found.values[:, place]
        stands = standing(float(column[0]), column[1:], higher, found.every, found.same)
        parts.append(
            FigureAt(
                percent=share,
                tokens=tokens_at(share, found.players),
                value=float(column[0]),
                random_mean=stands.mean,
                random_low=stands.low,
                random_high=stands.high,
            )
        )
    return parts
