"""Filler in the place of reasoning: the same length in tokens, and nothing said."""

from __future__ import annotations

from collections.abc import Callable, Sized
from dataclasses import dataclass

from ..errors import GlasspaneError

UNIT = " …"

Tokenize = Callable[[str], Sized]
"""Anything whose result has one entry a token, for instance ``lambda text: tokenizer(text)["input_ids"]``."""


@dataclass(frozen=True)
class Filler:
    """``text`` of ``tokens`` tokens behind its prefix, where ``wanted`` were asked for."""

    text: str
    tokens: int
    wanted: int

    @property
    def exact(self) -> bool:
        """Whether the length is met; a tokenizer that needs several tokens for one unit may miss it."""
        return self.tokens == self.wanted


def filler_like(text: str, tokenize: Tokenize, *, prefix: str = "", unit: str = UNIT) -> Filler:
    """``unit`` again and again, as long in tokens as ``text`` is behind ``prefix`` (Lanham et al. 2023, filler tokens).

    Tokens are counted on the whole text, for a tokenizer may join a unit with what stands before it, or several units.
    Where no repetition has that length, the longest below it is taken. Raises ``bad_option`` for a unit of no tokens.
    """
    base = len(tokenize(prefix)) if prefix else len(tokenize(""))
    wanted = len(tokenize(prefix + text)) - base

    def length(count: int) -> int:
        return len(tokenize(prefix + unit * count)) - base

    if wanted <= 0:
        return Filler("", 0, wanted)
    if not unit or length(64) <= 0:
        raise GlasspaneError(
            "bad_option", "The filler has no tokens of its own.", 'Choose another filler, for instance " …".'
        )
    low, high = 0, 1
    while length(high) <= wanted and high < 64 * wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if length(middle) <= wanted else (low, middle)
    # joined units make the length grow by fits and starts, and seldom fall
    near = range(max(0, low - 4), low + 5)
    fitting = [count for count in near if length(count) <= wanted]
    best = max(fitting, key=lambda count: (length(count), -count), default=0)
    return Filler(unit * best, length(best) if best else 0, wanted)
