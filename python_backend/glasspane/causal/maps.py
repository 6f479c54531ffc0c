"""From values of cells to maps: means over pairs with intervals, normalised where the two prompts differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..protocol import PatchAxis, PatchMap, SweepCheck
from .cells import Cell, GridShape
from .grid import Check, Found

SMALLEST_GAP = 0.02
"""Of the largest effect: a gap between the two prompts below it would blow noise up to a map."""


@dataclass(frozen=True)
class Sample:
    """What one pair of prompts said: the metric of its ``clean`` and ``corrupted`` run, and of its cells."""

    clean: float
    corrupted: float
    found: Found

    @property
    def gap(self) -> float:
        return self.clean - self.corrupted


def refusal(samples: Sequence[Sample], shapes: Sequence[GridShape], noising: bool) -> str | None:
    """Why no normalised map can be given, or None."""
    gap = float(np.mean([sample.gap for sample in samples]))
    size = float(np.mean([max(abs(sample.clean), abs(sample.corrupted)) for sample in samples]))
    cells = [cell for shape in shapes for cell in shape.cells()]
    base = float(np.mean([sample.clean if noising else sample.corrupted for sample in samples]))
    largest = max((abs(_mean(samples, cell) - base) for cell in cells), default=0.0)
    if abs(gap) > max(SMALLEST_GAP * largest, 1e-6 * size) and gap != 0:
        return None
    return (
        f"The metric is nearly the same for both prompts (a difference of {gap:.3g}), so 0 and 1 would mean nothing. "
        "Choose answers that the two prompts tell apart, or read the raw values."
    )


def patch_maps(samples: Sequence[Sample], shapes: Sequence[GridShape], normalise: bool) -> list[PatchMap]:
    """One map per shape."""
    return [_map(samples, shape, normalise) for shape in shapes]


def _map(samples: Sequence[Sample], shape: GridShape, normalise: bool) -> PatchMap:
    cells = shape.cells()
    raw = [_mean(samples, cell) for cell in cells]
    corrupted = float(np.mean([sample.corrupted for sample in samples]))
    gap = float(np.mean([sample.gap for sample in samples]))
    margins = _margins(samples, cells)
    return PatchMap(
        site=shape.site.name,
        label=shape.site.label,
        grid=shape.grid,
        axes=[PatchAxis(name=name, places=list(places)) for name, places in shape.axes.items()],
        raw=raw,
        normalised=[(value - corrupted) / gap for value in raw] if normalise else None,
        low=None if margins is None else [value - by for value, by in zip(raw, margins, strict=True)],
        high=None if margins is None else [value + by for value, by in zip(raw, margins, strict=True)],
        estimated=[
            index
            for index, cell in enumerate(cells)
            if any(cell not in sample.found.exact for sample in samples)
        ],
    )


def _mean(samples: Sequence[Sample], cell: Cell) -> float:
    return float(np.mean([sample.found.value(cell) for sample in samples]))


def _margins(samples: Sequence[Sample], cells: Sequence[Cell]) -> list[float] | None:
    """Half the width of the 95 % interval of each cell's mean over pairs (Student's t); None for one pair."""
    if len(samples) < 2:
        return None
    values = np.array([[sample.found.value(cell) for cell in cells] for sample in samples])
    quantile = float(stats.t.ppf(0.975, len(samples) - 1))
    margins: list[float] = (quantile * values.std(axis=0, ddof=1) / np.sqrt(len(samples))).tolist()
    return margins


def check_card(check: Check) -> SweepCheck:
    """What the self-check says, in a sentence."""
    if check.way == "plain":
        sentence = (
            f"Every exact cell was computed by a whole forward pass of its own, because {check.reason}."
        )
    elif check.cells == 0:
        sentence = "Nothing had to be computed exactly."
    else:
        cells = "cell was" if check.cells == 1 else "cells were"
        sentence = (
            f"{check.cells} {cells} computed a second time by whole forward passes; the largest difference was "
            f"{check.largest:.1e}, {check.tolerance:.1e} would have been tolerated."
        )
    return SweepCheck(
        way=check.way,
        cells=check.cells,
        largest_difference=check.largest,
        tolerance=min(check.tolerance, 1e300),
        sentence=sentence,
    )
