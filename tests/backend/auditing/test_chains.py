"""Replies are taken apart as a person labelled them, and put together again byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_replies import REPLIES, Labelled

from glasspane import auditing
from glasspane.auditing.answer_marks import AnswerRule
from glasspane.auditing.answers import Answer, Unparsed, read_answer
from glasspane.auditing.chains import LONGEST_REPLY, read_chain
from glasspane.auditing.equations import find_equations, find_quantities
from glasspane.auditing.findings import SENTENCES
from glasspane.errors import GlasspaneError

PIECES = st.sampled_from(
    (
        "Step 1: ", "Step 2. ", "1. ", "2) ", "- ", "* ", "\n", "\n\n", " ", "12 - 7 = 5", ".", "Answer:",
        "The answer is ",
        "#### ", "\\boxed{", "}", "<think>", "</think>", "Question: ", "Dr. ", "e.g. ", "3.5", "So ",
        "Therefore, ", "= 25", "…",
        "\r\n", "😀", "**", "５", "(A)",
    )
)  # fmt: skip


def test_there_are_sixty_labelled_replies() -> None:
    assert len(REPLIES) >= 60
    assert len({one.reply for one in REPLIES}) >= len(REPLIES) - 1  # the empty one is read twice


@pytest.mark.parametrize("labelled", REPLIES, ids=lambda one: repr(one.reply[:40]))
def test_reply_is_read_as_labelled(labelled: Labelled) -> None:
    chain = read_chain(labelled.reply, finish=labelled.finish)  # type: ignore[arg-type]
    assert tuple(step.body for step in chain.steps) == labelled.steps
    assert chain.style == labelled.style
    read = Unparsed("", "") if chain.answer is None else read_answer(chain.answer.text)
    assert (None if isinstance(read, Unparsed) else read.canonical) == labelled.answer
    assert tuple(finding.code for finding in chain.findings) == labelled.findings


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)),
    st.sampled_from((None, "stop", "length")),
)
def test_any_reply_is_rebuilt_byte_for_byte(reply: str, finish: str | None) -> None:
    chain = read_chain(reply, finish=finish)  # type: ignore[arg-type]
    assert "".join(chain.pieces()) == reply
    assert chain.pieces()[1::2] == tuple(step.text for step in chain.steps)
    for step in chain.steps:
        assert reply[step.start : step.end] == step.label + step.body
        assert step.body == step.body.strip() != ""
        assert chain.before(step.index) + step.text == chain.through(step.index)
        assert chain.with_step(step.index, step.body) == chain.through(step.index)
        assert chain.swapped(step.index, step.body) == reply
        assert step.complete or finish == "length"
    if chain.answer is not None:
        assert finish != "length"
        assert reply[chain.answer.start : chain.answer.end] == chain.answer.text
        assert (
            all(step.end <= chain.answer.stem_start for step in chain.steps) or chain.answer_step is not None
        )
    assert all(finding.sentence == SENTENCES[finding.code] for finding in chain.findings)
    if not chain.steps and reply.strip():
        assert chain.has("no_steps")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=8), st.integers(0, 4))
def test_style_does_not_change_the_steps(pairs: list[tuple[int, int]], style: int) -> None:
    bodies = [f"{a} + {b} = {a + b}." for a, b in pairs]
    marks = ["Step {}: ", "{}. ", "- ", "", ""][style]
    joiner = " " if style == 4 else "\n"
    reply = joiner.join(marks.format(place) + body for place, body in enumerate(bodies, 1)) + "\nAnswer: 3"
    assert [step.body for step in read_chain(reply).steps] == bodies


def test_last_step_of_a_cut_reply_is_not_complete() -> None:
    chain = read_chain("Step 1: 12 - 7 = 5.\nStep 2: 5 ×", finish="length")
    assert [step.complete for step in chain.steps] == [True, False]


def test_too_long_a_reply_is_endless_and_has_no_answer() -> None:
    chain = read_chain("word, " * (LONGEST_REPLY // 5) + ". Answer: 5")
    assert chain.has("endless_reply")
    assert chain.answer is None


def test_style_can_be_forced() -> None:
    reply = "12 - 7 = 5. So five.\n5 × 5 = 25.\nAnswer: 25"
    assert [step.body for step in read_chain(reply, style="sentences").steps] == [
        "12 - 7 = 5.",
        "So five.",
        "5 × 5 = 25.",
    ]
    assert read_chain(reply, style="numbered").has("no_steps")


def test_users_marker_and_pattern_replace_the_usual_stems() -> None:
    reply = "12 - 7 = 5. Result -> 25 people. Answer: 3"
    chain = read_chain(reply, rule=AnswerRule(marker="Result ->"))
    assert chain.answer is not None
    assert (chain.answer.text, chain.answer.stem) == ("25 people.", "Result ->")
    chain = read_chain(reply, rule=AnswerRule(pattern=r"-> (?P<unit>\d)(?P<answer>\d)"))
    assert chain.answer is not None
    assert chain.answer.text == "5"
    assert read_chain(reply, rule=AnswerRule(pattern=r"-> (\d+)")).answer.text == "25"  # type: ignore[union-attr]
    assert read_chain(reply, rule=AnswerRule(pattern=r"\d+ people")).answer.text == "25 people"  # type: ignore[union-attr]
    assert read_chain(reply, rule=AnswerRule(marker="Solution:")).has("no_answer_marker")


@pytest.mark.parametrize(
    ("pattern", "place"), [(r"Result: (\d+", 9), (r"a**", 3), (r"(?P<answer>\d)(?P<answer>x)", 19)]
)
def test_pattern_that_cannot_be_read_names_the_place(pattern: str, place: int) -> None:
    with pytest.raises(GlasspaneError) as error:
        AnswerRule(pattern=pattern)
    assert error.value.code == "bad_option"
    assert f"at character {place}." in error.value.result.message
    assert error.value.result.lines == [pattern, " " * (place - 1) + "^"]


@pytest.mark.parametrize("options", [{"marker": " "}, {"marker": "x", "pattern": "y"}])
def test_rule_that_says_nothing_or_two_things_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(GlasspaneError) as error:
        AnswerRule(**options)
    assert error.value.code == "bad_option"


@pytest.mark.parametrize(
    "piece",
    ["5", "so ", "\n", " ", ". ", "1,", "1 + ", "(", "Step 1: ", "1 + 1 = 2. ", "\\boxed{", "Answer: ", "<think>",
     "- a\n", "so a ", "= ", "5 which that ", "one hundred ", "*", "the answer ", "5 x ", "5 March "],
)  # fmt: skip
def test_endless_replies_of_any_kind_are_read_to_their_end(piece: str) -> None:
    """No pattern backtracks without bound and no recursion is without a floor: each would hang or raise here."""
    text = piece * (60_000 // len(piece)) + "x"
    assert "".join(read_chain(text).pieces()) == text
    assert isinstance(read_answer(text), Unparsed | Answer)
    assert len(find_equations(text)) <= len(text)
    assert len(find_quantities(text)) <= len(text)


def test_torch_is_not_needed() -> None:
    names = sorted(path.stem for path in Path(auditing.__file__).parent.glob("*.py"))
    mine = [name for name in names if name in TEXT_SIDE]
    assert mine == sorted(TEXT_SIDE)
    code = (
        "; ".join(f"import glasspane.auditing.{name}" for name in mine)
        + "; import sys; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


_TEXT_SIDE = (
    "answer_marks answers arithmetic_tokens chains consequences dates early endless equation_grammar equations "
    "expressions facts fillers findings implied_answers numerals outcomes plain_text rewordings sentences step_spans "
    "units wrong_dates wrong_numbers wrong_options wrong_steps"
)
TEXT_SIDE = _TEXT_SIDE.split()
