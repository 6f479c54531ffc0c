"""Occlusion, LIME and partition SHAP over pieces of a prompt: which versions are asked, and what they say.

Every score is a weighted sum of values, so that its interval follows from theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ..attribution.by_masking.owen import OwenRecursion
from ..attribution.by_masking.perturbation import (
    SEEDS,
    fitted_apart,
    margin_of,
    proximity,
    random_maskings,
    weighted_ridge,
)
from ..attribution.by_masking.token_tree import token_tree
from .game import Game, Row
from .pieces import CutPrompt

_STRETCHES_AT_ONCE = 4
"""Stretches of partition SHAP's tree that are split side by side: two versions each."""


@dataclass(frozen=True)
class Scores:
    """``weights[i]``: what piece i's score is made of, the weight of each version; None: it was not reached.

    ``margins``: half the 95 % interval by chance in the choice of versions, where there is such a chance.
    ``errors``: the standard error of each score by that chance, with ``freedom`` degrees of it.
    """

    weights: list[dict[Row, float] | None]
    margins: list[float] | None = None
    errors: list[float] | None = None
    freedom: int = 0
    surrogate_r2: float | None = None
    unfinished: bool = False
    """Some pieces share evenly what more versions would tell apart."""


class Method(Protocol):
    """One run: first asked, then read, at any time."""

    adds_up: bool
    """The scores sum to the whole's value less that of nothing."""

    def most(self) -> int:
        """Versions that are asked, at most."""
        ...

    def ask(self, game: Game) -> None: ...

    def scores(self, game: Game) -> Scores:
        """From what the game knows by now."""
        ...


class Occlusion:
    """f(x) − f(x without piece i) (Zeiler & Fergus 2014; Li et al. 2016)."""

    adds_up = False

    def __init__(self, cut: CutPrompt) -> None:
        self._count = len(cut.pieces)

    def most(self) -> int:
        return self._count + 1

    def ask(self, game: Game) -> None:
        everyone = torch.ones(1, self._count, dtype=torch.bool)
        game.ask(everyone)
        game.ask(torch.cat([everyone, ~torch.eye(self._count, dtype=torch.bool)]))

    def scores(self, game: Game) -> Scores:
        found: list[dict[Row, float] | None] = []
        for piece in range(self._count):
            without = tuple(at != piece for at in range(self._count))
            both = game.all in game.known and without in game.known
            found.append({game.all: 1.0, without: -1.0} if both else None)
        return Scores(found)


class Lime:
    """Coefficients of a weighted ridge regression of f on which pieces are kept (Ribeiro et al. 2016).

    ``maskings`` sets of pieces are drawn; those alike are asked once and count as often as they were drawn.
    """

    adds_up = False

    def __init__(self, cut: CutPrompt, maskings: int, seed: int) -> None:
        self._count = len(cut.pieces)
        chance = torch.Generator().manual_seed(seed)
        self._kept = random_maskings(maskings, self._count, chance)

    def most(self) -> int:
        return len(self._kept.unique(dim=0))

    def ask(self, game: Game) -> None:
        game.ask(self._kept[:1])
        game.ask(self._kept)

    def scores(self, game: Game) -> Scores:
        rows = [tuple(row) for row in self._kept.tolist()]
        there = [at for at, row in enumerate(rows) if row in game.known]
        distinct = list(dict.fromkeys(rows[at] for at in there))
        if len(distinct) < 2:
            return Scores([None] * self._count)
        kept, weights = self._kept[there], proximity(self._kept)[there]
        # The regression is linear in the values: one target for each version tells its weight.
        place = {row: at for at, row in enumerate(distinct)}
        of_row = torch.tensor([place[rows[at]] for at in there])
        one_each = torch.nn.functional.one_hot(of_row, len(distinct)).double()
        pulls, _ = weighted_ridge(kept, one_each, weights)  # [version, piece]
        values = torch.tensor([game.known[rows[at]].value for at in there], dtype=torch.float64)[:, None]
        _, r2 = weighted_ridge(kept, values, weights)
        margins = None
        if len(there) >= SEEDS * (self._count + 2):
            margins = margin_of(fitted_apart(kept, values, weights))[0].tolist()
        values_of = torch.tensor([game.known[row].value for row in distinct], dtype=torch.float64)
        freedom = len(there) - self._count - 1
        errors = _sandwich(kept, weights, of_row, pulls, values_of) if freedom >= 2 else None
        missed = [not bool((~kept[:, piece]).any()) for piece in range(self._count)]
        return Scores(
            [
                None if missed[piece] else dict(zip(distinct, pulls[:, piece].tolist(), strict=True))
                for piece in range(self._count)
            ],
            margins,
            errors,
            freedom,
            float(r2[0]),
        )


def _sandwich(kept: Tensor, weights: Tensor, of_row: Tensor, pulls: Tensor, values: Tensor) -> list[float]:
    """Standard error of each coefficient by chance in the choice of maskings, from what the regression leaves over.

    ``kept`` [masking, piece] and their ``weights``; ``of_row`` [masking]: which version each is; ``pulls`` [version,
    piece]: the coefficients' derivatives by the ``values`` [version]. √Σ (pull · residual / (1 − leverage))² over the
    maskings, each drawn by itself, which holds however the residuals vary (HC3; MacKinnon & White 1985,
    J. Econometrics 29:305).
    """
    times = torch.bincount(of_row, minlength=len(values)).double()
    share = torch.zeros(len(values), dtype=torch.float64)
    share.index_add_(0, of_row, weights.double() / weights.sum())
    versions = torch.zeros(len(values), kept.shape[1], dtype=torch.float64)
    versions[of_row] = kept.double()
    design = versions - share @ versions
    left = values - share @ values - design @ (pulls.T @ values)
    leverage = (share + (design * pulls).sum(1)) / times
    # A version that was drawn several times has its pull from each of them.
    each = pulls / times[:, None] * (left / (1 - leverage).clamp_min(0.05))[:, None]
    errors = (times[:, None] * each.square()).sum(0).sqrt()
    found: list[float] = errors.tolist()
    return found


@dataclass(frozen=True)
class _Player:
    text: str
    segment: int


class PartitionShap:
    """Owen values over the tree of words, clauses, sentences and messages (Owen 1977; shap's Partition explainer).

    After ``maskings`` versions, stretches that were not split share evenly among their pieces.
    """

    adds_up = True

    def __init__(self, cut: CutPrompt, maskings: int) -> None:
        pieces = cut.pieces
        self._count = len(pieces)
        gaps = [*(piece.lead for piece in pieces[1:]), ""]
        self._tree = token_tree(
            [_Player(piece.text + gap, piece.message) for piece, gap in zip(pieces, gaps, strict=True)]
        )
        self._maskings = maskings
        self._recursion: OwenRecursion | None = None
        self._places: dict[Row, int] = {}

    def most(self) -> int:
        return self._maskings if self._count > 12 else min(self._maskings, 1 << self._count)

    def ask(self, game: Game) -> None:
        ends = torch.stack(
            [torch.zeros(self._count, dtype=torch.bool), torch.ones(self._count, dtype=torch.bool)]
        )
        game.ask(ends[1:])
        game.ask(ends)
        nobody, everyone = self._with_weights(game, ends)
        recursion = OwenRecursion(self._tree, self._count, nobody, everyone, deciding=1)
        self._recursion = recursion
        while recursion.waiting and (left := self._maskings - len(self._places)) >= 2:
            room = min(_STRETCHES_AT_ONCE, left // 2)
            masks = recursion.questions(room)
            if masks is None:
                break
            try:
                game.ask(masks)
            except BaseException:
                recursion.withdraw()
                raise
            recursion.answered(self._with_weights(game, masks))

    def scores(self, game: Game) -> Scores:
        recursion = self._recursion
        if recursion is None:
            return Scores([None] * self._count)
        pulls = recursion.values()[:, 1:]  # [piece, version]
        rows = list(self._places)
        return Scores(
            [
                {row: float(pulls[piece, at]) for at, row in enumerate(rows) if pulls[piece, at] != 0}
                for piece in range(self._count)
            ],
            unfinished=not recursion.finished,
        )

    def _with_weights(self, game: Game, masks: Tensor) -> Tensor:
        """[masking, 1 + version]: the value, which decides what is split next, and a one at its own version."""
        wide = torch.zeros(len(masks), 1 + self._maskings, dtype=torch.float64)
        for at, row in enumerate(tuple(each) for each in masks.tolist()):
            wide[at, 0] = game.known[row].value
            wide[at, 1 + self._places.setdefault(row, len(self._places))] = 1.0
        return wide
