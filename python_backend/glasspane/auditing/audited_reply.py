"""The reply that is audited, taken apart, and how further replies are asked for and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..protocol import MessagesPrompt, PartialResult, Prompt, TextPrompt
from ..protocol.audit import AuditOutcome, AuditReply, AuditRequest, Proportion
from .answer_marks import AnswerRule
from .answers import Answer, Unparsed, read_answer
from .budget import PaidSource
from .chains import Chain, Finish, read_chain
from .early import answer_stem
from .options import options_in
from .outcomes import read_continuation
from .proportions import Interval
from .sampling import Continuation, Sampling
from .source import Abilities, Ask, Reply

STEPLESS = frozenset({"consistency", "bias", "plain"})
"""Tests that look at answers alone: a model that reasons out of sight, or not at all, can take them."""

LONGEST_SHOWN = 200
"""Letters of a reply's line, in an error."""

FORCED_TOKENS = 32
"""Most tokens of an answer that was forced by its stem."""


@dataclass
class Audited:
    """One reply under audit; ``question`` is the prompt as a person reads it, ``options`` its choices, if any."""

    paid: PaidSource
    request: AuditRequest
    abilities: Abilities
    chain: Chain
    report: Report
    warnings: list[str] = field(default_factory=list)

    @cached_property
    def question(self) -> str:
        return text_of(self.request.prompt)

    @cached_property
    def options(self) -> Mapping[str, str] | None:
        return options_in(self.question)

    @cached_property
    def rule(self) -> AnswerRule:
        return rule_of(self.request)

    @cached_property
    def answer(self) -> Answer | None:
        """The reply's own answer; None: it has none that could be read."""
        return read_or_none(self.chain, self.options)

    @cached_property
    def stem(self) -> str:
        return answer_stem(self.chain)

    @cached_property
    def lead(self) -> str:
        """What stands between the stem and the answer, a blank as a rule."""
        mark = self.chain.answer
        between = "" if mark is None else self.chain.reply[mark.stem_end : mark.start]
        return between if between.strip() == "" and between else " "

    @property
    def sampling(self) -> Sampling:
        asked = self.request
        return Sampling(asked.temperature, asked.top_p, asked.max_tokens)

    @property
    def forced(self) -> Sampling:
        """For an answer that its stem was written for."""
        asked = self.request
        return Sampling(asked.temperature, asked.top_p, min(FORCED_TOKENS, asked.max_tokens), ("\n",))

    @property
    def likeliest(self) -> Sampling:
        """The same, without chance."""
        return Sampling(0, 1.0, min(FORCED_TOKENS, self.request.max_tokens), ("\n",))

    def seed(self, sample: int) -> int:
        """The same for sample i of every arm, so that arms can be compared pair by pair."""
        return self.request.seed * 1_000_003 + sample

    def ask(self, arm: str, sample: int, begun: str, sampling: Sampling, prompt: Prompt | None = None) -> Ask:
        return Ask(
            prompt=prompt or self.request.prompt,
            begun=begun,
            seed=self.seed(sample),
            sampling=sampling,
            # In another way of asking the same text is another call.
            arm=f"{arm}{self.abilities.mark}",
            index=sample,
        )

    def write(self, asks: Sequence[Ask], test: str) -> list[Reply]:
        """Raises what the source and the budget raise."""

        def report(fraction: float, stage: str, partial: PartialResult | None = None) -> None:
            # The fraction is of this test's calls alone.
            self.report(self.fraction, f"{test}: {stage}")

        return self.paid.write(asks, report)

    fraction: float = 0.0
    """How far the audit is."""
    share: float = 1.0
    """Of the audit that the test under way is."""

    def scored(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        """For scores, whose own fraction is of one batch."""
        self.report(self.fraction, stage)

    def read(self, continuation: Continuation, forced: bool) -> Answer | None:
        found, _ = read_continuation(
            continuation.text,
            finish=finish_of(continuation),
            rule=self.rule,
            forced=forced,
            options=self.options,
        )
        return found if isinstance(found, Answer) else None


def text_of(prompt: Prompt) -> str:
    """A prompt as a person reads it: of a conversation, its last message."""
    return prompt.text if isinstance(prompt, TextPrompt) else prompt.messages[-1].content


def with_text(prompt: Prompt, change: Callable[[str], str]) -> Prompt:
    """The same prompt with that text changed."""
    if isinstance(prompt, TextPrompt):
        return prompt.model_copy(update={"text": change(prompt.text)})
    assert isinstance(prompt, MessagesPrompt)
    *before, last = prompt.messages
    changed = last.model_copy(update={"content": change(last.content)})
    return prompt.model_copy(update={"messages": [*before, changed]})


def rule_of(request: AuditRequest) -> AnswerRule:
    return AnswerRule(request.answer.marker, request.answer.pattern)


def read_or_none(chain: Chain, options: Mapping[str, str] | None) -> Answer | None:
    if chain.answer is None:
        return None
    found = read_answer(chain.answer.text, options)
    return None if isinstance(found, Unparsed) else found


def finish_of(continuation: Continuation) -> Finish:
    """A reply that the context cut is cut like any other."""
    return "stop" if continuation.whole else "length"


def proportion(interval: Interval) -> Proportion:
    return Proportion(estimate=interval.estimate, low=interval.low, high=interval.high, level=interval.level)


def written(reply: Reply, answer: Answer | None, outcome: AuditOutcome) -> AuditReply:
    said = reply.continuation
    return AuditReply(
        seed=said.seed,
        text=said.text,
        finish=said.finish,
        answer=None if answer is None else answer.canonical,
        outcome=outcome,
    )


def chain_ask(request: AuditRequest) -> Ask:
    """For the reply that is audited, as it is likeliest."""
    return Ask(
        prompt=request.prompt,
        begun="",
        seed=request.seed,
        sampling=Sampling(0, 1.0, request.max_tokens),
        arm="chain",
    )


def audited_chain(paid: PaidSource, request: AuditRequest, report: Report) -> tuple[Chain, list[str]]:
    """The reply to audit and what is odd about it: the person's own, or what the model writes without chance.

    Raises ``no_chain`` where it has no steps or no answer that could be read.
    """
    unseen = paid.source.abilities().unseen
    if unseen and not STEPLESS.issuperset(request.tests):
        raise GlasspaneError(
            "no_chain",
            f"{unseen} Its steps cannot be audited.",
            f"Choose tests that need no steps ({', '.join(sorted(STEPLESS))}), or another model.",
        )
    finish: Finish | None = None
    ended = ""
    reply = request.chain
    if reply is None:
        said = paid.write(
            [chain_ask(request)], lambda fraction, stage, partial=None: report(0.0, f"the chain: {stage}")
        )
        reply, finish = said[0].text, finish_of(said[0].continuation)
        if said[0].continuation.finish == "other":
            ended, finish = (
                "The server ended the reply by a filter, or for a tool that the model called.",
                None,
            )
        if not reply.strip():
            ended = f"The reply is empty. {ended}".strip()
    options = options_in(text_of(request.prompt))
    chain = read_chain(reply, finish=finish, rule=rule_of(request))
    if not chain.steps and (ended or not STEPLESS.issuperset(request.tests)):
        raise GlasspaneError(
            "no_chain",
            ended
            or " ".join(each.sentence for each in chain.findings)
            or "No step of reasoning was found in the reply.",
            "Ask for reasoning in the prompt, for example “Answer step by step.”, or give the chain to audit.",
            lines=_shown(reply),
        )
    if ended or read_or_none(chain, options) is None:
        raise GlasspaneError(
            "no_chain",
            ended
            or " ".join(each.sentence for each in chain.findings)
            or "No answer could be read from the reply.",
            "Say what stands before the answer (marker), or how it looks (pattern); or let replies be longer.",
            lines=_shown(reply),
        )
    return chain, [each.sentence for each in chain.findings]


def _shown(reply: str) -> list[str]:
    """The reply's beginning, for who wonders what came."""
    return [line[:LONGEST_SHOWN] for line in reply.strip()[: 12 * LONGEST_SHOWN].splitlines()[:12]]
