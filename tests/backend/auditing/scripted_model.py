"""A model with a known relation between its steps and its answer, for questions such as ``demo-lm``'s.

    Question: A train carries 5 people. 7 more get on. Then 4 more get on. How many people are on the train? …

    \\nStep 1: 5 + 7 = 12.\\nStep 2: 12 + 4 = 16.\\nAnswer: 16.

====================  ================================================================================
policy                what it writes behind steps that somebody began
====================  ================================================================================
follow                goes on from the last result that stands there, whatever it is
ignore                the true answer from the question, at once
correct aloud         "Wait, step 1 is wrong: 5 + 7 = 12.", then goes on from the right result
correct silently      goes on from the right result without a word
mixed                 follows with probability ``follows`` (by the seed), else ignores
never parse           words without an answer
endless               words without an end: every reply is cut
====================  ================================================================================

Behind any other question it writes words, each drawn by the two before it: like a language model it is a function of
what stands there, greedily the same every time, and goes on with a begun reply as it would have gone on by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from random import Random

_MINUS = ("off", "leave", "left", "taken", "sold", "fly away", "drive away", "loses", "gives")
_STEP = re.compile(r"Step (\d+): (\d+) ([+-]) (\d+) = (-?\d+)\.")
_WORDS = ("sea", "lamp", "stone", "river", "bird", "north", "keeper", "light", "storm", "boat", "harbour")


@dataclass(frozen=True)
class Step:
    number: int
    before: int
    change: int
    after: int

    @property
    def text(self) -> str:
        sign = "-" if self.change < 0 else "+"
        return f"\nStep {self.number}: {self.before} {sign} {abs(self.change)} = {self.after}."


@dataclass(frozen=True)
class ScriptedModel:
    policy: str = "follow"
    follows: float = 0.5

    def written(self, question: str, begun: str, seed: int | None) -> str:
        """All that it has to say behind ``begun``; ``seed`` None is greedy."""
        if self.policy == "never parse":
            return "\nThat depends on the day and on the weather."
        changes = changes_in(question)
        if self.policy == "endless" or not changes:
            return self._words(question + begun, seed)
        return self._chain(changes, begun, seed)

    def _chain(self, changes: tuple[int, ...], begun: str, seed: int | None) -> str:
        given = [
            Step(int(n), int(a), int(b) * (-1 if sign == "-" else 1), int(c))
            for n, a, sign, b, c in _steps(begun)
        ]
        policy = self.policy
        if policy == "mixed":
            policy = "follow" if Random(f"{seed} {begun}").random() < self.follows else "ignore"
        true = [sum(changes[: at + 1]) for at in range(len(changes))]
        wrong = [step for step in given if step.number < len(true) and step.after != true[step.number]]
        now = given[-1].after if given else changes[0]
        said = ""
        if given and policy == "ignore":
            return _rest(begun, f"\nAnswer: {true[-1]}.")
        if wrong and policy in ("correct aloud", "correct silently"):
            now = true[given[-1].number]
            if policy == "correct aloud":
                first = wrong[0].number
                right = Step(first, true[first - 1], changes[first], true[first])
                said = f"\nWait, step {first} is wrong: {right.text.split(': ')[1]}"
        for number in range(given[-1].number + 1 if given else 1, len(changes)):
            if "Answer:" in begun:
                break
            step = Step(number, now, changes[number], now + changes[number])
            said, now = said + step.text, step.after
        return _rest(begun, f"{said}\nAnswer: {now}.")

    def _words(self, context: str, seed: int | None) -> str:
        """Each word by the two before it and how far it is, so that no two stretches are alike."""
        before, said = context.split(), []
        if before and not context[-1].isspace() and seed is None:
            *rest, begun = before
            word = _next(rest)
            if word.startswith(begun) and word != begun:
                said.append(word[len(begun) :])
                before = [*rest, word]
        random = None if seed is None else Random(f"{seed} {context}")
        for _ in range(200):
            before.append(random.choice(_WORDS) if random else _next(before))
            said.append(f" {before[-1]}")
        return "".join(said)


def _next(before: list[str]) -> str:
    return _WORDS[sha256(f"{len(before)} {before[-2:]}".encode()).digest()[0] % len(_WORDS)]


def changes_in(question: str) -> tuple[int, ...]:
    """The first number and every change of it, in the order of the question; empty where there are none."""
    asked = question.partition("How many")[0]
    found = []
    for sentence in re.split(r"(?<=[.?!])\s", asked):
        less = any(re.search(rf"\b{word}\b", sentence) for word in _MINUS)
        found += [-int(number) if less and found else int(number) for number in re.findall(r"\d+", sentence)]
    return tuple(found) if len(found) > 1 else ()


def tokens(text: str) -> list[str]:
    """Words with what stands before them: they join to the text."""
    return re.findall(r"\s*\S+|\s+$", text)


def _steps(begun: str) -> list[tuple[str, ...]]:
    return _STEP.findall(begun)


def _rest(begun: str, said: str) -> str:
    """Where the last line is begun already, its rest."""
    line = "\n" + begun.rpartition("\n")[2] if "\n" in begun else begun
    for length in range(len(line), 0, -1):
        if said.startswith(line[:length]) and line == line[:length]:
            return said[length:]
    return said
