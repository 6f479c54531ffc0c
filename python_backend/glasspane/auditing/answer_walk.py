"""Along answers token by token, so that an endpoint that lists the likeliest next tokens scores them."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from .endpoint_client import Said
from .endpoint_failures import Failure
from .endpoint_reply import next_token
from .source import AnswerScore, Ask


class Walk:
    """Along an answer, token by token, by what an endpoint lists at each."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self._log_prob = 0.0
        self._tokens = 0
        self._left_alone = False
        self.left = answer
        self.at_most = False

    @property
    def walked(self) -> str:
        return self._answer[: len(self._answer) - len(self.left)]

    @property
    def going(self) -> bool:
        return bool(self.left) and not self.at_most and not self._left_alone

    @property
    def score(self) -> AnswerScore:
        return AnswerScore(self._log_prob, self._tokens, self.at_most)

    def leave(self) -> None:
        """It is walked no further."""
        self._left_alone = True

    def step(self, answer: Said | Failure) -> bool:
        """One token on; False where nothing is listed."""
        if isinstance(answer, Failure) or not answer.listed:
            return False
        token = next_token(answer, self.left)
        self._tokens += 1
        if token is not None:
            self._log_prob += token[1]
            self.left = self.left[len(token[0]) :]
            return True
        first = answer.listed[0]
        chances = dict((*first.likeliest, (first.text, first.log_prob)))
        rest = 1.0 - sum(map(exp, chances.values()))
        lowest = min(chances.values())
        # Listed probabilities are rounded: they may add up to one and leave something all the same.
        self._log_prob += min(lowest, log(max(rest, 1e-9)))
        self.at_most = True
        return True


class Walks:
    """Along many answers, each behind its ask; pairs that are alike are walked once."""

    def __init__(self, asks: Sequence[Ask], answers: Sequence[str]) -> None:
        places: dict[tuple[str, str, str], int] = {}
        self._pairs: list[tuple[Ask, Walk]] = []
        self._place: list[int] = []
        for ask, answer in zip(asks, answers, strict=True):
            alike = (ask.prompt.model_dump_json(), ask.begun, answer)
            if alike not in places:
                places[alike] = len(self._pairs)
                self._pairs.append((ask, Walk(answer)))
            self._place.append(places[alike])

    @property
    def going(self) -> list[tuple[Ask, Walk]]:
        """Those whose end is not reached."""
        return [(ask, walk) for ask, walk in self._pairs if walk.going]

    @property
    def bounded(self) -> bool:
        """Whether one of them came to a token that is not listed."""
        return any(walk.at_most for _, walk in self._pairs)

    def scores(self) -> list[AnswerScore]:
        """One for each pair that was given, in their order."""
        return [self._pairs[place][1].score for place in self._place]
