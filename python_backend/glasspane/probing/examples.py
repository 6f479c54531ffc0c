"""What a probe is fitted on: the texts of a request, checked before a model runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GlasspaneError
from ..protocol import FrameExamples, LabelledText, ProbeClass, ProbeExamples, RowExamples, TaskExamples
from .labelled import task_named
from .user_rows import labelled_texts

MOST_CLASSES = 100

FEWEST_GROUPS = 10
"""Of every class; with fewer, what is held out says next to nothing and there is no choosing the regularisation."""


@dataclass(frozen=True)
class Examples:
    """Labelled texts, and how a person calls what is asked of them."""

    rows: list[LabelledText]
    task: str
    read_at: str
    grouped_by: str

    @cached_property
    def labels(self) -> list[str]:
        """The classes, in alphabetical order."""
        return sorted({row.label for row in self.rows})

    @cached_property
    def y(self) -> NDArray[np.int64]:
        """[example]: index into :attr:`labels`."""
        at = {label: place for place, label in enumerate(self.labels)}
        return np.array([at[row.label] for row in self.rows], dtype=np.int64)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """[example]: number of its group."""
        at: dict[str, int] = {}
        return np.array([at.setdefault(row.group, len(at)) for row in self.rows], dtype=np.int64)

    @property
    def groups_repeat(self) -> bool:
        return len(set(self.groups.tolist())) < len(self.rows)

    @property
    def majority(self) -> float:
        """Accuracy of always naming the largest class."""
        return float(np.bincount(self.y).max() / len(self.y))

    def classes(self) -> list[ProbeClass]:
        groups = groups_of_each_class(self)
        counts = Counter(row.label for row in self.rows)
        return [
            ProbeClass(
                label=label,
                examples=counts[label],
                groups=groups[label],
                share=counts[label] / len(self.rows),
            )
            for label in self.labels
        ]

    def samples(self, of_each: int = 2) -> list[LabelledText]:
        """The first texts of every class."""
        taken: Counter[str] = Counter()
        chosen = []
        for row in self.rows:
            if taken[row.label] < of_each:
                taken[row.label] += 1
                chosen.append(row)
        return chosen


def examples_of(asked: ProbeExamples, seed: int, namespace: Mapping[str, Any]) -> Examples:
    """The texts that a request names; raises ``unknown_task`` or ``bad_examples``."""
    if isinstance(asked, TaskExamples):
        task = task_named(asked.name)
        spec = task.spec
        return Examples(task.generate(asked.count, seed), spec.label, spec.read_at, spec.grouped_by)
    if isinstance(asked, RowExamples):
        return own_examples(asked.rows, asked.grouped_by, asked.task)
    return examples_of_table(_value(asked.name, namespace), asked)


def examples_of_table(table: Any, columns: FrameExamples) -> Examples:
    """The texts of a table in hand; raises ``bad_examples``."""
    return own_examples(labelled_texts(table, columns), grouped_by=columns.group)


def own_examples(
    rows: list[LabelledText], grouped_by: str | None = None, task: str | None = None
) -> Examples:
    marked = any(row.start is not None for row in rows)
    return Examples(
        rows,
        task or "your own labels",
        "the last token of the span" if marked else "the last token of the text",
        grouped_by or ("marked word" if marked else "text"),
    )


def _value(name: str, namespace: Mapping[str, Any]) -> Any:
    from ..subjects.find import evaluate

    try:
        return evaluate(name, namespace)
    except GlasspaneError as problem:
        raise GlasspaneError(
            "bad_examples",
            f"There is no table {name!r} in this kernel.",
            "Run the cell that makes it, or name another one.",
            detail=problem.result.detail,
        ) from problem


def groups_of_each_class(examples: Examples) -> dict[str, int]:
    """How many different groups every class has."""
    found: dict[str, set[int]] = {label: set() for label in examples.labels}
    for row, group in zip(examples.rows, examples.groups, strict=True):
        found[row.label].add(int(group))
    return {label: len(groups) for label, groups in found.items()}


def refuse_too_few(examples: Examples, folds: int) -> None:
    """Raise ``bad_examples`` unless there are two classes, each with two groups for every fold and ten at least.

    So every fold tests about two groups of each class, on training data that has them all.
    """
    labels, total = examples.labels, len(examples.rows)
    if len(labels) < 2:
        raise GlasspaneError(
            "bad_examples",
            f"All {total} examples are of one class, {labels[0]!r}."
            if labels
            else "There are no labelled texts.",
            "A probe tells classes apart: give examples of at least two.",
        )
    if len(labels) > MOST_CLASSES:
        raise GlasspaneError(
            "bad_examples",
            f"There are {len(labels):,} classes for {total:,} examples: these look like numbers, not classes.",
            f"Sort them into at most {MOST_CLASSES} classes, e.g. by pandas.qcut.",
        )
    needed = max(2 * folds, FEWEST_GROUPS)
    groups = groups_of_each_class(examples)
    smallest = min(labels, key=lambda label: groups[label])
    if groups[smallest] < needed:
        counted = sum(row.label == smallest for row in examples.rows)
        several = counted != groups[smallest]
        what = f"{counted} examples in {groups[smallest]} groups ({examples.grouped_by})" if several else (
            f"{counted} example{'' if counted == 1 else 's'}"
        )  # fmt: skip
        fewer = groups[smallest] // 2
        raise GlasspaneError(
            "bad_examples",
            f"There are too few examples: {total} in all, and {smallest!r} has {what}. {folds} folds need at least "
            f"{needed} {'groups' if several else 'examples'} of every class, so at least {needed * len(labels)}.",
            "Give more of them."
            + (f" With folds={fewer} these would do." if groups[smallest] >= FEWEST_GROUPS else ""),
        )
