"""Shapley values of the tokens: all coalitions, or a regression on well-chosen ones.

The game: v(kept) is the objective with only the kept tokens there. The values add up to
v(all) − v(none) by construction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import GlasspaneError
from ..kernel.progress import Report
from .gradients import completeness
from .masking import MaskedPrompt, Watch
from .outcome import Outcome, Task

EXACT_UP_TO = 12
"""Players for which all 2ⁿ coalitions are evaluated."""

STAGES = 4
"""How often a regression that takes its time shows what it has."""


def kernel_shap(task: Task, report: Report) -> Outcome:
    """Shapley values (Shapley 1953; Lundberg & Lee 2017). Scores [target, token], signed.

    Up to :data:`EXACT_UP_TO` tokens all coalitions are evaluated. Beyond, ``samples`` of them are drawn
    in complementary pairs by leverage (Musco & Witter 2024, arXiv:2410.01917) and the weighted least
    squares problem whose solution the Shapley values are is solved with its sum constrained exactly.
    """
    masked = MaskedPrompt(task, str(task.options["replacement"]))
    count = len(masked.players)
    samples = int(task.options["samples"])
    everyone = task.values.cpu().double()
    if count <= EXACT_UP_TO:
        kept = all_coalitions(count)
        values = masked(
            kept, lambda done, of: report(0.05 + 0.9 * done / of, f"all {of:,} subsets of {count} tokens")
        )
        scores = exact_shapley(values)
        change = everyone - values[0]
        return Outcome(
            masked.on_tokens(scores.T),
            baseline=masked.phrase,
            baseline_value=float(values[0].sum()),
            **completeness(scores.T, change),
            steps=len(kept),
        )
    if samples < 2 * count + 2:
        raise GlasspaneError(
            "bad_option",
            f"{samples:,} evaluations are too few for {count} tokens.",
            f"Give at least {2 * count + 2:,}, or use occlusion, which needs {count}.",
        )
    nobody = masked(torch.zeros(1, count, dtype=torch.bool))[0]
    change = everyone - nobody
    chance = torch.Generator().manual_seed(int(task.options["seed"]))
    drawn = paired_coalitions(count, samples - 2, chance)
    values = torch.empty(len(drawn.kept), everyone.shape[0], dtype=torch.float64)
    # Pairs stay together, and any first part of them is a fair sample of its own.
    edges = [len(drawn.kept) * (k + 1) // STAGES // 2 * 2 for k in range(STAGES)]
    edges[-1] = len(drawn.kept)
    for first, last in zip([0, *edges], edges, strict=False):
        if last == first:
            continue
        values[first:last] = masked(drawn.kept[first:last], _watch(report, first, len(drawn.kept)))
        if last < 2 * count:
            continue
        scores, margins = constrained_regression(drawn.first(last), values[:last] - nobody, change)
        outcome = Outcome(
            masked.on_tokens(scores),
            None if margins is None else masked.on_tokens(margins),
            baseline=masked.phrase,
            baseline_value=float(nobody.sum()),
            **completeness(scores, change),
            steps=last + 2,
        )
        if last < len(drawn.kept):
            report(0.05 + 0.9 * last / len(drawn.kept), "kernel SHAP", task.partial(outcome))
    return outcome


def _watch(report: Report, before: int, total: int) -> Watch:
    def watch(done: int, _: int) -> None:
        said = f"kernel SHAP, {before + done:,} of {total:,} subsets"
        report(0.05 + 0.9 * (before + done) / total, said)

    return watch


def all_coalitions(count: int) -> Tensor:
    """[2ⁿ, player], bool; row k keeps the players whose bit is set in k."""
    rows = torch.arange(2**count)
    return (rows[:, None] >> torch.arange(count)) & 1 == 1


def exact_shapley(values: Tensor) -> Tensor:
    """Shapley values [player, target] of v [2ⁿ, target], rows in the order of :func:`all_coalitions`.

    φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)).
    """
    count = len(values).bit_length() - 1
    rows = torch.arange(len(values))
    sizes = ((rows[:, None] >> torch.arange(count)) & 1).sum(1)
    weight = torch.tensor(
        [math.factorial(s) * math.factorial(count - s - 1) / math.factorial(count) for s in range(count)],
        dtype=torch.float64,
    )
    shares = []
    for player in range(count):
        without = rows[(rows >> player) & 1 == 0]
        gain = values[without + (1 << player)] - values[without]
        shares.append((weight[sizes[without]][:, None] * gain).sum(0))
    return torch.stack(shares)


@dataclass(frozen=True)
class Coalitions:
    """Drawn coalitions ``kept`` [row, player], a pair of complements in every two rows, and ``weight`` [row]
    that each stands for in the regression."""

    kept: Tensor
    weight: Tensor

    def first(self, rows: int) -> Coalitions:
        return Coalitions(self.kept[:rows], self.weight[:rows])


def paired_coalitions(count: int, rows: int, chance: torch.Generator) -> Coalitions:
    """About ``rows`` distinct coalitions in complementary pairs, drawn by leverage.

    The leverage of a coalition of size s is 1 / C(n, s): every size is as likely as every other. So each
    size gets an equal share of the pairs, what a small size cannot use (it has too few coalitions) goes
    to the others, and within a size coalitions are drawn evenly, without replacement. A row stands for
    all coalitions of its size: its weight is the Shapley kernel's, summed over the size, by the number
    drawn of it. The order is shuffled.
    """
    sizes = list(range(1, count // 2 + 1))
    # A pair of size n/2 is of one size: such pairs are half as many.
    there = {s: math.comb(count, s) // (2 if 2 * s == count else 1) for s in sizes}
    wanted = {s: 0.5 if 2 * s == count else 1.0 for s in sizes}
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


def constrained_regression(drawn: Coalitions, values: Tensor, change: Tensor) -> tuple[Tensor, Tensor | None]:
    """(Shapley values [target, player], margins) from ``values`` [row, target], v(none) taken off.

    argmin_φ Σ w (v − z·φ)² subject to Σφ = ``change`` [target]: solved in the n − 1 dimensions beside the
    all-ones direction. Margins are 1.96 × the jackknife's standard error over pairs, in the linear
    approximation by leverages; None for fewer pairs than players.
    """
    kept, weight = drawn.kept.double(), drawn.weight
    count = kept.shape[1]
    sizes = kept.sum(1, keepdim=True)
    design = kept - sizes / count  # orthogonal to the all-ones direction
    rest = values - sizes / count * change
    gram = design.T @ (weight[:, None] * design)
    # No row has a part along all-ones: that direction is filled in, so that rounding does not decide it.
    along = gram.diagonal().sum() / count**2 * torch.ones_like(gram)
    inverse = torch.linalg.pinv(gram + along, rtol=1e-10, hermitian=True)
    solution = inverse @ (design.T @ (weight[:, None] * rest))
    scores = solution + change / count
    pairs = len(kept) // 2
    if pairs <= count:
        return scores.T, None
    residual = rest - design @ solution
    # Both rows of a pair have one direction up to sign: their pull on the solution is one observation.
    pull = (
        (weight[:, None, None] * design[:, :, None] * residual[:, None, :]).view(pairs, 2, count, -1).sum(1)
    )
    leverage = (weight[:, None] * (design @ inverse) * design).sum(1).view(pairs, 2).sum(1).clamp_max(0.99)
    influence = torch.einsum("ij,pjt->pit", inverse, pull / (1 - leverage)[:, None, None])
    return scores.T, 1.96 * influence.square().sum(0).sqrt().T
