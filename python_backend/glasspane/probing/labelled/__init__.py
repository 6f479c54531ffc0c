"""Labelled texts of the bundled tasks: generated, with exact labels, the same ones for the same seed.

A task is one file with a function that draws one text, and one row in :data:`TASKS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from ...errors import GlasspaneError
from ...protocol import LabelledText, ProbeTaskSpec
from . import factual_attribute, part_of_speech, sentiment, syntactic_role

DRAWS_FOR_EACH = 5000
"""Draws after which no text that is not there yet is expected any more."""


@dataclass(frozen=True)
class LabelledTask:
    """What a task asks, and how one text of a given class is drawn."""

    spec: ProbeTaskSpec
    draw: Callable[[random.Random, str], LabelledText]

    def generate(self, count: int, seed: int) -> list[LabelledText]:
        """``count`` different texts, the classes in turn; fewer where the task has no more."""
        rng = random.Random(f"{self.spec.name}:{seed}")
        found: dict[tuple[str, int | None], LabelledText] = {}
        exhausted: set[str] = set()
        while len(found) < count and len(exhausted) < len(self.spec.classes):
            for label in self.spec.classes:
                if len(found) < count and label not in exhausted:
                    for _ in range(DRAWS_FOR_EACH):
                        drawn = self.draw(rng, label)
                        if (drawn.text, drawn.start) not in found:
                            found[drawn.text, drawn.start] = drawn
                            break
                    else:
                        exhausted.add(label)
        return list(found.values())


TASKS: dict[str, LabelledTask] = {
    task.spec.name: task
    for task in (
        LabelledTask(
            ProbeTaskSpec(
                name="part_of_speech",
                label="part of speech",
                summary="Is the marked word a noun, a verb, an adjective or an adverb?",
                classes=list(part_of_speech.CLASSES),
                read_at="the last token of the word",
                grouped_by="word",
            ),
            part_of_speech.draw,
        ),
        LabelledTask(
            ProbeTaskSpec(
                name="sentiment",
                label="sentiment of a film review",
                summary="Is the review positive or negative? Half of them are negated.",
                classes=list(sentiment.CLASSES),
                read_at="the last token of the text",
                grouped_by="opinion word",
            ),
            sentiment.draw,
        ),
        LabelledTask(
            ProbeTaskSpec(
                name="syntactic_role",
                label="syntactic role",
                summary="Is the marked name the subject or the object of its clause?",
                classes=list(syntactic_role.CLASSES),
                read_at="the last token of the name",
                grouped_by="name",
            ),
            syntactic_role.draw,
        ),
        LabelledTask(
            ProbeTaskSpec(
                name="factual_attribute",
                label="continent of a country",
                summary="On which continent does the marked country lie?",
                classes=list(factual_attribute.CLASSES),
                read_at="the last token of the country's name",
                grouped_by="country",
            ),
            factual_attribute.draw,
        ),
    )
}
"""By name, in the order in which they are listed."""


def task_named(name: str) -> LabelledTask:
    """The task ``name``; raises ``unknown_task`` with the nearest name there is."""
    if name in TASKS:
        return TASKS[name]
    near = get_close_matches(str(name).casefold().replace("-", "_").replace(" ", "_"), TASKS, n=1, cutoff=0.4)
    raise GlasspaneError(
        "unknown_task",
        f"There is no bundled task called {name!r}.",
        (f"Did you mean {near[0]!r}? " if near else "")
        + f"There are: {', '.join(TASKS)}; or give a data frame with the columns text and label.",
    )


def tasks() -> list[ProbeTaskSpec]:
    """What hosts list."""
    return [task.spec for task in TASKS.values()]
