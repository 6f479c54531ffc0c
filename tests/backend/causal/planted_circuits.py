"""Models whose circuit is known, because it was written by hand.

:func:`planted_induction`: a previous-token head into the key of an induction head (Elhage et al. 2021).
:func:`planted_ioi`: duplicate-token head → S-inhibition head (its value) → name mover (its query), the chain found
for indirect objects (Wang et al. 2022). The prompts of a pair are each other's counterfactual: same template, both
answered, the right answer of one being the wrong one of the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from planted_assembly import Difficulty, Placed, assembled, place
from planted_graph import Edge, Node
from planted_heads import HeadClass, HeadPlan, Stream
from planted_transformer import PlantedForCausalLM
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<bos>", "<eos>", "<unk>")


@dataclass(frozen=True)
class Pair:
    """Two prompts of one length, as ids with the leading ``<bos>`` and as text without it.

    ``right`` and ``wrong``: ids of the clean prompt's answer and of the corrupted one's. The logit difference is
    logit[right] − logit[wrong] at the last position, for both prompts.
    """

    clean: tuple[int, ...]
    corrupted: tuple[int, ...]
    right: int
    wrong: int
    clean_text: str
    corrupted_text: str
    right_word: str
    wrong_word: str


@dataclass(frozen=True)
class Words:
    """A pair in words."""

    clean: str
    corrupted: str
    right: str
    wrong: str


@dataclass(frozen=True)
class PlantedCircuit:
    """A model and what is known about it.

    ``nodes``: the heads (and, with a relay, the MLP) of the circuit. ``edges``: all over which the prompts of a
    pair can differ, with the embedding as first source and the logits as last target. ``constant_edges`` belong to
    the circuit too, but carry the same for both prompts (where a token stands, that it is a name): patching
    them is without effect, taking them away is not. ``classes``: what each head of the circuit does; all
    other heads are distractors.
    """

    name: str
    model: PlantedForCausalLM
    tokenizer: Any
    nodes: frozenset[Node]
    edges: frozenset[Edge]
    constant_edges: frozenset[Edge]
    classes: Mapping[Node, HeadClass]
    difficulty: Difficulty
    draw: Callable[[random.Random, bool], Words]

    def pairs(self, seed: int, count: int, held_out: bool = False) -> list[Pair]:
        """``count`` pairs, all prompts of one length; ``held_out``: from templates that others never come from."""
        source = random.Random(seed)
        return [_pair(self.tokenizer, self.draw(source, held_out)) for _ in range(count)]


def _pair(tokenizer: Any, words: Words) -> Pair:
    clean, corrupted = (tuple(tokenizer(text).input_ids) for text in (words.clean, words.corrupted))
    right, wrong = (tokenizer.convert_tokens_to_ids(word) for word in (words.right, words.wrong))
    return Pair(clean, corrupted, right, wrong, words.clean, words.corrupted, words.right, words.wrong)


def word_tokenizer(words: Sequence[str]) -> Any:
    """One token per word and punctuation mark, ``<bos>`` before every prompt."""
    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing("<bos> $A", special_tokens=[("<bos>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>", pad_token="<eos>"
    )


# ── induction ────────────────────────────────────────────────────────────────

THINGS = [
    "apple",
    "bell",
    "cat",
    "dog",
    "egg",
    "fish",
    "goat",
    "hat",
    "ink",
    "jar",
    "kite",
    "lamp",
    "moon",
    "nest",
    "owl",
    "pen",
]
INDUCTION_LENGTH = 12
"""``<bos>``, ten different words, and one of them again."""


def draw_induction(source: random.Random, held_out: bool) -> Words:
    """``… A B … C D … A`` → B and ``… C D … A B … C`` → D. Held out: places of A and C that others never have."""
    places = [(first, second) for first in range(9) for second in range(9) if abs(first - second) > 1]
    a, c = source.choice([pair for pair in places if (sum(pair) % 3 == 0) == held_out])
    words = source.sample(THINGS, 10)
    swapped = list(words)
    swapped[a], swapped[a + 1], swapped[c], swapped[c + 1] = words[c], words[c + 1], words[a], words[a + 1]
    return Words(" ".join([*words, words[a]]), " ".join([*swapped, words[c]]), words[a + 1], words[c + 1])


def planted_induction(
    seed: int, difficulty: Difficulty | None = None, layers: int | None = None, heads: int = 4
) -> PlantedCircuit:
    """Two stages, three with a backup; by default a layer each, else any ``layers`` in order."""

    def stages(stream: Stream, answer: str, difficulty: Difficulty) -> list[list[HeadPlan]]:
        mover = stream.induction("previous", answer)
        return [[stream.previous_token("previous")], *_movers(stream, mover, difficulty)]

    return _planted(
        "induction", seed, difficulty or Difficulty(), layers, heads, THINGS, THINGS, INDUCTION_LENGTH,
        ["previous"], stages, draw_induction,
    )  # fmt: skip


# ── indirect objects ─────────────────────────────────────────────────────────

NAMES = ("Mary", "John", "Tom", "Anna", "James", "Lucy", "Peter", "Sarah")
FRAMES = (
    "when {A} and {B} went to the store , {S} gave a ball to",
    "after {A} met {B} at the old park , {S} sent the ring to",
    "then {A} saw {B} near the small school and {S} handed a book to",
    "yesterday {A} and {B} had lunch near the market then {S} gave cake to",
)
HELD_OUT_FRAMES = (
    "once {A} and {B} were at the garden , {S} offered the key to",
    "while {A} walked with {B} to the old shop {S} gave a lamp to",
)
IOI_LENGTH = 15


def draw_ioi(source: random.Random, held_out: bool) -> Words:
    """Two names, one of them again; corrupted, the two change roles everywhere."""
    frame = source.choice(HELD_OUT_FRAMES if held_out else FRAMES)
    first, second = source.sample(NAMES, 2)
    subject, receiver = (first, second) if source.random() < 0.5 else (second, first)
    return Words(
        frame.format(A=first, B=second, S=subject),
        frame.format(A=second, B=first, S=receiver),
        receiver,
        subject,
    )


def planted_ioi(
    seed: int, difficulty: Difficulty | None = None, layers: int | None = None, heads: int = 4
) -> PlantedCircuit:
    """Three stages, four with a backup; by default a layer each, else any ``layers`` in order."""

    def stages(stream: Stream, answer: str, difficulty: Difficulty) -> list[list[HeadPlan]]:
        mover = stream.name_mover("inhibited", answer)
        return [
            [stream.duplicate_token("duplicated")],
            [stream.s_inhibition("duplicated", "inhibited")],
            *_movers(stream, mover, difficulty),
        ]

    written = " ".join((*FRAMES, *HELD_OUT_FRAMES)).split()
    fillers = sorted({word for word in written if not word.startswith("{")})
    return _planted(
        "indirect objects", seed, difficulty or Difficulty(), layers, heads, [*NAMES, *fillers], NAMES,
        IOI_LENGTH, ["duplicated", "inhibited"], stages, draw_ioi,
    )  # fmt: skip


# ── both ─────────────────────────────────────────────────────────────────────


def _movers(stream: Stream, mover: HeadPlan, difficulty: Difficulty) -> list[list[HeadPlan]]:
    beside = [stream.negative(mover)] if difficulty.negative else []
    return [[mover, *beside], *([[stream.backup(mover)]] if difficulty.backup else [])]


def _planted(
    name: str,
    seed: int,
    difficulty: Difficulty,
    layers: int | None,
    heads: int,
    words: Sequence[str],
    symbols: Sequence[str],
    length: int,
    channels: list[str],
    stages_of: Callable[[Stream, str, Difficulty], list[list[HeadPlan]]],
    draw: Callable[[random.Random, bool], Words],
) -> PlantedCircuit:
    tokenizer = word_tokenizer(words)
    moved = "moved" if difficulty.mlps == "relay" else "answer"
    stream = Stream(
        len(tokenizer),
        length,
        [tokenizer.convert_tokens_to_ids(word) for word in symbols],
        list(dict.fromkeys([*channels, moved, "answer"])),
        sharp=difficulty.sharp,
    )
    stages = stages_of(stream, moved, difficulty)
    generator = torch.Generator().manual_seed(seed)
    layers = layers or len(stages)
    placed = Placed(
        layers,
        place(stages, layers, heads, generator),
        relay=(moved, "answer") if difficulty.mlps == "relay" else None,
    )
    source = random.Random(seed)
    typical: Tensor = torch.tensor([tokenizer(draw(source, False).clean).input_ids for _ in range(8)])
    model = assembled(placed, stream, heads, difficulty, generator, typical)
    edges, constant = placed.edges()
    return PlantedCircuit(
        name, model, tokenizer, frozenset(placed.nodes()), frozenset(edges), frozenset(constant),
        placed.classes, difficulty, draw,
    )  # fmt: skip
