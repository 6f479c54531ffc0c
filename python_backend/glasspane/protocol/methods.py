"""The method table, as hosts see it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from .message import Message
from .probe_tasks import ProbeTaskSpec
from .subjects import Family

OptionValue = TypeAliasType("OptionValue", bool | int | float | str)


class MethodOption(Message):
    """One option of a method: hosts make a form field of it."""

    name: str
    label: str
    help: str
    type: Literal["integer", "number", "choice", "text", "boolean"]
    default: OptionValue
    minimum: float | None = None
    maximum: float | None = None
    choices: list[str] = Field(
        default_factory=list, description="For type text: suggestions, free text allowed."
    )


class MethodSpec(Message):
    """One row of the method table."""

    name: str
    label: str
    summary: str
    signed: bool
    families: list[Family]
    options: list[MethodOption]
    debugging_aid: bool = Field(description="True: shows where the model looks, not what changes its answer.")
    reference: str


class MethodCard(Message):
    """Which method ran, with every option resolved."""

    name: str
    label: str
    signed: bool
    options: dict[str, OptionValue]
    baseline: str | None = Field(default=None, description="What stands for absence, as a phrase.")
    note: str | None = Field(default=None, description="What this method can and cannot say.")


class CatalogueRequest(Message):
    """Which methods and bundled models can be asked for? For hosts without a server of ours."""

    kind: Literal["catalogue"] = "catalogue"


class BundledModel(Message):
    """A shipped model, as listed in a :class:`Catalogue`."""

    name: str
    summary: str
    family: Family
    parameters: int


class Catalogue(Message):
    """What can be asked for: body of ``GET glasspane/api/catalogue``, and answer to :class:`CatalogueRequest`."""

    kind: Literal["catalogue"] = "catalogue"
    glasspane: str
    methods: list[MethodSpec]
    models: list[BundledModel]
    probe_tasks: list[ProbeTaskSpec]
