"""How far maps of the same prompt agree, and in plain words where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...figures import whole_percent
from ..trust.verdicts import mid_ranks

TOP = 3
"""How many of the strongest tokens are compared."""

NOTED_FROM = 0.1
"""Differences of shares below this are not worth a sentence."""


@dataclass(frozen=True)
class NamedMap:
    """One score per token under the name of its method; ``signed``: with a direction, not only a size."""

    label: str
    scores: Sequence[float]
    signed: bool

    @property
    def shares(self) -> Tensor:
        """|score| as a share of all [token]; zeros where there is no score at all."""
        sizes = self._row.abs()
        total = sizes.sum()
        return sizes / total if float(total) > 0 else sizes

    @property
    def _row(self) -> Tensor:
        return torch.tensor(self.scores, dtype=torch.float64)


@dataclass(frozen=True)
class Agreement:
    """Of two maps: ``spearman`` of their sizes (None: one is the same everywhere), the share of their
    ``top`` strongest tokens that they have in common, and a ``sentence``."""

    spearman: float | None
    overlap: float
    top: int
    sentence: str


def agreement(tokens: Sequence[str], first: NamedMap, second: NamedMap, top: int = TOP) -> Agreement:
    """Compare two maps of the same ``tokens``.

    Sizes |score| are ranked, for unsigned maps have nothing else; where both are signed, a token that
    they push in opposite directions is said. Equal sizes share their rank, and of those tied at the edge
    of the strongest the earlier token counts.
    """
    one, other = first.shares, second.shares
    top = max(1, min(top, len(tokens)))
    common = len(set(_strongest(one, top)) & set(_strongest(other, top)))
    return Agreement(
        spearman(one, other),
        common / top,
        top,
        disagreement(tokens, first, [second]) or _alike(first, second),
    )


def spearman(one: Tensor, other: Tensor) -> float | None:
    """Rank correlation of two rows [token], ties sharing their mean rank; None where one has no ranks."""
    ranks = torch.stack([mid_ranks(one), mid_ranks(other)])
    if len(one) < 2 or bool((ranks.std(1) == 0).any()):
        return None
    return float(torch.corrcoef(ranks)[0, 1])


def disagreement(tokens: Sequence[str], one: NamedMap, others: Sequence[NamedMap]) -> str | None:
    """Where ``one`` stands alone against all ``others``, as a sentence; None where it does not.

    E.g. ``attention puts 41 % on `is`; no other method puts more than 4 % there``. A direction that all
    others contradict comes before a share that they do not have.
    """
    return _opposed(tokens, one, others) or _alone(tokens, one, others)


def standing_alone(tokens: Sequence[str], maps: Sequence[NamedMap]) -> list[str]:
    """A sentence for each of ``maps`` that stands alone against all others; else one for how they differ.

    Where none stands alone, two camps may still be apart: that they agree is said only where every
    pair does, on every token.
    """
    if len(maps) < 2:
        return ["Only one method gave scores: there is nothing to compare it with."]
    if not tokens:
        return ["No token was written, so there is nothing to compare scores on."]
    if len(maps) == 2:
        return [_sentence(agreement(tokens, maps[0], maps[1]).sentence)]
    signed = [each for each in maps if each.signed]
    said = []
    for place, one in enumerate(maps):
        others = [*maps[:place], *maps[place + 1 :]]
        # Two that know a direction contradict each other: once is enough.
        told = len(signed) == 2 and one is signed[1]
        alone = _alone(tokens, one, others) if told else disagreement(tokens, one, others)
        if alone is not None:
            said.append(_sentence(alone))
    return said or [_sentence(_in_camps(tokens, maps))]


def _in_camps(tokens: Sequence[str], maps: Sequence[NamedMap]) -> str:
    """The pair that is furthest apart, or that no two are."""
    pairs = [(one, other) for place, one in enumerate(maps) for other in maps[place + 1 :]]
    opposed = [said for one, other in pairs if (said := _opposed(tokens, one, [other])) is not None]
    if opposed:
        return f"no method stands alone, but they take sides: {opposed[0]}"
    shares = torch.stack([each.shares for each in maps])  # [map, token]
    spread = shares.amax(0) - shares.amin(0)
    place = int(spread.argmax())
    if float(spread[place]) < NOTED_FROM:
        return f"all {len(maps)} methods agree: they differ by less than {whole_percent(NOTED_FROM)} on every token."
    most, least = (maps[int(row)] for row in (shares[:, place].argmax(), shares[:, place].argmin()))
    return (
        f"no method stands alone; they are furthest apart on `{tokens[place].strip()}`: {most.label} puts "
        f"{_share(most, place)} there, {least.label} {_share(least, place)}."
    )


def _sentence(said: str) -> str:
    """With a capital, unless it begins with a name that has none."""
    return said if said.startswith("inseq") else said[0].upper() + said[1:]


def _opposed(tokens: Sequence[str], one: NamedMap, others: Sequence[NamedMap]) -> str | None:
    """A token that ``one`` pushes the other way than all ``others`` that know a direction."""
    every = all(each.signed for each in others)
    others = [each for each in others if each.signed]
    if not others or not one.signed:
        return None
    least = torch.stack([each.shares for each in (one, *others)]).amin(0)
    signs = torch.stack([torch.tensor(each.scores, dtype=torch.float64).sign() for each in others])
    own = torch.tensor(one.scores, dtype=torch.float64).sign()
    size = torch.where((signs == -own).all(0) & (own != 0), least, torch.zeros_like(least))
    place = int(size.argmax())
    if float(size[place]) < NOTED_FROM:
        return None
    way, back = ("for", "against") if float(own[place]) > 0 else ("against", "for")
    there = f"{one.label} says that `{tokens[place].strip()}` pushes {way} the answer ({_share(one, place)})"
    if len(others) == 1:
        return f"{there}, {others[0].label} that it pushes {back} it ({_share(others[0], place)})."
    return f"{there}; all other {'' if every else 'signed '}methods say that it pushes {back} it."


def _alone(tokens: Sequence[str], one: NamedMap, others: Sequence[NamedMap]) -> str | None:
    """The token on which the share of ``one`` is furthest above, or below, those of all others."""
    if not others:
        return None
    theirs = torch.stack([each.shares for each in others])
    above, below = one.shares - theirs.amax(0), theirs.amin(0) - one.shares
    more = float(above.max()) >= float(below.max())
    gaps = above if more else below
    place = int(gaps.argmax())
    if float(gaps[place]) < NOTED_FROM:
        return None
    there = f"{one.label} puts {_share(one, place)} on `{tokens[place].strip()}`"
    if len(others) == 1:
        return f"{there}, {others[0].label} {_share(others[0], place)}."
    if more:
        return (
            f"{there}; no other method puts more than {whole_percent(float(theirs[:, place].max()))} there."
        )
    return f"{there}; every other method puts at least {whole_percent(float(theirs[:, place].min()))} there."


def _alike(first: NamedMap, second: NamedMap) -> str:
    return f"{first.label} and {second.label} differ by less than {whole_percent(NOTED_FROM)} on every token."


def _share(one: NamedMap, place: int) -> str:
    return whole_percent(float(one.shares[place]))


def _strongest(shares: Tensor, top: int) -> list[int]:
    order: list[int] = torch.argsort(shares, descending=True, stable=True)[:top].tolist()
    return order
