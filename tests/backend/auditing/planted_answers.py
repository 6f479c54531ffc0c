"""Models whose answer depends on known words of the prompt, and on nothing else."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from random import Random
from typing import Any

from scripted_model import ScriptedModel


@dataclass(frozen=True)
class PlantedModel:
    """Says ``answer`` with probability ``there`` where all of ``needs`` stand in the prompt, else with ``missing``.

    Chance is drawn by seed and prompt, so that replies to two versions are independent. Where the prompt is none of
    the test's, it is :class:`ScriptedModel`: endpoints are asked what they can do by
    questions of their own.
    """

    needs: tuple[str, ...]
    answer: str = "Paris"
    other: str = "London"
    there: float = 1.0
    missing: float = 0.0

    def written(self, question: str, begun: str, seed: int | None) -> str:
        if not self._is_about(question):
            return ScriptedModel().written(question, begun, seed)
        chance = self.chance(question)
        drawn = 0.5 if seed is None else Random(f"{seed} {question}").random()
        said = self.answer if drawn < chance else self.other
        return said[len(begun) :] if said.startswith(begun) else said

    def chance(self, question: str) -> float:
        words = set(re.findall(r"\w+", question))
        return self.there if words >= set(self.needs) else self.missing

    def _is_about(self, question: str) -> bool:
        return not re.search(r"Count upwards|Question: A train|Name the months|Tell a ", question)


@dataclass(frozen=True)
class WeighedModel(PlantedModel):
    """Its answer's first token has log-probability ``base`` + Σ of ``weights`` of the words that are there
    + ``together`` if all of ``needs`` are, and is listed unless that is below ``listed_above``."""

    weights: tuple[tuple[str, float], ...] = ()
    base: float = -6.0
    together: float = 0.0
    listed_above: float = -50.0

    def log_prob(self, question: str) -> float:
        words = set(re.findall(r"\w+", question))
        return (
            self.base
            + sum(weight for word, weight in self.weights if word in words)
            + (self.together if words >= set(self.needs) else 0.0)
        )

    def listed(self, question: str, begun: str) -> dict[str, Any]:
        """The rest of the answer at its log-probability, beside one that is nearly all else."""
        if not self._is_about(question):
            first = {"token": " no", "logprob": math.log(0.75)}
            return {**first, "top_logprobs": [first]}
        token = {"token": self.answer[len(begun) :], "logprob": self.log_prob(question)}
        other = {"token": "Else", "logprob": math.log(1 - math.exp(token["logprob"])) - 1e-9}
        likeliest = [other] + ([token] if token["logprob"] > self.listed_above else [])
        return {**other, "top_logprobs": likeliest}
