"""What cannot be probed, and what a person is told. Truth: the protocol's codes and the numbers in the sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tiny_models import make_model, tokenizer
from transformers import CTRLConfig, CTRLLMHeadModel

import glasspane as gp
from glasspane.attribution import memory


@pytest.fixture(scope="module")
def subject() -> Any:
    return gp.subject(make_model("gpt2"), tokenizer("byte_level"))


def rows(count: int = 40, classes: int = 2) -> list[dict[str, Any]]:
    return [{"text": f"The capital of France {i} is Paris", "label": f"c{i % classes}"} for i in range(count)]


def refused(subject: Any, task: Any, **how: Any) -> Any:
    with pytest.raises(gp.GlasspaneError) as caught:
        gp.probe(subject, task, **how)
    return caught.value.result


def test_an_unknown_task_names_the_nearest(subject: Any) -> None:
    for given, meant in (("part of speach", "part_of_speech"), ("Sentimant", "sentiment")):
        said = refused(subject, given)
        assert said.code == "unknown_task"
        assert f"Did you mean {meant!r}?" in said.next_step
    assert "Did you mean" not in refused(subject, "zzz").next_step


def test_one_class_has_nothing_to_tell_apart(subject: Any) -> None:
    said = refused(subject, rows(classes=1))
    assert said.code == "bad_examples"
    assert "All 40 examples are of one class, 'c0'" in said.message


def test_ten_rows_say_how_many_are_needed(subject: Any) -> None:
    said = refused(subject, rows(10))
    assert said.code == "bad_examples"
    assert "10 in all, and 'c0' has 5 examples" in said.message
    assert "5 folds need at least 10 examples of every class, so at least 20" in said.message
    # What it says is so, with fewer folds too, and by then the interval says how little it is.
    assert refused(subject, rows(18), folds=2).code == "bad_examples"
    for folds in (2, 5):
        found = gp.probe(subject, rows(20), folds=folds, layers=[1])
        assert found.data.examples == 20
        assert found.best.high - found.best.low > 0.3
    said = refused(subject, rows(30), folds=10)
    assert "10 folds need at least 20 examples of every class" in said.message
    assert "With folds=7 these would do." in said.next_step
    assert gp.probe(subject, rows(30), folds=7, layers=[1]).data.examples == 30


def test_many_rows_of_few_words_are_few_too(subject: Any) -> None:
    few = [
        {"text": f"{word} {i}", "span": word, "label": word[0]}
        for word in ("Paris", "Rome")
        for i in range(40)
    ]
    said = refused(subject, few)
    assert "'P' has 40 examples in 1 groups (marked word)" in said.message
    assert "10 groups of every class" in said.message


def test_numbers_are_no_classes(subject: Any) -> None:
    many = [{"text": f"{i} is Paris", "label": i + 0.5} for i in range(150)]
    said = refused(subject, many)
    assert "150 classes for 150 examples" in said.message
    assert "look like numbers" in said.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"span": "Pariss"}, ["'Pariss' of row 3 does not occur", "Did you mean 'Paris'?"]),
        ({"span": "paris"}, ["does not occur", "Did you mean 'Paris'?"]),
        ({"span": "a"}, ["occurs 4 times", "(start, end)"]),
        ({"span": (4, 99)}, ["(4, 99), does not lie within its text of 32 characters"]),
        ({"span": (4, 4)}, ["does not lie within"]),
        ({"span": (4, 5.5)}, ["neither a pair nor a text"]),
        ({"span": 4}, ["neither a pair nor a text"]),
        ({"text": ""}, ["Row 3 has no text"]),
        ({"text": float("nan")}, ["Row 3 has no text", "dropna"]),
        ({"label": None}, ["Row 3 has no class"]),
        ({"label": float("nan")}, ["Row 3 has no class"]),
        ({"label": " "}, ["Row 3 has no class"]),
        ({"text": "Paris " * 100}, ["Row 3", "64"]),
    ],
)
def test_a_row_that_cannot_be_read_is_named(subject: Any, change: dict[str, Any], words: list[str]) -> None:
    given = rows()
    given[3] = {**given[3], **change}
    for task in (given, pd.DataFrame(given)):
        said = refused(subject, task)
        assert said.code == ("prompt_too_long" if "64" in words else "bad_examples")
        for each in words:
            assert each in f"{said.message} {said.next_step}"


def test_tables_that_are_none(subject: Any) -> None:
    frame = pd.DataFrame(rows())
    for task, words in (
        (42, "A int is no table"),
        ([], "no rows"),
        (frame.iloc[:0], "no rows"),
        (frame.rename(columns={"label": "labels"}), "Did you mean 'labels'?"),
        (frame.rename(columns={"text": "q"}), "no column 'text'; it has 'q', 'label'"),
        (pd.concat([frame, frame[["text"]]], axis=1), "two columns called 'text'"),
    ):
        said = refused(subject, task)
        assert said.code == "bad_examples"
        assert words in f"{said.message} {said.next_step}"
    assert "no column 'role'" in refused(subject, frame, group="role").message


def test_layers_out_of_range_name_those_there_are(subject: Any) -> None:
    said = refused(subject, rows(), layers=[0, 3])
    assert said.code == "bad_option"
    assert "There is no layer 3." in said.message
    assert "0 (resid_pre 0, what the embedding gives) to 2 (resid_post 1" in said.next_step
    assert "the nearest is 2" in said.next_step
    assert "There is no layer -1" in refused(subject, rows(), layers=[-1]).message
    for bad in (
        {"folds": 1},
        {"seed": -1},
        {"examples": 0},
        {"layers": 3},
        {"layers": ["a"]},
        {"layers": []},
    ):
        task = "sentiment" if "examples" in bad else rows()
        assert refused(subject, task, **bad).code == "bad_option"
    probes = gp.probe(subject, rows(), layers=[1])
    for layer in (3, -1, "a", 1.5):
        with pytest.raises(gp.GlasspaneError, match="no layer"):
            probes.test(layer)  # type: ignore[arg-type]


def test_answers_that_do_not_fit_the_classes(subject: Any) -> None:
    probes = gp.probe(subject, rows(), layers=[1])
    for answers, code, words in (
        ([" Paris"], "bad_option", "1 answers are given for 2 classes"),
        ({"c0": " Paris"}, "bad_option", "'c1' has no answer"),
        ({"c0": " Paris", "c1": " Rome", "c2": " x"}, "bad_option", "no class 'c2'"),
        (" Paris", "bad_option", "no list of answers"),
        ([" Paris", " Paris"], "bad_option", "same answer"),
        ([" Paris", 1.5], "bad_option", "no answer"),
        ([" Paris", " Xylophone"], "not_one_token", "tokens"),
        ([" Paris", 10**6], "unknown_target", "scores no token"),
    ):
        with pytest.raises(gp.GlasspaneError) as caught:
            probes.test(answers=answers)  # type: ignore[arg-type]
        assert caught.value.code == code
        assert words in str(caught.value)
    for how in ({"where": "nowhere"}, {"examples": 1}, {"directions": 5}):
        with pytest.raises(gp.GlasspaneError) as caught:
            probes.test(**how)  # type: ignore[arg-type]
        assert caught.value.code == "bad_option"


def test_a_span_that_the_tokenizer_drops_has_no_activation() -> None:
    subject = gp.subject(make_model("distilbert"), tokenizer("wordpiece"))
    given = [
        {**row, "span": (3, 4)} for row in rows()
    ]  # characters nobody reads belong to the token that follows
    assert gp.probe(subject, given, group="text", layers=[1]).data.examples == 40


def test_layers_that_cannot_be_found() -> None:
    model = CTRLLMHeadModel(CTRLConfig(vocab_size=600, n_embd=32, dff=64, n_layer=2, n_head=4)).eval()
    said = refused(gp.subject(model, tokenizer("byte_level")), rows())
    assert said.code == "unsupported_model"
    assert "Probes read the layers of GPT-2" in said.next_step


def test_a_number_is_no_answer_to_compare() -> None:
    model = make_model("gpt2_classifier")
    model.config.num_labels, model.config.problem_type = 1, "regression"
    model.config.id2label = {0: "score"}
    model.score = type(model.score)(32, 1, bias=False)
    subject = gp.subject(model, tokenizer("byte_level"))
    probes = gp.probe(subject, rows(), layers=[1])
    with pytest.raises(gp.GlasspaneError, match="predicts a number") as caught:
        probes.test()
    assert caught.value.code == "unsupported_model"


def test_memory_is_refused_before_anything_is_read(subject: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(*_: Any, **__: Any) -> None:
        raise AssertionError("the model ran")

    monkeypatch.setattr("glasspane.probing.activations.run", unread)
    monkeypatch.setattr(memory, "free_memory", lambda _device: 20_000)
    said = refused(subject, rows())
    assert said.code == "not_enough_memory"
    assert "activations of 40 texts at 3 layers" in said.message
    assert "fewer texts" in said.next_step


def test_a_table_that_is_gone_is_said_so(subject: Any) -> None:
    probes = gp.probe(subject, rows(), layers=[1])
    again = gp.Probes(probes.data)
    with pytest.raises(gp.GlasspaneError, match="no longer know the model") as caught:
        again.test()
    assert caught.value.code == "no_subject"
    assert again.test(subject=subject, examples=4).data.tested_on == 4
