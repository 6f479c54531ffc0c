"""An OpenAI-compatible endpoint as a source of continuations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import RLock
from time import sleep
from typing import Any

from ..errors import GlasspaneError
from ..kernel.progress import Report, silent
from ..protocol.audit import EndpointSourceRef
from .answer_walk import Walks
from .api_key import ApiKey
from .asides import Payer
from .endpoint_abilities import EndpointAbilities, KeptAbilities, Way
from .endpoint_address import read_address
from .endpoint_calls import Asides, Caller
from .endpoint_client import EndpointClient
from .endpoint_failures import Failure
from .endpoint_probe import LISTED, Probe
from .endpoint_reply import reply_of
from .endpoint_request import request_for
from .endpoint_writing import Writing
from .retrying import LONGEST_WAIT, Backoff
from .sampling import Sampling
from .source import AnswerScore, Ask, Watch

_NEW = timedelta(days=1)
"""A model that says it was created later than that may only have been listed then: several servers give the time of
asking, or that of their own start."""

_MOST_TOKENS_OF_AN_ANSWER = 32


class EndpointSource:
    """Asks ``model`` at ``base_url`` (such as ``http://127.0.0.1:8000/v1``).

    The key is in the environment variable ``key_variable`` (OPENAI_API_KEY unless said, and then it need not be set),
    or given as ``key`` by a host that keeps secrets; it is only ever sent. ``timeout``: seconds without a word from
    the server. ``concurrency``: calls made at once, at most. ``attempts``: how often a call is made that fails for a
    passing reason. ``folder``: where abilities are kept, beside the ledger. Nothing is sent before it is needed.

    Raises ``bad_option`` for an address, key or number that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        key_variable: str | None = None,
        key: str | ApiKey | None = None,
        timeout: float = 120.0,
        concurrency: int = 8,
        attempts: int = 5,
        folder: Path | None = None,
    ) -> None:
        # First of all, for a traceback may show what is half made, and every variable of this frame with it.
        self.url, self._model, self._key = "", model, ApiKey(None, "")
        self._key_variable = "OPENAI_API_KEY"
        refused: GlasspaneError | None = None
        try:
            self._key, address = _key(key, key_variable), read_address(base_url)
        except GlasspaneError as problem:
            refused = problem.with_traceback(None)
        key, base_url = None, ""
        if refused is not None:
            key_variable = None
            raise refused
        if not model.strip():
            raise GlasspaneError("bad_option", "The endpoint's model has no name.", "Name the model.")
        if timeout <= 0 or concurrency < 1 or attempts < 1:
            raise GlasspaneError(
                "bad_option",
                "timeout, concurrency and attempts of an endpoint are above zero.",
                "Leave them out for 120 seconds, 8 calls at once and 5 attempts.",
            )
        self._key_variable = key_variable or self._key_variable
        self.url = address.url
        self.warnings = address.warnings
        self._settings: dict[str, Any] = {
            "timeout": timeout,
            "concurrency": concurrency,
            "attempts": attempts,
            "folder": folder,
        }
        self._caller = Caller(EndpointClient(self.url, model, self._key, timeout), attempts)
        self._asides = Asides(self._caller, lambda: self.identity)
        self._kept = KeptAbilities(folder)
        self._identity: str | None = None
        self._found: EndpointAbilities | None = None
        self._lock = RLock()

    @property
    def name(self) -> str:
        return self._model

    @property
    def reference(self) -> EndpointSourceRef:
        """How a request names it; the key is no part of that."""
        return EndpointSourceRef(base_url=self.url, model=self._model, key_variable=self._key_variable)

    @property
    def identity(self) -> str:
        """Address, model, and what the list of models says of it, which is asked for once and costs nothing."""
        if self._identity is None:
            with self._lock:
                self._identity = self._identity or self._identified()
        return self._identity

    @property
    def concurrency(self) -> int:
        """Calls made at once: one, where a seed holds for one call at a time."""
        found = self._found
        alone = found is not None and found.seeds.able and not found.side_by_side.able
        return 1 if alone else int(self._settings["concurrency"])

    def paid_by(self, payer: Payer) -> None:
        """Who is told of the calls that find out abilities and scores."""
        self._asides.payer = payer

    def abilities(self, report: Report = silent) -> EndpointAbilities:
        """Asked once, in at most :data:`.endpoint_probe.MOST_CALLS` short calls, and kept.

        Raises :class:`~glasspane.errors.GlasspaneError` where the endpoint does not answer, and what ``report`` raises.
        """
        with self._lock:
            if self._found is None:
                self._found = self._kept.find(self.identity, self._caller.form)
            if self._found is None:
                probe = Probe(
                    self._model, self._asides, self._caller.form, int(self._settings["concurrency"]), report
                )
                self._found = probe.abilities()
                self._kept.keep(self.identity, self._found, self._caller.form)
            return self._found

    def write(self, asks: Sequence[Ask], report: Report, watch: Watch) -> None:
        abilities = self.abilities(report)
        Writing(
            self._caller,
            [request_for(self._model, ask, abilities.way) for ask in asks],
            [ask.seed for ask in asks],
            lambda at, said: reply_of(asks[at], said, abilities),
            watch,
        ).run(self.concurrency, report)

    def score(self, asks: Sequence[Ask], answers: Sequence[str], report: Report) -> list[AnswerScore] | None:
        """Walks along each answer: one call a token, for the likeliest tokens behind what stands there by now.

        None where the endpoint lists no probabilities, does not go on with begun replies, or where an answer has a
        token that is not among the listed: what is below the list has no number.
        """
        if not self.abilities(report).scores.able:
            return None
        found = self.score_or_bound(asks, answers, report, bounded=False)
        return None if found is None or any(each.at_most for each in found) else found

    def score_or_bound(
        self,
        asks: Sequence[Ask],
        answers: Sequence[str],
        report: Report,
        most_tokens: int | None = None,
        bounded: bool = True,
    ) -> list[AnswerScore] | None:
        """The same walk; a token that is not listed has at most the probability of the last that is, and at most what
        the listed leave. Unless ``bounded``, the walk ends there for all."""
        if not all(answers):
            raise GlasspaneError("unknown_target", "The answer is empty.", "Give the answer to be scored.")
        walks = Walks(asks, answers)
        way = self.abilities(report).way
        for _ in range(min(_MOST_TOKENS_OF_AN_ANSWER, most_tokens or _MOST_TOKENS_OF_AN_ANSWER)):
            going = walks.going
            if not going:
                break
            requests = [self._scoring(ask, walk.walked, way) for ask, walk in going]
            said = self._asides.ask("score", requests, report, "scoring answers", self.concurrency)
            if not all(walk.step(answer) for (_, walk), answer in zip(going, said, strict=True)):
                return None
            if not bounded and walks.bounded:
                return None
        if most_tokens is None and walks.going:
            return None
        return walks.scores()

    def scoring_calls(
        self,
        asks: Sequence[Ask],
        answers: Sequence[str],
        most_tokens: int | None = None,
        bounded: bool = True,
    ) -> tuple[int, int]:
        """See :class:`~.source.BoundsScores`. No token is shorter than a byte."""
        calls = kept = 0
        walks, way = Walks(asks, answers), self.abilities().way
        most = min(_MOST_TOKENS_OF_AN_ANSWER, most_tokens or _MOST_TOKENS_OF_AN_ANSWER)
        for walked in range(most):
            ended = False
            for ask, walk in walks.going:
                known = self._asides.known("score", self._scoring(ask, walk.walked, way))
                if known is None:
                    calls += min(most - walked, len(walk.left.encode()))
                    walk.leave()
                    continue
                calls, kept = calls + 1, kept + 1
                ended |= not walk.step(known)
            if ended or not walks.going or (not bounded and walks.bounded):
                break
        return calls, kept

    def scoring(self, asks: Sequence[Ask], answers: Sequence[str]) -> tuple[int, int]:
        """See :class:`~.asides.AsksBeside`."""
        if not self.abilities().scores.able:
            return 0, 0
        calls, kept = self.scoring_calls(asks, answers, bounded=False)
        return kept, calls - kept

    def close(self) -> None:
        self._caller.client.close()

    def __repr__(self) -> str:
        return f"<endpoint {self._model} at {self.url}, {self._key!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.url, self._model, self._key, self._settings)

    def _scoring(self, ask: Ask, walked: str, way: Way) -> dict[str, Any]:
        greedy = Ask(ask.prompt, ask.begun + walked, 0, Sampling(temperature=0.0, max_tokens=1), ask.arm)
        return {**request_for(self._model, greedy, way), "logprobs": True, "top_logprobs": LISTED}

    def _identified(self) -> str:
        backoff, listed = Backoff(0), self._caller.client.listed_model()
        for failures in range(1, int(self._settings["attempts"])):
            if not isinstance(listed, Failure) or not listed.passing or listed.name in ("refused", "timeout"):
                break
            sleep(backoff.wait(failures, min(listed.after or 0.0, LONGEST_WAIT) or None))
            listed = self._caller.client.listed_model()
        if isinstance(listed, Failure):
            # Not every server has such a list, and not every key may read it.
            if listed.status is None or listed.status >= 500:
                raise listed.error()
            listed = {}
        return f"{self.url} {self._model}" + _of_list(listed, self._key)


def endpoint_of(reference: EndpointSourceRef, *, key_needed: bool) -> EndpointSource:
    """The source that a request names.

    ``key_needed``: a variable that somebody chose to name has to be set. Forms name one in every request, for servers
    that ask for no key too: there the server says whether it wants one. The usual variable may always be unset.
    Raises what :class:`EndpointSource` raises.
    """
    usual = EndpointSourceRef.model_fields["key_variable"].default
    variable = reference.key_variable
    key = ApiKey.of_environment(variable, needed=key_needed and variable != usual)
    return EndpointSource(reference.base_url, reference.model, key_variable=variable, key=key)


def _key(key: str | ApiKey | None, variable: str | None) -> ApiKey:
    if isinstance(key, ApiKey):
        return key
    if key is not None:
        return ApiKey(key, "given by the host")
    return ApiKey.of_environment(variable or "OPENAI_API_KEY", needed=variable is not None)


def _again(url: str, model: str, key: ApiKey, settings: dict[str, Any]) -> EndpointSource:
    return EndpointSource(url, model, key=key, **settings)


def _of_list(listed: dict[str, Any], key: ApiKey) -> str:
    kept = {
        name: key.scrub(value)[:200] if isinstance(value, str) else value
        for name in ("created", "owned_by", "root")
        if isinstance(value := listed.get(name), (str, int, float))
    }
    created = kept.get("created")
    if isinstance(created, (int, float)):
        now = datetime.now(timezone.utc).timestamp()
        if created > now - _NEW.total_seconds():
            del kept["created"]
    return f" {json.dumps(kept, sort_keys=True)}" if kept else ""
