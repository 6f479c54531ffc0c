"""What a file of prompts may say of each, and how that is held against the request's own types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..api import ref_by_name
from ..errors import GlasspaneError
from ..protocol import ChatMessage
from ..protocol.audit import (
    AnswerReading,
    AuditBudget,
    AuditPrices,
    AuditRequest,
    AuditSource,
    EndpointSourceRef,
    OwnWrongStep,
    SubjectSource,
)
from ..protocol.message import Message
from .call import not_as_asked
from .yaml_places import Fields, Items, Scalar, Value, nearest, problem_at, unknown_name

OPTIONS = tuple(
    name for name in AuditRequest.model_fields if name not in ("kind", "prompt", "job", "preview")
)
"""Fields of an audit's request that a file may set, for one prompt or for all."""

FOR_ALL = (*OPTIONS, "template", "syntax", "values")
OF_ONE = ("name", "prompt", *FOR_ALL)

_INSIDE: dict[str, type[Message]] = {
    "answer": AnswerReading,
    "budget": AuditBudget,
    "prices": AuditPrices,
    "wrong": OwnWrongStep,
    "model": EndpointSourceRef,
    "messages": ChatMessage,
}
"""What the fields that are mappings are made of."""

_TEXTS = {
    "base_url", "chain", "consequence", "content", "examples", "key_variable", "ledger", "marker", "model", "modes",
    "pattern", "reference", "role", "template", "tests", "text",
}  # fmt: skip
"""Fields whose values are texts even where they look like numbers: a reference of 007 or no is what stands there."""


def only_known(fields: Fields, owner: str, known: tuple[str, ...]) -> None:
    """Raises ``bad_file`` for the first field that is not ``known``."""
    for name, place in fields.names.items():
        if name not in known:
            raise unknown_name(place, name, owner, known)


def as_asked(value: Value, field: str) -> Any:
    """A field's value as the request takes it."""
    if isinstance(value, Scalar):
        found = value.text if field in _TEXTS else value.value
        return float(found) if isinstance(found, float) else found
    if isinstance(value, Items):
        return [as_asked(each, field) for each in value.items]
    return {name: as_asked(each, name) for name, each in value.fields.items()}


def ledger_beside(file: Path, named: str) -> str:
    """A ledger's path is meant from the folder of the file that names it."""
    return str(file.parent / Path(named).expanduser())


def wrong_value(
    problem: ValidationError, nodes: Mapping[str, Value], under: tuple[str, ...] = ()
) -> GlasspaneError:
    """The first thing that pydantic found wrong, where it stands; ``nodes`` are the fields that the file has, and
    ``under`` is where in them the checked value is."""
    errors = problem.errors(include_url=False)
    # A misspelt field is missing as well; what is misspelt says more.
    first = min(errors, key=lambda each: each["type"] != "extra_forbidden")
    path = [*under, *first["loc"]]
    top = str(path[0]) if path else ""
    if top not in nodes:
        return not_as_asked(problem)
    value, name = nodes[top], top
    for at, part in enumerate(path[1:], start=1):
        if first["type"] == "extra_forbidden" and at == len(path) - 1 and isinstance(value, Fields):
            return unknown_name(value.names[str(part)], str(part), name, _fields_of(top))
        below = _below(value, part)
        if below is None:
            break
        value, name = below, name if isinstance(part, int) else f"{name}.{part}"
    if first["type"] == "missing":
        return problem_at(value.place, name, f"{path[-1]} is missing.", f"Write “{path[-1]}: …” there.")
    return _said(value, name, first)


def _said(value: Value, name: str, first: Any) -> GlasspaneError:
    written = value.written if isinstance(value, Scalar) else None
    shown = "" if written is None or len(written) > 40 else f"“{written}”: "
    if first["type"] == "literal_error":
        known = first["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        near = nearest(written or "", known)
        meant = f"Did you mean {near[0]}? " if near else ""
        return problem_at(
            value.place, name, f"there is no {written!r}.", f"{meant}Choose from: {', '.join(known)}.", near
        )
    message = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] == "list_type":
        return problem_at(
            value.place, name, f"{shown}{message}.", f"Write a list, such as [{written or '…'}]."
        )
    return problem_at(value.place, name, f"{shown}{message}.", "See docs/audit.md for what each field takes.")


def _fields_of(name: str) -> tuple[str, ...]:
    return tuple(each for each in _INSIDE[name].model_fields if each != "source") if name in _INSIDE else ()


def _below(value: Value, part: Any) -> Value | None:
    if isinstance(value, Fields):
        return value.fields.get(str(part))
    if isinstance(value, Items) and isinstance(part, int) and part < len(value.items):
        return value.items[part]
    return None


def scalar_of(value: Value, field: str) -> Scalar:
    """Raises ``bad_file`` where a text should stand and does not."""
    if isinstance(value, Scalar) and value.text is not None:
        return value
    raise problem_at(value.place, field, "a text should stand here.", f"Write {field}: “…”.")


def model_of(value: Value) -> AuditSource:
    """A name (bundled, folder, hub id), or an endpoint's address and model. Raises ``bad_file``."""
    if isinstance(value, Scalar):
        name = scalar_of(value, "model").written
        if "://" in name:  # and whatever would look for such a model would repeat it
            raise problem_at(
                value.place,
                "model",
                "an address is no model's name.",
                "Write a mapping: {base_url: its address, model: the model's name there}.",
            )
        return SubjectSource(subject=ref_by_name(name, None))
    try:
        return EndpointSourceRef.model_validate(as_asked(value, "model"))
    except ValidationError as problem:
        raise wrong_value(problem, {"model": value}, ("model",)) from problem
