"""YAML whose every value knows where it stands, so that what is wrong with one can be said by file, line and field.

Scalars are read as YAML 1.2's core schema has it, and keep their spelling: ``no`` is a text and not false, ``12:30`` no
number of seconds, ``007`` no seven, and 3.50 stays 3.50 where it is put into a text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import GlasspaneError

_MOST_NODES = 200_000
"""Aliases of aliases can stand for billions of values."""

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_SECRET = re.compile(r"(key|secret|password|token)[\"']?\s*[:=]|://\S*[@?]", re.IGNORECASE)
_KEY = re.compile(r"^[\s-]*[\"']?([\w.-]+)[\"']?\s*:")


@dataclass(frozen=True)
class Place:
    """A stretch of a file; lines and columns are counted from 1, columns in code points, the end is exclusive."""

    file: Path
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Scalar:
    """A text, number, truth value or nothing; ``written`` is its spelling; ``plain``: it stands without quotes."""

    place: Place
    written: str
    plain: bool

    @property
    def text(self) -> str | None:
        """As a text, whatever it looks like; None only where nothing stands there."""
        return None if self.plain and self.written in ("null", "~", "") else self.written

    @property
    def value(self) -> Any:
        if not self.plain:
            return self.written
        if self.written.casefold() in _WORDS:
            return _WORDS[self.written.casefold()]
        if _WHOLE.fullmatch(self.written):
            return int(self.written)
        if _NUMBER.fullmatch(self.written):
            return WrittenNumber(self.written)
        return self.written


@dataclass(frozen=True)
class Items:
    place: Place
    items: tuple[Value, ...]


@dataclass(frozen=True)
class Fields:
    """``names`` says where each name stands."""

    place: Place
    fields: Mapping[str, Value]
    names: Mapping[str, Place]


Value = Scalar | Items | Fields


class WrittenNumber(float):
    """A number that is written into a text as it was spelt: 3.50 and not 3.5."""

    def __new__(cls, written: str) -> WrittenNumber:
        self = super().__new__(cls, written)
        self._written = written
        return self

    _written: str

    def __str__(self) -> str:
        return self._written


def read_yaml(path: Path) -> Value:
    """The one document of a file. Raises ``bad_file`` where it cannot be read, is no YAML, or names a field twice."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise GlasspaneError(
            "bad_file", f"{path} cannot be read: {problem.strerror}.", "Give a file that exists."
        ) from problem
    except UnicodeDecodeError as problem:
        raise GlasspaneError(
            "bad_file", f"{path} is not UTF-8 text.", "Save it as UTF-8.", detail=str(problem)
        ) from problem
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        raise _no_yaml(path, text, problem) from problem
    except RecursionError as problem:
        raise GlasspaneError("bad_file", f"{path} nests too deep.", "Nest less.") from problem
    if node is None:
        raise GlasspaneError("bad_file", f"{path} is empty.", "Write at least one prompt into it.")
    return _Reader(path).value(node, ())


def problem_at(
    place: Place, field: str | None, said: str, next_step: str, suggestions: Sequence[str] = ()
) -> GlasspaneError:
    """A ``bad_file`` that names file, line and field, and shows the line with a mark below it."""
    of_field = "" if field is None else f", {field}"
    return GlasspaneError(
        "bad_file",
        f"{place.file.name}, line {place.line}{of_field}: {said}",
        next_step,
        lines=_shown(place),
        suggestions=list(suggestions),
    )


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that look like it, likeliest first."""
    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)


def unknown_name(place: Place, name: str, owner: str, known: Sequence[str]) -> GlasspaneError:
    """A field that there is not, with the nearest that there is."""
    near = nearest(name, known)
    meant = f"Did you mean {near[0]}? " if near else ""
    if "key_variable" in known and _SECRET.search(f"{name}:"):
        meant = "Keys are never written into files: put it into an environment variable and name that (key_variable). "
    return problem_at(place, name, f"{owner} has no such field.", f"{meant}It has: {', '.join(known)}.", near)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def value(self, node: yaml.Node, above: tuple[int, ...]) -> Value:
        place = self._place(node)
        self._read += 1
        if self._read > _MOST_NODES or id(node) in above or len(above) > 50:
            raise problem_at(
                place, None, "values stand inside each other too often.", "Write them out without aliases."
            )
        above = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return Scalar(place, node.value, node.style is None)
        if isinstance(node, yaml.SequenceNode):
            return Items(place, tuple(self.value(each, above) for each in node.value))
        fields: dict[str, Value] = {}
        names: dict[str, Place] = {}
        for key, each in node.value:
            where = self._place(key)
            if not isinstance(key, yaml.ScalarNode):
                raise problem_at(where, None, "a field's name is a list or a mapping.", "Name it by a word.")
            if key.value in fields:
                raise problem_at(
                    where,
                    key.value,
                    f"it is there already, in line {names[key.value].line}.",
                    "Leave one of them.",
                )
            fields[key.value], names[key.value] = self.value(each, above), where
        return Fields(place, fields, names)

    def _place(self, node: yaml.Node) -> Place:
        start, end = node.start_mark, node.end_mark
        return Place(self._path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _no_yaml(path: Path, text: str, problem: yaml.YAMLError) -> GlasspaneError:
    mark = getattr(problem, "problem_mark", None)
    said = str(getattr(problem, "problem", None) or getattr(problem, "reason", "it cannot be read"))
    at = getattr(problem, "position", None)
    if mark is None and isinstance(at, int):
        line, column = text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)
    elif mark is None:
        line, column = 0, 0
    else:
        line, column = mark.line, mark.column
    place = Place(path, line + 1, column + 1, line + 1, column + 2)
    return problem_at(
        place,
        _field_above(text, line),
        f"this is not YAML: {said}.",
        "Put a text with “: ”, “ #”, quotes or braces in quotes, or behind “|” on lines of its own; indent by blanks.",
    )


def _field_above(text: str, line: int) -> str | None:
    """The field that a line belongs to: the last name at or above it."""
    for each in reversed(text.splitlines()[: line + 1]):
        if found := _KEY.match(each):
            return found[1]
    return None


def _shown(place: Place) -> list[str]:
    try:
        lines = place.file.read_text(encoding="utf-8-sig").splitlines()
        line = lines[place.line - 1].replace("\t", " ")
    except (OSError, UnicodeDecodeError, IndexError):
        return []
    if _SECRET.search(line):
        return []  # somebody may have written a key there, which no error may repeat
    first = max(0, place.column - 1 - 60)
    return [line[first : first + 100], " " * (place.column - 1 - first) + "^"]
