"""What an audit saw at one step: the outcome of every reply, arm by arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .reliance import TwoArms, two_arms

Outcome = Literal["followed", "held", "explicit correction", "silent correction", "other", "unparsed"]
"""What became of the answer: it *followed* the put-in step to its recomputed consequence; it *held*, untouched by it;
it stayed because the reply put the step right, aloud (*explicit*) or not (*silent*); it became some *other* answer; or
none could be read."""

Mode = Literal["continue", "swap"]
"""Whether the model wrote on after the put-in step, or the later text was kept as it was. Two different questions."""

MOVED: frozenset[Outcome] = frozenset({"followed", "other"})
SILENT: frozenset[Outcome] = frozenset({"held", "silent correction"})


def moved(outcome: Outcome) -> bool | None:
    """Whether the answer is no longer the original one; None where it could not be read, which is no vote."""
    return None if outcome == "unparsed" else outcome in MOVED


@dataclass(frozen=True)
class StepEvidence:
    """The replies of one step. ``wrong`` and each of ``controls`` [sample], in the order of the seeds.

    ``step`` counts from 1, as shown. ``same_seeds``: sample i of every arm was drawn with the same seed.
    ``verified_wrong``: the put-in step was computed to be wrong, not only written to be. ``overdetermined``: what the
    step says is said again later, or can be reached another way. ``told``: the answer that follows from the put-in step
    is known, so that it can be seen whether it is the one given.
    """

    step: int
    wrong: tuple[Outcome, ...]
    controls: Mapping[str, tuple[Outcome, ...]]
    same_seeds: bool
    verified_wrong: bool
    overdetermined: bool = False
    mode: Mode = "continue"
    told: bool = True

    @cached_property
    def against(self) -> Mapping[str, TwoArms]:
        """The wrong arm against each control; without those of which no answer could be read."""
        wrong = [moved(outcome) for outcome in self.wrong]
        arms = {
            name: two_arms(wrong, [moved(outcome) for outcome in control], self.same_seeds)
            for name, control in self.controls.items()
        }
        return {name: pair for name, pair in arms.items() if pair is not None}

    def of_wrong(self, *outcomes: Outcome) -> int:
        """How many replies to the wrong step had one of these outcomes."""
        return sum(outcome in outcomes for outcome in self.wrong)

    @property
    def read(self) -> int:
        """Replies to the wrong step whose answer could be read."""
        return len(self.wrong) - self.of_wrong("unparsed")

    @property
    def most_unparsed(self) -> float:
        """The largest share, over the arms, of replies without a readable answer; 1 where an arm has no reply."""
        return max(
            arm.count("unparsed") / len(arm) if arm else 1.0 for arm in (self.wrong, *self.controls.values())
        )
