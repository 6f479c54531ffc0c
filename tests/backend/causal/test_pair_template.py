"""Pairs like one. Truth: what demo-lm was trained on (names are names), the tokenizer itself, and counting by hand."""

from __future__ import annotations

import copy
import json
from itertools import product
from typing import Any

import pytest
import torch
from test_guard import fingerprint
from tiny_models import CORPUS, make_model, tokenizer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

import glasspane as gp
from glasspane.causal.pair_template import pair_template
from glasspane.causal.template_holes import choices, holes_of, template_of
from glasspane.kernel.entry import run
from glasspane.pair_templates import LISTED
from glasspane.protocol import ChatMessage, MessagesPrompt, PairTemplateRequest, PromptPair, TextPrompt
from glasspane.subjects.bundled.training.capitals import CAPITALS
from glasspane.subjects.bundled.training.ioi import NAMES

CLEAN = "When Mary and John went to the store, John gave a bottle to"
OTHER = "When Mary and John went to the store, Mary gave a bottle to"


@pytest.fixture(scope="module")
def demo() -> Any:
    return gp.subject("demo-lm")


def made(subject: Any, clean: str, other: str, *answers: str, **options: Any) -> Any:
    right, wrong = answers or (None, None)
    pair = PromptPair(
        clean=TextPrompt(text=clean), corrupted=TextPrompt(text=other), right=right, wrong=wrong
    )
    return pair_template(subject, PairTemplateRequest(subject=subject.ref, pair=pair, **options))


def length(subject: Any, text: str) -> int:
    return len(subject.tokenizer(text)["input_ids"])


def test_names_come_for_names_and_the_pair_s_own_come_first(demo: Any) -> None:
    found = made(demo, CLEAN, OTHER)
    template = found.template
    assert template.clean == "When {a} and {b} went to the store, {b} gave a bottle to"
    assert template.corrupted == "When {a} and {b} went to the store, {a} gave a bottle to"
    # The model's own answers, which stand in the prompt.
    assert (template.right, template.wrong) == (" {a}", " {b}")
    assert template.words["a"][:2] == ["Mary", "John"]
    assert template.words["b"][:2] == ["John", "Mary"]
    assert set(template.words["a"]) == set(template.words["b"]) <= set(NAMES)
    assert len(template.words["a"]) == 12
    every = gp.pairs(template.clean, template.corrupted, " {a}", " {b}", **template.words)
    assert found.combinations == len(every) == 12 * 11
    assert not found.warnings


def test_every_pair_is_as_long_and_its_answers_are_one_token(demo: Any) -> None:
    whole = length(demo, CLEAN)
    rows = gp.pairs_like(demo, CLEAN, OTHER, count=200, words=30)
    assert len(rows) == len(set(rows)) == 200
    for clean, corrupted, right, wrong in rows:
        assert length(demo, clean) == length(demo, corrupted) == whole
        assert length(demo, right) == length(demo, wrong) == 1
        assert clean.count(right) == 1
        assert clean.count(wrong) == 2


def test_a_circuit_is_found_on_them_and_holds_on_others(demo: Any) -> None:
    rows = gp.pairs_like(demo, CLEAN, OTHER, count=24)
    circuit = gp.circuit(demo, pairs=rows[:12], held_out=rows[12:])
    assert circuit.nodes
    assert circuit.faithfulness.value > 0.8


def test_answers_that_stand_in_no_prompt_are_left_to_the_model(demo: Any) -> None:
    """Words are offered with which it says something else: of demo-lm's capitals, another one for each country."""
    found = made(demo, "The capital of France is", "The capital of Italy is", " Paris", " Rome")
    template = found.template
    assert (template.clean, template.corrupted) == ("The capital of {a} is", "The capital of {b} is")
    assert (template.right, template.wrong) == (None, None)
    assert template.words["a"][:2] == ["France", "Italy"]
    assert set(template.words["a"]) <= set(CAPITALS)
    said = [
        gp.explain(demo, f"The capital of {word} is", method="saliency").data.predictions[0].id
        for word in template.words["a"]
    ]
    assert len(set(said)) == len(said)
    rows = gp.pairs_like(demo, "The capital of France is", "The capital of Italy is", count=5)
    assert all(row[2:] == (None, None) for row in rows)
    assert gp.circuit(demo, pairs=rows).nodes


def test_braces_punctuation_and_parts_of_words_stay(demo: Any) -> None:
    found = made(
        demo,
        "{x} When (Mary) and John went to Johnson, John gave a bottle to",
        "{x} When (Mary) and John went to Johnson, Mary gave a bottle to",
        " Mary",
        " John",
    ).template
    assert found.clean == "{{x}} When ({a}) and {b} went to Johnson, {b} gave a bottle to"
    assert found.clean.format(a="Mary", b="John").startswith("{x} When (Mary)")


@pytest.mark.parametrize(
    ("clean", "other", "template"),
    [
        # Devanagari vowel signs and accents written behind their letters are parts of words.
        ("हिन्दी और", "हिन्दू और", "{a} और"),
        ("cafe cafe\u0301 x", "bar cafe\u0301 x", "{a} cafe\u0301 x"),
        # So is what joins the halves of a Persian word.
        ("می\u200cرود x", "می\u200cدود x", "{a} x"),
        ("שלום x", "תודה x", "{a} x"),
        ("it's 1\u20e3 😀 Tom", "it's 1\u20e3 😀 Ann", "it's 1\u20e3 😀 {a}"),
    ],
)
def test_marks_are_parts_of_their_words(clean: str, other: str, template: str) -> None:
    holes = holes_of(clean, other, [])
    assert [hole.name for hole in holes] == ["a", "b"]
    assert template_of(clean, holes) == template
    assert template.format(a=holes[0].word) == clean


def test_a_model_whose_logits_are_not_finite_is_said_to_be_broken(demo: Any) -> None:
    model = copy.deepcopy(demo.model)
    with torch.no_grad():
        model.transformer.h[2].mlp.c_proj.weight[7, 3] = float("nan")
    with pytest.raises(gp.GlasspaneError) as told:
        gp.pairs_like(gp.subject(model, demo.tokenizer), CLEAN, OTHER)
    assert told.value.code == "non_finite"


@pytest.mark.parametrize("hole", ["{a:d}", "{a!x}", "{a:>{b}}", "{a:>{c}}", "{a:>999999999}"])
def test_a_hole_that_cannot_be_filled_is_told(hole: str) -> None:
    """A width of a billion would fill the memory."""
    with pytest.raises(gp.GlasspaneError, match="hole") as told:
        gp.pairs(f"{hole} {{b}}", "{b} {a}", "{a}", "{b}", a=["x"], b=["y"])
    assert told.value.code == "bad_option"


@pytest.mark.parametrize("count", [-1, 0, 1.5, "3"])
def test_a_number_of_pairs_is_a_whole_one(count: Any) -> None:
    with pytest.raises(gp.GlasspaneError, match="count") as told:
        gp.pairs("{a} {b}", "{b} {a}", "{a}", "{b}", a=["x", "z"], b=["y"], count=count)
    assert told.value.code == "bad_option"


def test_numbers_come_for_numbers(demo: Any) -> None:
    words = made(demo, "Mary has 6 coins and", "Mary has 9 coins and").template.words
    assert all(word.isdecimal() for word in words["a"])
    assert len(words["a"]) > 2


def test_no_word_comes_twice_and_none_that_stands_in_the_prompt(demo: Any) -> None:
    """Anna stands beside the hole, so she is none of its words; nor is a word in another spelling."""
    clean, other = (
        f"Anna saw that Mary and John met, and {name} gave a bottle to" for name in ("John", "Mary")
    )
    words = made(demo, clean, other, words=60).template.words["a"]
    assert "Anna" not in words
    assert len({word.casefold() for word in words}) == len(words)


@pytest.mark.parametrize(
    ("clean", "other", "code"),
    [
        (CLEAN, CLEAN, "same_prompt"),
        ("a store, to", "a store. to", "same_prompt"),
        (CLEAN, "When Mary and John went to the store, Bartholomew gave a bottle to", "other_length"),
        ("the store, John", "the store to John", "other_length"),
    ],
)
def test_what_is_no_pair_of_words_is_told(demo: Any, clean: str, other: str, code: str) -> None:
    with pytest.raises(gp.GlasspaneError) as told:
        made(demo, clean, other)
    assert told.value.result.code == code
    assert told.value.result.next_step


def test_where_no_other_word_fits_that_is_told() -> None:
    """This tokenizer's pieces run across words: nothing can be put in the place of one word."""
    subject = gp.subject(make_model("llama"), tokenizer("byte_fallback"))
    with pytest.raises(gp.GlasspaneError, match="“France”, “Spain”") as told:
        made(subject, "The capital of France is", "The capital of Spain is")
    assert told.value.result.code == "bad_option"


def test_both_answers_alike_make_a_template_but_no_answers(demo: Any) -> None:
    clean, other = (
        f"When Mary and John went to the {place}, John gave a bottle to" for place in ("store", "park")
    )
    found = made(demo, clean, other)
    assert (found.template.right, found.template.wrong) == (None, None)
    assert any("right and a wrong" in each for each in found.warnings)


def pieces_of_words() -> Any:
    """As sentencepiece makes them: a word carries a mark in the place of the space before it."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>", "<s>"], show_progress=False)
    made.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", bos_token="<s>")


@pytest.mark.parametrize("kind", ["byte level", "pieces"])
def test_other_tokenizers_keep_their_lengths_too(kind: str) -> None:
    known, family = (
        (tokenizer("byte_level"), "gpt2") if kind == "byte level" else (pieces_of_words(), "llama")
    )
    subject = gp.subject(make_model(family), known)
    clean, other = "The capital of France is", "The capital of Spain is"
    rows = gp.pairs_like(subject, clean, other, count=50)
    assert len(rows) > 2
    assert {length(subject, text) for row in rows for text in row[:2]} == {length(subject, clean)}


def test_of_a_conversation_the_last_message_is_the_template() -> None:
    subject = gp.subject(make_model("gpt2"), tokenizer("chat"))
    first = {"role": "system", "content": "The capital of France is {known}."}
    talks = [
        [first, {"role": "user", "content": f"The capital of {name} is"}] for name in ("France", "Spain")
    ]
    rows = gp.pairs_like(subject, *talks, count=4)
    for clean, corrupted, _, _ in rows:
        assert clean[0] == corrupted[0] == first
        assert clean[1]["content"].startswith("The capital of ")
    messages = [MessagesPrompt(messages=[ChatMessage(**each) for each in talk]) for talk in talks]
    other = messages[1].model_copy(
        update={"messages": [ChatMessage(role="system", content="Be"), messages[1].messages[1]]}
    )
    request = PairTemplateRequest(
        subject=subject.ref, pair=PromptPair(clean=messages[0], corrupted=messages[0])
    )
    assert request.pair.corrupted == messages[0]
    with pytest.raises(gp.GlasspaneError):
        pair_template(
            subject,
            PairTemplateRequest(subject=subject.ref, pair=PromptPair(clean=messages[0], corrupted=other)),
        )


def test_the_kernel_answers_and_leaves_the_model_as_it_was() -> None:
    subject = gp.subject("demo-lm")
    before = fingerprint(subject.model, subject.tokenizer)
    request = PairTemplateRequest(
        subject=subject.ref,
        pair=PromptPair(clean=TextPrompt(text=CLEAN), corrupted=TextPrompt(text=OTHER)),
    )
    answer = run(request.model_dump_json()).result
    assert answer.kind == "pair_template"
    assert answer.template == made(subject, CLEAN, OTHER).template
    assert json.loads(answer.model_dump_json())["request"]["pair"]["clean"]["text"] == CLEAN
    assert fingerprint(subject.model, subject.tokenizer) == before


def test_holes_of_one_kind_are_those_that_change_places() -> None:
    holes = holes_of("Tom and Ann saw Paris: Tom", "Tom and Ann saw Paris: Ann", [" Paris"])
    assert [(hole.name, hole.word, hole.kind) for hole in holes] == [
        ("a", "Tom", 0),
        ("b", "Ann", 0),
        ("c", "Paris", 1),
    ]
    assert template_of("Tommy, Tom-Ann {Tom}", holes) == "Tommy, {a}-{b} {{{a}}}"


@pytest.mark.parametrize(
    "words",
    [
        [["p", "q", "r"]],
        [["p", "q", "r"], ["q", "p", "r"]],
        [["x", "p", "q"], ["p", "q"], ["p", "q", "y"]],
        [["x"], ["y"]],
        [["p"], ["p"]],
    ],
)
def test_combinations_are_as_many_as_are_counted_one_by_one(words: list[list[str]]) -> None:
    counted = sum(len(set(choice)) == len(choice) for choice in product(*words))
    assert choices(words) == counted


def test_pairs_of_very_many_choices_are_drawn_not_listed() -> None:
    values = {name: [f"{name}{number}" for number in range(100)] for name in "abcd"}
    assert LISTED < 100**4
    rows = gp.pairs("{a} {b}", "{c} {d}", "{a}", "{b}", count=40, seed=3, **values)
    assert len(set(rows)) == 40
    assert rows == gp.pairs("{a} {b}", "{c} {d}", "{a}", "{b}", count=40, seed=3, **values)
    assert rows != gp.pairs("{a} {b}", "{c} {d}", "{a}", "{b}", count=40, seed=4, **values)
