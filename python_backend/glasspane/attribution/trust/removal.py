"""Figures that come from leaving tokens out, strongest first, or from putting only those in.

Everything is computed for many rankings at once: curves are [ranking, count], where ``counts`` [count]
ascends from no token to all ``players``. Figures are [ranking].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .measures import Answers
from .rankings import PERCENTS, tokens_at


@dataclass(frozen=True)
class Curves:
    """The answer with the first tokens of each ranking left out (``deletion``), and with only those there
    (``insertion``)."""

    counts: Tensor
    players: int
    deletion: Answers
    insertion: Answers
    whole: Answers

    @property
    def fractions(self) -> Tensor:
        return self.counts.double() / self.players

    def at(self, percent: int) -> int:
        """Where on the curves ``percent`` of the tokens are."""
        return int((self.counts == tokens_at(percent, self.players)).nonzero()[0])


def comprehensiveness(curves: Curves) -> Tensor:
    """p(x) − p(x without the strongest k %), for each of :data:`PERCENTS` [ranking, percent].

    DeYoung et al. 2020. Its mean over the percents is the AOPC. Higher is better.
    """
    return torch.stack(
        [curves.whole.probability - curves.deletion.probability[:, curves.at(k)] for k in PERCENTS], 1
    )


def sufficiency(curves: Curves) -> Tensor:
    """p(x) − p(only the strongest k % of x) [ranking, percent]; DeYoung et al. 2020. Lower is better."""
    return torch.stack(
        [curves.whole.probability - curves.insertion.probability[:, curves.at(k)] for k in PERCENTS], 1
    )


def log_odds(curves: Curves) -> Tensor:
    """log p(x without the strongest k %) − log p(x) [ranking, percent]. Lower is better.

    Shrikumar et al. 2017, in the form that text has taken over (Sanyal & Ren 2021).
    """
    without, whole = curves.deletion.log_probability, curves.whole.log_probability
    assert without is not None
    assert whole is not None
    return torch.stack([without[:, curves.at(k)] - whole for k in PERCENTS], 1)


def decision_flip(curves: Curves) -> Tensor:
    """Smallest share of the tokens, strongest first, without which the model decides otherwise [ranking].

    Serrano & Smith 2019. Of a completion: without which half of what it would have said itself is no
    longer likeliest. 1 where it never is. Lower is better.
    """
    led = curves.whole.leads
    kept = (curves.deletion.leads & led).sum(-1)
    flipped = 2 * kept <= led.sum()
    first = flipped.int().argmax(1)
    return torch.where(flipped.any(1), curves.fractions[first], torch.ones(len(first), dtype=torch.float64))


def area(values: Tensor, fractions: Tensor) -> Tensor:
    """∫ of ``values`` [ranking, count] over ``fractions`` [count] by trapezia → [ranking].

    Petsiuk et al. 2018: of the deletion curve lower is better, of the insertion curve higher.
    """
    return torch.trapezoid(values, fractions, dim=1)


def infidelity(scores: Tensor, absent: Tensor, change: Tensor) -> Tensor:
    """mean over maskings of (β · Σ of the absent tokens' scores − (f(x) − f(x without them)))².

    Yeh et al. 2019, with f the explained score itself. β ≥ 0 is the scale that fits best, as scores of
    some methods have none of their own (the paper's normalisation; it must not turn a map around).
    ``scores`` [map, player], ``absent`` [masking, player], ``change`` [masking] → [map]. Lower is better.
    """
    said = scores @ absent.to(scores.dtype).T  # [map, masking]
    size = said.square().sum(1)
    scale = torch.where(size > 0, (said @ change) / size.clamp_min(1e-300), torch.zeros_like(size))
    return (scale.clamp_min(0)[:, None] * said - change).square().mean(1)
