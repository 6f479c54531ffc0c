"""One lens request from prompt to result: run once, decode every layer, take the answer's logit apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..attribution.evaluation import refuse_non_finite
from ..attribution.explain import IN_TRAINING, library_versions, sendable
from ..attribution.memory import rows_that_fit
from ..attribution.targets import forgotten_space, id_text, resolve
from ..errors import GlasspaneError
from ..kernel.progress import Report, part_of, silent
from ..kernel.stages import Stages
from ..protocol import AnswerToken, Cost, DirectAttribution, LensRequest, LensResult, LensTable
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..subjects.prompt import ReadPrompt, read_prompt
from ..token_text import readable
from ..version import glasspane_version
from .anatomy import Anatomy
from .appearance import appears, first_to_stay, over_positions, pulls_ahead, strongest_parts
from .bridge_runs import is_bridge
from .call import lens_call
from .direct import direct_attribution
from .lens_table import Decoded, decoded
from .stream_run import StreamRun, stream_run
from .unembedding import unembedded

CELLS = 5_000
"""Most cells of a table that nobody asked for by number: each costs an unembedding, and no screen shows more."""

_TOLERANCE = {torch.float16: 0.02, torch.bfloat16: 0.05, torch.float32: 1e-3}
"""Largest difference, in shares of the logits' size, at which decoding the last layer counts as the model itself."""


def lens(subject: Subject, request: LensRequest, report: Report = silent) -> LensResult:
    """What ``request`` asks of every layer.

    Raises :class:`GlasspaneError` for everything a person can mend, and ``Cancelled`` from ``report``. Model,
    tokenizer and random state are as before in every case.
    """
    if subject.family != "causal_lm":
        raise GlasspaneError(
            "unsupported_model",
            f"A lens reads what a model would say next; {subject.name} does not write from left to right.",
            "Use a causal language model, or explain this one by attribution.",
        )
    with unharmed(subject) as was_training:
        return _Reading(subject, request, was_training).result(report)


@dataclass(frozen=True)
class _Answers:
    right: int
    wrong: int | None

    @property
    def ids(self) -> list[int]:
        return [self.right] if self.wrong is None else [self.right, self.wrong]


class _Reading:
    """One request on its way."""

    def __init__(self, subject: Subject, request: LensRequest, was_training: bool) -> None:
        self._subject = subject
        self._request = request
        self._stages = Stages()
        self._meter = Meter()
        self._warnings = [IN_TRAINING] if was_training else []
        try:
            self._anatomy = Anatomy(subject)
        except GlasspaneError as problem:
            raise GlasspaneError(
                "unsupported_model",
                f"The layers of {type(subject.core).__name__} are built in a way that lenses cannot read yet.",
                problem.result.next_step,
                detail=problem.result.message,
            ) from problem

    def result(self, report: Report) -> LensResult:
        with self._stages.named("tokenise"):
            read = read_prompt(self._subject, self._request.prompt)
        position = self._position(read)
        places = self._places(read.given.length, position)
        rows_that_fit(self._subject, read.given.length, 1, eager=False, recomputes=True)
        report(0.0, "running the prompt")
        with self._stages.named("run"), torch.no_grad():
            kept = stream_run(self._anatomy, read.given, places, position, self._meter)
            end = kept.streams[-1][places == position][0]
            logits = self._logits(kept, end, read.given.ids, last=position == read.given.length - 1)
        answers = self._answers(read, logits)
        with self._stages.named("decode layers"), torch.no_grad():
            vocabulary = int(logits.shape[-1])
            table = decoded(
                self._anatomy,
                kept,
                read.given.ids,
                answers.ids,
                vocabulary,
                self._request.top,
                part_of(report, 0.1, 0.9),
            )
        direct = None
        if self._request.direct and is_bridge(self._subject):
            self._warnings.append(
                "What the parts write is not read from a bridge: use the model that it was made of."
            )
        elif self._request.direct:
            with self._stages.named("direct attribution"):
                direct = direct_attribution(
                    self._anatomy,
                    kept,
                    end,
                    read.given.ids,
                    answers.right,
                    answers.wrong,
                    part_of(report, 0.9, 1.0),
                )
        return self._assembled(read, places.tolist(), position, answers, table, direct)

    # ── what is asked ────────────────────────────────────────────────────────

    def _position(self, read: ReadPrompt) -> int:
        asked, tokens = self._request.position, read.given.length
        position = asked + tokens if asked < 0 else asked
        if not 0 <= position < tokens:
            raise GlasspaneError(
                "bad_option",
                f"There is no position {asked}: the prompt has {tokens} tokens.",
                f"Choose one between 0 and {tokens - 1}, or from −1 (the last) to −{tokens}.",
            )
        return position

    def _places(self, tokens: int, position: int) -> Tensor:
        """The columns: the last positions, and that of the answer."""
        last = self._request.last
        if last is None:
            last = max(1, CELLS // (self._anatomy.count + 1))
            if last < tokens:
                self._warnings.append(
                    f"Only the last {last} of {tokens} positions are shown; last={tokens} shows all of them."
                )
        return torch.tensor(sorted({position, *range(max(0, tokens - last), tokens)}))

    def _answers(self, read: ReadPrompt, logits: Tensor) -> _Answers:
        target = self._request.target
        objective = resolve(self._subject, target, "logit", read, logits)
        said = forgotten_space(self._subject, target, logits)
        if said is not None:
            self._warnings.append(said)
        return _Answers(objective.ids[0], objective.versus[0] if objective.versus else None)

    def _logits(self, kept: StreamRun, end: Tensor, ids: Tensor, last: bool) -> Tensor:
        """What the model says at the answer's position, [vocabulary]; that decoding gives it is checked at the last."""
        refuse_non_finite(kept.logits, "logits")
        final = unembedded(self._anatomy, kept.streams[-1][-1][None, None], ids, kept.beside)[0, 0]
        size = kept.logits.norm().clamp_min(1e-30)
        if not bool((final - kept.logits).norm() <= _TOLERANCE.get(end.dtype, 1e-6) * size):
            raise GlasspaneError(
                "unsupported_model",
                f"What leaves the last layer of {type(self._subject.core).__name__} is not all that its logits "
                "are made of.",
                "Use a causal language model built like GPT-2, Llama, Qwen, Gemma, GPT-NeoX or OPT.",
            )
        return kept.logits if last else unembedded(self._anatomy, end[None, None], ids, kept.beside)[0, 0]

    # ── the result ───────────────────────────────────────────────────────────

    def _assembled(
        self,
        read: ReadPrompt,
        places: list[int],
        position: int,
        answers: _Answers,
        table: Decoded,
        direct: DirectAttribution | None,
    ) -> LensResult:
        subject, request = self._subject, self._request
        column = places.index(position)
        layers = self._anatomy.count
        ranks = table.ranks[0, :, column].tolist()
        ahead = None
        if answers.wrong is not None:
            ahead = (table.ranks[0] < table.ranks[1])[:, column].tolist()
        own_layers = [_first_of_own(row) for row in table.own_rank.T.tolist()]
        right, wrong = self._token(answers.right), self._token(answers.wrong)
        assert right is not None
        sentences = [appears(right.text, ranks)]
        if position != read.given.length - 1:
            token = readable(read.tokens[position].text)
            sentences[0] = f"Read after “{token}” at {position}: {sentences[0]}"
        if ahead is not None and wrong is not None:
            sentences.append(pulls_ahead(right.text, wrong.text, ahead))
        over_all = over_positions(own_layers, layers)
        sentences += [over_all] if over_all is not None else []
        if direct is not None:
            what = "logit" if wrong is None else "difference of the two logits"
            sentences.append(strongest_parts(direct, what))
        return LensResult(
            glasspane=glasspane_version(),
            versions=library_versions(),
            subject=subject.card(),
            text=read.text,
            rendered=read.rendered,
            template=read.template,
            segments=read.segments,
            tokens=read.tokens,
            layers=layers,
            positions=places,
            position=position,
            answer=right,
            versus=wrong,
            top=int(table.top_ids.shape[-1]),
            texts=self._texts(table.top_ids.unique().tolist()),
            table=_table(table),
            answer_layer=first_to_stay([rank == 1 for rank in ranks]),
            ahead_layer=None if ahead is None else first_to_stay(ahead),
            own=self._texts(table.own.tolist()),
            own_layers=own_layers,
            sentences=sentences,
            direct=direct,
            warnings=[*read.warnings, *self._warnings],
            cost=Cost(
                seconds=time.perf_counter() - self._stages.began,
                stages=dict(self._stages.seconds),
                forwards=self._meter.forwards,
                backwards=self._meter.backwards,
            ),
            code=lens_call(request, subject),
            request=request.model_copy(
                update={"job": None, "subject": subject.ref, "prompt": sendable(request.prompt)}
            ),
        )

    def _texts(self, ids: Sequence[int]) -> list[AnswerToken]:
        return [AnswerToken(id=one, text=id_text(self._subject, one)) for one in ids]

    def _token(self, token: int | None) -> AnswerToken | None:
        return None if token is None else self._texts([token])[0]


def _first_of_own(ranks: Sequence[int]) -> int:
    first = first_to_stay([rank == 1 for rank in ranks])
    assert first is not None  # what the model says is first in the end
    return first


def _table(table: Decoded) -> LensTable:
    versus = len(table.ranks) > 1
    return LensTable(
        top_ids=table.top_ids.flatten().tolist(),
        top_probabilities=table.top_probabilities.flatten().tolist(),
        entropy=table.entropy.flatten().tolist(),
        divergence=table.divergence.flatten().tolist(),
        answer_probability=table.probabilities[0].flatten().tolist(),
        answer_rank=table.ranks[0].flatten().tolist(),
        versus_probability=table.probabilities[1].flatten().tolist() if versus else None,
        versus_rank=table.ranks[1].flatten().tolist() if versus else None,
        own_rank=table.own_rank.flatten().tolist(),
    )
