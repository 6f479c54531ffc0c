"""The answer in question, and how it is looked for behind other versions of the prompt."""

from __future__ import annotations

from ..auditing.answers import Answer
from ..auditing.audited_reply import finish_of
from ..auditing.budget import PaidSource
from ..auditing.endpoint_abilities import EndpointAbilities
from ..auditing.sampling import Sampling
from ..auditing.source import Abilities, Ask
from ..errors import GlasspaneError
from ..kernel.progress import Report, part_of
from ..protocol.black_box import BlackBoxRequest
from .measuring import Agreement, AnswerLogProb, Measure
from .replies import ReplyReader, is_direct


class Question:
    """What is asked of every version. ``scored`` is the answer as a text, or the reply that it is read from;
    ``warnings`` grows as it is found out what the source can do."""

    def __init__(self, paid: PaidSource, request: BlackBoxRequest, report: Report) -> None:
        self._paid, self._request, self._report = paid, request, report
        self._reader = ReplyReader(request.prompt, request.reading)
        self._answer: Answer | None = None
        self.scored = ""
        self.warnings: list[str] = []

    @property
    def answer(self) -> str:
        """As it is compared; where only its log-probability is wanted it may be any text."""
        return self.scored.strip() if self._answer is None else self._answer.canonical

    @property
    def greedy(self) -> list[Ask]:
        """What asks for the answer, unless it was given."""
        asked = self._request
        if asked.answer is not None:
            return []
        return [Ask(asked.prompt, "", asked.seed, Sampling(0, 1.0, asked.max_tokens), "the answer")]

    def measure(self) -> tuple[Measure, str]:
        """How the answer is measured, and why so."""
        self._report(0.0, "asking what the model can do")
        abilities = self._paid.source.abilities()
        asked = self._request
        if asked.answer is not None:
            self._answer = self._reader.read_alone(asked.answer)
            self.scored = asked.answer
        else:
            self._ask_for_the_answer()
        if asked.score == "agreement":
            return self.agreement(), "it was asked for"
        if asked.score == "auto" and asked.answer is None and not is_direct(self.scored):
            why = "the reply is more than its answer, so there is no log-probability of the answer alone"
            return self.agreement(), why
        for measure, why in self._by_log_prob(abilities):
            if measure.scores([asked.prompt], part_of(self._report, 0.02, 0.05)) is not None:
                return measure, why
        if asked.score == "log_prob":
            raise self.untold()
        return self.agreement(), f"{self._paid.source.name} tells no log-probability of this answer"

    def _by_log_prob(self, abilities: Abilities) -> list[tuple[AnswerLogProb, str]]:
        whole = AnswerLogProb(self._paid, self.scored)
        if abilities.scores.able:
            return [(whole, f"every token of it behind the prompt, for {abilities.scores.shown_by}")]
        if isinstance(abilities, EndpointAbilities) and abilities.lists.able:
            first = AnswerLogProb(self._paid, self.scored, 1)
            return [(first, f"of the first token alone, for {abilities.continues.shown_by}")]
        return []

    def untold(self) -> GlasspaneError:
        return GlasspaneError(
            "bad_option",
            f"{self._paid.source.name} tells no log-probability of this answer.",
            "Choose the score agreement, which samples replies instead.",
        )

    def _ask_for_the_answer(self) -> None:
        """What the model says without chance, and the answer in it."""
        asked = self._request
        (reply,) = self._paid.write(self.greedy, part_of(self._report, 0.0, 0.02))
        self._answer, self.scored = self._reader.read(reply.continuation), reply.text
        if self._answer is None and not (asked.score == "log_prob" and reply.text):
            cut = finish_of(reply.continuation) == "length"
            raise GlasspaneError(
                "unknown_target",
                "The model's reply was cut and holds no answer."
                if cut
                else "No answer could be read from the model's reply.",
                "Give the answer (answer), say how it is found (reading)"
                + (", or let replies be longer (max_tokens)." if cut else "."),
                lines=reply.text.strip().splitlines()[:12],
            )

    def agreement(self) -> Agreement:
        asked = self._request
        if self._answer is None:
            raise GlasspaneError(
                "unknown_target",
                f"“{asked.answer}” cannot be read as an answer.",
                "Give it as the model would, for example “16” or “Paris”.",
            )
        distinct = self._paid.source.abilities().distinct
        if not distinct.able:
            self.warnings.append(
                f"{self._paid.source.name} gives one reply whatever the seed ({distinct.shown_by}): each version is "
                "asked once, and there are no intervals."
            )
        return Agreement(
            self._paid,
            self._reader,
            self._answer,
            Sampling(asked.temperature, asked.top_p, asked.max_tokens),
            asked.samples if distinct.able else 1,
            asked.seed,
            sampled=distinct.able,
        )
