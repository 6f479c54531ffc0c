"""What a run found, as a result: scores with their intervals, what they rest on, and what is odd."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from ..auditing.budget import PaidSource
from ..protocol import Cost
from ..protocol.audit import AuditSpent
from ..protocol.black_box import BlackBoxRequest, BlackBoxResult, MaskedValue, PieceScore, ScoreInterval
from ..version import glasspane_version
from .choosing import Question
from .game import Game, Row
from .measuring import Measure, Measured
from .methods import Method, Scores
from .pieces import CutPrompt
from .score_intervals import interval_of_sum, widened
from .sentences import MEASURES, headline_sentence

LEVEL = 0.95
"""With which the intervals of sampled scores hold, all together."""


@dataclass(frozen=True)
class Run:
    """A run that has ended; ``why`` says how it came to its ``measure``."""

    paid: PaidSource
    request: BlackBoxRequest
    cut: CutPrompt
    question: Question
    method: Method
    game: Game
    measure: Measure
    why: str

    def result(self, code: str, complete: bool, stopped: Sequence[str], seconds: float) -> BlackBoxResult:
        found, game, measure, source = (
            self.method.scores(self.game),
            self.game,
            self.measure,
            self.paid.source,
        )
        pieces = self._pieces(found)
        nothing = game.known.get(game.none) if self.method.adds_up else None
        whole = game.known.get(game.all)
        gap = None
        if nothing is not None and whole is not None and all(each.score is not None for each in pieces):
            gap = sum(each.score or 0.0 for each in pieces) - (whole.value - nothing.value)
        return BlackBoxResult(
            glasspane=glasspane_version(),
            versions={"python": platform.python_version()},
            model=source.name,
            identity=source.identity,
            text=self.cut.text,
            segments=self.cut.segments,
            pieces=pieces,
            answer=self.question.answer,
            scored=self.question.scored,
            measure=measure.name,
            measured_by=f"{MEASURES[measure.name]}: {self.why}",
            absent=self.cut.phrase,
            interval_of=self._interval_of(found),
            whole=None if whole is None else _masked(game.all, whole),
            nothing=None if nothing is None else _masked(game.none, nothing),
            gap=gap,
            surrogate_r2=found.surrogate_r2,
            masked=[_masked(row, game.known[row]) for row in sorted(game.known, reverse=True)],
            sentence=headline_sentence(pieces, self.question.answer, self.request.grain),
            complete=complete,
            spent=self._spent(),
            warnings=list(dict.fromkeys([*stopped, *self.question.warnings, *self._oddities(found)])),
            cost=Cost(seconds=seconds),
            code=code,
            request=self.request,
        )

    def _pieces(self, found: Scores) -> list[PieceScore]:
        placed = []
        level = 1 - (1 - LEVEL) / len(self.cut.pieces)  # Bonferroni: they hold for all pieces together
        for at, (piece, weights) in enumerate(zip(self.cut.pieces, found.weights, strict=True)):
            score = interval = None
            if weights is not None:
                score = _summed([weight * self.game.known[row].value for row, weight in weights.items()])
                interval = _interval(score, at, weights, self.game, self.measure, found, level)
            placed.append(
                PieceScore(
                    text=piece.text,
                    start=piece.start,
                    end=piece.end,
                    segment=piece.message if self.cut.segments else None,
                    score=score,
                    interval=interval,
                    tells=None if interval is None else interval.low > 0 or interval.high < 0,
                )
            )
        return placed

    def _interval_of(self, found: Scores) -> str | None:
        if self.measure.sampled:
            return (
                "chance in the sampled replies and in the choice of versions, for all pieces together"
                if self.request.method == "lime"
                else "chance in the sampled replies, for all pieces together"
            )
        return None if found.margins is None else "chance in the choice of versions, for each piece by itself"

    def _oddities(self, found: Scores) -> list[str]:
        known, said = self.game.known, []
        whole = known.get(self.game.all)
        if whole is not None and whole.replies is not None and whole.value < 0.5:
            said.append(
                f"The whole prompt brings this answer in {round(whole.value * whole.replies)} of {whole.replies} "
                "replies only: there is little that a missing piece could take away."
            )
        bounded = sum(value.at_most for value in known.values())
        if bounded:
            said.append(
                f"In {bounded} of {len(known)} versions a token of the answer is below those that are listed: its "
                "log-probability is an upper bound there, so effects may be larger than they look."
            )
        if found.unfinished:
            said.append(
                f"After {len(known)} versions some stretches were not split further: their pieces share evenly. "
                "Allow more (maskings) for a finer picture."
            )
        if self.measure.sampled and found.surrogate_r2 is not None and found.errors is None:
            said.append(
                f"{len(known)} versions are too few to tell how much their choice matters: there are no intervals. "
                "Allow more (maskings)."
            )
        if found.surrogate_r2 is not None and found.surrogate_r2 < 0.5:
            said.append(
                f"A sum over pieces explains only {max(0.0, found.surrogate_r2):.0%} of how the values vary: pieces "
                "act together, or LIME's penalty holds the scores of so few versions down. Read the order, not the "
                "size."
            )
        return said

    def _spent(self) -> AuditSpent:
        spent, prices = self.paid.spent, self.request.prices
        price = None
        if prices is not None:
            price = (spent.prompt_tokens * prices.prompt + spent.tokens * prices.reply) / 1e6
        return AuditSpent(
            calls=spent.calls,
            failed=spent.failed,
            replayed=spent.replayed,
            prompt_tokens=spent.prompt_tokens,
            tokens=spent.tokens,
            price=price,
        )


def _summed(terms: list[float]) -> float:
    """Their sum; terms that cancel leave 0 and not what rounding leaves of it."""
    total = math.fsum(terms)
    return 0.0 if abs(total) <= 1e-12 * math.fsum(map(abs, terms)) else total


def _interval(
    score: float,
    piece: int,
    weights: dict[Row, float],
    game: Game,
    measure: Measure,
    found: Scores,
    level: float,
) -> ScoreInterval | None:
    if measure.sampled:
        shares = [(game.known[row].value, game.known[row].replies or 1) for row in weights]
        if found.surrogate_r2 is not None and found.errors is None:
            return None  # so few versions that nothing says how much their choice matters
        limits = interval_of_sum(list(weights.values()), shares, level)
        if found.errors is not None:
            limits = widened(limits, found.errors[piece], found.freedom)
        return ScoreInterval(low=limits.low, high=limits.high, level=level)
    if found.margins is None:
        return None
    margin = found.margins[piece]
    return ScoreInterval(low=score - margin, high=score + margin, level=LEVEL)


def _masked(row: Row, value: Measured) -> MaskedValue:
    return MaskedValue(
        missing=[at for at, there in enumerate(row) if not there],
        value=value.value,
        at_most=value.at_most,
        replies=value.replies,
        answers=dict(value.answers.most_common()),
    )
