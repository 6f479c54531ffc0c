"""Jobs on the Jupyter server, and how far they are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from .attribution import AttributionResult
from .audit import AuditResult
from .message import Message
from .patching import PatchResult
from .probes import ProbeResult
from .requests import Request
from .results import Result

PartialResult = TypeAliasType(
    "PartialResult",
    Annotated[AttributionResult | PatchResult | ProbeResult | AuditResult, Field(discriminator="kind")],
)


class Progress(Message):
    """Where a running job stands; at most five a second."""

    kind: Literal["progress"] = "progress"
    job: str
    fraction: float = Field(ge=0, le=1)
    stage: str
    partial: PartialResult | None = Field(default=None, description="A result that can be painted already.")


class KernelPlace(Message):
    """Run in this kernel of the server."""

    place: Literal["kernel"] = "kernel"
    kernel_id: str


class DedicatedPlace(Message):
    """Run in Glasspane's own kernel, started on first use."""

    place: Literal["dedicated"] = "dedicated"


Place = TypeAliasType("Place", Annotated[KernelPlace | DedicatedPlace, Field(discriminator="place")])


class JobRequest(Message):
    """Body of ``POST glasspane/api/jobs``."""

    place: Place
    request: Request


class JobSnapshot(Message):
    """Body of every jobs reply. ``sequence`` grows with each change (long-poll with ``?after=``)."""

    kind: Literal["job"] = "job"
    id: str
    sequence: int
    status: Literal["queued", "waiting_for_kernel", "running", "done", "failed", "cancelled"]
    ahead: int = Field(default=0, description="Jobs of ours before this one on the same kernel.")
    kernel_busy: bool = Field(default=False, description="The user's own code holds the kernel.")
    progress: Progress | None = None
    result: Result | None = None
    warnings: list[str] = Field(
        default_factory=list, description="E.g. version drift between server and kernel."
    )
