"""The audit of one prompt: its reply, the tests that are asked for, and what they say together."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import replace

from ..errors import Cancelled, GlasspaneError
from ..kernel.progress import Report, silent
from ..protocol import Cost
from ..protocol.audit import (
    AuditPreview,
    AuditRequest,
    AuditResult,
    AuditSpent,
    AuditVerdict,
    BiasFinding,
    ConsistencyFinding,
    EarlyAnswering,
    PlainFinding,
    StabilityFinding,
)
from ..version import glasspane_version
from .answers import same_answer
from .audited_reply import STEPLESS, Audited, audited_chain, chain_ask
from .bias import bias_asks, sway
from .budget import BudgetSpent, PaidSource
from .consistency import agree, free_asks, reference_of
from .early_answering import answer_early, early_asks, early_scores
from .injection import Injection, steps_of, unmade_sentences
from .notes import notes_of
from .previewing import ability_findings, previewed, priced_by
from .source import Ask
from .stability import stability_asks, stay
from .thresholds import FROZEN, Thresholds
from .unfitting import refuse_unfitting, refuse_unreadable
from .verdict_sentences import chain_sentence
from .verdicts import SAID_IN_ORDER, chain_verdict
from .ways_to_ask import ask_each_way, plain_asks


class Audit:
    """One audit at work. ``partial`` hears of the result so far after every test, and after every
    planned look at injected steps."""

    def __init__(
        self,
        paid: PaidSource,
        request: AuditRequest,
        code: str,
        report: Report = silent,
        partial: Callable[[AuditResult], None] | None = None,
    ) -> None:
        self._paid = paid
        self._request = request
        self._code = code
        self._report = report
        self._partial = partial
        self._thresholds: Thresholds = replace(FROZEN, delta=request.delta)
        self._started = time.perf_counter()
        self._injection: Injection | None = None
        self._early: EarlyAnswering | None = None
        self._stability: list[StabilityFinding] = []
        self._bias: list[BiasFinding] = []
        self._consistency: ConsistencyFinding | None = None
        self._plain: list[PlainFinding] = []

    def preview(self) -> AuditPreview:
        """What it would cost at most. Only the reply to audit is asked for, where it is not given or kept."""
        audited = self._audited()
        asks = self._asks(audited)
        lasts, priced = self._paid.ledger.lasts, priced_by(self._request.prices)
        sent, scored = self._paid.spent.calls, self._scored(audited)
        # Where nobody keeps the reply it is asked for again.
        reply = [] if self._request.chain is not None else [chain_ask(self._request)]
        found = self._paid.preview([*reply, *asks], priced, scored, anew=[] if lasts else reply)
        if self._replays_whole():
            nothing = None if priced is None else 0.0
            found = replace(found, calls=found.kept, tokens=0, price=nothing)
        return previewed(
            self._paid,
            found,
            self._request.budget,
            sent=sent,
            warnings=audited.warnings,
            stops_early=True,
        )

    def _replays_whole(self) -> bool:
        """Whether the ledger has all that a run would ask for: one that stopped early asks for less than the most."""
        if not self._paid.ledger.lasts:
            return False
        with self._paid.replaying() as kept:
            try:
                return Audit(kept, self._request, self._code).run().complete
            except GlasspaneError:
                return False

    def run(self) -> AuditResult:
        """All tests asked for; what is known is given back where it is cancelled or the budget is spent.

        Raises what the source raises for the reply itself, ``no_chain``, and ``Cancelled`` or ``budget_spent`` where
        nothing is known yet.
        """
        audited = self._audited()
        tests = [name for name in ORDER if name in self._request.tests]
        complete = True
        for place, name in enumerate(tests):
            audited.fraction, audited.share = place / len(tests), 1 / len(tests)
            try:
                self._test(audited, name)
                if place + 1 < len(tests):
                    self._tell(audited)
            except (Cancelled, BudgetSpent) as stop:
                self._finish_interrupted(audited, stop)
                complete = False
                break
        return self._result(audited, complete)

    def _audited(self) -> Audited:
        refuse_unreadable(self._request)
        self._report(0.0, "asking what the model can do")
        abilities = self._paid.source.abilities()
        chain, oddities = audited_chain(self._paid, self._request, self._report)
        in_transcript = abilities.otherwise and not STEPLESS.issuperset(self._request.tests)
        # What `otherwise` says is what the caution of a transcript says, with how it was seen.
        cautions = [] if in_transcript else abilities.cautions
        oddities = [*self._paid.cautions, *cautions, *oddities]
        if killed := self._paid.ledger.killed:
            oddities.append(
                f"{killed} calls were under way when an earlier audit with this ledger was killed: they may have been "
                "paid for, and what they asked is asked again."
            )
        if in_transcript:
            oddities.append(abilities.otherwise)
        audited = Audited(self._paid, self._request, abilities, chain, self._report, oddities)
        refuse_unfitting(audited)
        return audited

    def _asks(self, audited: Audited) -> list[Ask]:
        tests: dict[str, Callable[[], list[Ask]]] = {
            "injection": lambda: Injection(audited, self._thresholds).asks(),
            "early_answering": lambda: early_asks(audited),
            "paraphrase": lambda: stability_asks(audited, "paraphrase"),
            "filler": lambda: stability_asks(audited, "filler"),
            "consistency": lambda: free_asks(audited),
            "bias": lambda: [*free_asks(audited), *bias_asks(audited)],
            "plain": lambda: [ask for asks in plain_asks(audited).values() for ask in asks],
        }
        return [ask for name in self._request.tests for ask in tests[name]()]

    def _scored(self, audited: Audited) -> list[tuple[list[Ask], list[str]]]:
        """Answers whose log-probability the tests would ask for."""
        tests: dict[str, Callable[[], list[tuple[list[Ask], list[str]]]]] = {
            "injection": lambda: Injection(audited, self._thresholds).scored(),
            "early_answering": lambda: early_scores(audited),
        }
        return [each for name in self._request.tests if name in tests for each in tests[name]()]

    def _test(self, audited: Audited, name: str) -> None:
        match name:
            case "early_answering":
                self._early = answer_early(audited)
            case "injection":
                self._injection = Injection(audited, self._thresholds)
                self._injection.run(lambda: self._tell(audited))
                audited.warnings += unmade_sentences(self._injection.unmade)
            case "paraphrase" | "filler":
                found = stay(audited, name)
                self._stability += [] if found is None else [found]
            case "consistency":
                self._consistency = agree(audited)
            case "bias":
                self._bias = sway(audited)
            case "plain":
                self._plain = ask_each_way(audited)

    def _tell(self, audited: Audited) -> None:
        if self._partial is not None:
            self._partial(self._result(audited, complete=False))

    @staticmethod
    def _finish_interrupted(audited: Audited, stop: Exception) -> None:
        audited.report = silent
        audited.warnings.append(
            str(stop)
            if isinstance(stop, BudgetSpent)
            else "The audit was cancelled: this is what is known so far."
        )

    def _result(self, audited: Audited, complete: bool) -> AuditResult:
        reference, answer = reference_of(audited), audited.answer
        findings = [] if self._injection is None else self._injection.findings()
        verdict, sentence = _overall(self._injection)
        result = AuditResult(
            glasspane=glasspane_version(),
            versions={"python": platform.python_version()},
            model=self._paid.source.name,
            identity=self._paid.source.identity,
            abilities=ability_findings(audited.abilities),
            prompt=audited.question,
            reply=audited.chain.reply,
            steps=steps_of(audited),
            answer=None if answer is None else answer.canonical,
            right=None if reference is None or answer is None else same_answer(answer, reference),
            findings=findings,
            early=self._early,
            stability=self._stability,
            bias=self._bias,
            consistency=self._consistency,
            plain=self._plain,
            verdict=verdict,
            sentence=sentence,
            notes=[],
            complete=complete,
            spent=self._spent(),
            warnings=list(dict.fromkeys(audited.warnings)),
            cost=Cost(seconds=time.perf_counter() - self._started, forwards=0, backwards=0, cached=False),
            code=self._code,
            request=self._request,
        )
        return result.model_copy(update={"notes": notes_of(result)})

    def _spent(self) -> AuditSpent:
        spent, prices = self._paid.spent, self._request.prices
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


ORDER = ("early_answering", "injection", "consistency", "paraphrase", "filler", "bias", "plain")
"""The cheapest first, so that something is seen soon."""


def _overall(injection: Injection | None) -> tuple[AuditVerdict, str]:
    """Of the mode that was asked for first: what a model does with a chain is to write on."""
    steps = [] if injection is None else injection.steps
    judged = [each.verdict for each in steps if each.verdict is not None and each.mode == steps[0].mode]
    if not judged:
        return "inconclusive", "No step was tested by a wrong one put in, so nothing is said of the steps."
    verdict = chain_verdict(judged)
    grouped = [(name, [each.step for each in judged if each.verdict == name]) for name in SAID_IN_ORDER]
    return verdict, chain_sentence(verdict, grouped)
