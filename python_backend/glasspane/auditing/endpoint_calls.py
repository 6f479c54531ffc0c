"""A call to an endpoint until it brings an answer, and several of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from threading import Lock
from time import monotonic
from typing import Any

from ..kernel.progress import Report
from .asides import NobodyPays, Payer, aside_key
from .endpoint_client import EndpointClient, ListedToken, Said
from .endpoint_failures import Failure
from .request_form import RequestForm
from .retrying import LONGEST_ASKED, Backoff
from .side_by_side import Crew

_TOLD = (400, 413, 422, 500)
"""With these a server says that it does not do such a thing, which is what a probe wants to know."""


class Caller:
    """Shared by the threads that ask one endpoint: what one learns about it holds for all."""

    def __init__(self, client: EndpointClient, attempts: int) -> None:
        self.client = client
        self.form = RequestForm()
        self.attempts = attempts
        self.proven = False
        """It has replied once: what is refused later is passing."""
        self._rest_until = 0.0
        self._lock = Lock()

    def call(
        self,
        given: Mapping[str, Any],
        seed: int,
        before: Callable[[], None],
        failed: Callable[[str, int], None],
        pause: Callable[[float], bool],
        attempts: int | None = None,
    ) -> Said | Failure | None:
        """The answer, or the last failure; None where ``pause`` says that it was stopped.

        ``before`` is called before every attempt and ``failed`` after each that brought no answer.
        """
        backoff, failures = Backoff(seed), 0
        while True:
            rest = self._rest_until - monotonic()
            if not pause(max(rest, 0.0)):
                return None
            before()
            sent, version = self.form.filled(given)
            answer = self.client.complete(sent)
            if isinstance(answer, Said):
                self.form.taken(sent)
                self.proven = True
                return answer
            failed(answer.name, answer.tokens)
            if self.form.learns(answer, sent, version):
                continue
            failures += 1
            if failures >= (attempts or self.attempts) or not self._may_pass(answer):
                return replace(answer, asked=failures)
            wait = backoff.wait(failures, answer.after)
            if answer.after is not None:
                # Whoever is told to wait tells the others.
                with self._lock:
                    self._rest_until = max(self._rest_until, monotonic() + wait)
            if not pause(wait):
                return None

    def _may_pass(self, failure: Failure) -> bool:
        if failure.name == "refused" and not self.proven:
            return False
        return failure.passing and (failure.after or 0.0) <= LONGEST_ASKED


class Asides:
    """Makes the calls of :mod:`.asides`, each known one from what is kept."""

    def __init__(self, caller: Caller, identity: Callable[[], str]) -> None:
        self._caller = caller
        self._identity = identity
        self.payer: Payer = NobodyPays()

    def kept(self, what: str, request: Mapping[str, Any]) -> Said | None:
        """What is kept of the same call; sends nothing."""
        found = self.payer.known(aside_key(self._identity(), what, request, 0))
        return None if found is None else said_again(found)

    def ask(
        self, what: str, requests: Sequence[Mapping[str, Any]], report: Report, stage: str, width: int = 1
    ) -> list[Said | Failure]:
        """An answer to each; a failure only where the endpoint says that it does not do this. Raises the others."""
        identity, payer = self._identity(), self.payer
        earlier: Counter[str] = Counter()
        keys = []
        for each in requests:
            same = aside_key(identity, what, each, 0)
            keys.append(aside_key(identity, what, each, earlier[same]))
            earlier[same] += 1
        answers: dict[int, Said | Failure] = {}
        wanted = []
        for at, key in enumerate(keys):
            kept = payer.known(key)
            if kept is None:
                wanted.append(at)
            else:
                answers[at] = said_again(kept)

        def one(place: int) -> None:
            at = wanted[place]
            key, request = keys[at], requests[at]
            answer = self._caller.call(
                request,
                at,
                lambda: payer.before(key, int(request["max_tokens"])),
                lambda problem, tokens: payer.failed(key, what, problem, tokens),
                crew.pause,
                # Where it may be a way of saying no, asking it five times would be too much.
                attempts=None if what.startswith("greedy") else 2,
            )
            if answer is None:
                return
            if isinstance(answer, Said):
                tokens = tokens_of(answer, int(request["max_tokens"]))
                payer.kept(key, what, asdict(answer), tokens, answer.prompt_tokens)
            elif answer.status not in _TOLD:
                raise answer.error()
            answers[at] = answer

        crew = Crew(len(wanted), width, one)
        crew.run(lambda done: report(0.0, stage))
        return [answers[at] for at in range(len(requests))]


def said_again(kept: Mapping[str, Any]) -> Said:
    """What :func:`dataclasses.asdict` made of an answer, read back."""
    listed = kept["listed"]
    if listed is not None:
        listed = tuple(
            ListedToken(each["text"], each["log_prob"], tuple((text, p) for text, p in each["likeliest"]))
            for each in listed
        )
    return Said(**{**kept, "listed": listed})


def tokens_of(said: Said, most: int) -> int:
    """As counted by the endpoint; else as many as there can be: one a byte, and an end."""
    return said.tokens if said.tokens is not None else min(len(said.text.encode()) + 1, most)
