"""Along answers token by token, so that an endpoint that lists the likeliest next tokens scores them."""

from __future__ import annotations

from collections.abc import Sequence

from .endpoint_client import Said
from .endpoint_failures import Failure
from .endpoint_reply import next_token
from .source import AnswerScore, Ask


class AnswerWalk:
    """What is still to be walked of each answer, and its log p so far (nats); pairs that are alike are walked once."""

    def __init__(self, asks: Sequence[Ask], answers: Sequence[str]) -> None:
        places: dict[tuple[str, str, str], int] = {}
        self._pairs: list[tuple[Ask, str]] = []
        self._place: list[int] = []
        for ask, answer in zip(asks, answers, strict=True):
            alike = (ask.prompt.model_dump_json(), ask.begun, answer)
            if alike not in places:
                places[alike] = len(self._pairs)
                self._pairs.append((ask, answer))
            self._place.append(places[alike])
        self._left = [answer for _, answer in self._pairs]
        self._scored = [AnswerScore(0.0, 0)] * len(self._pairs)

    @property
    def going(self) -> list[int]:
        """Places of those whose end is not reached."""
        return [place for place, left in enumerate(self._left) if left]

    def ask(self, place: int) -> Ask:
        return self._pairs[place][0]

    def walked(self, place: int) -> str:
        answer = self._pairs[place][1]
        return answer[: len(answer) - len(self._left[place])]

    def left(self, place: int) -> str:
        return self._left[place]

    def leave(self, place: int) -> None:
        """It is walked no further."""
        self._left[place] = ""

    def step(self, place: int, said: Said | Failure) -> bool:
        """False where the next token is not among the listed: it has no number."""
        found = next_token(said, self._left[place])
        if found is None:
            return False
        text, log_prob = found
        so_far = self._scored[place]
        self._scored[place] = AnswerScore(so_far.log_prob + log_prob, so_far.tokens + 1)
        self._left[place] = self._left[place][len(text) :]
        return True

    def scores(self) -> list[AnswerScore]:
        """One for each pair that was given, in their order."""
        return [self._scored[place] for place in self._place]
