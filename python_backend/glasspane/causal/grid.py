"""A grid for one pair of runs: estimates first, then exact values, strongest cells first, checked as they come."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..kernel.progress import Report, part_of
from ..protocol import SweepWay
from ..subjects.architecture import Meter
from .bridge_runs import is_bridge
from .cells import Cell, GridShape
from .estimate import estimates, gradients
from .plain import patched_value, patched_values
from .runs import PairOfRuns
from .sweep import SuffixSweep

TOKENS_AT_ONCE = 4096
"""Tokens of all rows that go through the layers at once: a large batch already, and small enough to tell of it."""

CHECKED = 2
"""Least cells of a grid that are computed again one by one."""


@dataclass
class Check:
    """Cells computed a second time, by whole forward passes."""

    way: SweepWay = "fast"
    cells: int = 0
    largest: float = 0.0
    tolerance: float = math.inf
    reason: str = ""

    def and_also(self, other: Check) -> Check:
        """Of two pairs: plain if either was."""
        worse = other if other.largest / other.tolerance > self.largest / self.tolerance else self
        return Check(
            "plain" if "plain" in (self.way, other.way) else "fast",
            self.cells + other.cells,
            worse.largest,
            worse.tolerance,
            self.reason or other.reason,
        )


@dataclass
class Found:
    """Values of cells by now: ``exact`` ones, and what the others are estimated to be."""

    exact: dict[Cell, float] = field(default_factory=dict)
    estimated: dict[Cell, float] = field(default_factory=dict)
    check: Check = field(default_factory=Check)

    def value(self, cell: Cell) -> float:
        return self.exact[cell] if cell in self.exact else self.estimated[cell]


Paint = Callable[[float], None]
"""Told after each batch which share of the cells is exact by now."""


def estimated(pair: PairOfRuns, shapes: Sequence[GridShape]) -> dict[Cell, float]:
    """First-order values of every cell; the base run must have been recorded under grad mode."""
    slopes = gradients(pair.base, pair.metric)
    result: dict[Cell, float] = {}
    with torch.no_grad():
        base, other = pair.base.detached(), pair.other.detached()
        for shape in shapes:
            changes = estimates(pair.anatomy, base, other, pair.first, slopes, shape)
            result |= {cell: pair.base_value + change for cell, change in changes.items()}
    return result


def exact(
    pair: PairOfRuns,
    cells: Sequence[Cell],
    found: Found,
    report: Report,
    paint: Paint,
    seed: int,
    meter: Meter,
) -> None:
    """Compute ``cells``, in their order, into ``found``."""
    for cell in cells:
        if pair.no_op(cell):
            found.exact[cell] = pair.base_value
    left = [cell for cell in cells if cell not in found.exact]
    if not left:
        found.check = Check(tolerance=1.0)
        return
    problem = _by_sweep(pair, left, found, report, paint, seed, meter)
    if problem is None:
        return
    for cell in left:
        found.exact.pop(cell, None)
    found.check = Check("plain", 0, 0.0, 1.0, problem)
    for done, cell in enumerate(left):
        report(done / len(left), f"cell {done + 1} of {len(left)}, one by one")
        found.exact[cell] = patched_value(pair.anatomy, pair.base, pair.other, cell, pair.metric, meter)
        if done % 8 == 7:
            paint((done + 1) / len(left))


def _by_sweep(
    pair: PairOfRuns,
    cells: list[Cell],
    found: Found,
    report: Report,
    paint: Paint,
    seed: int,
    meter: Meter,
) -> str | None:
    """Fill ``found`` by the fast sweep; why it cannot be relied on, if it cannot."""
    if pair.anatomy.functions is None:
        if is_bridge(pair.anatomy.subject):
            return "a TransformerLens bridge is patched through its own hooks"
        return "this architecture does not call attention by name"
    chance = random.Random(seed)
    done = 0
    try:
        sweep = SuffixSweep(pair.anatomy, pair.base, pair.other, pair.first, pair.metric)
        for batch in _batches(cells, pair.base.tokens, pair.first):
            part = part_of(report, done / len(cells), (done + len(batch)) / len(cells))
            values = sweep.values(batch, part)
            found.exact |= values
            done += len(batch)
            if done == len(batch) or done == len(cells):
                problem = _check(pair, batch, found, chance, meter, first=done == len(batch))
                if problem is not None:
                    return problem
            paint(done / len(cells))
    except (RuntimeError, IndexError, TypeError, AttributeError, AssertionError) as problem:
        if isinstance(problem, torch.OutOfMemoryError):
            raise
        return f"the fast sweep failed on this model ({type(problem).__name__})"
    meter.forwards += math.ceil(sweep.token_layers / (pair.base.tokens * pair.anatomy.count))
    return None


def _batches(cells: Sequence[Cell], tokens: int, first: int) -> Iterator[list[Cell]]:
    """``cells`` in their order, as many at a time as have :data:`TOKENS_AT_ONCE` positions to compute."""
    batch: list[Cell] = []
    size = 0
    for cell in cells:
        length = tokens - (first if cell.position is None else cell.position)
        if batch and size + length > TOKENS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(cell)
        size += length
    if batch:
        yield batch


def _check(
    pair: PairOfRuns, batch: list[Cell], found: Found, chance: random.Random, meter: Meter, first: bool
) -> str | None:
    """Compute a few cells of ``batch`` plainly; what differs, if anything does."""
    chosen = _chosen(batch, chance) if first else [chance.choice(batch)]
    tolerance = _tolerance(pair, found)
    values = patched_values(pair.anatomy, pair.base, pair.other, chosen, pair.metric, meter)
    for cell, plain in zip(chosen, values, strict=True):
        difference = abs(plain - found.exact[cell])
        if not difference <= tolerance and not (math.isnan(plain) and math.isnan(found.exact[cell])):
            return f"the fast sweep differed by {difference:.2g} from a whole forward pass"
        check = found.check
        check.cells += 1
        check.largest, check.tolerance = max(check.largest, difference), tolerance
    return None


def _chosen(batch: list[Cell], chance: random.Random) -> list[Cell]:
    """At least one of every site, at random."""
    sites = list(dict.fromkeys(cell.site for cell in batch))
    chosen = [chance.choice([cell for cell in batch if cell.site == site]) for site in sites]
    rest = [cell for cell in batch if cell not in chosen]
    return chosen + chance.sample(rest, min(len(rest), max(0, CHECKED - len(chosen))))


def _tolerance(pair: PairOfRuns, found: Found) -> float:
    """A ten-thousandth of the largest effect, and what rounding makes of a metric of this size."""
    base = pair.base_value
    effects = [abs(value - base) for value in found.exact.values()]
    largest = max([abs(pair.other_value - base), *effects])
    logits: Tensor = pair.base.logits
    size = max(1.0, abs(base), abs(pair.other_value), float(logits.abs().max()))
    half = pair.base.layers[0].resid_pre.dtype in (torch.float16, torch.bfloat16)
    rounding = torch.finfo(pair.base.layers[0].resid_pre.dtype).eps
    if math.isnan(largest):
        raise GlasspaneError(
            "non_finite",
            "The model's patched values are not finite (NaN or infinity).",
            "Check the weights, or load the model in float32.",
        )
    return 1e-4 * largest + (4 if half else 64) * rounding * size


def strongest_first(cells: Sequence[Cell], values: dict[Cell, float], base: float) -> list[Cell]:
    """By the size of the estimated change; without estimates the last layers first, for they are quickest."""
    if not values:
        return sorted(cells, key=lambda cell: -cell.layer)
    return sorted(cells, key=lambda cell: -abs(values[cell] - base))
