"""Everything that a kernel can answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from typing_extensions import TypeAliasType

from .advice import AdviceResult
from .attention import AttentionResult
from .attribution import AttributionResult
from .audit import AuditPreview, AuditResult
from .black_box import BlackBoxResult
from .circuits import CircuitResult
from .comparison import ComparisonResult, PromptDiffResult
from .errors import ErrorResult
from .faithfulness import FaithfulnessResult
from .kernel import HelloResult, OutputPromptResult, PromptValueResult, SubjectsResult, WeightsResult
from .lens import LensResult
from .methods import Catalogue
from .pairs import PairTemplateResult
from .patching import PatchResult
from .probes import ProbeResult, ProbeTestResult
from .report import ReportResult
from .tables import TablesResult

Result = TypeAliasType(
    "Result",
    Annotated[
        HelloResult
        | Catalogue
        | AdviceResult
        | SubjectsResult
        | TablesResult
        | PromptValueResult
        | OutputPromptResult
        | WeightsResult
        | AttributionResult
        | AttentionResult
        | FaithfulnessResult
        | ReportResult
        | ComparisonResult
        | PromptDiffResult
        | PatchResult
        | PairTemplateResult
        | CircuitResult
        | LensResult
        | ProbeResult
        | ProbeTestResult
        | AuditResult
        | AuditPreview
        | BlackBoxResult
        | ErrorResult,
        Field(discriminator="kind"),
    ],
)

RESULT: TypeAdapter[Any] = TypeAdapter(Result)
