"""How many more samples would decide, if what was seen so far were the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .reliance import TwoArms, reliance


def samples_to_decide(
    controls: Mapping[str, TwoArms],
    samples: int,
    threshold: float,
    level: float,
    most: int,
    also: Callable[[float], bool] = lambda factor: True,
) -> int | None:
    """The fewest further samples per arm after which the interval of reliance would exclude ``threshold``.

    The shares seen in ``samples`` replies per arm are taken to stay; they will not quite, so this is a forecast, not a
    promise. ``level`` is that of a fresh audit with all the samples, or of the last planned look. 0 where it is decided
    already; None where ``most`` more would not do, as when the reliance seen is at the threshold itself. ``also`` says
    what else a verdict needs, of as many times the samples.
    """

    def decides(more: int) -> bool:
        factor = (samples + more) / samples
        grown = {name: arms.grown(factor) for name, arms in controls.items()}
        return reliance(grown, level).interval.excludes(threshold) and also(factor)

    return fewest(decides, most)


def fewest(decides: Callable[[int], bool], most: int) -> int | None:
    """The smallest k in 0 … ``most`` with ``decides(k)``, which must stay true once it is; None where there is none."""
    if decides(0):
        return 0
    open_at, decided_at = 0, 1
    while not decides(decided_at):
        if decided_at >= most:
            return None
        open_at, decided_at = decided_at, min(2 * decided_at, most)
    while decided_at - open_at > 1:
        middle = (open_at + decided_at) // 2
        if decides(middle):
            decided_at = middle
        else:
            open_at = middle
    return decided_at
