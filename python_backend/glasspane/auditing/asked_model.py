"""Whose replies are wanted: a model given in Python or named by a request, as a source of continuations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..api import subject
from ..protocol.audit import AuditSource, EndpointSourceRef, SubjectSource
from ..subjects import Subject
from .endpoint_source import EndpointSource, endpoint_of
from .source import Source


@dataclass(frozen=True)
class AskedModel:
    """``subject`` is None for an endpoint; ``reference`` is how a request names it."""

    source: Source
    subject: Subject | None
    reference: AuditSource


def asked_model(given: Sequence[Any]) -> AskedModel:
    """Of an endpoint, a subject, or a model and its tokenizer. Raises what :func:`glasspane.subject` raises."""
    if isinstance(given[0], EndpointSource):
        return AskedModel(given[0], None, given[0].reference)
    found = subject(*given)
    return AskedModel(in_kernel(found), found, SubjectSource(subject=found.ref))


def source_of(reference: AuditSource, found: Subject | None) -> Source:
    """As a kernel has it; ``found``: the model that ``reference`` names, None where that is an endpoint.

    An endpoint's key may be unset until its server wants one. Raises what :class:`.endpoint_source.EndpointSource`
    raises.
    """
    if isinstance(reference, EndpointSourceRef):
        return endpoint_of(reference, key_needed=False)
    assert found is not None
    return in_kernel(found)


def in_kernel(found: Subject) -> Source:
    from .kernel_source import KernelSource  # it needs torch, which an endpoint does not

    return KernelSource(found)
