"""Everything that can be asked of a kernel."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from typing_extensions import TypeAliasType

from .advice import AdviseRequest
from .attention import AttentionRequest
from .attribution import ExplainRequest
from .audit import AuditReportRequest, AuditRequest
from .black_box import BlackBoxRequest
from .circuits import CircuitRequest
from .comparison import CompareRequest, DiffRequest
from .faithfulness import CheckRequest
from .kernel import HelloRequest, OutputPromptRequest, PromptValueRequest, SubjectsRequest, WeightsRequest
from .lens import LensRequest
from .methods import CatalogueRequest
from .pairs import PairTemplateRequest
from .patching import PatchRequest
from .probes import ProbeRequest, ProbeTestRequest
from .report import ReportRequest
from .tables import TablesRequest

Request = TypeAliasType(
    "Request",
    Annotated[
        HelloRequest
        | CatalogueRequest
        | AdviseRequest
        | SubjectsRequest
        | TablesRequest
        | PromptValueRequest
        | OutputPromptRequest
        | WeightsRequest
        | ExplainRequest
        | AttentionRequest
        | CheckRequest
        | ReportRequest
        | CompareRequest
        | DiffRequest
        | PatchRequest
        | PairTemplateRequest
        | CircuitRequest
        | LensRequest
        | ProbeRequest
        | ProbeTestRequest
        | AuditRequest
        | AuditReportRequest
        | BlackBoxRequest,
        Field(discriminator="kind"),
    ],
)

WITH_JOB = (
    ExplainRequest,
    AttentionRequest,
    CheckRequest,
    CompareRequest,
    DiffRequest,
    PatchRequest,
    CircuitRequest,
    LensRequest,
    ProbeRequest,
    ProbeTestRequest,
    AuditRequest,
    BlackBoxRequest,
)
"""Requests that run long enough to be watched and cancelled: those with a field ``job``."""

REQUEST: TypeAdapter[Any] = TypeAdapter(Request)
