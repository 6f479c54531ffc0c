"""Frozen activations of labelled texts: read in batches of one length, so that nothing is ever padded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..attribution.by_gradient.gradients import in_full
from ..attribution.memory import refuse_if_too_large, rows_that_fit
from ..errors import GlasspaneError
from ..kernel.progress import Report
from ..protocol import LabelledText, TextPrompt
from ..subjects import Subject
from ..subjects.architecture import Meter, ModelInput, run
from ..subjects.prompt import ReadPrompt, read_prompt
from .stream import reading, site_name

COPIES = 4
"""Activations of a layer are held in float64 and standardised while a classifier is fitted: so many times over."""


@dataclass(frozen=True)
class Placed:
    """A text as the model reads it, and the token whose activation is asked for."""

    row: int
    read: ReadPrompt
    position: int

    @property
    def length(self) -> int:
        """Tokens that the layers read (of an encoder–decoder, its encoder)."""
        return self.read.given.length - self.read.given.decoded


@dataclass(frozen=True)
class Activations:
    """``at[layer]`` [example, dim], float32, of the read-out token; ``placed`` in the order of the examples."""

    at: dict[int, NDArray[np.float32]]
    placed: list[Placed]
    warnings: list[str]


def placed_texts(subject: Subject, rows: Sequence[LabelledText]) -> list[Placed]:
    """Every text tokenised, its read-out token found: the last one of the span, or of the text.

    Raises what :func:`read_prompt` does, naming the row, and ``bad_examples`` where a span has no token.
    """
    return [_placed(subject, number, row) for number, row in enumerate(rows)]


def _placed(subject: Subject, number: int, row: LabelledText) -> Placed:
    try:
        read = read_prompt(subject, TextPrompt(text=row.text), needs_mask=False)
    except GlasspaneError as problem:
        said = problem.result
        raise GlasspaneError(
            said.code, f"Row {number}: {said.message}", said.next_step, detail=said.detail
        ) from problem
    start, end = (0, len(row.text)) if row.start is None or row.end is None else (row.start, row.end)
    encoded = read.given.length - read.given.decoded
    inside = [
        token.index
        for token in read.tokens[:encoded]
        if not token.special and max(token.start, start) < min(token.end, end)
    ]
    if not inside:
        raise GlasspaneError(
            "bad_examples",
            f"Row {number}: the tokenizer makes no token of {row.text[start:end]!r}.",
            "Mark words that the model reads.",
        )
    return Placed(number, read, inside[-1])


def same_length(placed: Sequence[Placed]) -> list[list[Placed]]:
    """Texts of one length together, in the order of lengths: rows of a batch need no padding."""
    found: dict[tuple[int, int], list[Placed]] = defaultdict(list)
    for each in placed:
        found[each.read.given.length, each.read.given.decoded].append(each)
    return [found[key] for key in sorted(found)]


def batch_of(placed: Sequence[Placed]) -> ModelInput:
    """Texts of one length as the rows of one input."""
    first = placed[0].read.given
    return ModelInput(
        torch.cat([each.read.given.ids for each in placed]),
        {name: torch.cat([each.read.given.extra[name] for each in placed]) for name in first.extra},
        decoded=first.decoded,
    )


def batches(subject: Subject, placed: Sequence[Placed]) -> Iterator[list[Placed]]:
    """As many texts of one length as fit through the model at once; raises ``not_enough_memory``."""
    for group in same_length(placed):
        at_once = rows_that_fit(subject, group[0].read.given.length, 1, False)
        for start in range(0, len(group), at_once):
            yield group[start : start + at_once]


def read_activations(
    subject: Subject,
    blocks: Sequence[nn.Module],
    layers: Sequence[int],
    rows: Sequence[LabelledText],
    report: Report,
    meter: Meter,
) -> Activations:
    """Run the model over ``rows`` and keep the stream at ``layers`` where each is read.

    Raises ``not_enough_memory`` before anything is read, ``non_finite`` naming layer and row, and ``Cancelled``
    from ``report`` between batches.
    """
    report(0.0, "tokenising")
    placed = placed_texts(subject, rows)
    width = _width(subject)
    refuse_if_too_large(
        subject,
        4 * len(rows) * len(layers) * width + COPIES * 8 * len(rows) * width,
        f"Keeping the activations of {len(rows):,} texts at {len(layers)} layers",
        device=torch.device("cpu"),
        next_step="Give fewer texts, or name some of the layers: layers=[…].",
    )
    kept: dict[int, list[Tensor | None]] = {layer: [None] * len(rows) for layer in layers}
    done = 0
    for batch in batches(subject, placed):
        report(done / len(rows), f"reading activations: {done:,} of {len(rows):,} texts")
        with torch.no_grad(), reading(blocks, layers, batch[0].length) as seen:
            run(subject, batch_of(batch), meter=meter)
        for layer in layers:
            if layer not in seen or seen[layer].ndim != 3 or len(seen[layer]) != len(batch):
                raise GlasspaneError(
                    "unsupported_model",
                    f"{subject.name} does not pass its stream through its layers one by one.",
                    "Probe another model.",
                )
            vectors = in_full(seen[layer])[range(len(batch)), [each.position for each in batch]].float().cpu()
            for each, vector in zip(batch, vectors, strict=True):
                kept[layer][each.row] = vector
        done += len(batch)
    found = {
        layer: torch.stack([vector for vector in vectors if vector is not None]).numpy()
        for layer, vectors in kept.items()
    }
    _refuse_non_finite(subject, found, len(blocks))
    return Activations(
        found, placed, list(dict.fromkeys(said for one in placed for said in one.read.warnings))
    )


def _refuse_non_finite(subject: Subject, found: dict[int, NDArray[np.float32]], count: int) -> None:
    for layer, vectors in found.items():
        broken = np.flatnonzero(~np.isfinite(vectors).all(1))
        if len(broken):
            raise GlasspaneError(
                "non_finite",
                f"The activations of {subject.name} are not finite (NaN or infinity) from "
                f"{site_name(layer, count)} on, in {len(broken):,} of {len(vectors):,} texts (first: row {broken[0]}).",
                "Check the weights of the layer before, or load the model in float32.",
            )


def _width(subject: Subject) -> int:
    config = subject.core.config
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    return int(getattr(config, "hidden_size", 0) or getattr(config, "dim", 768))
