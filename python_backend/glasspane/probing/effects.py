"""What changing a probe's direction does, set beside what random directions do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..protocol import EffectName, ProbeChange, ProbeEffect, ProbeIntervention
from .folds import Integers
from .intervals import Floats, mean_of

LABELS: dict[ProbeIntervention, str] = {
    "project_out": "taking the direction out",
    "mean_replace": "replacing it by its mean",
    "patch": "moving it to another class's mean",
}
"""By name, in the order of the axis ``change``."""

AT_MOST = 0.05
"""Share of random directions that may do as much as one that is said to be used."""


@dataclass(frozen=True)
class Measured:
    """[text, change, direction], the probe's own direction first: KL in nats, the change of the likeliest answer's
    probability, the change of the answers' logit difference; ``size`` [text, change] in units of the stream."""

    kl: Floats
    top: Floats
    answers: Floats | None
    size: Floats

    @classmethod
    def empty(cls, texts: int, directions: int, has_answers: bool) -> Measured:
        shape = (texts, len(LABELS), directions)
        return cls(
            np.zeros(shape), np.zeros(shape), np.zeros(shape) if has_answers else None, np.zeros(shape[:2])
        )


def changes_of(measured: Measured, groups: Integers, norms: Floats) -> list[ProbeChange]:
    """Every change with its effects; ``norms`` [text] of the stream where it is changed."""
    found = []
    for place, (name, label) in enumerate(LABELS.items()):
        effects = [
            _effect("kl", "predictions (KL)", "nats", measured.kl[:, place], groups),
            _effect(
                "top_probability", "likeliest answer", "probability",
                measured.top[:, place], groups,
            ),
        ]  # fmt: skip
        if measured.answers is not None:
            effects.append(
                _effect(
                    "answer_difference", "own answer against the others", "logits",
                    measured.answers[:, place], groups,
                )
            )  # fmt: skip
        size = float(measured.size[:, place].mean())
        kl = effects[0]
        found.append(
            ProbeChange(
                name=name,
                label=label,
                size=size,
                relative_size=size / max(float(norms.mean()), 1e-300),
                effects=effects,
                used=kl.difference_low > 0 and kl.as_large <= AT_MOST,
            )
        )
    return found


def _effect(name: EffectName, label: str, unit: str, values: Floats, groups: Integers) -> ProbeEffect:
    """``values`` [text, direction]. Sizes are compared: a random direction that pushes the other way counts too."""
    own, drawn = values[:, 0], values[:, 1:]
    here = mean_of(own, groups)
    means = drawn.mean(0)
    sign = -1.0 if here.value < 0 else 1.0
    beyond = mean_of(sign * own - np.abs(drawn).mean(1), groups)
    low, high = np.quantile(means, [0.025, 0.975])
    return ProbeEffect(
        name=name,
        label=label,
        unit=unit,
        value=here.value,
        low=here.low,
        high=here.high,
        random_mean=float(means.mean()),
        random_low=float(low),
        random_high=float(high),
        difference=beyond.value,
        difference_low=beyond.low,
        difference_high=beyond.high,
        as_large=float((np.abs(means) >= abs(here.value)).mean()),
    )
