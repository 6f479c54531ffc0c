"""The bundled tasks' texts. Truth: the labels worked out again from the text, by rules written here."""

from __future__ import annotations

from collections import Counter

import pytest

import glasspane as gp
from glasspane.probing.labelled import TASKS, tasks
from glasspane.probing.labelled.factual_attribute import CONTINENTS
from glasspane.probing.labelled.part_of_speech import WORDS
from glasspane.subjects.bundled.training.capitals import CAPITALS
from glasspane.subjects.bundled.training.reviews import BAD, GOOD

COUNT = 400


@pytest.mark.parametrize("name", list(TASKS))
def test_texts_are_different_balanced_and_the_same_for_a_seed(name: str) -> None:
    task = TASKS[name]
    texts = task.generate(COUNT, 3)
    assert texts == task.generate(COUNT, 3)
    assert texts != task.generate(COUNT, 4)
    assert len({(row.text, row.start) for row in texts}) == COUNT
    counts = Counter(row.label for row in texts)
    assert set(counts) == set(task.spec.classes)
    assert max(counts.values()) - min(counts.values()) <= 1
    for row in texts:
        assert row.text[0].isupper()
        assert "{" not in row.text
        if row.start is not None:
            assert row.text[row.start : row.end].casefold() == row.group
    groups = {label: {row.group for row in texts if row.label == label} for label in counts}
    assert min(map(len, groups.values())) >= 10  # enough for five folds


def test_more_texts_than_there_are_is_what_there_is() -> None:
    texts = TASKS["factual_attribute"].generate(20_000, 0)
    assert len(texts) == sum(map(len, CONTINENTS.values())) * 12


def test_sentiment_is_the_words_own_turned_by_negation() -> None:
    for row in TASKS["sentiment"].generate(COUNT, 0):
        negations = (" not ", "n't ", " never ", " hardly ", " far from ", " anything but ", "Nobody ")
        negated = any(sign in row.text for sign in negations)
        assert (row.group in GOOD) != (row.group in BAD)
        assert row.label == ("positive" if (row.group in GOOD) != negated else "negative")
        assert row.start is None


def test_neither_the_word_nor_the_negation_gives_the_sentiment_away() -> None:
    texts = TASKS["sentiment"].generate(4000, 0)
    for good in (True, False):
        share = [row.label == "positive" for row in texts if (row.group in GOOD) == good]
        assert 0.45 < sum(share) / len(share) < 0.55


def test_roles_are_those_of_the_clause() -> None:
    """The word before an object is a verb (or "gave"); before a subject there is none."""
    verbs = {"met", "saw", "found", "left", "helped", "called", "asked", "liked", "gave"}
    positions: dict[str, set[int]] = {"subject": set(), "object": set()}
    names: dict[str, set[str]] = {"subject": set(), "object": set()}
    for row in TASKS["syntactic_role"].generate(COUNT, 0):
        before = row.text[: row.start].split()
        assert (bool(before) and before[-1] in verbs) == (row.label == "object")
        positions[row.label].add(len(before))
        names[row.label].add(row.group)
    # The same names and places take both roles.
    assert len(names["subject"] & names["object"]) > 50
    assert len(positions["subject"] & positions["object"]) >= 6


def test_words_are_of_the_class_they_are_listed_under() -> None:
    for row in TASKS["part_of_speech"].generate(COUNT, 0):
        assert row.group in WORDS[row.label]


def test_countries_are_among_those_the_models_know() -> None:
    for countries in CONTINENTS.values():
        assert set(countries) <= set(CAPITALS)
    every = [country for countries in CONTINENTS.values() for country in countries]
    assert len(every) == len(set(every))


def test_marked_words_are_single_tokens_of_the_bundled_model() -> None:
    tokenizer = gp.subject("demo-lm").tokenizer
    for name in ("part_of_speech", "syntactic_role", "factual_attribute"):
        words = {row.text[row.start : row.end] for row in TASKS[name].generate(COUNT, 0)}
        whole = [word for word in words if len(tokenizer(f" {word}")["input_ids"]) == 1]
        assert len(whole) / len(words) > 0.9, sorted(words - set(whole))


def test_hosts_are_told_of_every_task() -> None:
    from glasspane.catalogue import catalogue

    assert catalogue().probe_tasks == tasks()
    assert [task.name for task in tasks()] == list(TASKS)
