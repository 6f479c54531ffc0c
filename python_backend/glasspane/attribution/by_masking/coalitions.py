"""Which subsets of the players a Shapley regression looks at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


def all_coalitions(count: int) -> Tensor:
    """[2ⁿ, player], bool; row k keeps the players whose bit is set in k."""
    rows = torch.arange(2**count)
    return (rows[:, None] >> torch.arange(count)) & 1 == 1


@dataclass(frozen=True)
class Coalitions:
    """Drawn coalitions ``kept`` [row, player], a pair of complements in every two rows, and ``weight`` [row]
    that each stands for in the regression."""

    kept: Tensor
    weight: Tensor

    def first(self, rows: int) -> Coalitions:
        return Coalitions(self.kept[:rows], self.weight[:rows])


def paired_coalitions(count: int, rows: int, chance: torch.Generator) -> Coalitions:
    """About ``rows`` distinct coalitions in complementary pairs.

    Sizes get pairs by the root of what the Shapley kernel weighs them in sum, 1 / (s (n − s)): between
    its own weights, as shap draws, and leverages, by which every size is as likely (Musco & Witter 2024).
    What a small size cannot use (it has too few coalitions) goes to the others, and within a size
    coalitions are drawn evenly, without replacement. A row stands for all coalitions of its size: its
    weight is the kernel's, summed over the size, by the number drawn of it. The order is shuffled.
    """
    sizes = list(range(1, count // 2 + 1))
    # A pair of size n/2 is of one size: such pairs are half as many.
    there = {s: math.comb(count, s) // (2 if 2 * s == count else 1) for s in sizes}
    wanted = {s: (0.5 if 2 * s == count else 1.0) / math.sqrt(s * (count - s)) for s in sizes}
    share = _fair_shares(there, wanted, rows // 2)
    kept: list[Tensor] = []
    weight: list[Tensor] = []
    for size in sizes:
        if share[size] == 0:
            continue
        half = _distinct_subsets(count, size, share[size], there[size], chance)
        # Σ over both sizes of the kernel (n − 1) / (C(n, s) s (n − s)) is 2 (n − 1) / (s (n − s)).
        total = (count - 1) / (size * (count - size)) * (1 if 2 * size == count else 2)
        kept.append(torch.stack([half, ~half], 1))
        weight.append(torch.full((len(half), 2), total / (2 * len(half)), dtype=torch.float64))
    pairs, weights = torch.cat(kept), torch.cat(weight)
    order = torch.randperm(len(pairs), generator=chance)
    return Coalitions(pairs[order].flatten(0, 1), weights[order].flatten())


def _fair_shares(there: dict[int, int], wanted: dict[int, float], pairs: int) -> dict[int, int]:
    """How many pairs each size gets: in proportion to ``wanted``, never more than ``there`` are."""
    share: dict[int, int] = dict.fromkeys(there, 0)
    open_sizes = set(there)
    left = min(pairs, sum(there.values()))
    while open_sizes and left > 0:
        unit = left / sum(wanted[s] for s in open_sizes)
        full = {s for s in open_sizes if there[s] <= unit * wanted[s]}
        if not full:
            exact = {s: unit * wanted[s] for s in open_sizes}
            for s in open_sizes:
                share[s] = int(exact[s])
            rest = left - sum(int(exact[s]) for s in open_sizes)
            for s in sorted(open_sizes, key=lambda s: exact[s] - int(exact[s]), reverse=True)[:rest]:
                share[s] += 1
            break
        for s in full:
            share[s] = there[s]
            left -= there[s]
        open_sizes -= full
    return share


def _distinct_subsets(count: int, size: int, wanted: int, there: int, chance: torch.Generator) -> Tensor:
    """``wanted`` distinct subsets of ``size``, [row, player]; of complements of the same size, one each."""
    if there <= 4 * wanted or there <= 4096:
        chosen = torch.randperm(there, generator=chance)[:wanted].sort().values.tolist()
        rows = torch.zeros(wanted, count, dtype=torch.bool)
        for row, members in enumerate(_at(chosen, count, size)):
            rows[row, members] = True
        return rows
    found: dict[bytes, Tensor] = {}
    while len(found) < wanted:
        rank = torch.rand(wanted, count, generator=chance).argsort(1).argsort(1)
        for row in rank < size:
            if 2 * size == count and not bool(row[0]):
                row = ~row
            found.setdefault(bytes(row.to(torch.uint8).tolist()), row)
            if len(found) == wanted:
                break
    return torch.stack(list(found.values()))


def _at(places: list[int], count: int, size: int) -> Iterator[list[int]]:
    """The subsets at ``places`` (ascending) in lexicographic order."""
    for place in places:
        members: list[int] = []
        first, left = 0, place
        for still in range(size, 0, -1):
            while (ways := math.comb(count - first - 1, still - 1)) <= left:
                left -= ways
                first += 1
            members.append(first)
            first += 1
        yield members
