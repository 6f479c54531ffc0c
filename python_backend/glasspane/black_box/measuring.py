"""What becomes of the answer when the prompt is another one: its log-probability, or how often it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..auditing.answers import Answer
from ..auditing.budget import BudgetSpent, PaidSource, Preview, Prices, roughly
from ..auditing.sampling import Sampling
from ..auditing.source import AnswerScore, Ask, BoundsScores, Reply
from ..kernel.progress import Report, silent
from ..protocol import Prompt
from ..protocol.black_box import BlackBoxMeasure
from .replies import ReplyReader, agrees

_AT_ONCE = 8
"""Prompts that are scored together: what is known when a budget is spent is the batches before it."""


@dataclass(frozen=True)
class Measured:
    """The value of one prompt: a share of ``replies``, or a log-probability (then there are none)."""

    value: float
    replies: int | None = None
    at_most: bool = False
    answers: Counter[str] = field(default_factory=Counter)


Told = Callable[[int, Measured], None]
"""Hears of the value of the prompt at a place, also of a preliminary one, as soon as it is there."""


class Measure(Protocol):
    """How the answer is looked for behind a prompt."""

    name: BlackBoxMeasure
    sampled: bool
    """Whether chance has a part in it."""

    def __call__(self, prompts: Sequence[Prompt], report: Report, told: Told) -> None:
        """The value of each, told to ``told``; raises what the source and the budget raise."""
        ...

    def preview(self, prompts: Sequence[Prompt], prices: Prices | None) -> Preview:
        """What it costs at most, beside finding out what the source can do. Sends nothing."""
        ...


class Agreement:
    """The share of sampled replies that give the answer; replies without a readable answer do not."""

    name: BlackBoxMeasure = "agreement"

    def __init__(
        self,
        paid: PaidSource,
        reader: ReplyReader,
        answer: Answer,
        sampling: Sampling,
        samples: int,
        seed: int,
        sampled: bool = True,
    ) -> None:
        self._paid, self._reader, self._answer = paid, reader, answer
        self._sampling, self._samples, self._seed = sampling, samples, seed
        self.sampled = sampled

    def __call__(self, prompts: Sequence[Prompt], report: Report, told: Told) -> None:
        same, given = Counter[int](), Counter[int]()
        answers = [Counter[str]() for _ in prompts]

        def written(at: int, reply: Reply) -> None:
            place = at // self._samples
            answer = self._reader.read(reply.continuation)
            given[place] += 1
            same[place] += agrees(answer, self._answer)
            if answer is not None:
                answers[place][answer.canonical] += 1
            told(place, Measured(same[place] / given[place], given[place], answers=answers[place]))

        self._paid.write(self._asks(prompts), report, written)

    def preview(self, prompts: Sequence[Prompt], prices: Prices | None) -> Preview:
        return self._paid.preview(self._asks(prompts), prices, probes=False)

    def _asks(self, prompts: Sequence[Prompt]) -> list[Ask]:
        return [
            Ask(prompt, "", self._seed * 1_000_003 + sample, self._sampling, "pieces missing", sample)
            for prompt in prompts
            for sample in range(self._samples)
        ]


class AnswerLogProb:
    """Σ log p of the answer's tokens behind the prompt, or of its first ``most_tokens``."""

    sampled = False

    def __init__(self, paid: PaidSource, answer: str, most_tokens: int | None = None) -> None:
        self._paid, self._answer, self._most_tokens = paid, answer, most_tokens
        self.name: BlackBoxMeasure = "log_prob" if most_tokens is None else "first_token_log_prob"

    def __call__(self, prompts: Sequence[Prompt], report: Report, told: Told) -> None:
        for first in range(0, len(prompts), _AT_ONCE):
            batch = prompts[first : first + _AT_ONCE]
            try:
                self._tell(batch, first, report, told)
            except BudgetSpent:
                # What of the batch was paid for to its end is kept: it is read without another call.
                for place, prompt in enumerate(batch):
                    self._tell([prompt], first + place, silent, told)
                raise

    def scores(self, prompts: Sequence[Prompt], report: Report) -> list[AnswerScore] | None:
        """None where the source does not tell."""
        asks, answers = self._asks(prompts), [self._answer] * len(prompts)
        source = self._paid.source
        if isinstance(source, BoundsScores):
            return source.score_or_bound(asks, answers, report, self._most_tokens)
        return self._paid.score(asks, answers, report)

    def _tell(self, prompts: Sequence[Prompt], first: int, report: Report, told: Told) -> None:
        found = self.scores(prompts, report)
        if found is None:
            raise Unscorable
        for place, score in enumerate(found):
            told(first + place, Measured(score.log_prob, at_most=score.at_most))

    def preview(self, prompts: Sequence[Prompt], prices: Prices | None) -> Preview:
        source, asks = self._paid.source, self._asks(prompts)
        if not isinstance(source, BoundsScores):
            return Preview(0, 0, 0, None if prices is None else 0.0)
        calls, kept = source.scoring_calls(asks, [self._answer] * len(asks), self._most_tokens)
        price = None
        if prices is not None and asks:
            read = sum(roughly(ask) for ask in asks) / len(asks) * (calls - kept)
            price = (read * prices.prompt + (calls - kept) * prices.reply) / 1e6
        return Preview(calls, kept, calls - kept, price, beside=calls)

    @staticmethod
    def _asks(prompts: Sequence[Prompt]) -> list[Ask]:
        return [Ask(prompt, "", 0, Sampling(temperature=0.0), "pieces missing") for prompt in prompts]


class Unscorable(Exception):
    """The source told of the answer behind the whole prompt, and does not behind another."""


class WorthNothing:
    """Stands for a measure where only the versions of the prompt are wanted."""

    name: BlackBoxMeasure = "log_prob"
    sampled = False

    def __call__(self, prompts: Sequence[Prompt], report: Report, told: Told) -> None:
        for place in range(len(prompts)):
            told(place, Measured(0.0))

    def preview(self, prompts: Sequence[Prompt], prices: Prices | None) -> Preview:
        return Preview(0, 0, 0, None)
