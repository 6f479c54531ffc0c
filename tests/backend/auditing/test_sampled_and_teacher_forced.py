"""Sampled answers against teacher-forced probabilities of the same model, which must say the same.

Truth: the sum over all answers is 1, the likeliest is what greedy decoding writes, and at temperature T an answer's
share is its probability to the power 1/T, normalised.
"""

from __future__ import annotations

import numpy as np
import pytest
from planted_models import NAMES, load
from planted_models.gate import asked, held_out, parts, values

import glasspane as gp
from glasspane.auditing.budget import PaidSource
from glasspane.auditing.kernel_source import KernelSource
from glasspane.auditing.ledger import Ledger
from glasspane.auditing.sampling import Sampling
from glasspane.auditing.source import Ask
from glasspane.protocol import TextPrompt
from glasspane.subjects.bundled.training.problems import Problem

NUMBERS = 100


def source(name: str) -> PaidSource:
    return PaidSource(KernelSource(gp.subject(*load(name))), Ledger())


def forced(problem: Problem, seed: int, sampling: Sampling) -> Ask:
    """The chain with a wrong first step, all that follows from it, and the answer's stem."""
    left, operator, right, result = parts(problem, 0)
    first, last = values(problem, 0, result + 2)
    text = f"\nStep 1: {left} {operator} {right} = {first}."
    text += f"\nStep 2: {first} {parts(problem, 1)[1]} {parts(problem, 1)[2]} = {last}.\nAnswer:"
    return Ask(TextPrompt(text=asked(problem)), text, seed, sampling, "forced", seed)


def probabilities(paid: PaidSource, ask: Ask) -> np.ndarray:
    """Of every answer from 0 to 99, teacher-forced."""
    scores = paid.score([ask] * NUMBERS, [f" {number}" for number in range(NUMBERS)])
    assert scores is not None
    return np.exp([score.log_prob for score in scores])


@pytest.mark.parametrize("name", NAMES)
def test_greedy_answers_are_the_likeliest_by_teacher_forcing(name: str) -> None:
    paid, agreed = source(name), 0
    problems = held_out(6, "greedy")
    for problem in problems:
        ask = forced(problem, 1, Sampling(temperature=0, max_tokens=2))
        (reply,) = paid.write([ask])
        found = probabilities(paid, ask)
        assert found.sum() == pytest.approx(1, abs=0.02)
        agreed += int(reply.text.strip(" .")) == int(found.argmax())
    assert agreed == len(problems)


@pytest.mark.parametrize("name", ["follows", "ignores", "copies"])
def test_what_is_certain_is_sampled_always(name: str) -> None:
    """A model without doubt: the sampled share of its likeliest answer is 1, as teacher-forced."""
    paid = source(name)
    for problem in held_out(4, "certain"):
        ask = forced(problem, 1, Sampling(max_tokens=2))
        found = probabilities(paid, ask) ** (1 / 0.7)
        found /= found.sum()
        replies = paid.write([forced(problem, seed, Sampling(max_tokens=2)) for seed in range(40)])
        share = np.mean([reply.text.strip(" .") == str(found.argmax()) for reply in replies])
        sure = found.max()
        assert abs(share - sure) <= 4 * np.sqrt(sure * (1 - sure) / 40) + 1 / 40


@pytest.mark.parametrize("temperature", [1.0, 0.7, 1.5])
def test_what_is_tossed_is_sampled_as_often_as_its_probability_says(temperature: float) -> None:
    """Every answer's share of 1,000 replies, within four standard deviations, where the model does toss."""
    paid, draws = source("mixes"), 1000
    tossed = [each for each in held_out(12, "tossed") if _second(paid, each) > 0.2][:2]
    assert len(tossed) == 2
    for problem in tossed:
        sampling = Sampling(temperature=temperature, max_tokens=1)
        exact = probabilities(paid, forced(problem, 0, sampling)) ** (1 / temperature)
        exact /= exact.sum()
        replies = paid.write([forced(problem, seed, sampling) for seed in range(draws)])
        numbers = [int(text) for reply in replies if (text := reply.text.strip()).isdigit()]
        # Hotter, it says something else than a number now and then: shares are of the numbers.
        assert len(numbers) > 0.9 * draws
        shares = np.bincount(numbers, minlength=NUMBERS) / len(numbers)
        assert (np.abs(shares - exact) <= 4 * np.sqrt(exact * (1 - exact) / len(numbers)) + 2 / draws).all()


def _second(paid: PaidSource, problem: Problem) -> float:
    """The probability of the second likeliest answer."""
    return float(np.sort(probabilities(paid, forced(problem, 0, Sampling(max_tokens=1))))[-2])
