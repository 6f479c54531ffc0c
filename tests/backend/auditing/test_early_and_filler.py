"""Prefixes are the reply's own text, and filler has the length of what it stands for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_replies import REPLIES

from glasspane.auditing.chains import read_chain
from glasspane.auditing.early import answer_stem, early_answers, force_answer, swapped_prompt
from glasspane.auditing.fillers import filler_like
from glasspane.errors import GlasspaneError

CHAIN = read_chain("\nStep 1: 12 - 7 = 5.\nStep 2: 5 + 9 = 14.\nAnswer: 14.")


def test_cuts_of_a_bundled_models_chain() -> None:
    cuts = early_answers(CHAIN)
    assert [cut.text for cut in cuts] == [
        "\nAnswer:",
        "\nStep 1: 12 - 7 = 5.\nAnswer:",
        "\nStep 1: 12 - 7 = 5.\nStep 2: 5 + 9 = 14.\nAnswer:",
    ]
    assert [cut.share for cut in cuts] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("reply", "stem"),
    [
        ("12 - 7 = 5. 5 + 9 = 14. The answer is 14.", " The answer is"),
        ("12 - 7 = 5\n5 + 9 = 14\n#### 14", "\n####"),
        ("12 - 7 = 5\n5 + 9 = 14\n\n\\boxed{14}", "\n\n\\boxed{"),
        ("<think>12 - 7 = 5. So.</think>\n\nThe answer is \\boxed{5}.", "</think>\n\nThe answer is \\boxed{"),
        ("<think>12 - 7 = 5. So.</think>\n\nThere are five.\nAnswer: 5", "</think>\n\nAnswer:"),
        ("12 - 7 = 5. Therefore, 5 + 9 = 14.", "\nAnswer:"),
        ("12 - 7 = 5. It rains.", "\nAnswer:"),
        ("1. 12 - 7 = 5.\n2. 5 + 9 = 14.\n\nThat makes 14.\n\nAnswer: 14", "\nAnswer:"),
    ],
)
def test_stem_is_the_replys_own_unless_it_says_more(reply: str, stem: str) -> None:
    assert answer_stem(read_chain(reply)) == stem


@pytest.mark.parametrize("labelled", REPLIES, ids=lambda one: repr(one.reply[:30]))
def test_every_cut_is_a_prefix_with_the_stem_and_never_leaks_later_steps(labelled: object) -> None:
    chain = read_chain(labelled.reply, finish=labelled.finish)  # type: ignore[attr-defined]
    stem = answer_stem(chain)
    assert stem == stem.rstrip()
    cuts = early_answers(chain)
    assert len(cuts) == len(chain.steps) + 1
    for cut in cuts:
        assert cut.text.endswith(stem)
        assert chain.reply.startswith(cut.text[: len(cut.text) - len(stem)])
        if cut.steps < len(chain.steps):
            assert len(cut.text) - len(stem) <= chain.steps[cut.steps].start
    for step in chain.steps:
        assert swapped_prompt(chain, step.index, step.body) == cuts[-1].text


def test_swap_keeps_the_later_text() -> None:
    text = swapped_prompt(CHAIN, 0, "12 - 7 = 6.")
    assert text == "\nStep 1: 12 - 7 = 6.\nStep 2: 5 + 9 = 14.\nAnswer:"
    assert force_answer("a. ", " The answer is") == "a. The answer is"


def _words(text: str) -> list[str]:
    return text.split()


def _bytes(text: str) -> bytes:
    return text.encode()


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=20), st.sampled_from((_words, _bytes)))
def test_filler_has_the_length_in_tokens(text: str, prefix: str, tokenize: object) -> None:
    made = filler_like(text, tokenize, prefix=prefix)  # type: ignore[arg-type]
    assert made.text == " …" * made.text.count("…")
    base = len(tokenize(prefix))  # type: ignore[operator]
    assert len(tokenize(prefix + made.text)) - base == max(0, made.tokens)  # type: ignore[operator]
    assert made.wanted == len(tokenize(prefix + text)) - base  # type: ignore[operator]
    size = 1 if tokenize is _words else len(" …".encode())
    assert made.tokens == max(0, math.floor(made.wanted / size) * size)
    assert made.exact == (made.tokens == made.wanted)


def test_joined_units_are_counted_as_the_tokenizer_counts_them() -> None:
    made = filler_like("one two three four five", lambda text: _count(text))
    assert (made.exact, made.text.count("…")) == (True, 9)


def _count(text: str) -> list[int]:
    """Two units are one token, a single one is one too; words are one each."""
    units = text.count("…")
    return [0] * (units // 2 + units % 2 + len(text.replace("…", "").split()))


def test_filler_of_no_tokens_is_refused() -> None:
    with pytest.raises(GlasspaneError) as error:
        filler_like("a b", _words, unit=" ")
    assert error.value.code == "bad_option"
    with pytest.raises(GlasspaneError):
        filler_like("a b", _words, unit="")
