"""Everything that can be asked of a kernel."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from typing_extensions import TypeAliasType

from .attention import AttentionRequest
from .attribution import ExplainRequest
from .faithfulness import CheckRequest
from .kernel import HelloRequest, OutputPromptRequest, PromptValueRequest, SubjectsRequest, WeightsRequest
from .methods import CatalogueRequest
from .report import ReportRequest

Request = TypeAliasType(
    "Request",
    Annotated[
        HelloRequest
        | CatalogueRequest
        | SubjectsRequest
        | PromptValueRequest
        | OutputPromptRequest
        | WeightsRequest
        | ExplainRequest
        | AttentionRequest
        | CheckRequest
        | ReportRequest,
        Field(discriminator="kind"),
    ],
)

REQUEST: TypeAdapter[Any] = TypeAdapter(Request)
