"""Coarser grains lose no score, tear no character, cross no message, and join as the panes do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.cli import main
from glasspane.errors import GlasspaneError
from glasspane.grain import Grain, join
from glasspane.protocol import Segment, Token

CASES = json.loads((Path(__file__).parents[2] / "grain_cases.json").read_text("utf-8"))["cases"]
CHAT = [
    {"role": "system", "content": "Be brief. No jokes!"},
    {"role": "user", "content": "Where is Paris?\nAnd Rome?"},
    {"role": "assistant", "content": "In France"},
    {"role": "user", "content": "And Rome?"},
]


def made(case: dict[str, Any]) -> list[Token]:
    """Tokens as the kernel makes them: offsets in code points, special ones covering nothing."""
    tokens: list[Token] = []
    at = last = 0
    for index, part in enumerate(case["tokens"]):
        special = part.get("special", False)
        start = last if part.get("same") else at
        end = start if special else start + len(part["text"])
        last, at = start, end
        tokens.append(
            Token(index=index, id=index, text=part["text"], start=start, end=end, special=special,
                  segment=part.get("segment"))
        )  # fmt: skip
    return tokens


@pytest.fixture(scope="module")
def result() -> gp.Explanation:
    return gp.explain(
        make_model("gpt2"), tokenizer("byte_level"), "The capital 👩‍👩‍👧 is.", method="saliency"
    )


@pytest.fixture(scope="module")
def chat() -> gp.Explanation:
    return gp.explain(make_model("llama"), tokenizer("chat"), CHAT, method="input_x_gradient")


@pytest.mark.parametrize("grain", ["word", "sentence", "line", "message"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_tokens_are_joined_as_in_the_panes(case: dict[str, Any], grain: Grain) -> None:
    assert join(made(case), grain) == case[grain]
    assert join(made(case), "token") == [[place] for place in range(len(case["tokens"]))]


PIECE = st.text(st.sampled_from("ab .!?\n\t\u00a0\ufeff👩é"), max_size=3)


@st.composite
def results(draw: st.DrawFn, base: Any) -> gp.Explanation:
    """Any cutting of any text, with special tokens, shared characters, messages and several targets."""
    tokens: list[Token] = []
    at = 0
    for index in range(draw(st.integers(1, 20))):
        if draw(st.integers(0, 5)) == 0:
            tokens.append(Token(index=index, id=0, text="<s>", start=at, end=at, special=True))
            continue
        same = bool(tokens) and not tokens[-1].special and draw(st.booleans())
        text = tokens[-1].text if same else draw(PIECE)
        start = tokens[-1].start if same else at
        at = start + len(text)
        tokens.append(
            Token(index=index, id=1, text=text, start=start, end=at, special=False,
                  segment=draw(st.sampled_from([None, 0, 1])))
        )  # fmt: skip
    number = st.floats(-1e3, 1e3, allow_nan=False)
    rows = draw(
        st.lists(st.lists(number, min_size=len(tokens), max_size=len(tokens)), min_size=1, max_size=3)
    )
    segments = [Segment(role="user", start=0, end=1), Segment(role="assistant", start=1, end=2)]
    return gp.Explanation(
        base.data.model_copy(
            update={
                "tokens": tokens,
                "scores": rows,
                "segments": segments,
                "margins": None,
                "template": "chat",
            }
        )
    )


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_grain_loses_score_or_tears_what_belongs_together(result: Any, data: st.DataObject) -> None:
    """Axiom: every token is in one group, in order, so the sums are the sums."""
    whole = data.draw(results(result))
    for by in get_args(Grain):
        groups = whole.aggregate(by)
        assert [i for group in groups for i in group.tokens] == list(range(len(whole.tokens)))
        for group in groups:
            members = [whole.tokens[i] for i in group.tokens]
            assert len({token.segment for token in members}) == 1
            assert len(members) == 1 or not any(token.special for token in members)
            for target, score in enumerate(group.scores):
                assert score == pytest.approx(math.fsum(whole.data.scores[target][i] for i in group.tokens))
        frame = whole.to_frame(by=by)
        columns = [c for c in frame.columns if c == "score" or c.startswith("score_")]
        for target, column in enumerate(columns):
            assert frame[column].sum() == pytest.approx(math.fsum(whole.data.scores[target]), abs=1e-9)
    masses = whole.masses()
    assert masses["score"].sum() == pytest.approx(whole.scores.sum(), abs=1e-9)
    assert masses["mass"].sum() == pytest.approx(np.abs(whole.scores.sum(0)).sum())
    assert masses["tokens"].sum() == len(whole.tokens)
    assert masses["share"].sum() == pytest.approx(1.0 if np.abs(whole.scores.sum(0)).sum() else 0.0)


def test_a_word_of_several_tokens_has_their_text_and_place(result: Any) -> None:
    words = result.aggregate("word")
    assert [word.text for word in words] == ["The", " capital", " 👩‍👩‍👧", " is."]
    assert "".join(word.text for word in words) == result.text
    assert all(result.text[word.start : word.end] == word.text for word in words)
    frame = result.to_frame(by="word")
    np.testing.assert_allclose(frame["share"], frame["score"].abs() / np.abs(result.scores).sum())


def test_each_message_is_one_group_and_each_role_has_its_mass(chat: Any) -> None:
    written = [group for group in chat.aggregate("message") if not group.special]
    assert [(group.role, group.text) for group in written] == [(m["role"], m["content"]) for m in CHAT]
    sentences = [group.text for group in chat.aggregate("sentence") if not group.special]
    assert sentences == [
        "Be brief.",
        " No jokes!",
        "Where is Paris?\n",
        "And Rome?",
        "In France",
        "And Rome?",
    ]
    lines = [group.text for group in chat.aggregate("line") if not group.special]
    assert lines == ["Be brief. No jokes!", "Where is Paris?\n", "And Rome?", "In France", "And Rome?"]
    masses = chat.masses()
    assert set(masses.index) == {"system", "user", "assistant", "template"}
    for role in ("system", "user", "assistant"):
        own = [i for g in written if g.role == role for i in g.tokens]
        assert masses.loc[role, "score"] == pytest.approx(chat.scores[0, own].sum())
        assert masses.loc[role, "mass"] == pytest.approx(np.abs(chat.scores[0, own]).sum())
        assert masses.loc[role, "tokens"] == len(own)
    template = [t.index for t in chat.tokens if t.special]
    assert masses.loc["template", "mass"] == pytest.approx(np.abs(chat.scores[0, template]).sum())


def test_what_a_tokenizer_adds_and_a_completion_stand_apart() -> None:
    added = gp.explain(
        make_model("distilbert"), tokenizer("wordpiece"), "the film", method="saliency"
    ).masses()
    assert added["tokens"].to_dict() == {"added": 2, "prompt": 2}
    lm = make_model("gpt2")
    said = gp.explain(lm, tokenizer("byte_level"), "The capital", completion=" of France", method="saliency")
    assert set(said.masses().index) == {"prompt", "completion"}
    t5 = gp.explain(make_model("t5"), tokenizer("unigram"), "The capital", method="saliency")
    assert set(t5.masses().index) == {"prompt", "added"}


def test_another_grain_is_refused_with_those_there_are(result: Any) -> None:
    for call in (result.aggregate, result.to_frame):
        with pytest.raises(GlasspaneError, match="token, word, sentence, line, message"):
            call(by="paragraph")


@pytest.mark.parametrize("by", ["word", "sentence", "line", "message"])
def test_the_command_line_shows_the_sums(by: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_model("gpt2").save_pretrained(tmp_path)
    tokenizer("byte_level").save_pretrained(tmp_path)
    text = "The capital of France. It is\nnot Rome"
    assert main(["explain", "-m", str(tmp_path), "--method", "input_x_gradient", "--by", by, text]) == 0
    printed = capsys.readouterr().out.splitlines()
    groups = gp.explain(gp.subject(str(tmp_path)), text, method="input_x_gradient").aggregate(by)
    assert any(line.split()[:2] == ["#", by] for line in printed)
    for group in groups:
        (line,) = [row for row in printed if row.split()[:1] == [str(group.tokens[0])]]
        assert ("+" if group.scores[0] > 0 else "−") + f"{abs(group.scores[0]):.4g}" in line
