"""Prompts with holes, filled by Jinja in its sandbox or by ``str.format``."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .yaml_places import Scalar, nearest, problem_at

Syntax = Literal["jinja", "str.format"]
SYNTAXES: tuple[Syntax, ...] = ("jinja", "str.format")

_JINJA = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
)


_KEYS = re.compile(r"\[[^\]]*\]")

_WIDEST = 10_000
"""Characters of one hole's width."""


class _Named(string.Formatter):
    """``{name}`` and ``{name[key]}`` with format specifications; no places by number, no attributes."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
        if "." in _KEYS.sub("", field_name):
            raise _NotAllowed(f"{{{field_name}}} asks for an attribute")
        found: tuple[Any, Any] = super().get_field(field_name, args, kwargs)
        return found

    def format_field(self, value: Any, format_spec: str) -> str:
        if any(len(digits) > 9 or int(digits) > _WIDEST for digits in re.findall(r"\d+", format_spec)):
            raise _NotAllowed(f"a hole is wider than {_WIDEST} characters")
        written: str = super().format_field(value, format_spec)
        return written

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if isinstance(key, int) or key == "":
            raise _NotAllowed("a hole has no name")
        if key not in kwargs:
            raise _NoValue(key)
        return kwargs[key]


class _NotAllowed(Exception):
    pass


class _NoValue(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def filled(template: Scalar, field: str, syntax: Syntax, values: Mapping[str, Any]) -> str:
    """The text of ``template`` with its holes filled.

    Raises ``bad_file`` with line and field where it is no template of that syntax, or where a value is missing.
    """
    text = template.written
    try:
        if syntax == "str.format":
            return _Named().vformat(text, (), values)
        return _JINJA.from_string(text).render(values)
    except _NoValue as missing:
        raise _missing(template, field, missing.name, values) from missing
    except jinja2.UndefinedError as problem:
        name = _undefined(text, values)
        if name is not None:
            raise _missing(template, field, name, values) from problem
        raise _refused(template, field, syntax, problem) from problem
    except Exception as problem:
        # A template is a program of the person's own: whatever it raises is about it.
        raise _refused(template, field, syntax, problem) from problem


def _missing(template: Scalar, field: str, name: str, values: Mapping[str, Any]) -> Exception:
    near = nearest(name, values)
    given = (
        f"The values have: {', '.join(values)}." if values else "There are no values: write some (values)."
    )
    meant = f"Did you mean {near[0]}? " if near else ""
    return problem_at(template.place, field, f"there is no value for “{name}”.", meant + given, near)


def _undefined(text: str, values: Mapping[str, Any]) -> str | None:
    from jinja2 import meta

    wanted = meta.find_undeclared_variables(_JINJA.parse(text)) - set(values)
    return min(wanted, default=None)


def _refused(template: Scalar, field: str, syntax: Syntax, problem: Exception) -> Exception:
    line = getattr(problem, "lineno", None) if isinstance(problem, jinja2.TemplateSyntaxError) else None
    of_template = "" if line is None else f" (line {line} of the template)"
    doubled = "Write a brace that is none of a hole twice: {{ or }}."
    return problem_at(
        template.place,
        field,
        f"this is no template of {syntax}{of_template}: {str(problem).rstrip('.') or type(problem).__name__}.",
        doubled if syntax == "str.format" else "Mend the template, or choose syntax: str.format.",
    )
