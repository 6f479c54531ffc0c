"""Syntactic role: a name that is the subject or the object of its clause.

Every name takes both roles, so the word alone says nothing. Lead-ins of several lengths and second clauses put
both roles at early and at late positions, so the position says little.
"""

from __future__ import annotations

import random

from ...protocol import LabelledText
from ...subjects.bundled.training.documents import words
from ...subjects.bundled.training.ioi import NAMES, OBJECTS, PLACES
from .sentence import marked_sentence

CLASSES = ("subject", "object")

LEAD_INS = (
    "", "", "Yesterday ", "Later ", "That day ", "Last year ", "After a while ", "At the {place} ",
    "Yesterday at the {place} ",
)  # fmt: skip

VERBS = words("met saw found left helped called asked liked")

CLAUSES = (
    ("{subject} {verb} {object}", ("subject", "object")),
    (
        "{subject} {verb} {object} and {subject2} {verb2} {object2}",
        ("subject", "object", "subject2", "object2"),
    ),
    ("when {subject} {verb} {object}, {subject2} {verb2} {object2}", ("subject2", "object", "object2")),
    ("{subject} gave {object} the {thing}", ("subject", "object")),
)


def draw(rng: random.Random, label: str) -> LabelledText:
    """One sentence with a marked name in the role ``label``; the group is the name."""
    frame, slots = rng.choice(CLAUSES)
    slot = rng.choice([one for one in slots if one.startswith(label)])
    lead_in = "" if frame.startswith("when") else rng.choice(LEAD_INS)
    fillers = {"subject": NAMES, "object": NAMES, "verb": VERBS, "place": PLACES, "thing": OBJECTS}
    return marked_sentence(rng, f"{lead_in}{frame}.", slot, rng.choice(NAMES), label, fillers)
