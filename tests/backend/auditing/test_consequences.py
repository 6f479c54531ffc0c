"""What follows from a changed step equals a brute-force recomputation, or is not told; never another number."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from arithmetic_chains import coincides, drawn_plan, question, recomputed, written

from glasspane.auditing.answers import read_answer
from glasspane.auditing.chains import read_chain
from glasspane.auditing.consequences import WHY, consequence
from glasspane.subjects.bundled.training import chain_gates, problems


def follows(
    reply: str, index: int, original: int, changed: int, **asked: object
) -> tuple[str | None, str, str]:
    found = consequence(read_chain(reply), index, Fraction(original), Fraction(changed), **asked)  # type: ignore[arg-type]
    assert found.why == WHY[found.reason]
    return (None if found.answer is None else found.answer.canonical), found.reason, found.status


@pytest.mark.parametrize("with_question", [True, False])
def test_random_chains_agree_with_brute_force(with_question: bool) -> None:
    told = cases = unused = 0
    for seed in range(1500):
        rng = random.Random(seed)
        plan = drawn_plan(rng)
        if not with_question and coincides(plan):
            continue
        chain = read_chain(written(plan, rng))
        assert len(chain.steps) == len(plan)
        index = rng.randrange(len(plan))
        value = plan[index].result + rng.choice((-7, -2, -1, 1, 3, 11))
        results = recomputed(plan, index, value)
        asked = question(plan) if with_question else None
        found = consequence(chain, index, Fraction(plan[index].result), Fraction(value), question=asked)
        cases += 1
        if found.answer is not None and found.status == "computed":
            told += 1
            assert found.answer.value == results[-1], (chain.reply, index, value)
            assert all(results[step] == one for step, one in found.values)
        elif found.reason == "no_difference":
            unused += results[-1] == plan[-1].result
            assert results[-1] == plan[-1].result, chain.reply
        elif found.reason == "not_used":
            unused += 1
            assert results[-1] == plan[-1].result, chain.reply
        else:
            assert found.status == "overdetermined", (chain.reply, found)
    print(f"question {with_question}: told {told}, without effect {unused}, of {cases}")
    assert told + unused > 0.8 * cases


def test_agrees_with_the_training_packages_arithmetic() -> None:
    """The chains of the bundled models, whose plans are known to their own generator."""
    told = cases = 0
    rng = random.Random("oracle")
    for problem in chain_gates.heldout_problems(1000, "consequences"):
        text, _ = chain_gates.lines(problem, len(problem.plan))
        chain = read_chain(f"{text}\nAnswer: {problem.answer}.")
        for index in range(len(problem.plan)):
            right = problems.consequence(problem.plan[: index + 1], None)
            value = right + rng.choice((-3, -1, 1, 2, 9))
            found = consequence(chain, index, Fraction(right), Fraction(value), question=problem.question)
            cases += 1
            if found.answer is None:
                assert found.status == "overdetermined", chain.reply
                continue
            told += 1
            assert found.answer.value == problems.consequence(problem.plan[index + 1 :], value), chain.reply
    print(f"told {told} of {cases}")
    assert told > 0.9 * cases


CHAIN = "Step 1: 12 - 7 = 5.\nStep 2: 5 + 9 = 14.\nAnswer: 14."


@pytest.mark.parametrize(
    ("reply", "index", "original", "changed", "asked", "expected"),
    [
        (CHAIN, 0, 5, 8, "12, 7 and 9", ("17", "computed", "computed")),
        (CHAIN, 1, 14, 3, "12, 7 and 9", ("3", "computed", "computed")),
        (CHAIN, 0, 5, 8, "12, 7, 9 and 5", (None, "given_too", "overdetermined")),
        ("1. 12 - 7 = 5\n2. 5 × 5 = 25\nAnswer: 25", 0, 5, 6, None, (None, "used_twice", "overdetermined")),
        ("1. 12 - 7 = 5\n2. 5 + 3 = 8\n3. 5 + 8 = 13\nAnswer: 13", 0, 5, 6, None,
         (None, "used_twice", "overdetermined")),
        ("1. 12 - 7 = 5\n2. 5 + 3 = 8\n3. 5 + 8 = 13\nAnswer: 13", 0, 5, 6, "12, 7, 3",
         ("15", "computed", "computed")),
        ("1. 12 - 7 = 5\n2. 8 - 3 = 5\n3. 5 + 9 = 14\nAnswer: 14", 0, 5, 6, None,
         (None, "computed_again", "overdetermined")),
        ("1. 12 - 7 = 5\n2. So 5 are left.\n3. 5 + 9 = 14\nAnswer: 14", 0, 5, 6, None,
         ("15", "restated", "overdetermined")),
        ("1. 12 - 7 = 5\n2. 8 + 9 = 17\nAnswer: 17", 0, 5, 6, None, (None, "not_used", "unknown")),
        ("1. 12 - 7 = 5\n2. 5 + 9 = 14\nAnswer: 20", 0, 5, 6, None, (None, "answer_not_linked", "unknown")),
        ("1. 12 - 7 = 5\n2. 5 + 9 = 14", 0, 5, 6, None, (None, "no_answer", "unknown")),
        ("1. 12 - 9 = 3\n2. 10 / 3 = 3.33\nAnswer: 3.33", 0, 3, 6, None, (None, "rounded", "unknown")),
        ("1. 12 - 7 = 5\n2. 5 + 9 = 15\nAnswer: 15", 0, 5, 6, None, (None, "wrong_later", "unknown")),
        ("1. 12 - 7 = 5\n2. 10 / 5 = 2\nAnswer: 2", 0, 5, 0, None, (None, "undefined", "unknown")),
        ("1. 12 - 7 = 5\n2. 10 / 5 = 2\nAnswer: 2", 0, 5, 4, None, ("2.5", "computed", "computed")),
        ("1. 12 - 7 = 5\n2. 10 / 5 = 2\nAnswer: 2", 0, 5, 3, None, ("10/3", "computed", "computed")),
        ("1. 12 - 12 = 0\n2. 5 × 0 = 0\nAnswer: 0", 0, 0, 0, None, (None, "no_difference", "unknown")),
        ("1. 12 - 7 = 5\nAnswer: 5 + 9 = 14", 0, 5, 6, None, ("15", "computed", "computed")),
        ("12 - 7 = 5. Therefore, 5 + 9 = 14.", 0, 5, 6, None, ("15", "computed", "computed")),
        ("1. 20% of 50 = 10\n2. 50 - 10 = 40\nAnswer: $40", 0, 10, 20, None, ("30", "computed", "computed")),
        ("1. There are 12.\n2. 12 - 7 = 5\nAnswer: 5", 0, 12, 10, None, ("3", "computed", "computed")),
    ],
)  # fmt: skip
def test_what_follows(
    reply: str,
    index: int,
    original: int,
    changed: int,
    asked: str | None,
    expected: tuple[str | None, str, str],
) -> None:
    assert follows(reply, index, original, changed, question=asked) == expected


def test_option_that_holds_the_value_follows() -> None:
    options = {"A": "14", "B": "15 people", "C": "17"}
    reply = CHAIN.replace("Answer: 14.", "Answer: (A)")
    assert follows(reply, 0, 5, 6, options=options) == ("(B)", "computed", "computed")
    assert follows(reply, 0, 5, 7, options=options) == (None, "no_option", "unknown")
    assert read_answer("14", options).canonical == "(A)"  # type: ignore[union-attr]
