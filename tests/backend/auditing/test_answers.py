"""Answers are read as a person reads them, and what cannot be told is never a vote."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasspane.auditing.answers import Answer, Unparsed, read_answer, same_answer
from glasspane.auditing.dates import MONTHS, WrittenDate, find_dates, write_date_like
from glasspane.auditing.numerals import number_in_words, read_number, write_like

READ = [
    ("25", "number", "25"), ("25.", "number", "25"), (" 25.00 ", "number", "25"), ("+25", "number", "25"),
    ("−5", "number", "-5"), ("-0", "number", "0"), ("０２５", "number", "25"), ("٢٥", "number", "25"),
    ("1,234", "number", "1234"), ("$1,234.50", "number", "1234.5"), ("-$5", "number", "-5"), ("$-5", "number", "-5"),
    (".5", "number", "0.5"), ("1e3", "number", "1000"), ("3 × 10^5", "number", "300000"),
    ("5 million", "number", "5000000"),
    ("2 dozen eggs", "number", "24"), ("25 people", "number", "25"), ("about 25 km", "number", "25"),
    ("twenty-five", "number", "25"), ("one hundred and five men", "number", "105"), ("x = 5", "number", "5"),
    ("12 - 7 = 5", "number", "5"), ("5 × 5 = **25** people", "number", "25"), ("\\boxed{25}", "number", "25"),
    ("$25$", "number", "25"), ("\\(25\\)", "number", "25"), ("25\\text{ km}", "number", "25"),
    ("`25`", "number", "25"),
    ("there are 25 people on it", "number", "25"), ("25, because 5 × 5 = 25", "number", "25"),
    ("10/2", "number", "5"),
    ("90 minutes (1.5 hours)", "number", "90"), ("<answer>25</answer>", "number", "25"),
    ("1{,}234", "number", "1234"),
    ("1/2", "fraction", "1/2"), ("2/4", "fraction", "1/2"), ("½", "fraction", "1/2"), ("2½", "fraction", "5/2"),
    ("2 1/2", "fraction", "5/2"), ("\\frac{1}{2}", "fraction", "1/2"), ("-3/4", "fraction", "-3/4"),
    ("50%", "percent", "50"), ("50.0 %", "percent", "50"), ("50 percent", "percent", "50"),
    ("50\\%", "percent", "50"),
    ("March 5, 2024", "date", "2024-03-05"), ("5 March 2024", "date", "2024-03-05"),
    ("5th of March, 2024", "date", "2024-03-05"),
    ("Tuesday, Mar. 5 2024", "date", "2024-03-05"), ("2024-03-05", "date", "2024-03-05"),
    ("2024/3/5", "date", "2024-03-05"),
    ("13/05/2024", "date", "2024-05-13"), ("05/13/2024", "date", "2024-05-13"), ("5.5.2024", "date", "2024-05-05"),
    ("March 5", "date", "--03-05"), ("3:30 pm", "time", "15:30"), ("12 a.m.", "time", "00:00"),
    ("(A)", "option", "(A)"), ("A", "option", "(A)"), ("A.", "option", "(A)"), ("b)", "option", "(B)"),
    ("[C]", "option", "(C)"),
    ("Option B", "option", "(B)"), ("option (b)", "option", "(B)"), ("A. 25 apples", "option", "(A)"),
    ("(D) none", "option", "(D)"),
    ("Yes", "yes_no", "yes"), ("no.", "yes_no", "no"), ("No, because 5 > 3", "yes_no", "no"),
    ("True", "yes_no", "yes"),
    ("FALSE.", "yes_no", "no"), ("Paris.", "text", "paris"), ("the Eiffel Tower", "text", "eiffel tower"),
    ("no one", "text", "no one"), ("3:2", "text", "3:2"), ("B12", "text", "b12"),
]  # fmt: skip

UNREAD = [
    "", " . ", "…", "I don't know", "unknown", "not sure", "between 5 and 7", "25 or 26", "2, 3 and 5", "3,5",
    "1,00,000",
    "A or B", "(A) and (B)", "05/06/2024", "February 30, 2024", "March 5, 2024 or March 6, 2024", "1/0",
    "x = 5, y = 7",
    "5" * 60, "something that goes on and on and on and never comes to any sort of point",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "canonical"), READ)
def test_answer_is_read(text: str, kind: str, canonical: str) -> None:
    answer = read_answer(text)
    assert isinstance(answer, Answer), answer
    assert (answer.kind, answer.canonical, answer.raw) == (kind, canonical, text)


@pytest.mark.parametrize("text", UNREAD)
def test_what_cannot_be_told_is_unparsed_and_says_why(text: str) -> None:
    answer = read_answer(text)
    assert isinstance(answer, Unparsed), answer
    assert answer.why


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("25", "25.0 people", True), ("$25", "25 dollars", True), ("$25", "€25", False), ("25 km", "25 m", False),
        ("25 km", "25 kilometres", True), ("1/2", "0.5", False), ("1/2", "50%", False), ("50%", "50", False),
        ("1/2", "2/4", True), ("(A)", "A. twelve", True), ("YES", "yes.", True),
        ("2024-03-05", "March 5, 2024", True),
        ("Paris", "paris.", True), ("-5", "5", False), ("", "", False), ("unknown", "unknown", False),
    ],
)  # fmt: skip
def test_two_answers_are_compared(one: str, other: str, same: bool) -> None:
    assert same_answer(read_answer(one), read_answer(other)) is same
    assert same_answer(read_answer(other), read_answer(one)) is same


def test_option_is_known_by_what_it_says() -> None:
    options = {"A": "12", "B": "25", "C": "25 km"}
    assert read_answer("12 people", options) == Answer("option", "(A)", "12 people", Fraction(12))
    assert read_answer("(B)", options).canonical == "(B)"  # type: ignore[union-attr]
    assert read_answer("25", options).canonical == "25"  # type: ignore[union-attr]  # two options hold it
    assert read_answer("7", options).canonical == "7"  # type: ignore[union-attr]


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.booleans())
def test_every_decimal_is_read_exactly(digits: int, places: int, commas: bool) -> None:
    value = Fraction(digits, 10**places)
    written = f"{abs(digits) / 10**places:{',' if commas else ''}.{places}f}"
    if Fraction(written.replace(",", "")) != abs(value):  # the float formatting itself was not exact
        return
    answer = read_answer(("−" if digits < 0 else "") + written)
    assert isinstance(answer, Answer)
    assert answer.value == value
    assert Fraction(answer.canonical) == value
    assert not (answer.canonical.endswith("0") and "." in answer.canonical)


@given(st.integers(0, 9999))
def test_number_words_are_read_back(number: int) -> None:
    said = number_in_words(Fraction(number))
    assert said is not None
    assert read_number(said) == number
    assert write_like(Fraction(number), "seven") == said


FORMS = (
    "{y:04}-{m:02}-{d:02}", "{y:04}/{m}/{d}", "{name} {d}, {y}", "{d} {name} {y}", "the {d} of {short} {y}",
    "{short}. {d} {y}",
)  # fmt: skip


@settings(deadline=None)
@given(st.dates(date(1600, 1, 1), date(2999, 12, 1)), st.sampled_from(FORMS), st.integers(-30, 30))
def test_date_in_every_form_is_read_and_written_back(day: date, form: str, shift: int) -> None:
    name = MONTHS[day.month - 1].capitalize()
    text = form.format(y=day.year, m=day.month, d=day.day, name=name, short=name[:3])
    found = find_dates(text)
    assert [one.day for one in found if isinstance(one, WrittenDate)] == [day]
    assert read_answer(text).canonical == day.isoformat()  # type: ignore[union-attr]
    moved = day + timedelta(days=shift)
    again = write_date_like(moved, text)
    if again is not None:
        assert read_answer(again).canonical == moved.isoformat()  # type: ignore[union-attr]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_told_why_not(text: str) -> None:
    answer = read_answer(text)
    assert answer.raw == text
    assert answer.why if isinstance(answer, Unparsed) else answer.canonical
