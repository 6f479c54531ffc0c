"""Stopping early without paying for it in coverage: planned looks and the level of each.

Who looks after every batch and stops at the first interval that decides has intervals that miss far more often than
they say. So looks are planned, and each spends a part of the allowed error: little at first, most at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import erfc, exp, pi, sqrt

from .proportions import NORMAL

_STEPS = 320
"""Intervals of Simpson's rule between the two boundaries; boundaries are then right to about 1e-6."""


@dataclass(frozen=True)
class LookPlan:
    """After how many samples per arm an audit looks; the last is all of them. One number plans no early stop.

    ValueError unless the numbers grow and are positive.
    """

    samples: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.samples or self.samples[0] < 1:
            raise ValueError("a plan needs one look or more, each after one sample or more")
        if any(later <= sooner for sooner, later in zip(self.samples, self.samples[1:], strict=False)):
            raise ValueError("each look comes after more samples than the one before")

    @property
    def last(self) -> int:
        """The index of the last look."""
        return len(self.samples) - 1

    def level(self, look: int, alpha: float = 0.05) -> float:
        """The confidence level of the intervals at look ``look`` (from 0).

        Intervals at these levels hold the truth at all looks together with probability 1 − ``alpha``, so also at the
        look where one stopped, whatever made one stop (repeated confidence intervals: Jennison & Turnbull 1989,
        J. R. Stat. Soc. B 51:305).
        """
        shares = tuple(count / self.samples[-1] for count in self.samples)
        return 1.0 - 2.0 * tail_above(boundaries(shares, alpha)[look])


def plan_of(samples: int, shares: tuple[float, ...]) -> LookPlan:
    """Looks after these ``shares`` of ``samples`` per arm, rounded up; those that fall together are one."""
    return LookPlan(tuple(sorted({max(1, -int(-share * samples // 1)) for share in shares} | {samples})))


def spent(share: float, alpha: float) -> float:
    """The error allowed up to this ``share`` of all samples: O'Brien–Fleming-type spending (Lan & DeMets 1983,
    Biometrika 70:659), half for each side: 4 (1 − Φ(z_{α/4} / √share)), which is ``alpha`` at 1."""
    return 4.0 * tail_above(-NORMAL.inv_cdf(alpha / 4.0) / sqrt(share))


@lru_cache(maxsize=256)
def boundaries(shares: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """The critical |z| of each look, at growing ``shares`` of the samples, the last 1.

    At each look a standard Brownian motion, still inside all earlier boundaries, leaves with the probability newly
    spent (boundaries as of O'Brien & Fleming 1979, Biometrics 35:549). Its density between the boundaries is carried
    from look to look by numerical integration (Armitage, McPherson & Rowe 1969, J. R. Stat. Soc. A 132:235).
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"the allowed error lies between 0 and 1, not at {alpha}")
    found: list[float] = []
    places, masses = [0.0], [1.0]
    before = used = 0.0
    for share in shares:
        allowed = spent(share, alpha)
        scale = sqrt(share - before)
        edge = _edge(places, masses, scale, allowed - used)
        found.append(edge / sqrt(share))
        if share < shares[-1]:
            places, masses = _carried(places, masses, scale, edge)
        before, used = share, allowed
    return tuple(found)


def tail_above(z: float) -> float:
    """1 − Φ(z), right far out too."""
    return 0.5 * erfc(z / sqrt(2.0))


def _edge(places: list[float], masses: list[float], scale: float, newly: float) -> float:
    """The b at which the motion, its ``masses`` at ``places`` before, is beyond ±b with probability ``newly``."""
    low, high = 0.0, 12.0
    while high - low > 1e-10:
        edge = (low + high) / 2.0
        leaving = sum(
            mass * (tail_above((edge - place) / scale) + tail_above((edge + place) / scale))
            for place, mass in zip(places, masses, strict=True)
        )
        if leaving > newly:
            low = edge
        else:
            high = edge
    return (low + high) / 2.0


def _carried(
    places: list[float], masses: list[float], scale: float, edge: float
) -> tuple[list[float], list[float]]:
    """Where the motion is one look later, of what stayed within ±``edge``: places and Simpson-weighted densities."""
    step = 2.0 * edge / _STEPS
    later = [step * at - edge for at in range(_STEPS + 1)]
    factor = 1.0 / (scale * sqrt(2.0 * pi))
    carried = []
    for at, place in enumerate(later):
        weight = step / 3.0 * (1.0 if at in (0, _STEPS) else 4.0 if at % 2 else 2.0)
        density = sum(
            mass * exp(-0.5 * ((place - earlier) / scale) ** 2)
            for earlier, mass in zip(places, masses, strict=True)
        )
        carried.append(weight * factor * density)
    return later, carried
