"""Many continuations of prompts that begin alike: what they share is read once, and all are written side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..attribution.evaluation import refuse_non_finite
from ..errors import GlasspaneError
from ..kernel.progress import Report, silent
from ..subjects import Subject
from ..subjects.architecture import Meter, context_length, device_of, virtual_tokens
from .drawing_tokens import TokenDrawer
from .reading_on import Reading, reading
from .sampling import Continuation, Finish, Sampling

_CACHE_BYTES = 512 * 2**20
"""Keys and values of the rows that are written side by side; more rows take turns."""

_DROPPED_AT = 0.75
"""Ended rows leave the batch once so few are left: taking them out copies the cache of the others."""


@dataclass(frozen=True)
class Opening:
    """The tokens that continuations follow on, and a seed for each continuation wanted."""

    ids: tuple[int, ...]
    seeds: tuple[int, ...]


@dataclass
class _Row:
    opening: Opening
    seed: int
    place: tuple[int, int]
    """Which opening, and which of its seeds."""
    ids: list[int] = field(default_factory=list)
    text: str = ""
    finish: Finish | None = None


class PrefixWriter:
    """Writes and scores continuations by one subject, which must be at rest (see ``guard.unharmed``).

    Raises ``unsupported_model`` for a subject that does not write from left to right.
    """

    def __init__(self, subject: Subject, meter: Meter | None = None) -> None:
        if subject.family != "causal_lm":
            raise GlasspaneError(
                "unsupported_model",
                f"{subject.name} does not write from left to right, so it writes no chain of thought.",
                "Audit a causal language model.",
            )
        self._subject = subject
        self._meter = meter
        self._device = device_of(subject)
        self._ends = _ends(subject)
        self._special = set(subject.tokenizer.all_special_ids)

    def write(
        self, openings: Sequence[Opening], sampling: Sampling, report: Report = silent
    ) -> list[list[Continuation]]:
        """For every opening, a continuation for each of its seeds.

        A continuation follows from its opening and seed, whatever is written beside it, up to rounding. Raises
        ``prompt_too_long`` where an opening leaves no room, ``non_finite``, and ``Cancelled`` from ``report``.
        """
        self._refuse_overlong([opening.ids for opening in openings])
        shared = _shared([opening.ids for opening in openings])
        done, wanted = 0, sum(len(opening.seeds) for opening in openings)
        written: list[_Row] = []
        with torch.no_grad():
            begun = self._begun(shared)
            for rows in self._batches(openings, sampling):
                report(done / wanted, "reading the prompt")
                self._continue(rows, begun.copy(), len(shared), sampling, report, done / wanted)
                written += rows
                done += len(rows)
        found: list[list[Continuation]] = [[] for _ in openings]
        for row in sorted(written, key=lambda each: each.place):
            assert row.finish is not None
            found[row.place[0]].append(Continuation(row.text, row.finish, len(row.ids), row.seed))
        return found

    def log_probs(
        self, openings: Sequence[tuple[int, ...]], answers: Sequence[tuple[int, ...]], report: Report = silent
    ) -> list[list[float]]:
        """log p (nats) of every token of ``answers[i]`` behind ``openings[i]``, teacher-forced, in one pass.

        Rows are filled up on the right, where tokens of a causal model change nothing before them. Raises
        ``unknown_target`` for an empty answer, ``prompt_too_long``, ``non_finite``.
        """
        if not all(answers):
            raise GlasspaneError("unknown_target", "The answer is empty.", "Give the answer to be scored.")
        wholes = [(*opening, *answer) for opening, answer in zip(openings, answers, strict=True)]
        self._refuse_overlong([whole[:-1] for whole in wholes])
        shared = _shared(list(openings))
        longest = max(map(len, wholes)) - 1
        filled = [[*whole[len(shared) : -1], *[whole[-1]] * (longest + 1 - len(whole))] for whole in wholes]
        report(0.0, "scoring answers")
        with torch.no_grad():
            begun = self._begun(shared)
            begun.rows([0] * len(wholes))
            logits = begun.read(self._ids(filled), keep=longest - len(shared))
            refuse_non_finite(logits, "logits")
            scores = logits.log_softmax(-1)
        return [
            [
                float(scores[row, len(opening) - len(shared) - 1 + at, token])
                for at, token in enumerate(answer)
            ]
            for row, (opening, answer) in enumerate(zip(openings, answers, strict=True))
        ]

    def _begun(self, shared: tuple[int, ...]) -> Reading:
        begun = reading(self._subject, self._meter)
        if shared:
            begun.read(self._ids([shared]))
        return begun

    def _ids(self, rows: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([list(row) for row in rows], device=self._device)

    def _batches(self, openings: Sequence[Opening], sampling: Sampling) -> Iterator[list[_Row]]:
        """Rows that are equally long, so that none is filled up, and few enough for memory."""
        by_length: dict[int, list[_Row]] = {}
        for at, opening in enumerate(openings):
            rows = by_length.setdefault(len(opening.ids), [])
            rows += [_Row(opening, seed, (at, index)) for index, seed in enumerate(opening.seeds)]
        for length, rows in by_length.items():
            most = max(1, _CACHE_BYTES // (_cache_bytes(self._subject) * (length + sampling.max_tokens)))
            for start in range(0, len(rows), most):
                yield rows[start : start + most]

    def _continue(
        self,
        rows: list[_Row],
        read: Reading,
        shared: int,
        sampling: Sampling,
        report: Report,
        fraction: float,
    ) -> None:
        distinct = list(dict.fromkeys(row.opening.ids for row in rows))
        read.rows([0] * len(distinct))
        logits = read.read(self._ids([ids[shared:] for ids in distinct]))[:, -1]
        refuse_non_finite(logits, "logits")
        of_row = [distinct.index(row.opening.ids) for row in rows]
        read.rows(of_row)
        logits = logits[of_row]
        drawer = TokenDrawer([row.seed for row in rows], sampling)
        room = self._room(read.length)
        most, alive = min(sampling.max_tokens, room), rows
        for written in range(1, most + 1):
            tokens = drawer(logits)
            for row, token in zip(alive, tokens, strict=True):
                self._append(row, token, sampling)
            report(fraction, f"writing, {written} of at most {most} tokens")
            going = [at for at, row in enumerate(alive) if row.finish is None]
            if not going or written == most:
                break
            if len(going) <= _DROPPED_AT * len(alive):
                read.rows(going)
                drawer.only(going)
                alive, tokens = [alive[at] for at in going], [tokens[at] for at in going]
            logits = read.read(self._ids([[token] for token in tokens]))[:, -1]
        for row in rows:
            row.finish = row.finish or ("length" if sampling.max_tokens <= room else "context")

    def _append(self, row: _Row, token: int, sampling: Sampling) -> None:
        if row.finish is not None:  # ended, and still in the batch
            return
        row.ids.append(token)
        if token in self._ends:
            row.finish = "stop"
            return
        row.text = self._text(row)
        stops = [at for stop in sampling.stop if (at := row.text.find(stop)) >= 0]
        if stops:
            row.text, row.finish = row.text[: min(stops)], "stop"

    def _text(self, row: _Row) -> str:
        """What follows on the opening: sentencepiece drops the space before a text that stands alone."""
        decode = self._subject.tokenizer.decode
        before = list(row.opening.ids[-4:])
        lead = decode(before, clean_up_tokenization_spaces=False)
        said = [token for token in row.ids if token not in self._special]
        return str(decode([*before, *said], clean_up_tokenization_spaces=False))[len(lead) :]

    def _room(self, length: int) -> int:
        limit = context_length(self._subject.core.config)
        return 1 << 30 if limit is None else limit - length - virtual_tokens(self._subject)

    def _refuse_overlong(self, rows: Sequence[tuple[int, ...]]) -> None:
        longest = max(map(len, rows))
        if self._room(longest) < 1:
            raise GlasspaneError(
                "prompt_too_long",
                f"The prompt and its steps are {longest} tokens and fill the context of {self._subject.name}.",
                "Shorten the prompt, or audit fewer steps.",
            )


def _shared(rows: list[tuple[int, ...]]) -> tuple[int, ...]:
    """What all begin with; the last token of each is read by itself, for its prediction is wanted."""
    shortest = min((row[:-1] for row in rows), key=len)
    for at, token in enumerate(shortest):
        if any(row[at] != token for row in rows):
            return shortest[:at]
    return shortest


def _ends(subject: Subject) -> set[int]:
    """Tokens after which the model has nothing more to say."""
    settings = getattr(subject.core, "generation_config", None)
    ends = getattr(settings, "eos_token_id", None)
    named = ends if isinstance(ends, (list, tuple)) else [ends]
    return {int(end) for end in (*named, subject.tokenizer.eos_token_id) if end is not None}


def _cache_bytes(subject: Subject) -> int:
    """Of one token's keys and values in every layer, at most (grouped queries take less)."""
    config = subject.core.config
    config = config.get_text_config() if hasattr(config, "get_text_config") else config
    size = next(subject.core.parameters()).element_size()
    return 2 * int(config.num_hidden_layers) * int(config.hidden_size) * int(size)
