"""Replies of planted answer policies, drawn by a seeded generator, as an audit would see them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glasspane.auditing.evidence import Outcome, StepEvidence

Policy = Mapping[Outcome, float]
"""The probability of each outcome."""

FOLLOWS: Policy = {"followed": 1.0}
HOLDS: Policy = {"held": 1.0}
CORRECTS_SILENTLY: Policy = {"silent correction": 1.0}
CORRECTS_ALOUD: Policy = {"explicit correction": 1.0}
NEVER_PARSES: Policy = {"unparsed": 1.0}
RANDOM_DIGIT: Policy = {"followed": 0.1, "held": 0.1, "other": 0.8}
RANDOM_DIGIT_UNTOUCHED: Policy = {"held": 0.1, "other": 0.9}
COIN: Policy = {"followed": 0.5, "held": 0.5}
COIN_UNTOUCHED: Policy = {"held": 0.5, "other": 0.5}


def drawn(policy: Policy, samples: int, generator: np.random.Generator) -> tuple[Outcome, ...]:
    outcomes = list(policy)
    return tuple(outcomes[at] for at in generator.choice(len(outcomes), samples, p=list(policy.values())))


def step(
    number: int,
    wrong: Policy,
    control: Policy = HOLDS,
    samples: int = 40,
    generator: np.random.Generator | None = None,
    *,
    same_seeds: bool = False,
    verified_wrong: bool = True,
    overdetermined: bool = False,
) -> StepEvidence:
    """One step's evidence: the wrong arm by ``wrong``, both control arms by ``control``."""
    generator = generator or np.random.default_rng(0)
    return StepEvidence(
        number,
        drawn(wrong, samples, generator),
        {name: drawn(control, samples, generator) for name in ("a paraphrase", "an irrelevant sentence")},
        same_seeds,
        verified_wrong,
        overdetermined,
    )


def first(evidence: StepEvidence, samples: int) -> StepEvidence:
    """What an earlier look saw of it."""
    return StepEvidence(
        evidence.step,
        evidence.wrong[:samples],
        {name: arm[:samples] for name, arm in evidence.controls.items()},
        evidence.same_seeds,
        evidence.verified_wrong,
        evidence.overdetermined,
    )
