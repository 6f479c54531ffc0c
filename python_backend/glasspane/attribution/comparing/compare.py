"""Several methods asked the same of one prompt: what each says, how far they agree, and who stands alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...errors import Cancelled, GlasspaneError
from ...kernel.progress import Report, never_back, part_of, silent
from ...protocol import (
    AttributionResult,
    Checks,
    CompareRequest,
    ComparisonResult,
    ComparisonRow,
    Cost,
    ErrorResult,
    ExplainRequest,
    MethodCard,
    MethodChoice,
    OptionValue,
    PairAgreement,
    PartialResult,
)
from ...subjects import Subject
from ...token_scores import magnitude, summed
from ...token_text import readable
from ...version import glasspane_version
from ..call import compare_call
from ..explain import explain
from ..methods import Method, method, resolve_options, within_a_sentence
from .agreement import NamedMap, agreement, standing_alone

Explained = Callable[[Subject, ExplainRequest, Report], AttributionResult]
"""How one explanation is made, or taken from what is kept."""


@dataclass(frozen=True)
class _Asked:
    """One row before it is run."""

    request: ExplainRequest
    method: Method
    options: dict[str, OptionValue]
    label: str


@dataclass(frozen=True)
class _Ran:
    """One row after: a result (perhaps a partial one), or the reason why there is none."""

    asked: _Asked
    result: AttributionResult | None
    problem: GlasspaneError | None
    seconds: float


def compare(
    subject: Subject, request: CompareRequest, report: Report = silent, explained: Explained = explain
) -> ComparisonResult:
    """Explain ``request.explain`` with its own method and then with each of ``request.methods``.

    A method that refuses keeps its row, with its sentence. Special tokens hold no share and take no part
    in ranks and sentences. Cancelled between or within rows, what is there is kept and said to be partial.
    Raises :class:`GlasspaneError` for methods and options that do not exist or are asked for twice, and
    where no row has scores the first row's problem (or ``Cancelled``).
    """
    began = time.perf_counter()
    asked = _asked(request)
    ran = _run_rows(subject, asked, report, explained)
    done = [each.result for each in ran if each.result is not None]
    cancelled = any(isinstance(each.problem, Cancelled) for each in ran)
    if not done:
        raise next(each.problem for each in ran if each.problem is not None)
    shown = done[0]
    written = [token.index for token in shown.tokens if not token.special]
    shared = [said for said in shown.warnings if all(said in each.warnings for each in done)]
    warnings = [*shared] if len(done) > 1 else []
    if cancelled:
        finished = sum(each.result is not None and each.problem is None for each in ran)
        warnings.insert(0, f"Cancelled: {finished} of {len(ran)} methods were finished.")
    maps = [
        None
        if each.result is None
        else NamedMap(
            each.asked.label, [summed(each.result)[i] for i in written], each.asked.method.spec.signed
        )
        for each in ran
    ]
    names = [readable(shown.tokens[i].text) for i in written]
    fresh = [each for each in done if not each.cost.cached]
    first, *others = (
        MethodChoice(method=each.request.method, options=each.request.options) for each in asked
    )
    asked_again = CompareRequest(
        explain=shown.request.model_copy(update={"method": first.method, "options": first.options}),
        methods=others,
    )
    return ComparisonResult(
        glasspane=glasspane_version(),
        versions=shown.versions,
        subject=shown.subject,
        text=shown.text,
        rendered=shown.rendered,
        template=shown.template,
        segments=shown.segments,
        tokens=shown.tokens,
        target=shown.target,
        rows=[_row(each, written, warnings) for each in ran],
        agreement=[[_pair(names, one, other) for other in maps] for one in maps],
        sentences=standing_alone(names, [each for each in maps if each is not None]),
        complete=not cancelled,
        warnings=warnings,
        cost=Cost(
            seconds=time.perf_counter() - began,
            stages={each.asked.label: each.seconds for each in ran if each.result is not None},
            forwards=sum(each.cost.forwards for each in fresh),
            backwards=sum(each.cost.backwards for each in fresh),
            cached=not fresh,
        ),
        code=compare_call(asked_again, subject),
        request=asked_again,
    )


def _asked(request: CompareRequest) -> list[_Asked]:
    """Every row with its options resolved and a name of its own; what is misspelt is refused before anything runs."""
    rows = [(choice, method(choice.method)) for choice in _choices(request)]
    resolved = [resolve_options(row, choice.options) for choice, row in rows]
    for place, (_, row) in enumerate(rows):
        if any(row is rows[i][1] and resolved[place] == resolved[i] for i in range(place)):
            raise GlasspaneError(
                "bad_option",
                f"{row.spec.label} is asked for twice with the same options.",
                "Give each row another method, or other options.",
            )
    return [
        _Asked(
            request.explain.model_copy(
                update={
                    "method": choice.method,
                    # As they were understood: numpy's numbers are none to JSON.
                    "options": {name: resolved[place][name] for name in choice.options},
                    "job": None,
                }
            ),
            row,
            resolved[place],
            _told_apart(place, [row for _, row in rows], resolved),
        )
        for place, (choice, row) in enumerate(rows)
    ]


def _choices(request: CompareRequest) -> list[MethodChoice]:
    first = MethodChoice.model_construct(method=request.explain.method, options=request.explain.options)
    return [first, *request.methods]


def _told_apart(place: int, rows: Sequence[Method], options: Sequence[dict[str, OptionValue]]) -> str:
    """The method's name within a sentence; beside its like, with the options in which they differ."""
    label = within_a_sentence(rows[place].spec.label)
    like = [options[i] for i, row in enumerate(rows) if row is rows[place]]
    own = options[place]
    differing = [name for name in own if any(each[name] != own[name] for each in like)]
    return label if not differing else f"{label} ({', '.join(f'{name}={own[name]}' for name in differing)})"


class _Watched:
    """The report of one row: its stage names the method, and the last partial result is kept for a cancel."""

    def __init__(self, report: Report, asked: _Asked) -> None:
        self._report = report
        self._asked = asked
        self.partial: AttributionResult | None = None

    def __call__(self, fraction: float, stage: str, partial: PartialResult | None = None) -> None:
        # What paints first is another method's.
        if isinstance(partial, AttributionResult) and partial.method.name == self._asked.request.method:
            self.partial = partial
        named = stage.casefold().startswith(self._asked.label.casefold())
        self._report(fraction, stage if named else f"{self._asked.label}: {stage}")


def _run_rows(subject: Subject, asked: Sequence[_Asked], report: Report, explained: Explained) -> list[_Ran]:
    ran: list[_Ran] = []
    cancelled: Cancelled | None = None
    for place, each in enumerate(asked):
        if cancelled is not None:
            ran.append(_Ran(each, None, cancelled, 0.0))
            continue
        began = time.perf_counter()
        within = never_back(part_of(report, place / len(asked), (place + 1) / len(asked)))
        watched = _Watched(within, each)
        result: AttributionResult | None = None
        problem: GlasspaneError | None = None
        try:
            watched(0.0, "starting")
            result = explained(subject, each.request, silent if report is silent else watched)
        except Cancelled as stop:
            result, problem, cancelled = watched.partial, stop, stop
        except GlasspaneError as refusal:
            problem = refusal
        ran.append(_Ran(each, result, problem, time.perf_counter() - began))
    return ran


def _row(ran: _Ran, written: Sequence[int], said: Sequence[str]) -> ComparisonRow:
    asked, result = ran.asked, ran.result
    spec = asked.method.spec
    if result is None:
        assert ran.problem is not None
        problem: ErrorResult = ran.problem.result
        card = MethodCard(
            name=spec.name,
            label=spec.label,
            signed=spec.signed,
            options=asked.options,
            note=asked.method.note,
        )
        return ComparisonRow(
            label=asked.label,
            method=card,
            scores=[],
            shares=[],
            checks=Checks(complete=False),
            warnings=[],
            seconds=ran.seconds,
            problem=problem,
        )
    scores = summed(result)
    total = magnitude(scores, result.tokens)
    shares = [0.0] * len(scores)
    for i in written:
        shares[i] = abs(scores[i]) / total if total else 0.0
    partial = ["Partial: the run was not finished."] if ran.problem is not None else []
    return ComparisonRow(
        label=asked.label,
        method=result.method,
        scores=scores,
        shares=shares,
        margins=result.margins[0] if result.margins is not None and len(result.margins) == 1 else None,
        checks=result.checks,
        warnings=[*partial, *(each for each in result.warnings if each not in said)],
        seconds=ran.seconds,
    )


def _pair(names: Sequence[str], one: NamedMap | None, other: NamedMap | None) -> PairAgreement | None:
    if one is None or other is None or not names:
        return None
    found = agreement(names, one, other)
    return PairAgreement(spearman=found.spearman, overlap=found.overlap, top=found.top)
