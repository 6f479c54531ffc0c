"""A YAML file of prompts to audit: what each is asked, what all of them have in common, and where each stands.

defaults:
  samples: 20
prompts:
  - name: train
    prompt: "A train carries 20 people. 6 get off. How many are left? Answer step by step."
    reference: 14
  - name: fares
    syntax: str.format
    prompt: "{people} people pay {fare} each. How much is that? Answer step by step."
    reference: "{total}"
    values: fares.csv
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..protocol import MessagesPrompt, Prompt, TextPrompt
from ..protocol.audit import AuditRequest, AuditSource
from .prompt_fields import (
    FOR_ALL,
    OF_ONE,
    OPTIONS,
    as_asked,
    ledger_beside,
    model_of,
    only_known,
    scalar_of,
    wrong_value,
)
from .prompt_templates import SYNTAXES, Syntax, filled
from .prompt_values import rows_of
from .yaml_places import Fields, Items, Place, Scalar, Value, nearest, problem_at, read_yaml

_FILLED = ("reference", "chain")
"""Options that have holes of their own, filled by the same values as the prompt."""


@dataclass(frozen=True)
class FilePrompt:
    """One prompt of a file; ``place`` is where its text stands."""

    name: str
    place: Place
    request: AuditRequest


def read_prompts(path: Path, model: AuditSource, given: Mapping[str, Any] | None = None) -> list[FilePrompt]:
    """The prompts of a file, in its order; one with several rows of values is several.

    ``given`` (options of the command line) goes before what the file says of all, and behind what it says of one;
    ``model`` is audited where nothing names one. Nothing is loaded and nothing sent.

    Raises ``bad_file`` that names line and field for whatever is wrong, and ``bad_option`` for what is ``given``.
    """
    whole = read_yaml(path)
    defaults, prompts = _parts(whole)
    _check(defaults)
    found: list[FilePrompt] = []
    for number, item in enumerate(prompts, start=1):
        found += _Item(item, number, defaults, model, given or {}).prompts()
    taken: dict[str, FilePrompt] = {}
    for each in found:
        if each.name in taken:
            raise problem_at(
                each.place, "name", f"{each.name} is the name of the prompt in line {taken[each.name].place.line} too.",
                "Give each a name of its own: reports tell them apart by it.",
            )  # fmt: skip
        taken[each.name] = each
    return found


def _parts(whole: Value) -> tuple[Fields, tuple[Value, ...]]:
    nothing = Fields(whole.place, {}, {})
    if isinstance(whole, Items):
        return nothing, _some(whole)
    if not isinstance(whole, Fields):
        raise problem_at(
            whole.place, None, "this is neither a list of prompts nor a mapping with prompts.",
            "Write “prompts:” and below it “- prompt: …” for each.",
        )  # fmt: skip
    only_known(whole, "a file of prompts", ("prompts", "defaults"))
    if "prompts" not in whole.fields:
        raise problem_at(whole.place, "prompts", "there are none.", "Write “prompts:” with a list below it.")
    defaults = whole.fields.get("defaults", nothing)
    if not isinstance(defaults, Fields):
        raise problem_at(
            defaults.place, "defaults", "this is no mapping.", "Write e.g. “samples: 20” below it."
        )
    only_known(defaults, "defaults", FOR_ALL)
    return defaults, _some(whole.fields["prompts"])


def _some(prompts: Value) -> tuple[Value, ...]:
    if isinstance(prompts, Items) and prompts.items:
        return prompts.items
    raise problem_at(
        prompts.place, "prompts", "this is no list, or an empty one.", "Write “- prompt: …” for each."
    )


def _check(defaults: Fields) -> None:
    """So that what is wrong with them is said once, and of themselves."""
    nodes = {name: value for name, value in defaults.fields.items() if name in OPTIONS}
    asked = {name: as_asked(value, name) for name, value in nodes.items() if name != "model"}
    try:
        AuditRequest.model_validate({**asked, "prompt": TextPrompt(text=".")})
    except ValidationError as problem:
        raise wrong_value(problem, nodes) from problem
    if "model" in nodes:
        model_of(nodes["model"])


class _Item:
    """One entry of the list, over the defaults."""

    def __init__(
        self, item: Value, number: int, defaults: Fields, model: AuditSource, given: Mapping[str, Any]
    ) -> None:
        if isinstance(item, Scalar):
            item = Fields(item.place, {"prompt": item}, {"prompt": item.place})
        if not isinstance(item, Fields):
            raise problem_at(
                item.place,
                f"prompt {number}",
                "this is neither a text nor a mapping.",
                "Write “- prompt: …”.",
            )
        only_known(item, f"prompt {number}", OF_ONE)
        if "prompt" not in item.fields:
            raise problem_at(
                item.place,
                "prompt",
                f"prompt {number} has none.",
                "Write “prompt: …” with its text or messages.",
            )
        self._own, self._all = item.fields, defaults.fields
        self._number, self._model, self._given = number, model, given
        self._prompt = item.fields["prompt"]

    def prompts(self) -> list[FilePrompt]:
        values, syntax = self._said("values"), self._syntax()
        if values is not None and syntax is None:
            if "values" not in self._own:
                values = None  # meant for those among its neighbours that are templates
            else:
                raise problem_at(
                    values.place, "values", f"prompt {self._number} does not say how its holes are written.",
                    "Add “syntax: jinja” ({{ name }}) or “syntax: str.format” ({name}).",
                )  # fmt: skip
        rows = [{}] if values is None else rows_of(values)
        name = self._name()
        return [
            FilePrompt(
                name if len(rows) == 1 else f"{name}, values {place}",
                self._prompt.place,
                self._request(syntax, row),
            )
            for place, row in enumerate(rows, start=1)
        ]

    def _said(self, name: str) -> Value | None:
        return self._own.get(name, self._all.get(name))

    def _name(self) -> str:
        if "name" not in self._own:
            return f"prompt {self._number}"
        return scalar_of(self._own["name"], "name").written

    def _syntax(self) -> Syntax | None:
        said = self._said("syntax")
        if said is None:
            return None
        written = scalar_of(said, "syntax")
        for syntax in SYNTAXES:
            if written.written == syntax:
                return syntax
        near = nearest(written.written, SYNTAXES)
        raise problem_at(
            written.place, "syntax", f"there is no syntax {written.written!r}.",
            f"Choose from: {', '.join(SYNTAXES)}.", near,
        )  # fmt: skip

    def _request(self, syntax: Syntax | None, row: Mapping[str, Any]) -> AuditRequest:
        nodes = {
            name: value
            for name in OPTIONS
            if (value := self._said(name)) is not None and (name in self._own or name not in self._given)
        }
        asked = {name: value for name, value in self._given.items() if name in OPTIONS and name not in nodes}
        for name, value in nodes.items():
            if (
                syntax is not None
                and name in _FILLED
                and isinstance(value, Scalar)
                and value.text is not None
            ):
                asked[name] = filled(value, name, syntax, row)
            elif name == "model":
                asked[name] = model_of(value)
            else:
                asked[name] = as_asked(value, name)
        if "ledger" in nodes and isinstance(asked["ledger"], str):
            asked["ledger"] = ledger_beside(nodes["ledger"].place.file, asked["ledger"])
        asked.setdefault("model", self._model)
        try:
            return AuditRequest.model_validate({**asked, "prompt": self._read_prompt(syntax, row)})
        except ValidationError as problem:
            raise wrong_value(problem, nodes) from problem

    def _read_prompt(self, syntax: Syntax | None, row: Mapping[str, Any]) -> Prompt:
        def text(of: Scalar, field: str) -> str:
            return of.written if syntax is None else filled(of, field, syntax, row)

        if isinstance(self._prompt, Items):
            messages = [_message(each, text) for each in self._prompt.items]
            return _conversation(messages, self._prompt)
        template, whole = self._said("template"), text(scalar_of(self._prompt, "prompt"), "prompt")
        if "template" not in self._own and "template" in self._given:
            return TextPrompt(text=whole, template=self._given["template"])
        if template is None:
            return TextPrompt(text=whole)
        try:
            return TextPrompt.model_validate({"text": whole, "template": as_asked(template, "template")})
        except ValidationError as problem:
            raise wrong_value(problem, {"template": template}) from problem


def _message(message: Value, text: Callable[[Scalar, str], str]) -> Any:
    if not isinstance(message, Fields):
        return as_asked(message, "messages")
    return {
        name: text(value, name) if name == "content" and isinstance(value, Scalar) else as_asked(value, name)
        for name, value in message.fields.items()
    }


def _conversation(messages: list[Any], prompt: Value) -> MessagesPrompt:
    try:
        return MessagesPrompt.model_validate({"messages": messages})
    except ValidationError as problem:
        raise wrong_value(problem, {"messages": prompt}) from problem
