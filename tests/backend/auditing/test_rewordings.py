"""A paraphrase states the same by independent arithmetic; an irrelevant sentence shares no number."""

from __future__ import annotations

import random
import re

import pytest

from glasspane.auditing.chains import read_chain
from glasspane.auditing.equations import find_equations, find_quantities
from glasspane.auditing.facts import FACTS
from glasspane.auditing.rewordings import (
    FORMS,
    irrelevant_sentences,
    paraphrases,
    says_the_same,
    written_rewording,
)
from glasspane.errors import GlasspaneError
from glasspane.subjects.bundled.training import steps
from glasspane.subjects.bundled.training.problems import compute

CHAIN = read_chain("\nStep 1: 12 - 7 = 5.\nStep 2: 5 + 9 = 14.\nAnswer: 14.")


@pytest.mark.parametrize("operator", ["+", "-", "×", "÷"])
def test_paraphrases_state_the_same_numbers_and_are_right(operator: str) -> None:
    rng = random.Random(operator)
    for seed in range(30):
        left, right = rng.randint(20, 60), rng.randint(2, 9)
        left = left * right if operator == "÷" else left
        result = left // right if operator == "÷" else compute(left, operator, right)
        body = f"{left} {operator} {right} = {result}."
        made = paraphrases(read_chain(f"Step 1: {body}\nAnswer: {result}"), 0, 40, seed)
        assert made.missing is None
        assert len({one.body for one in made.variants}) == 40
        for one in made.variants:
            assert one.verified
            assert one.body != body
            assert sorted(map(int, re.findall(r"\d+", one.body))) == sorted((left, right, result))
            (equation,) = find_equations(one.body)
            assert equation.check == "right"
            assert one.body[0].isupper() or one.body[0].isdigit()


def test_every_paraphrase_is_of_a_form_that_the_bundled_model_learnt() -> None:
    """Its generator's wordings behind any opener: numbers put back, the bare sentence is one of them."""
    known = {wording.format(a="12", b="7", r="5").lower() for wording in steps.REWORDINGS["-"]} | {
        "12 - 7 = 5"
    }
    made = paraphrases(CHAIN, 0, 60).variants
    for one in made:
        bare = one.body.rstrip(".").lower()
        assert any(bare == wording or bare.endswith(" " + wording) for wording in known), one.body
    assert len({one.form for one in made}) == len(FORMS)


def test_what_stands_around_the_equation_stays() -> None:
    chain = read_chain("First we subtract: 12 people - 7 people = 5 people left on the train.\nAnswer: 5")
    for one in paraphrases(chain, 0, 10).variants:
        assert "irst we subtract: " in one.body
        assert one.body.endswith("5 people left on the train.")


def test_number_words_only_when_asked_for() -> None:
    assert not any("twelve" in one.body for one in paraphrases(CHAIN, 0, 80).variants)
    made = paraphrases(CHAIN, 0, 3, forms=("number words",)).variants
    assert len(made) == 3
    for one in made:
        assert {"twelve", "seven", "five"} <= set(one.body.lower().rstrip(".").split())


def test_steps_with_several_operations_or_none_take_an_opener() -> None:
    chain = read_chain("(3 + 4) × 2 = 14.\nThe train is full.\nAnswer: 14")
    assert {one.form for one in paraphrases(chain, 0, 5).variants} == {"opener"}
    made = paraphrases(chain, 1, 5).variants
    assert all(one.body.endswith("the train is full.") for one in made)
    assert paraphrases(chain, 1, 50).missing == "Only 8 of 50 paraphrases could be made."


def test_saying_the_same_is_told_from_saying_something_else() -> None:
    assert says_the_same("7 + 5 = 12.", "So 5 plus 7 is 12")
    assert not says_the_same("7 - 5 = 2.", "5 minus 7 is 2")
    assert not says_the_same("12 - 7 = 5.", "12 - 7 = 6.")
    assert not says_the_same("12 - 7 = 5.", "12 - 7 = 5, 3 of them red.")


def test_irrelevant_sentences_share_no_number_with_the_chain() -> None:
    for seed in range(10):
        made = irrelevant_sentences(CHAIN, 0, 20, seed, question="4 boxes with 8 pens")
        assert made.missing is None
        for one in made.variants:
            assert one.body in FACTS
            assert not {4, 8, 12, 7, 5, 9, 14} & {quantity.value for quantity in find_quantities(one.body)}
    beside = irrelevant_sentences(CHAIN, 0, 2, place="beside").variants
    assert all(one.body.startswith("12 - 7 = 5. ") for one in beside)
    assert irrelevant_sentences(CHAIN, 0, 500).missing is not None
    assert not set(FACTS) & {*steps.FACTS, *steps.UNSEEN_FACTS}


def test_written_controls_and_missing_steps() -> None:
    assert written_rewording(CHAIN, 0, "5 remain, as 12 - 7 = 5.", "paraphrase", "user").verified is False
    assert written_rewording(CHAIN, 0, "So 12 minus 7 is 5.", "paraphrase", "model").verified
    assert not written_rewording(CHAIN, 0, "Fish swim.", "irrelevant", "user").verified
    for make in (paraphrases, irrelevant_sentences):
        with pytest.raises(GlasspaneError) as error:
            make(CHAIN, 5, 1)  # type: ignore[operator]
        assert error.value.code == "bad_option"
