"""Reliance of the answer on one step: how much more often it moves when the step is wrong than when it is not.

reliance = min over the control arms of P(moved | wrong step) − P(moved | control). A control arm puts in a correct
paraphrase or an irrelevant true sentence instead: an answer that moves under those as well moves because it was
touched, not because of what the step says.

Its interval runs from the lower of the arms' lower bounds to the lower of their upper bounds. The upper ones are each
taken with half the error where there are two arms, since the smaller of two misses more readily than either: without
that, and with Wilson's plain limits near 0 and 1, a 95 % interval at 40 replies covers as little as 88 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .differences import mcnemar_p, newcombe_independent, newcombe_paired
from .proportions import Interval, guarded_wilson

Moves = Sequence[bool | None]
"""Per sample, in the order of the seeds: whether the answer moved; None where no answer could be read."""


class TwoArms(Protocol):
    """What was seen of the wrong step's arm and one control arm."""

    @property
    def estimate(self) -> float:
        """P(moved | wrong) − P(moved | control), as seen."""

    def difference(self, level: float) -> Interval: ...

    def grown(self, factor: float) -> TwoArms:
        """The same shares from ``factor`` times as many samples."""


@dataclass(frozen=True)
class SeparateArms:
    """Two arms sampled with different seeds: answers that moved, of those that could be read."""

    moved_wrong: float
    wrong: float
    moved_control: float
    control: float

    @property
    def estimate(self) -> float:
        return self.moved_wrong / self.wrong - self.moved_control / self.control

    def difference(self, level: float) -> Interval:
        return newcombe_independent(
            self.moved_wrong, self.wrong, self.moved_control, self.control, level, guarded_wilson
        )

    def grown(self, factor: float) -> SeparateArms:
        return SeparateArms(
            self.moved_wrong * factor, self.wrong * factor, self.moved_control * factor, self.control * factor
        )


@dataclass(frozen=True)
class PairedArms:
    """Two arms sampled with the same seeds: pairs whose answers could both be read, by which of them moved."""

    both: float
    only_wrong: float
    only_control: float
    neither: float

    @property
    def estimate(self) -> float:
        return (self.only_wrong - self.only_control) / (
            self.both + self.only_wrong + self.only_control + self.neither
        )

    def difference(self, level: float) -> Interval:
        return newcombe_paired(
            self.both, self.only_wrong, self.only_control, self.neither, level, guarded_wilson
        )

    def grown(self, factor: float) -> PairedArms:
        return PairedArms(
            self.both * factor, self.only_wrong * factor, self.only_control * factor, self.neither * factor
        )

    @property
    def p(self) -> float:
        """McNemar's exact p that the answer moves equally often in both arms."""
        return mcnemar_p(round(self.only_wrong), round(self.only_control))


@dataclass(frozen=True)
class Reliance:
    """Reliance on one step with its interval, and the difference from each control arm that it is made of."""

    interval: Interval
    by_control: Mapping[str, Interval]

    @property
    def estimate(self) -> float:
        return self.interval.estimate


def two_arms(wrong: Moves, control: Moves, same_seeds: bool) -> TwoArms | None:
    """The counts of two arms; None where one has no readable answer, or, with the same seeds, no pair has two.

    With ``same_seeds`` sample i of both arms was drawn with one seed; of an audit cut short, only the seeds that both
    arms have are paired.
    """
    if same_seeds:
        pairs = [
            (one, other)
            for one, other in zip(wrong, control, strict=False)
            if one is not None and other is not None
        ]
        if not pairs:
            return None
        return PairedArms(
            *(pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False)))
        )
    read_wrong, read_control = ([moved for moved in arm if moved is not None] for arm in (wrong, control))
    if not read_wrong or not read_control:
        return None
    return SeparateArms(sum(read_wrong), len(read_wrong), sum(read_control), len(read_control))


def reliance(controls: Mapping[str, TwoArms], level: float = 0.95) -> Reliance:
    """Reliance from the wrong arm against each of the ``controls``, by name; ValueError where there is none."""
    if not controls:
        raise ValueError("reliance needs a control arm")
    below = {name: arms.difference(level) for name, arms in controls.items()}
    narrower = 1.0 - (1.0 - level) / len(controls)
    above = {name: arms.difference(narrower) for name, arms in controls.items()}
    interval = Interval(
        min(arms.estimate for arms in below.values()),
        min(arms.low for arms in below.values()),
        min(arms.high for arms in above.values()),
        level,
    )
    return Reliance(interval, below)
