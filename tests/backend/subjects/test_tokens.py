"""Alignment of tokens and characters: axioms (partition) and the tokenizer's own bytes as oracle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import make_python_tokenizer, tokenizer

from glasspane.subjects.tokens import cover, tokenise

FAMILIES = ["byte_level", "wordpiece", "unigram", "byte_fallback"]
PIECES = [*"aé日👩👧\u0301\u200d \n\t½ﬁ", "\ud83d", "The", " capital", "İ", "Straße"]
ANY_TEXT = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT)
def test_every_character_is_covered_once_and_in_order(family: str, text: str) -> None:
    read = tokenise(tokenizer(family), text)
    spans = [span for span, special in zip(read.spans, read.special, strict=True) if not special]
    distinct = list(dict.fromkeys(spans))
    assert distinct == sorted(distinct)
    covered = [place for start, end in distinct for place in range(start, end)]
    # A text of which the tokenizer keeps nothing at all has no token to cover it.
    assert covered == (list(range(len(text))) if spans else [])
    assert len(read.text) == len(text)


@settings(max_examples=200, deadline=None)
@given(text=ANY_TEXT)
def test_byte_level_spans_hold_exactly_the_bytes_of_their_tokens(text: str) -> None:
    tok = tokenizer("byte_level")
    read = tokenise(tok, text)
    alphabet = {c: b for b, c in _bytes_to_unicode().items()}
    for span in dict.fromkeys(read.spans):
        pieces = [
            tok.convert_ids_to_tokens(i) for i, s in zip(read.ids, read.spans, strict=True) if s == span
        ]
        held = bytes(alphabet[c] for piece in pieces for c in piece)
        assert held == read.text[slice(*span)].encode()


@settings(max_examples=200, deadline=None)
@given(text=ANY_TEXT)
def test_without_offsets_decoding_finds_the_same_spans(text: str) -> None:
    class Silent:
        """The same tokenizer, reporting start = end for every token as some tiktoken ports do."""

        is_fast = True

        def __getattr__(self, name: str) -> object:
            return getattr(tokenizer("byte_level"), name)

        def __call__(self, *args: object, **options: object) -> dict[str, object]:
            out = dict(tokenizer("byte_level")(*args, **options))
            out["offset_mapping"] = [(0, 0) for _ in out["offset_mapping"]]
            return out

    assert tokenise(Silent(), text).spans == tokenise(tokenizer("byte_level"), text).spans


PYTHON_KINDS = ["wordpiece", "bytes", "bpe", "sentencepiece"]


@pytest.fixture(scope="module")
def written_in_python(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = {kind: make_python_tokenizer(kind, tmp_path_factory.mktemp(kind)) for kind in PYTHON_KINDS}
    assert not any(tok.is_fast for tok in made.values())
    return made


@pytest.mark.parametrize("kind", PYTHON_KINDS)
@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT)
def test_tokenizers_without_offsets_cover_every_character_once(
    written_in_python: dict[str, Any], kind: str, text: str
) -> None:
    read = tokenise(written_in_python[kind], text)
    spans = [span for span, special in zip(read.spans, read.special, strict=True) if not special]
    distinct = list(dict.fromkeys(spans))
    assert distinct == sorted(distinct)
    assert [place for start, end in distinct for place in range(start, end)] == (
        list(range(len(text))) if spans else []
    )


WORDS = st.sampled_from(
    ["The", "capital", "café,", "naïve", "don't", "Paris.", "xyzzy", "日本語", "Ελλάδα", "a", "of", "q", "zz"]
)


@settings(max_examples=150, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=12), gap=st.sampled_from([" ", "  ", "\n", " \t"]))
def test_python_wordpiece_is_where_the_fast_one_says(
    written_in_python: dict[str, Any], words: list[str], gap: str
) -> None:
    """Oracle: the same vocabulary in Rust, which tells its offsets."""
    text = gap.join(words)
    ours, theirs = tokenise(written_in_python["wordpiece"], text), tokenise(tokenizer("wordpiece"), text)
    assert ours.ids == theirs.ids
    assert ours.special == theirs.special
    assert ours.spans == theirs.spans


@pytest.mark.parametrize("kind", ["bpe", "sentencepiece"])
@settings(max_examples=150, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=12), gap=st.sampled_from([" ", "  ", "\n"]))
def test_python_pieces_hold_the_letters_they_spell(
    written_in_python: dict[str, Any], kind: str, words: list[str], gap: str
) -> None:
    """Axiom: what a token spells is what stands at its span, or among what the tokens there share."""
    tok = written_in_python[kind]
    read = tokenise(tok, gap.join(words))
    for span in dict.fromkeys(read.spans):
        ids = [i for i, own in zip(read.ids, read.spans, strict=True) if own == span]
        spelled = "".join(
            tok.convert_ids_to_tokens(i).replace("@@", "").replace("▁", "")
            for i in ids
            if i != tok.unk_token_id
        )
        shown = "".join(read.text[slice(*span)].split())
        assert shown == spelled or (tok.unk_token_id in ids and len(shown) >= len(spelled))


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT)
def test_byt5_holds_exactly_the_bytes_of_its_tokens(written_in_python: dict[str, Any], text: str) -> None:
    read = tokenise(written_in_python["bytes"], text)
    for span in dict.fromkeys(read.spans):
        pieces = [i - 3 for i, own in zip(read.ids, read.spans, strict=True) if own == span and i >= 3]
        assert bytes(pieces) == read.text[slice(*span)].encode()


def test_an_accent_that_a_tokenizer_drops_does_not_shift_what_follows(
    written_in_python: dict[str, Any],
) -> None:
    read = tokenise(written_in_python["wordpiece"], "naïve xyzzy of Paris")
    pieces = written_in_python["wordpiece"].convert_ids_to_tokens(read.ids)
    shown = {piece: read.text[slice(*span)] for piece, span in zip(pieces, read.spans, strict=True)}
    assert shown["##i"] == "ï"
    assert shown["[UNK]"] == " xyzzy"
    assert shown["of"] == " of"
    assert shown["paris"] == " Paris"


def test_special_tokens_are_those_the_tokenizer_added() -> None:
    read = tokenise(tokenizer("wordpiece"), "Paris [SEP] Rome")
    assert read.special[0]
    assert read.special[-1]
    assert not any(read.special[1:-1])  # the person's own [SEP] was written, not added
    assert read.spans[0] == (0, 0)
    assert read.spans[-1] == (16, 16)


def test_an_emoji_of_many_tokens_is_one_span() -> None:
    read = tokenise(tokenizer("byte_fallback"), "a😀b")
    shared = [i for i, span in enumerate(read.spans) if read.text[slice(*span)] == "😀"]
    assert len(shared) == 4  # four bytes, four byte tokens


def test_dropped_characters_go_to_the_token_that_follows() -> None:
    assert cover([(0, 3), (4, 6), (6, 6), (7, 9)], [False] * 4, 11) == [(0, 3), (3, 6), (6, 11), (6, 11)]


def _bytes_to_unicode() -> dict[int, str]:
    """The byte alphabet of byte-level BPE (Radford et al. 2019), written out from its definition."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in kept]
    return {b: chr(b) for b in kept} | {b: chr(256 + n) for n, b in enumerate(others)}
