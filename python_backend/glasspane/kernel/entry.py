"""The only door into a kernel: JSON in, JSON out, and nothing left behind.

A host evaluates ``__import__("glasspane.kernel.entry", fromlist=["run"]).run(<json>)`` as a
user expression of an empty, silent execute request on the main shell. No name enters the
user's namespace, nothing is printed, history and execution count stand still.

A host whose kernel API only runs code and reads what it displays sends
:data:`glasspane.kernel.displayed.CODE`, which calls :func:`shown`.
"""

from __future__ import annotations

import logging
import platform
import sys
import traceback
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import uuid4

from pydantic import ValidationError

from ..errors import Cancelled, GlasspaneError
from ..protocol import (
    ANSWER_MIME_TYPE,
    REQUEST,
    WITH_JOB,
    AdviceResult,
    AdviseRequest,
    AttentionRequest,
    AuditReportRequest,
    AuditRequest,
    BlackBoxRequest,
    CatalogueRequest,
    CheckRequest,
    CircuitRequest,
    CompareRequest,
    DiffRequest,
    ErrorResult,
    ExplainRequest,
    HelloRequest,
    HelloResult,
    LensRequest,
    OutputPromptRequest,
    PairTemplateRequest,
    PatchRequest,
    ProbeRequest,
    ProbeTestRequest,
    PromptValueRequest,
    ReportRequest,
    ReportResult,
    Request,
    Result,
    SubjectsRequest,
    TablesRequest,
    WeightsRequest,
)
from ..protocol import WeightsResult as Weights
from ..version import glasspane_version
from . import cancel, model_answers
from .bad_request import bad_request
from .memory_error import is_out_of_memory, not_enough_memory
from .missing import NEEDS_TORCH, READS_MODELS, missing_packages, reads_a_model

PACKAGES = ("torch", "transformers", "transformer_lens", "inseq", "captum", "scikit-learn", "ipykernel")
"""Distributions a :class:`HelloResult` reports on."""

BROUGHT = frozenset({"torch", "transformers", "numpy", "pandas", "scipy", "sklearn", "safetensors"})
"""Modules that ``glasspane[kernel]`` brings and that reading a model imports."""

_log = logging.getLogger(__name__)
_versions: dict[str, str] = {}


class Answer:
    """A result on its way out: IPython asks it for JSON, which a shell reply then carries."""

    def __init__(self, result: Result) -> None:
        self.result = result

    def _repr_json_(self) -> dict[str, Any]:
        content: dict[str, Any] = self.result.model_dump(mode="json")
        return content

    def __repr__(self) -> str:
        return f"<glasspane {self.result.kind}>"


def run(request_json: str) -> Answer:
    """Answer one request; never raises, whatever happens below.

    Expected failures become an :class:`ErrorResult` with their own code; an interrupt counts
    as a cancel; anything else is ``internal``, with the traceback in ``detail`` and in the log.
    """
    return Answer(_answer(request_json))


def shown(request_json: str, cancel_file: str | None = None) -> None:
    """Answer one request as :func:`run` does, and display the answer under :data:`ANSWER_MIME_TYPE`.

    For hosts that have neither user expressions nor comms. As soon as a file ``cancel_file``
    exists, an explanation or a check counts as cancelled. Returns None, so that ``_`` and ``Out`` stand still.
    """
    result = _answer(request_json, cancel_file)
    publisher = getattr(cancel.interactive_shell(), "display_pub", None)
    if publisher is not None:
        publisher.publish(data={ANSWER_MIME_TYPE: result.model_dump(mode="json")}, metadata={})


def _answer(request_json: str, cancel_file: str | None = None) -> Result:
    shell = cancel.interactive_shell()
    kind = job = None
    try:
        cancel.listen(shell)
        try:
            request: Request = REQUEST.validate_json(request_json)
        except ValidationError as error:  # further on, one is a fault of ours
            return bad_request(error)
        kind = request.kind
        if reads_a_model(request) and (absent := [name for name in READS_MODELS if _version(name) is None]):
            raise missing_packages(absent, sys.executable)
        if isinstance(request, WITH_JOB):
            if cancel_file is not None:
                # Progress and cancel go by a job's name: one without gets its own.
                request = request.model_copy(update={"job": request.job or uuid4().hex})
                cancel.watch(request.job or "", cancel_file)
            job = request.job
        return _dispatch(request, _namespace(shell), shell)
    except GlasspaneError as error:
        return error.result
    except KeyboardInterrupt:
        return Cancelled().result
    except Exception as error:
        if is_out_of_memory(error):
            return not_enough_memory(error)
        if kind in NEEDS_TORCH and isinstance(error, ModuleNotFoundError) and error.name in BROUGHT:
            return missing_packages([error.name], sys.executable).result
        _log.exception("A request failed unexpectedly.")
        return _internal(error)
    finally:
        cancel.forget(job)


def _dispatch(request: Request, namespace: Mapping[str, Any], shell: Any) -> Result:
    # Each import waits for its first use: hello and prompts must not wait for torch.
    match request:
        case HelloRequest():
            return _hello(shell)
        case CatalogueRequest():
            from ..catalogue import catalogue

            return catalogue()
        case AdviseRequest():
            from ..advisor import advise

            return AdviceResult(
                advice=advise(
                    request.goal, access=request.access, audience=request.audience, seconds=request.seconds
                )
            )
        case PromptValueRequest():
            from .prompt_value import prompt_value

            return prompt_value(request, namespace)
        case OutputPromptRequest():
            from .output_prompt import output_prompt

            return output_prompt(request, namespace)
        case SubjectsRequest():
            from ..subjects.find import subjects

            return subjects(namespace)
        case TablesRequest():
            from ..probing.tables import tables

            return tables(namespace)
        case WeightsRequest():
            from ..subjects.load import resolve

            return Weights(weights=resolve(request.subject, namespace).weights())
        case ExplainRequest():
            return model_answers.explain(request, namespace, shell)
        case AttentionRequest():
            return model_answers.attend(request, namespace, shell)
        case ReportRequest():
            from ..display.report import report

            return ReportResult(
                html=report(request.attribution, request.faithfulness, request.comparison, request.difference)
            )
        case CheckRequest():
            return model_answers.check(request, namespace, shell)
        case CompareRequest():
            return model_answers.compare(request, namespace, shell)
        case DiffRequest():
            return model_answers.diff(request, namespace, shell)
        case PatchRequest():
            return model_answers.patch(request, namespace, shell)
        case PairTemplateRequest():
            return model_answers.pair_template(request, namespace)
        case CircuitRequest():
            return model_answers.circuit(request, namespace, shell)
        case LensRequest():
            return model_answers.lens(request, namespace, shell)
        case ProbeRequest():
            return model_answers.probe(request, namespace, shell)
        case ProbeTestRequest():
            return model_answers.test_probe(request, namespace, shell)
        case AuditRequest():
            return model_answers.audit(request, namespace, shell)
        case BlackBoxRequest():
            return model_answers.black_box(request, namespace, shell)
        case AuditReportRequest():
            from ..display.audit import page

            return ReportResult(html=page(request.audit))
        case _:
            raise GlasspaneError(
                "bad_request", f"{request.kind} is not known here.", "Update Glasspane in this kernel."
            )


def _hello(shell: Any) -> HelloResult:
    kernel = getattr(shell, "kernel", None)
    return HelloResult(
        glasspane=glasspane_version(),
        python=platform.python_version(),
        executable=sys.executable,
        packages={name: _version(name) for name in PACKAGES},
        subshells=bool(getattr(kernel, "_supports_kernel_subshells", False)),
    )


def _version(distribution: str) -> str | None:
    # Looking through the path takes milliseconds. A version found stays true until the kernel
    # restarts; one not found is looked for again, for it may be installed meanwhile.
    if distribution not in _versions:
        try:
            _versions[distribution] = version(distribution)
        except PackageNotFoundError:
            return None
    return _versions[distribution]


def _namespace(shell: Any) -> Mapping[str, Any]:
    names: dict[str, Any] = vars(sys.modules["__main__"]) if shell is None else shell.user_ns
    return names


def _internal(error: Exception) -> ErrorResult:
    return ErrorResult(
        code="internal",
        message=f"Something unexpected went wrong inside Glasspane ({type(error).__name__}).",
        next_step="Your model and variables are as they were. The details are in the log.",
        detail="".join(traceback.format_exception(error)),
    )
