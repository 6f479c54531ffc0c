"""A wrong step is wrong by exact arithmetic, and what follows from it is what brute force says."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from arithmetic_chains import drawn_plan, question, recomputed, written
from hypothesis import given, settings
from hypothesis import strategies as st

from glasspane.auditing.chains import read_chain
from glasspane.auditing.consequences import Consequence
from glasspane.auditing.wrong_dates import date_facts, wrong_weekday
from glasspane.auditing.wrong_steps import WrongStep, is_wrong, written_wrong_step, wrong_steps
from glasspane.errors import GlasspaneError
from glasspane.subjects.bundled.training import chain_gates, problems

CHAIN = read_chain("\nStep 1: 12 - 7 = 5.\nStep 2: 5 + 9 = 14.\nAnswer: 14.")
ASKED = "A train carries 12 people. 7 get off. Then 9 more get on."


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_every_variant_is_wrong_by_exact_arithmetic(seed: int, count: int) -> None:
    rng = random.Random(seed)
    plan = drawn_plan(rng)
    chain = read_chain(written(plan, rng))
    index = rng.randrange(len(plan))
    made = wrong_steps(chain, index, count, seed, question=question(plan))
    step = plan[index]
    assert len({one.body for one in made.variants}) == len(made.variants) <= count
    assert (made.missing is None) == (len(made.variants) == count)
    for one in made.variants:
        assert one.verified
        assert one.source == "rule"
        assert one.original == step.result != one.changed
        numbers = [
            int(word)
            for word in one.body.replace("pens", "").replace(".", "").split()
            if word.lstrip("-").isdigit()
        ]
        result_first = (
            one.body.split("=")[0].split()[-1] == str(one.changed)
            and len(one.body.split("=")[0].split()) == 1
        )
        left, right = numbers[1:] if result_first else numbers[:2]
        if one.kind == "result":
            assert (left, right) == (step.left, step.right)
            assert {"+": left + right, "-": left - right, "×": left * right}[step.operator] != one.changed
        else:
            assert {"+": left + right, "-": left - right, "×": left * right}[step.operator] == one.changed
            assert (left, right) != (step.left, step.right)
        assert is_wrong(one.body, chain.steps[index].body)
        if one.consequence.answer is not None and one.consequence.status == "computed":
            assert one.consequence.answer.value == recomputed(plan, index, int(one.changed or 0))[-1]
            assert one.consequence.answer.value != plan[-1].result


def test_training_packages_arithmetic_agrees_and_numbers_stay_in_reach_of_the_bundled_models() -> None:
    made = told = 0
    for number, problem in enumerate(chain_gates.heldout_problems(200, "wrong steps")):
        text, _ = chain_gates.lines(problem, len(problem.plan))
        chain = read_chain(f"{text}\nAnswer: {problem.answer}.")
        for index in range(len(problem.plan)):
            for one in wrong_steps(chain, index, 8, number, question=problem.question).variants:
                assert one.changed is not None
                assert 0 <= one.changed <= 99
                made += 1
                if one.consequence.answer is not None:
                    told += 1
                    follows = problems.consequence(problem.plan[index + 1 :], int(one.changed))
                    assert one.consequence.answer.value == follows != problem.answer
                    assert 0 <= follows <= 99
    print(f"made {made}, told {told}")
    assert made == 200 * 2 * 8
    assert told > 0.9 * made


def test_same_seed_gives_the_same_variants_and_more_of_them_start_alike() -> None:
    few, many = wrong_steps(CHAIN, 0, 5, 3, question=ASKED), wrong_steps(CHAIN, 0, 30, 3, question=ASKED)
    assert many.variants[:5] == few.variants
    assert len(many.variants) == 30
    assert {one.kind for one in many.variants} == {"result", "operand"}
    assert wrong_steps(CHAIN, 0, 5, 4, question=ASKED) != few


def test_a_shortage_is_told() -> None:
    chain = read_chain("So it is green.\nIt is nice.\nAnswer: green")
    assert wrong_steps(chain, 0, 3).variants == ()
    assert "no equation" in (wrong_steps(chain, 0, 3).missing or "")
    many = wrong_steps(CHAIN, 0, 500, question=ASKED)
    assert many.missing == f"Only {len(many.variants)} of 500 wrong versions could be made."
    with pytest.raises(GlasspaneError) as error:
        wrong_steps(CHAIN, 2, 3)
    assert error.value.code == "bad_option"


def test_result_said_again_in_the_step_is_changed_too() -> None:
    chain = read_chain("12 people - 7 people = 5 people, so 5 remain.\nTherefore 5 + 9 = 14.\nAnswer: 14")
    for one in wrong_steps(chain, 0, 10).variants:
        assert f"so {one.changed} remain" in one.body


def test_manner_of_writing_is_kept() -> None:
    chain = read_chain("The total is $1,200.50 + $300 = $1,500.50 today.\nAnswer: $1,500.50")
    made = wrong_steps(chain, 0, 20).variants
    assert len(made) == 20
    for one in made:
        assert one.body.startswith("The total is $")
        assert one.body.endswith(" today.")
        assert len(one.body.split("= $")[1].split()[0].split(".")[1]) == 2
    words = read_chain("three plus four is seven.\nAnswer: seven")
    assert all(one.now.isalpha() or "-" in one.now for one in wrong_steps(words, 0, 5).variants)


def test_numbers_in_prose_are_verified_where_something_states_them() -> None:
    chain = read_chain("There are 12 people.\n12 - 7 = 5.\nSo 5 of them stay.\nAnswer: 5")
    first = wrong_steps(chain, 0, 5, question="A train carries 12 people.").variants
    assert [one.kind for one in first] == ["number"] * 5
    assert all(one.verified for one in first)
    assert not any(one.verified for one in wrong_steps(chain, 0, 5).variants)
    last = wrong_steps(chain, 2, 5).variants
    assert all(one.verified and one.consequence.status == "overdetermined" for one in last)
    assert [one.consequence.answer.value for one in last if one.consequence.answer] == [
        one.changed for one in last
    ]


def test_dates_are_wrong_by_the_calendar() -> None:
    chain = read_chain("March 5, 2024 plus 10 days is March 15, 2024.\nAnswer: March 15, 2024")
    made = wrong_steps(chain, 0, 20).variants
    assert len(made) == 20
    for one in made:
        assert one.verified
        assert [fact.right for fact in date_facts(one.body)] == [False]
        assert one.consequence.answer is not None
        assert one.consequence.answer.canonical != "2024-03-15"
    assert [one.right for one in date_facts("10 days after 2024-02-25 is 2024-03-06.")] == [True]
    assert [one.right for one in date_facts("2024-03-06 is two weeks after 2024-02-21.")] == [True]
    assert wrong_weekday("March 5, 2024 is a Monday.")
    assert not wrong_weekday("March 5, 2024 is a Tuesday.")
    weekday = wrong_steps(
        read_chain("March 5, 2024 is a Tuesday.\nIt rains.\nAnswer: Tuesday"), 0, 5
    ).variants
    assert [one.verified for one in weekday] == [wrong_weekday(one.body) for one in weekday]
    prose = wrong_steps(
        read_chain("It is due on May 1, 2024.\nIt rains.\nAnswer: May 1, 2024"), 0, 3
    ).variants
    assert [(one.verified, one.kind) for one in prose] == [(False, "date")] * 3


def test_options_are_wrong_where_another_holds_the_computed_value() -> None:
    options = {"A": "6", "B": "7", "C": "9"}
    chain = read_chain("3 + 4 = 7.\nThat is option (B).\nAnswer: (B)")
    made = wrong_steps(chain, 1, 2, options=options).variants
    assert {one.body for one in made} == {"That is option (A).", "That is option (C)."}
    assert all(one.verified and one.consequence.answer is not None for one in made)
    prose = read_chain("It must be green.\nThat is option (B).\nAnswer: (B)")
    assert not any(one.verified for one in wrong_steps(prose, 1, 2, options=options).variants)
    assert wrong_steps(chain, 1, 2).variants == ()


def test_users_and_models_steps_fit_the_same_class() -> None:
    one = written_wrong_step(CHAIN, 0, "12 - 7 = 6.", "user", question=ASKED)
    assert isinstance(one, WrongStep)
    assert (one.verified, one.changed) == (True, Fraction(6))
    assert one.consequence.answer is not None
    assert one.consequence.answer.value == 15
    assert not written_wrong_step(CHAIN, 0, "12 - 7 = 6.", "model", question=ASKED).verified
    vague = written_wrong_step(CHAIN, 0, "Nobody is left.", "user", target="9 people")
    assert (vague.verified, vague.consequence.status) == (False, "target")
    assert vague.consequence.answer is not None
    assert vague.consequence.answer.value == 9
    assert written_wrong_step(CHAIN, 0, "Nobody is left.", "user").consequence == Consequence(
        None, "no_value"
    )
    for body, target in (("", None), ("12 - 7 = 5.", None), ("12 - 7 = 6.", "5 or 6")):
        with pytest.raises(GlasspaneError) as error:
            written_wrong_step(CHAIN, 0, body, "user", target=target)
        assert error.value.code == "bad_option"
