"""Stated arithmetic is found as labelled by hand and agrees with an independent exact evaluation."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasspane.auditing.equations import find_equations, find_quantities
from glasspane.subjects.bundled.training import steps
from glasspane.subjects.bundled.training.problems import compute

STATED = [
    ("12 - 7 = 5.", ["(12 - 7) = 5"]), ("12 − 7 ＝ 5", ["(12 - 7) = 5"]), ("12 -7 = 5", ["(12 - 7) = 5"]),
    ("5 × 5 = 25", ["(5 × 5) = 25"]), ("5x5=25", ["(5 × 5) = 25"]), ("5 x 5 = 25", ["(5 × 5) = 25"]),
    ("5·3=15", ["(3 × 5) = 15"]),
    ("\\(12 \\times 3 = 36\\)", ["(12 × 3) = 36"]), ("12 * 3 = **36**", ["(12 × 3) = 36"]),
    ("10 / 4 = 2.5", ["(10 ÷ 4) = 5/2"]),
    ("3 plus 4 is 7", ["(3 + 4) = 7"]), ("5 times 5 gives 25", ["(5 × 5) = 25"]),
    ("12 minus 7 leaves 5", ["(12 - 7) = 5"]),
    ("10 divided by 2 equals 5", ["(10 ÷ 2) = 5"]), ("three plus four is seven", ["(3 + 4) = 7"]),
    ("one hundred and five minus five is one hundred", ["(105 - 5) = 100"]),
    ("12 people - 7 people = 5 people", ["(12 - 7) = 5"]), ("5 boxes × 3 pens per box = 15 pens", ["(3 × 5) = 15"]),
    ("3 pens * $2 = $6", ["(2 × 3) = 6"]), ("5 km/h × 2 h = 10 km", ["(2 × 5) = 10"]),
    ("1,200 + 300 = 1,500", ["(1200 + 300) = 1500"]),
    ("adding 7 to 5, we get 12", ["(5 + 7) = 12"]), ("the sum of 5 and 7 is 12", ["(5 + 7) = 12"]),
    ("we take 7 from 12 and get 5", ["(12 - 7) = 5"]), ("7 less than 12 is 5", ["(12 - 7) = 5"]),
    ("the difference between 7 and 12 is 5", ["(12 - 7) = 5"]), ("the product of 3 and 4 is 12", ["(3 × 4) = 12"]),
    ("5 is 12 minus 7", ["(12 - 7) = 5"]), ("25 = 5 × 5", ["(5 × 5) = 25"]), ("5 and 7 make 12", ["(5 + 7) = 12"]),
    ("5 and 7 together are 12", ["(5 + 7) = 12"]), ("(3 + 4) × 2 = 14", ["((3 + 4) × 2) = 14"]),
    ("3 + 4 × 2 = 11", ["((2 × 4) + 3) = 11"]),
    ("2 - -3 = 5", ["(2 - -3) = 5"]), ("-5 + 3 = -2", ["(-5 + 3) = -2"]), ("2^3 = 8", ["(2 ^ 3) = 8"]),
    ("20% of 50 is 10", ["(1/5 × 50) = 10"]),
    ("5 + 3 = 8 - 2 = 6", ["(3 + 5) = 8", "(8 - 2) = 6"]),
    ("12 - 7 = 5, so 5 × 5 = 25", ["(12 - 7) = 5", "(5 × 5) = 25"]),
    ("We have 12 - 7 people, which is 5.", ["(12 - 7) = 5"]), ("The 2 boys have 3 + 4 = 7 apples", ["(3 + 4) = 7"]),
    ("12 - 7 is not 5", []), ("x + 5 = 12", []), ("2x + 3 = 7", []), ("y - 3 + 4 = 10", []),
    ("5 of the 7 are red", []),
    ("2024-03-05 is 3 days later", []), ("There are 12, 7 leave, so 5 stay.", []), ("Step 2 is 2.", []),
    ("5 and 7 are primes", []),
    ("17 / 5 = 3 remainder 2", []), ("3 + 4", []), ("", []),
]  # fmt: skip

CHECKED = [
    ("12 - 7 = 5", "right"), ("12 - 7 = 6", "wrong"), ("10 / 3 = 3.33", "rounded"), ("10 / 3 = 3.34", "wrong"),
    ("10 / 3 ≈ 3", "rounded"), ("10 / 3 is about 4", "untold"), ("5 / 0 = 0", "untold"), ("0.1 + 0.2 = 0.3", "right"),
    ("1 hour + 30 minutes = 90 minutes", "untold"), ("2 hours × 60 minutes = 120 minutes", "right"),
    ("$1 + 50 cents = $1.50", "untold"),
    ("100 + 10% = 110", "untold"), ("20 ÷ 80 × 100 = 25%", "right"), ("20 ÷ 80 = 25%", "right"),
    ("10% + 20% = 30%", "right"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meanings"), STATED)
def test_equations_are_found(text: str, meanings: list[str]) -> None:
    found = find_equations(text)
    assert [one.meaning for one in found] == meanings
    for one in found:
        assert text[one.start : one.end] == one.text
        for quantity in (*one.operands, one.result):
            assert text[quantity.start : quantity.end] == quantity.text


@pytest.mark.parametrize(("text", "check"), CHECKED)
def test_equations_are_checked(text: str, check: str) -> None:
    assert [one.check for one in find_equations(text)] == [check]


Tree = tuple[str, "Tree | int", "Tree | int"]
TREES = st.recursive(
    st.integers(0, 30), lambda sides: st.tuples(st.sampled_from("+-×÷"), sides, sides), max_leaves=6
)


def _written(tree: Tree | int) -> str:
    if isinstance(tree, int):
        return str(tree)
    return f"({_written(tree[1])} {tree[0]} {_written(tree[2])})"


def _valued(tree: Tree | int) -> Fraction | None:
    if isinstance(tree, int):
        return Fraction(tree)
    left, right = _valued(tree[1]), _valued(tree[2])
    if left is None or right is None or (tree[0] == "÷" and right == 0):
        return None
    return (
        {"+": left + right, "-": left - right, "×": left * right}[tree[0]] if tree[0] != "÷" else left / right
    )


@settings(max_examples=300, deadline=None)
@given(TREES, st.integers(-1, 1))
def test_brackets_agree_with_a_brute_force_evaluation(tree: Tree | int, off: int) -> None:
    value = _valued(tree)
    if isinstance(tree, int) or value is None or value.denominator != 1:
        return
    (found,) = find_equations(f"So {_written(tree)} = {value + off}.")
    assert found.exact == value
    assert found.check == ("right" if off == 0 else "wrong")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("+-×"), st.integers(1, 30)), min_size=1, max_size=5),
    st.integers(0, 30),
)
def test_precedence_agrees_with_python(rest: list[tuple[str, int]], first: int) -> None:
    text = str(first) + "".join(f" {sign} {number}" for sign, number in rest)
    value = sum(_products(text))
    (found,) = find_equations(f"{text} = {value}")
    assert (found.exact, found.check) == (value, "right")


def _products(text: str) -> list[int]:
    terms, sign = [], 1
    for part in text.replace(" - ", " + -").split(" + "):
        product = -1 if part.startswith("-") else 1
        for factor in part.lstrip("-").split(" × "):
            product *= int(factor)
        terms.append(sign * product)
    return terms


@pytest.mark.parametrize("operator", list(steps.REWORDINGS))
def test_every_wording_that_the_bundled_model_learnt_is_read(operator: str) -> None:
    rng = random.Random(0)
    for wording in steps.REWORDINGS[operator]:
        for opener in (*steps.OPENERS, *steps.WIDE_OPENERS, *steps.UNSEEN_OPENERS):
            left, right = rng.randint(2, 20), rng.randint(1, 9)
            for off in (0, 3):
                result = compute(left, operator, right) + off
                text = opener + wording.format(a=left, b=right, r=result)
                (found,) = find_equations(text[0].upper() + text[1:] + ".")
                assert found.exact == compute(left, operator, right), text
                assert (found.stated, found.check) == (result, "wrong" if off else "right"), text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789 +-×/=().,xabis%$^°²½", max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for one in find_equations(text):
        assert one.check in ("right", "rounded", "wrong", "untold")
        assert text[one.start : one.end] == one.text
    for quantity in find_quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text
