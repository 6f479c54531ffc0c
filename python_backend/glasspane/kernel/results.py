"""Results already computed in this kernel, so that asking the same again is instant."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from ..protocol import AttributionResult, ExplainRequest

if TYPE_CHECKING:
    from ..subjects import Subject

Key = tuple[str, str, int, int, int, int]


class CacheInfo(NamedTuple):
    """State of a :class:`ResultCache`: results kept, results at most, answers served, answers missed."""

    kept: int
    limit: int
    hits: int
    misses: int


class ResultCache:
    """The most recently used attribution results, at most ``limit`` of them.

    A result is served again only for the same request on the same objects with the same
    weights: fine-tuning the model, or loading another one under its name, misses. A model
    with hooks is never served from here.
    """

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._results: OrderedDict[Key, AttributionResult] = OrderedDict()
        self._hits = self._misses = 0

    def get(self, request: ExplainRequest, subject: Subject) -> AttributionResult | None:
        """The kept result, marked ``cost.cached``; None if there is none."""
        key = _key(request, subject)
        if key is None or key not in self._results:
            self._misses += 1
            return None
        self._hits += 1
        self._results.move_to_end(key)
        result = self._results[key]
        return result.model_copy(update={"cost": result.cost.model_copy(update={"cached": True})})

    def keep(self, request: ExplainRequest, subject: Subject, result: AttributionResult) -> None:
        """Remember ``result``; the least recently used one makes room."""
        key = _key(request, subject)
        if key is None:
            return
        self._results[key] = result
        while len(self._results) > self._limit:
            self._results.popitem(last=False)

    def clear(self) -> None:
        """Forget everything, the counts included."""
        self._results.clear()
        self._hits = self._misses = 0

    def info(self) -> CacheInfo:
        """Sizes and counts, for the curious and for tests."""
        return CacheInfo(len(self._results), self._limit, self._hits, self._misses)


def _key(request: ExplainRequest, subject: Subject) -> Key | None:
    """What a result depends on; None when it depends on code that cannot be seen into.

    Hooks and patched ``forward`` methods may do something else at every call, so a model that
    carries any is always computed afresh.
    """
    modules = list(subject.model.modules())
    for module in modules:
        if module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module):
            return None
    structure = hash(tuple(map(id, modules)))
    template = hash(str(getattr(subject.tokenizer, "chat_template", None)))
    canonical = json.dumps(request.model_dump(mode="json", exclude={"job"}), sort_keys=True)
    return (canonical, subject.weights(), id(subject.model), structure, id(subject.tokenizer), template)
