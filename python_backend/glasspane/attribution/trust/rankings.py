"""Orders in which tokens are left out: a map's own and random ones, and the maskings they lead to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

PERCENTS = (1, 5, 10, 20, 50)
"""Shares of the tokens at which comprehensiveness and sufficiency are taken (DeYoung et al. 2020)."""

CURVE_STEPS = 20
"""Most steps of a curve: up to so many tokens, one at a time; beyond, a twentieth at a time."""

RANKINGS = 40
"""Random rankings: the fewest of which all but one in forty-one fall within the range of the others."""

FREE_UP_TO = 8
"""Players for which there are so few maskings that further rankings cost nothing."""

MANY = 720
"""Rankings taken where they cost nothing: six tokens have so many, and where there are no more, all are taken."""


@dataclass(frozen=True)
class RandomOrders:
    """``order`` [ranking, player]: players, best first. ``every``: these are all the orders there are."""

    order: Tensor
    every: bool

    @property
    def count(self) -> int:
        return int(self.order.shape[0])


def random_orders(players: int, rankings: int, chance: torch.Generator) -> RandomOrders:
    """All orders where there are at most :data:`MANY`; else ``rankings`` drawn (more where they are free).

    They come as pairs of an order and its reverse, each by itself uniform: what one leaves out the
    other keeps, so that both curves of both need the maskings of one curve each.
    """
    if math.factorial(min(players, 20)) <= MANY:
        return RandomOrders(torch.tensor(list(permutations(range(players)))).view(-1, players), True)
    rows = max(rankings, MANY) if players <= FREE_UP_TO else rankings
    drawn = torch.rand((rows + 1) // 2, players, generator=chance).argsort(1)
    return RandomOrders(torch.stack([drawn, drawn.flip(1)], 1).flatten(0, 1)[:rows], False)


def order_of(scores: Tensor, chance: torch.Generator) -> Tensor:
    """Players [player] by ``scores`` [player], highest first; ties fall by chance, not by position."""
    shuffled = torch.randperm(len(scores), generator=chance)
    return shuffled[torch.argsort(scores[shuffled], descending=True, stable=True)]


def tokens_at(percent: int, players: int) -> int:
    """How many tokens ``percent`` of them are: rounded up, so at least one (DeYoung et al. 2020)."""
    return -(-percent * players // 100)


def counts_of(players: int) -> Tensor:
    """The numbers of tokens at which a curve is read, ascending from 0 to all [count].

    They include those of :data:`PERCENTS`, and with every number what it leaves of the whole, so that
    an order and its reverse share their maskings.
    """
    if players <= CURVE_STEPS:
        return torch.arange(players + 1)
    steps = {round(players * step / CURVE_STEPS) for step in range(CURVE_STEPS + 1)}
    steps |= {tokens_at(percent, players) for percent in PERCENTS}
    return torch.tensor(sorted(steps | {players - step for step in steps}))


def prefixes(order: Tensor, counts: Tensor) -> Tensor:
    """Which players are among the first ``counts`` [count] of each of ``order`` [ranking, player] →
    [ranking, count, player], bool."""
    place = order.argsort(1)
    return place[:, None, :] < counts[None, :, None]


def rearranged(scores: Tensor, order: Tensor) -> Tensor:
    """The same numbers, the highest at the first player of each ``order`` [ranking, player], and so on
    → [ranking, player]."""
    ranked = scores.sort(descending=True).values.expand_as(order)
    return torch.zeros_like(ranked).scatter(1, order, ranked)
