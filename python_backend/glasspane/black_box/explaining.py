"""One run: the answer in question, how it is measured, the versions of the prompt, and the result."""

from __future__ import annotations

import time
from math import ceil

from ..auditing.budget import BudgetSpent, PaidSource, Preview, Prices
from ..auditing.previewing import previewed, priced_by
from ..errors import Cancelled
from ..kernel.progress import Report, never_back, part_of, silent
from ..protocol.audit import AuditPreview
from ..protocol.black_box import BlackBoxRequest, BlackBoxResult
from .choosing import Question
from .game import Game
from .measuring import Measure, Unscorable, WorthNothing
from .methods import Lime, Method, Occlusion, PartitionShap
from .pieces import CutPrompt
from .reporting import Run


class BlackBox:
    """One explanation at work, behind its ledger and budget."""

    def __init__(
        self, paid: PaidSource, request: BlackBoxRequest, code: str, report: Report = silent
    ) -> None:
        self._paid, self._request, self._code = paid, request, code
        self._report = never_back(report)
        self._started = time.perf_counter()
        self._cut = CutPrompt(request.prompt, request.grain, request.replacement)
        self._question = Question(paid, request, self._report)
        self._stopped: list[str] = []

    def preview(self) -> AuditPreview:
        """What it would cost at most. Only the reply in question is asked for, where the answer is not given."""
        paid, priced = self._paid, priced_by(self._request.prices)
        paid.source.abilities()
        probes = paid.preview([], priced)
        measure, _ = self._question.measure()
        sent, reply = paid.spent.calls, self._question.greedy
        # Where nobody keeps the reply it is asked for again.
        asked = paid.preview(reply, priced, anew=[] if paid.ledger.lasts else reply, probes=False)
        found = probes + asked + self._previewed(measure, priced)
        warnings = [*paid.cautions, *self._question.warnings]
        return previewed(paid, found, self._request.budget, sent=sent, warnings=warnings, stops_early=False)

    def run(self) -> BlackBoxResult:
        """All versions; what is known is given back where it is cancelled or the budget is spent.

        Raises what the source raises, ``unknown_target`` for a reply without an answer, ``bad_option`` where the
        log-probability is asked for and not told, and ``Cancelled`` or ``budget_spent`` where nothing is known yet.
        """
        measure, why = self._question.measure()
        method, game = self._begun(measure)
        complete = True
        try:
            method.ask(game)
        except Unscorable:
            if self._request.score == "log_prob":
                raise self._question.untold() from None
            why = "the endpoint tells no log-probability behind some versions of the prompt"
            measure = self._question.agreement()
            method, game = self._begun(measure)
            complete = self._asked_to_the_end(method, game)
        except (Cancelled, BudgetSpent) as stop:
            complete = self._interrupted(stop, game)
        run = Run(self._paid, self._request, self._cut, self._question, method, game, measure, why)
        return run.result(self._code, complete, self._stopped, time.perf_counter() - self._started)

    def _asked_to_the_end(self, method: Method, game: Game) -> bool:
        try:
            method.ask(game)
        except (Cancelled, BudgetSpent) as stop:
            return self._interrupted(stop, game)
        return True

    def _interrupted(self, stop: Cancelled | BudgetSpent, game: Game) -> bool:
        if not game.known:
            raise stop
        said = "It was cancelled: this is what is known so far."
        self._stopped.append(str(stop) if isinstance(stop, BudgetSpent) else said)
        return False

    def _begun(self, measure: Measure) -> tuple[Method, Game]:
        method = self._method()
        return method, Game(self._cut, measure, part_of(self._report, 0.05, 1.0), method.most())

    def _method(self) -> Method:
        asked = self._request
        if asked.method == "occlusion":
            return Occlusion(self._cut)
        if asked.method == "lime":
            return Lime(self._cut, asked.maskings, asked.seed)
        return PartitionShap(self._cut, asked.maskings)

    def _previewed(self, measure: Measure, prices: Prices | None) -> Preview:
        """By a run in which every version is worth nothing: which are asked may differ from a real one, where not all
        can be. As many as are allowed are counted then."""
        method = self._method()
        game = Game(self._cut, WorthNothing(), silent, method.most())
        method.ask(game)
        found = measure.preview([game.prompt(row) for row in game.rows], prices)
        if not method.scores(game).unfinished:
            return found
        more = method.most() / len(game.rows)
        return Preview(
            ceil(found.calls * more),
            found.kept,
            ceil(found.tokens * more),
            None if found.price is None else found.price * more,
            ceil(found.beside * more),
        )
