"""The model that lives in the kernel as a source of continuations."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..subjects.prompt import read_prompt
from .shared_prefix import Opening, PrefixWriter
from .source import Abilities, Ability, AnswerScore, Ask, Reply, Watch


class KernelSource:
    """Writes by a subject, whose state is put back after every call."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.meter = Meter()
        self._writer = PrefixWriter(subject, self.meter)
        # Calls are kept by the weights they were made with: a model that is trained on is another one.
        self.identity = f"{subject.name} {subject.weights()}"

    @property
    def name(self) -> str:
        return self._subject.name

    def abilities(self) -> Abilities:
        own = "Glasspane draws the tokens itself"
        return Abilities(
            continues=Ability(True, own),
            seeds=Ability(True, own),
            scores=Ability(True, own),
            distinct=Ability(True, own),
        )

    def write(self, asks: Sequence[Ask], report: Report, watch: Watch) -> None:
        allowed, refusal = self._allowed(len(asks), watch)
        with unharmed(self._subject):
            for sampling in dict.fromkeys(ask.sampling for ask in asks[:allowed]):
                openings: dict[tuple[int, ...], list[int]] = {}
                for at, ask in enumerate(asks[:allowed]):
                    if ask.sampling == sampling:
                        openings.setdefault(self._read(ask), []).append(at)
                rows = [
                    Opening(ids, tuple(asks[at].seed for at in places)) for ids, places in openings.items()
                ]
                found = self._writer.write(rows, sampling, report)
                for (ids, places), continuations in zip(openings.items(), found, strict=True):
                    for at, continuation in zip(places, continuations, strict=True):
                        watch.written(at, Reply(continuation, len(ids)))
        if refusal is not None:
            raise refusal

    @staticmethod
    def _allowed(count: int, watch: Watch) -> tuple[int, GlasspaneError | None]:
        """How many may be made; all of those are written side by side."""
        for at in range(count):
            try:
                watch.before(at)
            except GlasspaneError as refusal:
                return at, refusal
        return count, None

    def score(self, asks: Sequence[Ask], answers: Sequence[str], report: Report) -> list[AnswerScore] | None:
        """The answer is read where it stands, so that its tokens are those that the model would write."""
        openings, endings = [], []
        for ask, answer in zip(asks, answers, strict=True):
            before, whole = self._read(ask), self._read(ask, answer)
            # Where the answer's first letters merge with what stands before, they are scored together.
            shared = next(
                (at for at, (one, other) in enumerate(zip(before, whole, strict=False)) if one != other),
                min(len(before), len(whole) - 1),
            )
            if shared < 1:
                raise GlasspaneError(
                    "unknown_target",
                    "The answer cannot be told apart from the prompt.",
                    "Give another answer.",
                )
            openings.append(whole[:shared])
            endings.append(whole[shared:])
        with unharmed(self._subject):
            scores = self._writer.log_probs(openings, endings, report)
        return [AnswerScore(sum(each), len(each)) for each in scores]

    def _read(self, ask: Ask, answer: str = "") -> tuple[int, ...]:
        """Token ids of the prompt as the model reads it, with the reply's beginning behind it."""
        behind = ask.begun + answer
        read = read_prompt(self._subject, ask.prompt, behind or None)
        ids = [int(token) for token in read.given.ids[0]]
        return (*ids, *read.completion_ids[-1:])
