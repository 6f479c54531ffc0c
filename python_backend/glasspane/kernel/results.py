"""Results already computed in this kernel, so that asking the same again is instant."""

from __future__ import annotations

import json
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..protocol import (
    AttentionRequest,
    AttentionResult,
    AttributionResult,
    AuditRequest,
    AuditResult,
    BlackBoxRequest,
    BlackBoxResult,
    CheckRequest,
    CircuitRequest,
    CircuitResult,
    ExplainRequest,
    FaithfulnessResult,
    LensRequest,
    LensResult,
    Matrix,
    PatchRequest,
    PatchResult,
    ProbeRequest,
    ProbeResult,
    ProbeTestRequest,
    ProbeTestResult,
)
from ..subjects.tokens import tokenizer_fingerprint

if TYPE_CHECKING:
    from ..subjects import Subject


Computed = (
    AttributionResult
    | AttentionResult
    | FaithfulnessResult
    | PatchResult
    | CircuitResult
    | LensResult
    | ProbeResult
    | ProbeTestResult
    | AuditResult
    | BlackBoxResult
)
"""What a model was run for."""

Keyed = (
    ExplainRequest
    | AttentionRequest
    | CheckRequest
    | PatchRequest
    | CircuitRequest
    | LensRequest
    | ProbeRequest
    | ProbeTestRequest
    | AuditRequest
    | BlackBoxRequest
)
"""Requests whose answers are kept."""

Kind = TypeVar(
    "Kind",
    AttributionResult,
    AttentionResult,
    FaithfulnessResult,
    PatchResult,
    CircuitResult,
    LensResult,
    ProbeResult,
    ProbeTestResult,
    AuditResult,
    BlackBoxResult,
)


class CacheInfo(NamedTuple):
    """State of a :class:`ResultCache`: results kept, results at most, answers served, answers missed."""

    kept: int
    limit: int
    hits: int
    misses: int


@dataclass(frozen=True)
class Key:
    """What a result depends on. Model and tokenizer are held weakly, so that a new object at an old
    address is not taken for the old one."""

    request: str
    weights: str
    structure: int
    settings: int
    tokenizer_state: str
    model: weakref.ref[Any]
    tokenizer: weakref.ref[Any]


class ResultCache:
    """The most recently used explanations, checks, views of attention and probes: at most ``limit`` of them, with
    at most ``drawn_bytes`` of matrices for drawing.

    A result is served again only for the same request on the same objects with the same
    weights and settings: fine-tuning the model, or loading another one under its name, misses. A model
    with hooks is never served from here.
    """

    def __init__(self, limit: int = 64, drawn_bytes: int = 64 * 2**20) -> None:
        self._limit = limit
        self._drawn_bytes = drawn_bytes
        self._results: OrderedDict[Key, Computed] = OrderedDict()
        self._hits = self._misses = 0

    def get(self, key: Key | None, kind: type[Kind]) -> Kind | None:
        """The kept result, marked ``cost.cached``; None if there is none of this kind."""
        result = None if key is None else self._results.get(key)
        if key is None or not isinstance(result, kind):
            self._misses += 1
            return None
        self._hits += 1
        self._results.move_to_end(key)
        return result.model_copy(update={"cost": result.cost.model_copy(update={"cached": True})})

    def keep(self, key: Key | None, result: Computed) -> None:
        """Remember ``result``; the least recently used ones make room. One that is too large is not kept."""
        if key is None or _drawn(result) > self._drawn_bytes:
            return
        self._results[key] = result
        drawn = sum(map(_drawn, self._results.values()))
        while len(self._results) > self._limit or drawn > self._drawn_bytes:
            drawn -= _drawn(self._results.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget everything, the counts included."""
        self._results.clear()
        self._hits = self._misses = 0

    def info(self) -> CacheInfo:
        """Sizes and counts, for the curious and for tests."""
        return CacheInfo(len(self._results), self._limit, self._hits, self._misses)


def _drawn(result: Computed) -> int:
    """Bytes of a result's matrices, beside which everything else is small."""
    if not isinstance(result, AttentionResult):
        return 0
    return sum(len(part.data) for part in vars(result.answer).values() if isinstance(part, Matrix))


_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


_PLAIN = (bool, int, float, str, type(None))


def _settings(module: Any) -> str:
    """What a module computes with beside its weights: an epsilon, a scale, a window, its configuration.

    Whether it is in training mode does not count: nothing is computed in that.
    """
    plain = {
        name: value for name, value in vars(module).items() if type(value) in _PLAIN and name != "training"
    }
    config = vars(module).get("config")
    return repr((plain, config.to_dict() if hasattr(config, "to_dict") else None))


def key_of(
    request: Keyed,
    subject: Subject,
) -> Key | None:
    """What a result depends on; None when it depends on code that cannot be seen into.

    Hooks and patched ``forward`` methods may do something else at every call, so a model that
    carries any is always computed afresh.
    """
    modules = list(subject.model.modules())
    for module in modules:
        if "forward" in vars(module) or any(getattr(module, hooks, None) for hooks in _HOOKS):
            return None
    return Key(
        json.dumps(
            request.model_dump(mode="json", exclude={"job": True, "explain": {"job"}, "probe": {"job"}}),
            sort_keys=True,
        ),
        subject.weights(),
        hash(tuple(map(id, modules))),
        hash(tuple(_settings(module) for module in modules)),
        tokenizer_fingerprint(subject.tokenizer),
        weakref.ref(subject.model),
        weakref.ref(subject.tokenizer),
    )
