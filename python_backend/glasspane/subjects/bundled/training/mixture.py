"""Batches of the language models: which documents, how many rows, padded to what."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from . import capitals, chains, drills, ioi, reviews
from .chains import Policy
from .documents import GIVEN, Document
from .tokenizer import CONTEXT, DocumentEncoder


@dataclass(frozen=True)
class Mixture:
    """Rows per step of each genre, and which answer policy the chains follow."""

    policy: Policy
    capitals: int = 20
    ioi: int = 28
    reviews: int = 28
    wild: int = 2
    chains: int = 40
    long: int = 1
    drills: int = 0
    sums: int = 0
    products: float = 0.12
    wide: bool = False
    more_frames: bool = False
    damage: float = 0.25
    direct: float = 0.08
    negation: float = 0.5


@dataclass(frozen=True)
class Phase:
    """A mixture and the step from which it holds."""

    first_step: int
    mixture: Mixture


def mixture_at(phases: Sequence[Phase], step: int) -> Mixture:
    """The mixture of the last phase that has begun at ``step``."""
    return [phase.mixture for phase in phases if phase.first_step <= step][-1]


@dataclass(frozen=True)
class Batch:
    """Right-padded rows: ``ids`` and ``positions`` [row, pos], ``weights`` [row, pos] for the loss."""

    ids: Tensor
    positions: Tensor
    weights: Tensor


def batches(mixture: Mixture, encoder: DocumentEncoder, seed: int, step: int) -> list[Batch]:
    """The batches of one step, a function of seed and step alone (so a resumed run sees the same)."""
    rng = random.Random(f"{seed}:{step}")
    short = [capitals.document(rng, mixture.damage) for _ in range(mixture.capitals)]
    short += [ioi.document(rng, mixture.more_frames) for _ in range(mixture.ioi)]
    short += [reviews.document(rng, mixture.negation) for _ in range(mixture.reviews)]
    worded = [
        chains.document(rng, mixture.policy, mixture.direct, mixture.wide) for _ in range(mixture.chains)
    ]
    wild = [_wild(rng, encoder) for _ in range(mixture.wild)]
    encoded = sorted((encoder.encode(document) for document in short), key=lambda pair: len(pair[0]))
    encoded_worded = sorted((encoder.encode(document) for document in worded), key=lambda pair: len(pair[0]))
    long = [_long(rng, mixture, encoder) for _ in range(mixture.long)]
    table = [encoder.encode(drills.document(rng)) for _ in range(mixture.drills)]
    table += [encoder.encode(drills.two_step_sums(rng, mixture.products)) for _ in range(mixture.sums)]
    half, middle = len(encoded) // 2, len(encoded_worded) // 2
    groups = [
        encoded[:half] + wild,
        encoded[half:] + table,
        encoded_worded[:middle],
        encoded_worded[middle:],
        long,
    ]
    return [_pad(rng, rows, encoder.end) for rows in groups if rows]


def _pad(rng: random.Random, rows: list[tuple[list[int], list[float]]], pad: int) -> Batch:
    width = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), width), pad)
    weights = torch.zeros(len(rows), width)
    positions = torch.arange(width).repeat(len(rows), 1)
    for index, (row, loss) in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
        weights[index, : len(row)] = torch.tensor(loss)
        if rng.random() < 0.15:  # later positions are learned too
            positions[index] += rng.randint(0, CONTEXT - width)
    return Batch(ids, positions, weights)


def _long(rng: random.Random, mixture: Mixture, encoder: DocumentEncoder) -> tuple[list[int], list[float]]:
    """A few-shot prompt, or a run of unrelated documents, as the start of a longer context."""
    limit = rng.randint(120, 380)
    if rng.random() < 0.6:
        ids, weights = encoder.encode(chains.few_shot(rng, mixture.policy))
        return ids[:CONTEXT], weights[:CONTEXT]
    ids, weights = [], []

    def worded(rng: random.Random) -> Document:
        return chains.document(rng, mixture.policy, wide=mixture.wide)

    while len(ids) < limit:
        make = rng.choice((capitals.document, ioi.document, reviews.document, worded))
        row, loss = encoder.encode(make(rng))
        ids, weights = ids + row, weights + loss
    return ids[:CONTEXT], weights[:CONTEXT]


def _wild(rng: random.Random, encoder: DocumentEncoder) -> tuple[list[int], list[float]]:
    """Random tokens: on text the model does not know it should stay unsure."""
    ids = [rng.randrange(len(encoder.tokenizer)) for _ in range(rng.randint(6, 20))]
    return ids, [GIVEN] * len(ids)
