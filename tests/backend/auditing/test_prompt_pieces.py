"""Prompts cut into pieces and put together without some. Truth: texts written out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasspane.black_box.pieces import CutPrompt
from glasspane.errors import GlasspaneError
from glasspane.protocol import ChatMessage, MessagesPrompt, TextPrompt


def without(text: str, grain: Any, *missing: int, replacement: str = "delete") -> str:
    cut = CutPrompt(TextPrompt(text=text), grain, replacement)
    prompt = cut.with_only([at not in missing for at in range(len(cut.pieces))])
    assert isinstance(prompt, TextPrompt)
    return prompt.text


@pytest.mark.parametrize(
    ("text", "grain", "missing", "left"),
    [
        ("One two three", "words", (1,), "One three"),
        ("One two three", "words", (0,), "two three"),
        ("One two three", "words", (2,), "One two"),
        ("One two three", "words", (0, 1, 2), "…"),
        ("  One two ", "words", (1,), "  One "),
        ("Q: one\nA: two", "words", (1,), "Q:\nA: two"),
        ("Q: one\nA: two", "words", (2,), "Q: one\ntwo"),
        ("Q: one\n\nA: two", "words", (1, 2), "Q:\n\ntwo"),
        ("It rains. It snows. Why?", "sentences", (1,), "It rains. Why?"),
        ("It is approx. 5 km. Why?", "sentences", (0,), "Why?"),
        ("It rains.\n\nIt snows.\nWhy?", "sentences", (1,), "It rains.\n\nWhy?"),
    ],
)
def test_what_is_left_reads_as_if_it_had_been_written_so(
    text: str, grain: str, missing: tuple[int, ...], left: str
) -> None:
    assert without(text, grain, *missing) == left


def test_a_text_of_ones_own_stands_in_each_missing_pieces_place() -> None:
    assert without("One two three", "words", 0, 2, replacement="___") == "___ two ___"
    assert without("One two\nthree", "words", 1, replacement="[…]") == "One […]\nthree"


@given(
    st.lists(
        st.sampled_from(["a", "b.", "ç", "漢字。", "“x”", "\n", " ", "\t", "!"]), min_size=1, max_size=20
    )
)
def test_pieces_stand_where_they_say_and_nothing_missing_changes_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    for grain in ("words", "sentences"):
        if not text.strip():
            with pytest.raises(GlasspaneError, match="nothing to leave out"):
                CutPrompt(TextPrompt(text=text), grain)  # type: ignore[arg-type]
            continue
        cut = CutPrompt(TextPrompt(text=text), grain)  # type: ignore[arg-type]
        assert all(text[piece.start : piece.end] == piece.text for piece in cut.pieces)
        assert without(text, grain) == text
        covered = "".join(piece.text for piece in cut.pieces)
        assert "".join(covered.split()) == "".join(text.split()), "every letter is in one piece"


def chat(*turns: tuple[str, str]) -> MessagesPrompt:
    return MessagesPrompt(messages=[ChatMessage(role=role, content=content) for role, content in turns])


CHAT = chat(
    ("system", "Be short."),
    ("user", "Hello. Who are you?"),
    ("assistant", "A model."),
    ("user", "Which city?"),
)


def turns(grain: Any, *missing: int, prompt: MessagesPrompt = CHAT) -> list[tuple[str, str]]:
    cut = CutPrompt(prompt, grain)
    left = cut.with_only([at not in missing for at in range(len(cut.pieces))])
    assert isinstance(left, MessagesPrompt)
    return [(each.role, each.content) for each in left.messages]


def test_messages_go_whole_and_roles_alternate_all_the_same() -> None:
    system, hello, model, city = ((each.role, each.content) for each in CHAT.messages)
    assert turns("messages", 0) == [hello, model, city]
    assert turns("messages", 1) == [system, ("user", "…"), model, city]
    assert turns("messages", 2) == [system, ("user", "Hello. Who are you?\n\nWhich city?")]
    assert turns("messages", 3) == [system, hello, model, ("user", "…")]
    assert turns("messages", 0, 1, 2, 3) == [("user", "…\n\n…")]
    assert turns("messages", 1, 2) == [system, ("user", "…\n\nWhich city?")]


def test_every_set_of_missing_messages_leaves_a_conversation_that_strict_templates_take() -> None:
    """They want: perhaps a system message, then user and assistant by turns, the user last, none of them empty."""
    for missing in range(16):
        left = turns("messages", *(at for at in range(4) if missing >> at & 1))
        roles = [role for role, _ in left if role != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        assert all(content for _, content in left)
        assert all(role != "system" for role, _ in left[1:])


def test_sentences_of_a_message_go_by_themselves_and_the_message_with_the_last() -> None:
    cut = CutPrompt(CHAT, "sentences")
    assert [piece.text for piece in cut.pieces] == [
        "Be short.",
        "Hello.",
        "Who are you?",
        "A model.",
        "Which city?",
    ]
    assert [cut.text[each.start : each.end] for each in cut.segments] == [
        each.content for each in CHAT.messages
    ]
    assert all(cut.text[piece.start : piece.end] == piece.text for piece in cut.pieces)
    assert turns("sentences", 1)[1] == ("user", "Who are you?")
    assert [role for role, _ in turns("sentences", 0, 3)] == ["user"]


def test_turns_that_met_from_the_start_are_not_joined() -> None:
    prompt = chat(("user", "One."), ("user", "Two."), ("user", "Three."))
    assert turns("messages", 1, prompt=prompt) == [("user", "One."), ("user", "Three.")]


def test_what_is_too_much_is_refused() -> None:
    with pytest.raises(GlasspaneError, match="600 words"):
        CutPrompt(TextPrompt(text="a " * 600), "words")
