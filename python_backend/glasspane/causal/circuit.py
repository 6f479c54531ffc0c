"""One circuit from request to result: found, wired, validated, read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..attribution.explain import IN_TRAINING, library_versions, sendable
from ..attribution.memory import refuse_if_too_large, units_that_fit
from ..attribution.targets import id_text
from ..errors import GlasspaneError
from ..kernel.progress import Report, part_of, silent
from ..kernel.stages import Stages
from ..protocol import (
    AblatedSet,
    AnswerToken,
    CircuitEdge,
    CircuitNode,
    CircuitRequest,
    CircuitResult,
    CircuitValidation,
    Cost,
    Interval,
    NodeClass,
    PatchRequest,
    PromptPair,
    ValidationSet,
)
from ..subjects import Subject
from ..subjects.architecture import Meter
from ..subjects.guard import unharmed
from ..version import glasspane_version
from .ablation import AblatedModel, prompts_of
from .anatomy import Anatomy
from .bridge_runs import is_bridge
from .call import circuit_call
from .circuit_search import Faithfulness, NodeEffects, node_effects, scale_of, smallest_circuit
from .circuit_sets import ablated_sets, named_nodes, sets_of_classes
from .circuit_summary import FEWEST, summary, verdict
from .circuit_validation import Estimate, Validation, validated
from .circuit_wiring import wiring
from .graph import Graph, Node, node_named
from .head_classes import MATTERS, HeadClass, classes_of, head_figures
from .node_writes import graph_of
from .runs import PairOfRuns, run_pair

PAIRS_FOR_EDGES = 8
"""Edges and heads are looked at on the first so many pairs: they are means, and each pair has thousands of edges."""

COPIES = 2
"""Of what nodes write: pair by pair, and of all pairs side by side as they are put together."""


def circuit(subject: Subject, request: CircuitRequest, report: Report = silent) -> CircuitResult:
    """Find and validate the circuit of ``request``.

    Raises :class:`GlasspaneError` for everything a person can mend (``no_circuit`` where there is nothing to find), and
    ``Cancelled`` from ``report``. Model, tokenizer and random state are as before in every case.
    """
    if subject.family != "causal_lm" or is_bridge(subject):
        raise GlasspaneError(
            "unsupported_model",
            f"Circuits are looked for in causal language models as transformers builds them; {subject.name} is none.",
            "Give the Hugging Face model itself.",
        )
    with unharmed(subject) as was_training:
        return _Finding(subject, request, was_training).result(report)


@dataclass(frozen=True)
class _On:
    """Pairs that were run, the first of them in full, and the model that can be ablated on all of them.

    ``misses``: how many clean prompts the model answers wrongly.
    """

    runs: list[PairOfRuns]
    misses: int
    pairs: list[PromptPair]
    model: AblatedModel
    scale: Faithfulness


class _Finding:
    """One request on its way."""

    def __init__(self, subject: Subject, request: CircuitRequest, was_training: bool) -> None:
        self._subject = subject
        self._request = request
        self._stages = Stages()
        self._meter = Meter()
        self._anatomy = Anatomy(subject)
        self._about = subject.card()
        self._warnings = [IN_TRAINING] if was_training else []

    def result(self, report: Report) -> CircuitResult:
        request = self._request
        _refuse_overlap(request)
        asked_sets = [named_nodes(names, self._anatomy) for names in request.sets]
        with self._stages.named("prompts"):
            found_on = self._on(request.pairs, "pairs", PAIRS_FOR_EDGES, part_of(report, 0.0, 0.1))
            held_out = (
                self._on(request.held_out, "held-out pairs", 0, part_of(report, 0.1, 0.15))
                if request.held_out
                else None
            )
        with self._stages.named("nodes"):
            effects = node_effects(found_on.model, self._in_full(found_on), part_of(report, 0.15, 0.35))
            nodes = smallest_circuit(
                found_on.model, effects, found_on.scale, request.enough, part_of(report, 0.35, 0.5)
            )
        some = found_on.runs
        graph = graph_of(self._anatomy, some[0].base)
        with self._stages.named("heads"):
            classes = self._classes(found_on, graph, nodes, effects, part_of(report, 0.5, 0.65))
        with self._stages.named("edges"):
            edges = self._edges(some, graph, nodes, found_on.scale, part_of(report, 0.65, 0.85))
        with self._stages.named("validation"):
            validation = [self._validated(found_on, nodes, "pairs", part_of(report, 0.85, 0.92))]
            if held_out is not None:
                validation.append(
                    self._validated(held_out, nodes, "held-out pairs", part_of(report, 0.92, 0.97))
                )
        with self._stages.named("sets"):
            sets = ablated_sets(
                found_on.model,
                found_on.scale,
                effects,
                [*asked_sets, *sets_of_classes(classes)],
                request.seed,
                part_of(report, 0.97, 1.0),
            )
        return self._assembled(found_on, graph, nodes, effects, classes, edges, validation, sets)

    # ── steps ────────────────────────────────────────────────────────────────

    def _on(self, pairs: Sequence[PromptPair], name: str, in_full: int, report: Report) -> _On:
        """Runs of both prompts of each pair; where the model itself says the same after both there is no behaviour.

        Of all but the first ``in_full`` pairs only what ablation reads is kept.
        """
        runs: list[PairOfRuns] = []
        kept: list[PromptPair] = []
        alike: GlasspaneError | None = None
        for index, pair in enumerate(pairs):
            report(index / len(pairs), f"running pair {index + 1} of {len(pairs)}")
            try:
                run = self._run(pair)
            except GlasspaneError as problem:
                if problem.code != "unknown_target" or (pair.right, pair.wrong) != (None, None):
                    raise
                alike = problem
                continue
            if not kept:
                self._refuse_too_many(run, len(pairs), name)
            runs.append(run if len(kept) < in_full else run.writes())
            kept.append(pair)
        if alike is not None and not kept:
            raise alike
        if len(kept) < len(pairs):
            self._warnings.append(
                f"{len(pairs) - len(kept)} of {len(pairs)} {name} are left out: the model says the same after both "
                "prompts."
            )
        prompts = prompts_of(self._anatomy, runs, self._request.ablation)
        model = AblatedModel(self._anatomy, prompts, self._meter)
        misses = int((prompts.clean <= 0).sum())
        return _On(runs[:in_full], misses, kept, model, scale_of(model, report))

    def _refuse_too_many(self, run: PairOfRuns, pairs: int, name: str) -> None:
        """Before the second pair runs: all pairs need what the first one does."""
        each = COPIES * run.base.written_bytes
        fits = units_that_fit(self._subject, each)
        refuse_if_too_large(
            self._subject,
            pairs * each,
            f"Keeping what every node writes for {pairs:,} {name} of {run.base.tokens:,} tokens",
            next_step=f"About {fits:,} would fit: give fewer pairs, or free memory.",
        )

    def _run(self, pair: PromptPair) -> PairOfRuns:
        asked = PatchRequest(pairs=[pair])
        run = run_pair(self._subject, self._anatomy, asked, pair, None, self._meter, differentiable=False)
        return replace(run, base=run.base.detached(), other=run.other.detached())

    def _in_full(self, on: _On) -> Iterator[PairOfRuns]:
        """The pairs that it is found on, one at a time: those that were not kept run once more."""
        for index, pair in enumerate(on.pairs):
            yield on.runs[index] if index < len(on.runs) else self._run(pair)

    def _classes(
        self, on: _On, graph: Graph, nodes: Sequence[Node], effects: NodeEffects, report: Report
    ) -> dict[Node, list[HeadClass]]:
        figures = head_figures(
            on.model,
            on.runs,
            graph,
            [node for node in nodes if node.kind == "head"],
            effects,
            on.scale,
            self._request.seed,
            self._meter,
            report,
        )
        return {head: classes_of(each) for head, each in figures.items()}

    def _edges(
        self,
        runs: Sequence[PairOfRuns],
        graph: Graph,
        nodes: Sequence[Node],
        scale: Faithfulness,
        report: Report,
    ) -> list[CircuitEdge]:
        """A circuit stands by its ablations: where its wiring cannot be seen, that is said."""
        try:
            return wiring(runs, graph, nodes, scale, self._request.steps, self._meter, report)
        except GlasspaneError as problem:
            if problem.code != "unsupported_model":
                raise
            self._warnings.append(f"No edges: {problem.result.message}")
            return []

    def _validated(
        self, on: _On, nodes: Sequence[Node], name: ValidationSet, report: Report
    ) -> CircuitValidation:
        found: Validation = validated(on.model, nodes, self._request.random_sets, self._request.seed, report)
        distinct = len(set(map(_said, on.pairs)))
        return CircuitValidation(
            on=name,
            pairs=found.pairs,
            distinct=distinct,
            whole=on.scale.whole,
            empty=on.scale.empty,
            faithfulness=_interval(found.faithfulness),
            left_without=_interval(found.left_without),
            random_sets=_interval(found.random_sets),
            beaten=found.beaten,
            minimality={str(node): _interval(each) for node, each in found.minimality.items()},
        )

    # ── result ───────────────────────────────────────────────────────────────

    def _assembled(
        self,
        on: _On,
        graph: Graph,
        nodes: Sequence[Node],
        effects: NodeEffects,
        classes: dict[Node, list[HeadClass]],
        edges: list[CircuitEdge],
        validation: list[CircuitValidation],
        sets: list[AblatedSet],
    ) -> CircuitResult:
        whole = on.scale.whole - on.scale.empty
        listed = set(nodes) | {graph_node for edge in edges for graph_node in _nodes_of(edge)} | set(classes)
        listed |= {node for node in on.model.nodes if effects.size(node) >= MATTERS * whole}
        cards = [
            CircuitNode(
                name=str(node),
                layer=node.layer,
                head=node.head if node.kind == "head" else None,
                inside=node in nodes,
                lost=effects.lost[node] / whole,
                restores=effects.restores[node] / whole,
                classes=[NodeClass(name=each.name, evidence=each.evidence) for each in classes.get(node, [])],
            )
            for node in sorted(listed)
        ]
        run = on.runs[0]
        assert run.right is not None
        assert run.wrong is not None
        words = {
            "resample": "what they write for the pair's corrupted prompt",
            "mean": "the mean, position by position, of what they write for the corrupted prompts",
        }[self._request.ablation]
        warnings = list(self._warnings)
        distinct = len(set(map(_said, on.pairs)))
        if distinct < FEWEST:
            pairs = "pair" if distinct == 1 else "pairs"
            warnings.append(f"It was found on {distinct} distinct {pairs}: intervals over so few say little.")
        if on.misses:
            warnings.append(f"The model answers {on.misses} of {on.model.pairs} clean prompts wrongly.")
        decided = verdict(validation)
        return CircuitResult(
            glasspane=glasspane_version(),
            versions=library_versions(),
            subject=self._about,
            layers=graph.layers,
            heads=graph.heads,
            right=AnswerToken(id=run.right, text=id_text(self._subject, run.right)),
            wrong=AnswerToken(id=run.wrong, text=id_text(self._subject, run.wrong)),
            nodes=cards,
            edges=edges,
            validation=validation,
            sets=sets,
            ablation=words,
            verdict=decided,
            summary=summary(graph, cards, edges, validation, sets, decided),
            warnings=warnings,
            cost=Cost(
                seconds=time.perf_counter() - self._stages.began,
                stages=dict(self._stages.seconds),
                forwards=self._meter.forwards,
                backwards=self._meter.backwards,
            ),
            code=circuit_call(self._request, self._subject),
            request=self._request.model_copy(
                update={
                    "job": None,
                    "subject": self._subject.ref,
                    "pairs": _sendable(self._request.pairs),
                    "held_out": _sendable(self._request.held_out),
                }
            ),
        )


def _said(pair: PromptPair) -> str:
    return pair.model_dump_json()


def _refuse_overlap(request: CircuitRequest) -> None:
    """Pairs that a circuit was found on validate nothing."""
    known = {_said(pair) for pair in request.pairs}
    overlap = sum(_said(pair) in known for pair in request.held_out)
    if overlap:
        raise GlasspaneError(
            "bad_option",
            f"{overlap} of {len(request.held_out)} held-out pairs are among those that the circuit is found on.",
            "Hold out pairs of other words or another template.",
        )


def _sendable(pairs: Sequence[PromptPair]) -> list[PromptPair]:
    return [
        pair.model_copy(update={"clean": sendable(pair.clean), "corrupted": sendable(pair.corrupted)})
        for pair in pairs
    ]


def _interval(estimate: Estimate) -> Interval:
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high)


def _nodes_of(edge: CircuitEdge) -> list[Node]:
    return [node_named(name) for name in (edge.source, edge.target) if name not in ("embed", "logits")]
