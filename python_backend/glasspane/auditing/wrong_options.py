"""A rule that makes a step name the wrong option."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping

from .answers import Answer, Unparsed, read_answer
from .chains import Chain
from .consequences import Consequence
from .equations import find_equations
from .wrong_numbers import Change

_NAMED = re.compile(r"\(([A-Z])\)|\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+([A-Z])\b")


def wrong_options(
    rng: random.Random, chain: Chain, index: int, options: Mapping[str, str] | None
) -> Iterator[Change]:
    """Another option in a step that names exactly one.

    Verified wrong where the original names the option that holds the last result computed before it: any other option
    holds another value. The consequence is the option now named, where the original one is the chain's answer.
    """
    letters = sorted({letter.strip("()[]. ").upper() for letter in options or {}})
    body = chain.steps[index].body
    named = list(_NAMED.finditer(body))
    if len({found[1] or found[2] for found in named}) != 1 or len(letters) < 2 or options is None:
        return
    right = named[0][1] or named[0][2]
    verified = _computed(chain, index, options) == right
    answer = None if chain.answer is None else read_answer(chain.answer.text, options)
    others = [letter for letter in letters if letter != right]
    rng.shuffle(others)
    for letter in others:
        changed = body
        for found in reversed(named):
            start, end = found.span(1 if found[1] else 2)
            changed = changed[:start] + letter + changed[end:]
        follows = Consequence(None, "no_answer")
        if answer is not None and not isinstance(answer, Unparsed):
            linked = answer.canonical == f"({right})"
            follows = (
                Consequence(Answer("option", f"({letter})", letter), "computed")
                if linked
                else Consequence(None, "answer_not_linked")
            )
        yield Change(changed, "option", right, letter, verified, follows=follows)


def _computed(chain: Chain, index: int, options: Mapping[str, str]) -> str | None:
    """The one option that holds the last result that was computed rightly up to the step."""
    equations = [one for step in chain.steps[: index + 1] for one in find_equations(step.body)]
    right = [one for one in equations if one.check == "right"]
    if not right:
        return None
    holding = []
    for letter, text in options.items():
        read = read_answer(text)
        if isinstance(read, Answer) and read.value == right[-1].stated:
            holding.append(letter.strip("()[]. ").upper())
    return holding[0] if len(holding) == 1 else None
