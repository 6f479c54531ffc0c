"""The one vocabulary shared by every host, the server and the kernel.

A *request* travels from a host (JupyterLab, VS Code, the command line, Python)
to :func:`glasspane.kernel.entry.run`; a *result* or an *error* comes back;
*progress* is sent on the way. Everything is JSON. The TypeScript types in
``extension_frontend/core/src/protocol.ts`` are generated from this package, so a
field is named here once and nowhere else.

Offsets are counted in Unicode code points, half open (``start <= i < end``);
editors convert to UTF-16 at their own border.
"""

from __future__ import annotations

from .attention import (
    AttentionAnswer,
    AttentionOverview,
    AttentionRequest,
    AttentionResult,
    AttentionRollout,
    AttentionView,
    Contribution,
    HeadDetail,
    HeadFigures,
    HeadView,
    Matrix,
    OverviewView,
    ResidualStream,
    ResidualView,
    RolloutView,
    TokenReading,
)
from .attribution import AttributionResult, Checks, Cost, ExplainRequest
from .errors import ErrorCode, ErrorResult
from .faithfulness import (
    CheckedAttribution,
    CheckRequest,
    FaithfulnessCurve,
    FaithfulnessFigure,
    FaithfulnessResult,
    FigureAt,
    Verdict,
)
from .jobs import DedicatedPlace, JobRequest, JobSnapshot, KernelPlace, Place, Progress
from .kernel import (
    HelloRequest,
    HelloResult,
    HoleExpression,
    HoleValue,
    OutputPromptRequest,
    OutputPromptResult,
    PromptValueRequest,
    PromptValueResult,
    SubjectsRequest,
    SubjectsResult,
    WeightsRequest,
    WeightsResult,
)
from .message import (
    ANSWER_MIME_TYPE,
    CANCEL_COMM_TARGET,
    LARGEST_REQUEST,
    MIME_TYPE,
    PROGRESS_MIME_TYPE,
    Message,
)
from .methods import (
    BundledModel,
    Catalogue,
    CatalogueRequest,
    MethodCard,
    MethodOption,
    MethodSpec,
    OptionValue,
)
from .prompts import ChatMessage, MessagesPrompt, Prompt, Segment, TextPrompt, Token
from .report import ReportRequest, ReportResult
from .requests import REQUEST, Request
from .results import RESULT, Result
from .subjects import (
    AutoSubject,
    BundledSubject,
    Family,
    FolderSubject,
    HubSubject,
    KernelSubject,
    SubjectCandidate,
    SubjectCard,
    SubjectRef,
)
from .targets import (
    ClassTarget,
    CompletionTarget,
    ContrastTarget,
    Prediction,
    ScoreFunction,
    Target,
    TargetCard,
    TargetPiece,
    TokenTarget,
    TopTarget,
)
from .wire import WIRE_MODELS, wire_schema

__all__ = [
    "ANSWER_MIME_TYPE",
    "CANCEL_COMM_TARGET",
    "LARGEST_REQUEST",
    "MIME_TYPE",
    "PROGRESS_MIME_TYPE",
    "REQUEST",
    "RESULT",
    "WIRE_MODELS",
    "AttentionAnswer",
    "AttentionOverview",
    "AttentionRequest",
    "AttentionResult",
    "AttentionRollout",
    "AttentionView",
    "AttributionResult",
    "AutoSubject",
    "BundledModel",
    "BundledSubject",
    "Catalogue",
    "CatalogueRequest",
    "ChatMessage",
    "CheckRequest",
    "CheckedAttribution",
    "Checks",
    "ClassTarget",
    "CompletionTarget",
    "ContrastTarget",
    "Contribution",
    "Cost",
    "DedicatedPlace",
    "ErrorCode",
    "ErrorResult",
    "ExplainRequest",
    "FaithfulnessCurve",
    "FaithfulnessFigure",
    "FaithfulnessResult",
    "Family",
    "FigureAt",
    "FolderSubject",
    "HeadDetail",
    "HeadFigures",
    "HeadView",
    "HelloRequest",
    "HelloResult",
    "HoleExpression",
    "HoleValue",
    "HubSubject",
    "JobRequest",
    "JobSnapshot",
    "KernelPlace",
    "KernelSubject",
    "Matrix",
    "Message",
    "MessagesPrompt",
    "MethodCard",
    "MethodOption",
    "MethodSpec",
    "OptionValue",
    "OutputPromptRequest",
    "OutputPromptResult",
    "OverviewView",
    "Place",
    "Prediction",
    "Progress",
    "Prompt",
    "PromptValueRequest",
    "PromptValueResult",
    "ReportRequest",
    "ReportResult",
    "Request",
    "ResidualStream",
    "ResidualView",
    "Result",
    "RolloutView",
    "ScoreFunction",
    "Segment",
    "SubjectCandidate",
    "SubjectCard",
    "SubjectRef",
    "SubjectsRequest",
    "SubjectsResult",
    "Target",
    "TargetCard",
    "TargetPiece",
    "TextPrompt",
    "Token",
    "TokenReading",
    "TokenTarget",
    "TopTarget",
    "Verdict",
    "WeightsRequest",
    "WeightsResult",
    "wire_schema",
]
