"""Two prompts to compare by patching: read, checked to be of one length, with answers that are single tokens."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from torch import Tensor

from ..attribution.targets import choice_id
from ..errors import GlasspaneError
from ..protocol import PromptPair, TextPrompt
from ..subjects import Subject
from ..subjects.prompt import ReadPrompt, read_prompt
from .cells import first_difference
from .words_alike import words_alike

SUGGESTED = 6
"""How many other words of one token are offered."""


@dataclass(frozen=True)
class ReadPair:
    """Both prompts as the model reads them; ``first`` is the first token at which they differ."""

    clean: ReadPrompt
    corrupted: ReadPrompt
    first: int

    @property
    def tokens(self) -> int:
        return self.clean.given.length


def read_pair(subject: Subject, pair: PromptPair) -> ReadPair:
    """Raises ``other_length`` (with both tokenisations side by side) and ``same_prompt``."""
    clean, corrupted = read_prompt(subject, pair.clean), read_prompt(subject, pair.corrupted)
    ids, others = clean.given.ids[0], corrupted.given.ids[0]
    if len(ids) != len(others):
        raise _other_length(subject, pair, clean, corrupted)
    first = first_difference(ids, others)
    if first == len(ids):
        raise GlasspaneError(
            "same_prompt",
            "Both prompts are the same tokens: there is nothing to patch.",
            "Change a word that the answer hangs on, for example a name or a place.",
        )
    return ReadPair(clean, corrupted, first)


def answers(
    subject: Subject, pair: PromptPair, read: ReadPair, clean: Tensor, corrupted: Tensor
) -> tuple[int, int | None]:
    """Ids of the right and the wrong answer, given both prompts' logits [vocabulary].

    Where none are named they are what the model itself says after each. Raises ``not_one_token`` and
    ``unknown_target``.
    """
    size = int(clean.shape[-1])
    right = (
        choice_id(subject, pair.right, read.clean, size) if pair.right is not None else int(clean.argmax())
    )
    if pair.wrong is not None:
        wrong = choice_id(subject, pair.wrong, read.corrupted, size)
    elif pair.right is not None:
        return right, None
    else:
        wrong = int(corrupted.argmax())
    if right == wrong:
        raise GlasspaneError(
            "unknown_target",
            "The right and the wrong answer are the same token"
            + (": the model says the same after both prompts." if pair.wrong is None else "."),
            "Name two answers, for example “ Mary” and “ John”.",
        )
    return right, wrong


def _other_length(
    subject: Subject, pair: PromptPair, clean: ReadPrompt, corrupted: ReadPrompt
) -> GlasspaneError:
    ours, theirs = _pieces(clean), _pieces(corrupted)
    lines = _aligned(ours, theirs)
    swaps = single_token_swaps(subject, pair, clean, corrupted)
    step = "Use words that are as many tokens in both prompts."
    if swaps:
        step = f"Words of one token that would fit: {', '.join(swaps)}."
    return GlasspaneError(
        "other_length",
        f"The prompts are {len(ours)} and {len(theirs)} tokens long; patching needs the same places in both.",
        step,
        lines=lines,
        suggestions=swaps,
    )


def _pieces(read: ReadPrompt) -> list[str]:
    return [token.text for token in read.tokens]


def _aligned(ours: list[str], theirs: list[str]) -> list[str]:
    """Both tokenisations, one above the other, bars between tokens; equal stretches stand in equal columns."""
    above, below = ["clean    "], ["corrupted"]
    for _, i1, i2, j1, j2 in SequenceMatcher(a=ours, b=theirs, autojunk=False).get_opcodes():
        upper, lower = "|".join(map(_shown, ours[i1:i2])), "|".join(map(_shown, theirs[j1:j2]))
        width = max(len(upper), len(lower))
        above.append(upper.ljust(width))
        below.append(lower.ljust(width))
    return [" |".join(above), " |".join(below)]


def _shown(piece: str) -> str:
    return piece.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "·")


def single_token_swaps(
    subject: Subject, pair: PromptPair, clean: ReadPrompt, corrupted: ReadPrompt
) -> list[str]:
    """Other words that are one token where the clean prompt has one and the corrupted one has more.

    Those whose embeddings lie nearest to the clean word's, and that are written alike.
    """
    if not isinstance(pair.clean, TextPrompt):
        return []
    ids, others = clean.given.ids[0].tolist(), corrupted.given.ids[0].tolist()
    changed = [
        (i1, i2)
        for tag, i1, i2, _, _ in SequenceMatcher(a=ids, b=others, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    if len(changed) != 1 or changed[0][1] - changed[0][0] != 1:
        return []
    return list(islice(words_alike(subject, [ids[changed[0][0]]]), SUGGESTED))
