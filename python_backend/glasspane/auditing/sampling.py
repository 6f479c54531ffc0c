"""How continuations are drawn, and what came of it, whoever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Finish = Literal["stop", "length", "context", "other"]
"""stop: the model ended, or wrote a stop text. length: ``max_tokens`` were reached. context: there was no more room.
other: whoever runs the model ended the reply, such as a filter."""


@dataclass(frozen=True)
class Sampling:
    """``temperature`` 0 is greedy. A text ends before the first of ``stop`` that the model writes."""

    temperature: float = 0.7
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Continuation:
    """What a model wrote behind a prefix; ``tokens`` counts all that it wrote, the end included."""

    text: str
    finish: Finish
    tokens: int
    seed: int

    @property
    def whole(self) -> bool:
        """Whether the model came to an end by itself: what was cut holds no answer."""
        return self.finish == "stop"
