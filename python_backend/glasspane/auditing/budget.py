"""What an audit may cost: told before anything is sent, and never exceeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import RLock
from typing import Any

from ..errors import GlasspaneError
from ..figures import counted
from ..kernel.progress import Report, silent
from .asides import AsksBeside
from .ledger import Ledger, Spent, key_of
from .source import AnswerScore, Ask, Reply, Source


@dataclass(frozen=True)
class Prices:
    """Of a million tokens, in whatever currency the person counts."""

    prompt: float
    reply: float


@dataclass(frozen=True)
class Budget:
    """Hard caps on what one audit sends; None: no cap."""

    calls: int | None = None
    tokens: int | None = None
    """Written by the model, failed attempts included."""


@dataclass(frozen=True)
class Preview:
    """What an audit would cost at most, before it begins."""

    calls: int
    kept: int
    """Of these, calls whose replies are in the ledger already."""
    tokens: int
    """Most tokens that the model would write in those that are not."""
    price: float | None
    beside: int = 0
    """Of the calls, those that find out what the source can do, or score answers."""

    def __add__(self, other: Preview) -> Preview:
        priced = None if self.price is None or other.price is None else self.price + other.price
        return Preview(
            self.calls + other.calls,
            self.kept + other.kept,
            self.tokens + other.tokens,
            priced,
            self.beside + other.beside,
        )

    @property
    def sentence(self) -> str:
        if self.kept == self.calls:
            return f"0 calls: all {self.kept} are kept from before, and nothing would be sent."
        price = "" if self.price is None else f", at most {self.price:.2f} at your prices"
        kept = f", {self.kept} more {'is' if self.kept == 1 else 'are'} kept from before" if self.kept else ""
        return (
            f"{counted(self.calls - self.kept, 'call')}{kept}; the model writes at most "
            f"{counted(self.tokens, 'token')}{price}."
        )


class BudgetSpent(GlasspaneError):
    """The next call would go beyond the budget; what was paid for is in the ledger, which ``lasts`` if it is a file.

    ``next_tokens``: the most that the next calls may write.
    """

    def __init__(self, spent: Spent, budget: Budget, next_tokens: int, lasts: bool) -> None:
        caps = [
            f"{cap} {name}"
            for cap, name in ((budget.calls, "calls"), (budget.tokens, "tokens"))
            if cap is not None
        ]
        reserved = ""
        if budget.tokens is not None and spent.tokens < budget.tokens < spent.tokens + next_tokens:
            reserved = f", and what is asked next may take {next_tokens} tokens"
        super().__init__(
            "budget_spent",
            f"The budget of {' and '.join(caps)} is spent: {spent.calls} calls and {spent.tokens} tokens so far"
            f"{reserved}.",
            "Raise the budget and run again: what is known by now is not asked again."
            if lasts
            else "Raise the budget and run again, with a ledger: without one everything is asked again.",
        )


class PaidSource:
    """A source behind its ledger and budget: known replies cost nothing, others are kept as soon as they are there."""

    def __init__(self, source: Source, ledger: Ledger, budget: Budget | None = None) -> None:
        self.source = source
        self.ledger = ledger
        self.budget = budget or Budget()
        self._before = replace(ledger.spent)
        self.leaves = isinstance(source, AsksBeside)
        """Calls go to somebody else: each is announced in the ledger before it is made."""
        self.asides = _Asides(self)
        if isinstance(source, AsksBeside):
            source.paid_by(self.asides)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What should be said of the source before any result of it."""
        return self.source.warnings if isinstance(self.source, AsksBeside) else ()

    @property
    def spent(self) -> Spent:
        """By this audit, not by those before it in the same ledger."""
        now, before = self.ledger.spent, self._before
        return Spent(
            now.calls - before.calls,
            now.failed - before.failed,
            now.prompt_tokens - before.prompt_tokens,
            now.tokens - before.tokens,
            now.replayed - before.replayed,
        )

    def preview(
        self,
        asks: Sequence[Ask],
        prices: Prices | None = None,
        scored: Sequence[tuple[Sequence[Ask], Sequence[str]]] = (),
        anew: Sequence[Ask] = (),
        probes: bool = True,
    ) -> Preview:
        """What replies to ``asks`` and scores of ``scored`` (answers, and what they stand behind) take. Sends nothing.
        ``anew``: those of ``asks`` whose replies are known here, and will not be to whoever asks next.

        With ``probes``, what was asked beside them so far, to find out what the source can do, is counted too: a ledger
        that lasts has it from now on, without one it is asked again.
        """
        keys = {key_of(self.source.identity, ask): ask for ask in asks}
        forgotten = {key_of(self.source.identity, ask) for ask in anew}
        wanted = [ask for key, ask in keys.items() if key in forgotten or not self.ledger.holds(key)]
        tokens = sum(ask.sampling.max_tokens for ask in wanted)
        read = sum(roughly(ask) for ask in wanted)
        kept = len(keys) - len(wanted)
        probed = len(self.asides.used) if probes else 0
        if self.ledger.lasts:
            kept += probed
        elif probes:
            tokens += self.asides.tokens
            read += self.asides.prompt_tokens
        scoring = scoring_kept = 0
        if isinstance(self.source, AsksBeside):
            for behind, answers in scored:
                known, more = self.source.scoring(behind, answers)
                scoring, scoring_kept = scoring + known + more, scoring_kept + known
                tokens += more
                read += more * max(map(roughly, behind))
        price = None
        if prices is not None:
            price = (read * prices.prompt + tokens * prices.reply) / 1e6
        return Preview(
            len(keys) + probed + scoring, kept + scoring_kept, tokens, price, beside=probed + scoring
        )

    def write(
        self,
        asks: Sequence[Ask],
        report: Report = silent,
        written: Callable[[int, Reply], None] | None = None,
    ) -> list[Reply]:
        """A reply to each of ``asks``, in their order; ``written`` hears of each as it is there.

        Raises :class:`BudgetSpent` before a call that could go beyond the budget, and what the source raises.
        """
        calls = _Calls(self, asks, written)
        if calls.new:
            self.source.write(calls.new, report, calls)
        return calls.in_order()

    @contextmanager
    def replaying(self) -> Iterator[PaidSource]:
        """The same with nothing but what the ledger has: what would be sent raises :class:`BudgetSpent` instead."""
        try:
            yield _Replaying(self.source, self.ledger, Budget(calls=0))
        finally:
            if isinstance(self.source, AsksBeside):
                self.source.paid_by(self.asides)

    def score(
        self, asks: Sequence[Ask], answers: Sequence[str], report: Report = silent
    ) -> list[AnswerScore] | None:
        return self.source.score(asks, answers, report)


class _Replaying(PaidSource):
    def score(
        self, asks: Sequence[Ask], answers: Sequence[str], report: Report = silent
    ) -> list[AnswerScore] | None:
        """Where scores are calls, their answers are kept as well; elsewhere they cost none, and are left out."""
        return super().score(asks, answers, report) if isinstance(self.source, AsksBeside) else None


class _Till:
    """What is under way counts as the most that it may cost, until it is over. Held while a call is entered."""

    def __init__(self, paid: PaidSource) -> None:
        self._paid = paid
        self._under_way: dict[str, int] = {}
        self.lock = RLock()

    def before(self, key: str, most_tokens: int) -> None:
        with self.lock:
            spent, budget = self._paid.spent, self._paid.budget
            waiting = {**self._under_way, key: most_tokens}
            calls, tokens = spent.calls + len(waiting), spent.tokens + sum(waiting.values())
            if (budget.calls is not None and calls > budget.calls) or (
                budget.tokens is not None and tokens > budget.tokens
            ):
                raise BudgetSpent(spent, budget, sum(waiting.values()), self._paid.ledger.lasts)
            self._under_way = waiting

    def over(self, key: str) -> None:
        self._under_way.pop(key, None)


class _Asides:
    """Pays for what a source asks beside the asks."""

    def __init__(self, paid: PaidSource) -> None:
        self._ledger = paid.ledger
        self._till = _Till(paid)
        self.used: set[str] = set()
        """Keys of all that were made or known."""
        self.tokens = self.prompt_tokens = 0
        """Of those made here."""

    def known(self, key: str) -> dict[str, Any] | None:
        found = self._ledger.aside(key)
        if found is not None:
            self.used.add(key)
        return found

    def before(self, key: str, most_tokens: int) -> None:
        with self._till.lock:
            self._till.before(key, most_tokens)
            self._ledger.sent(key)

    def failed(self, key: str, what: str, problem: str, tokens: int = 0) -> None:
        with self._till.lock:
            self._ledger.failed_aside(key, what, problem, tokens)
            self._till.over(key)

    def kept(
        self, key: str, what: str, found: dict[str, Any], tokens: int, prompt_tokens: int | None
    ) -> None:
        with self._till.lock:
            self._ledger.keep_aside(key, what, found, tokens, prompt_tokens)
            self.used.add(key)
            self.tokens += tokens
            self.prompt_tokens += prompt_tokens or 0
            self._till.over(key)


class _Calls:
    """The calls of one :meth:`PaidSource.write`: asks that are alike are one call, and known ones none."""

    def __init__(
        self, paid: PaidSource, asks: Sequence[Ask], written: Callable[[int, Reply], None] | None
    ) -> None:
        self._paid = paid
        self._asks = asks
        self._written = written
        self._replies: dict[int, Reply] = {}
        self._till = _Till(paid)
        places: dict[str, list[int]] = {}
        for at, ask in enumerate(asks):
            key = key_of(paid.source.identity, ask)
            kept = paid.ledger.reply(key)
            if kept is None:
                places.setdefault(key, []).append(at)
            else:
                self._tell(at, kept)
        self._keys, self._places = list(places), list(places.values())
        self.new = [asks[members[0]] for members in self._places]

    def before(self, at: int) -> None:
        """Every attempt counts as the longest reply that it may bring."""
        with self._till.lock:
            self._till.before(self._keys[at], self.new[at].sampling.max_tokens)
            if self._paid.leaves:
                self._paid.ledger.sent(self._keys[at])

    def failed(self, at: int, problem: str, tokens: int = 0) -> None:
        with self._till.lock:
            self._paid.ledger.failed(self._keys[at], self.new[at], problem, tokens)
            self._till.over(self._keys[at])

    def written(self, at: int, reply: Reply) -> None:
        with self._till.lock:
            self._paid.ledger.keep(self._keys[at], self.new[at], reply, self._paid.source.identity)
            self._till.over(self._keys[at])
            for place in self._places[at]:
                self._tell(place, reply)

    def in_order(self) -> list[Reply]:
        return [self._replies[at] for at in range(len(self._asks))]

    def _tell(self, at: int, reply: Reply) -> None:
        self._replies[at] = reply
        if self._written is not None:
            self._written(at, reply)


def roughly(ask: Ask) -> int:
    """Tokens of a prompt that no tokenizer is known for: four characters each."""
    text = ask.prompt.model_dump_json() + ask.begun
    return len(text) // 4
