"""The roots of all messages, for whoever generates types from them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from .attribution import AttributionResult
from .audit import AuditPreview, AuditResult
from .black_box import BlackBoxResult
from .circuits import CircuitResult
from .comparison import ComparisonResult, PromptDiffResult
from .faithfulness import FaithfulnessResult
from .jobs import JobRequest, JobSnapshot, Progress
from .lens import LensResult
from .methods import Catalogue
from .pairs import PairTemplateResult
from .patching import PatchResult
from .probes import ProbeResult, ProbeTestResult
from .tables import TablesResult

WIRE_MODELS: tuple[type[BaseModel], ...] = (
    JobRequest,
    JobSnapshot,
    Progress,
    AttributionResult,
    FaithfulnessResult,
    ComparisonResult,
    PromptDiffResult,
    PatchResult,
    PairTemplateResult,
    CircuitResult,
    LensResult,
    ProbeResult,
    ProbeTestResult,
    AuditResult,
    AuditPreview,
    BlackBoxResult,
    TablesResult,
    Catalogue,
)
"""Roots from which the TypeScript types are generated; everything else hangs below them."""


def wire_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of every wire model, one definition each."""
    from pydantic.json_schema import models_json_schema

    _, schema = models_json_schema(
        [(model, "serialization") for model in WIRE_MODELS], title="Glasspane protocol"
    )
    return schema
