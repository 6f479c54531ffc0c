"""Whether a map does better than random rankings, and how that is said.

The test is by rank and needs no assumption about how figures scatter: a figure is better than random
where at most 2.5 % of random rankings do as well, worse where at most 2.5 % do as badly.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...figures import number, whole_percent
from ...protocol import Verdict

TAIL = 0.025
"""Share of random rankings beyond each end of the interval."""

FEWEST_PLAYERS = 5
"""With fewer tokens there are so few rankings that more than 2.5 % of them are the best one."""


@dataclass(frozen=True)
class Standing:
    """Where a value stands among those of random rankings; ``low`` … ``high`` holds 95 % of them.

    ``as_good`` and ``ahead`` are the shares of them that do as well or better, and better.
    """

    mean: float
    low: float
    high: float
    as_good: float
    ahead: float
    verdict: Verdict


def beyond(count: int, every: bool) -> int:
    """How many of ``count`` random values may lie beyond one end. Drawn ones leave room for the next:
    a further one is as likely to be the largest as each of them."""
    return max(0, int(TAIL * count + 1e-9) if every else int(TAIL * (count + 1) + 1e-9) - 1)


def standing(value: float, random: Tensor, higher: bool, every: bool, same: float) -> Standing:
    """Compare ``value`` with ``random`` [ranking]; differences up to ``same`` are none."""
    ordered = random.sort().values
    out = beyond(len(ordered), every)
    low, high = float(ordered[out]), float(ordered[-1 - out])
    best_end, worst_end = (high, low) if higher else (low, high)
    sign = 1.0 if higher else -1.0
    verdict: Verdict = "no better than random"
    if sign * (value - best_end) > same:
        verdict = "better than random"
    elif sign * (worst_end - value) > same:
        verdict = "worse than random"
    lead = sign * (random - value)
    as_good, ahead = (float(those.double().mean()) for those in (lead >= -same, lead > same))
    return Standing(float(random.mean()), low, high, as_good, ahead, verdict)


@dataclass(frozen=True)
class Column:
    """One figure of the map and of every random ranking [ranking]."""

    value: float
    random: Tensor
    higher: bool
    same: float


def taken_together(columns: list[Column], every: bool) -> Standing:
    """The mean place of each ranking among all, over the figures: 1 for the best, 0 for the worst.

    Random rankings are placed in the same way as the map, so that figures that go together (and most
    do) are no evidence twice.
    """
    places = []
    for column in columns:
        sign = 1.0 if column.higher else -1.0
        pool = torch.cat([torch.zeros(1, dtype=torch.float64), sign * (column.random - column.value)])
        pool = (pool / column.same).round() if column.same > 0 else pool
        places.append(mid_ranks(pool))
    together = torch.stack(places).mean(0)
    return standing(float(together[0]), together[1:], True, every, 1e-9)


def mid_ranks(values: Tensor) -> Tensor:
    """Place of each of ``values`` [n] among all, from 0 to 1; equal ones share the middle of theirs."""
    ordered = values.sort().values
    below = torch.searchsorted(ordered, values, right=False)
    up_to = torch.searchsorted(ordered, values, right=True)
    return (below + up_to - 1).double() / 2 / max(1, len(values) - 1)


def figure_sentence(meaning: str, value: float, stands: Standing, higher: bool) -> str:
    """What the figure says, what random rankings give, and the verdict."""
    direction = "higher" if higher else "lower"
    said = (
        f"{meaning} {number(value)}, with random rankings {number(stands.mean)} (95 % of them "
        f"{number(stands.low)} to {number(stands.high)}); {direction} is better: {stands.verdict}."
    )
    if stands.verdict == "no better than random" and stands.ahead == 0 and stands.low != stands.high:
        said += (
            f" No random ranking does better, but {whole_percent(stands.as_good)} of them do as well: "
            "too many to tell it from chance."
        )
    return said


def overall_sentence(stands: Standing, beats: float, rankings: int, every: bool, players: int) -> str:
    """One sentence for the whole explanation."""
    those = f"all {rankings:,}" if every else f"{rankings:,} random"
    tokens = "1 token" if players == 1 else f"{players:,} tokens"
    if players < FEWEST_PLAYERS:
        return f"No better than random: with {tokens} no ranking can be told from a random one."
    beaten = f"taken together, the figures beat {whole_percent(beats)} of {those} rankings of its {tokens}"
    if stands.verdict == "better than random":
        return f"Better than random: {beaten}."
    if stands.verdict == "worse than random":
        return f"Worse than random: {beaten}. What it marks matters less than tokens picked blindly."
    return f"No better than random: {beaten}. Do not read reasons into these scores."
