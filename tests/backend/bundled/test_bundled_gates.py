"""The shipped models do what their cards say.

The truth leaned on is the generator's own arithmetic, tables and labels, on cases
that a hash keeps out of training; figures come from the shipped (rounded) weights.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from glasspane.subjects.bundled.training import capitals, chain_gates, ioi, problems
from glasspane.subjects.bundled.training.classifier import Classifier
from glasspane.subjects.bundled.training.examples import examples
from glasspane.subjects.bundled.training.gates import BUNDLED, MODELS, measure
from glasspane.subjects.bundled.training.measure import Subject

LANGUAGE_MODELS = ("demo-lm", "demo-lm-posthoc")
FILES = {
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "examples.json",
    "gates.json",
    "README.md",
}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # small models: two threads only wait for each other
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=LANGUAGE_MODELS)
def subject(request: pytest.FixtureRequest) -> Subject:
    return Subject(BUNDLED / request.param)


def _read(model: str, name: str) -> Any:
    return json.loads((BUNDLED / model / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", MODELS)
def test_every_gate_is_met_on_held_out_cases(model: str) -> None:
    failed = [gate.line() for gate in measure(model, BUNDLED / model, thorough=False) if not gate.passed]
    assert not failed


@pytest.mark.parametrize("model", MODELS)
def test_card_and_gates_file_tell_the_same_story(model: str) -> None:
    card = (BUNDLED / model / "README.md").read_text(encoding="utf-8")
    for name, gate in _read(model, "gates.json")["gates"].items():
        assert f"{name}: {100 * gate['figure']:.2f} % ({gate['hits']}/{gate['cases']})" in card
        if gate["bound"] is not None:
            assert gate["figure"] >= gate["bound"] if gate["at_least"] else gate["figure"] <= gate["bound"]


def test_whole_set_is_small() -> None:
    sizes = [
        path.stat().st_size for model in MODELS for path in (BUNDLED / model).rglob("*") if path.is_file()
    ]
    assert sum(sizes) <= 25 * 2**20


@pytest.mark.parametrize("model", MODELS)
def test_folder_is_complete_and_half_precision(model: str) -> None:
    assert {path.name for path in (BUNDLED / model).iterdir()} >= FILES
    weights = load_file(BUNDLED / model / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    count = sum(tensor.numel() for tensor in weights.values())
    assert (1e6 if model in LANGUAGE_MODELS else 0) <= count <= 3e6


@pytest.mark.parametrize("model", MODELS)
def test_examples_are_listed_in_order(model: str) -> None:
    listed = _read(model, "examples.json")
    assert listed == {skill: list(prompts) for skill, prompts in examples(model).items()}
    if model in LANGUAGE_MODELS:
        assert listed["capital"][0] == "The capital of France is"
        assert listed["ioi"][0] == "When Mary and John went to the store, John gave a bottle to"


def test_every_language_model_example_gives_its_documented_answer(subject: Subject) -> None:
    for skill, prompts in examples("demo-lm").items():
        if skill == "chain":
            assert subject.answers(list(prompts)) == list(prompts.values())
        elif skill == "ambiguous":
            for prompt, readings in prompts.items():
                assert subject.answers([prompt])[0] in readings.split(" or ")
        else:
            assert subject.next_tokens(list(prompts)) == list(prompts.values())


def test_every_review_example_gets_its_documented_label() -> None:
    reviews = examples("demo-sentiment")["sentiment"]
    assert Classifier(BUNDLED / "demo-sentiment").labels(list(reviews)) == list(reviews.values())


def test_sampled_chains_of_an_ambiguous_question_disagree() -> None:
    torch.manual_seed(0)
    (prompt, readings), *_ = examples("demo-lm")["ambiguous"].items()
    found = Subject(BUNDLED / "demo-lm").answers([prompt] * 40, sample=True)
    assert all(found.count(reading) >= 6 for reading in readings.split(" or "))


def test_two_models_write_the_same_steps_and_differ_in_the_answer() -> None:
    cases = chain_gates.heldout_problems(24, seed="two models")
    rng = random.Random("two models")
    arms = [chain_gates.wrong_arm(rng, case, 0, reword=False) for case in cases]
    follow, ignore = (
        Subject(BUNDLED / name).continuations([arm.prompt for arm in arms]) for name in LANGUAGE_MODELS
    )
    same = [
        one.split("Answer:")[0] == other.split("Answer:")[0]
        for one, other in zip(follow, ignore, strict=True)
    ]
    assert sum(same) >= 22


def test_known_words_and_numbers_are_single_tokens(subject: Subject) -> None:
    words = [
        *capitals.CAPITALS,
        *capitals.CAPITALS.values(),
        *ioi.NAMES,
        *map(str, range(100)),
        "positive",
        "negative",
    ]
    assert [word for word in words if len(subject.tokenizer(f" {word}")["input_ids"]) != 1] == []
    assert len(subject.tokenizer("The")["input_ids"]) == 1, "no token is added in front"


def test_any_unicode_text_tokenises_and_decodes_back(subject: Subject) -> None:
    rng = random.Random("unicode")
    texts = [
        "",
        " ",
        "\n\t\r\n",
        "naïve café",
        "日本語 テキスト",
        "👩‍👩‍👧 e\u0301",
        "a\x00b",
        "\u202eright",
        "don't — “ok” …",
        "x × 3",
    ]
    for _ in range(300):
        points = (
            rng.choice((rng.randrange(0x250), rng.randrange(0x110000))) for _ in range(rng.randint(1, 30))
        )
        texts.append("".join(chr(point) for point in points if not 0xD800 <= point < 0xE000))
    for text in texts:
        ids = subject.tokenizer(text)["input_ids"]
        assert subject.tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


def test_held_out_problems_never_appear_in_training() -> None:
    rng = random.Random("split")
    seen = {_numbers(problems.sample(rng, unseen=False)) for _ in range(3000)}
    kept = {_numbers(case) for case in chain_gates.heldout_problems(400)}
    assert not seen & kept


def _numbers(problem: problems.Problem) -> tuple[int | None, ...]:
    return problem.plan[0].left, problem.plan[0].right, problem.plan[1].right
