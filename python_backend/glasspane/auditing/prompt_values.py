"""Values for the holes of a prompt: written beside it, or in a second file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import GlasspaneError
from .yaml_places import Fields, Items, Scalar, Value, problem_at, read_yaml


def rows_of(values: Value) -> list[Mapping[str, Any]]:
    """One mapping of names to values for each prompt that is to be made: of a mapping, of a list of mappings, or of
    the file that a text names (YAML, JSON or CSV with a header), looked for beside the file that names it.

    Raises ``bad_file`` with line and field.
    """
    if isinstance(values, Scalar) and values.text is not None:
        return _of_file(values)
    return _of_value(values)


def plain(value: Value) -> Any:
    """As Python has it."""
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, Items):
        return [plain(each) for each in value.items]
    return {name: plain(each) for name, each in value.fields.items()}


def _of_value(values: Value) -> list[Mapping[str, Any]]:
    rows = values.items if isinstance(values, Items) else (values,)
    if not rows:
        raise _no_rows(values)
    found: list[Mapping[str, Any]] = []
    for row in rows:
        if not isinstance(row, Fields):
            raise _no_rows(row)
        found.append(plain(row))
    return found


def _no_rows(value: Value) -> GlasspaneError:
    return problem_at(
        value.place,
        "values",
        "values are a mapping of names to values, a list of such mappings, or the name of a file that has them.",
        "Write e.g. values: {people: 20, off: 6}.",
    )


def _of_file(named: Scalar) -> list[Mapping[str, Any]]:
    path = named.place.file.parent / Path(named.written).expanduser()
    if path.suffix.lower() == ".csv":
        return _of_csv(named, path)
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        raise problem_at(
            named.place, "values", f"{named.written} is no kind of file that values are read from.",
            "Give a .yaml, .json or .csv file.",
        )  # fmt: skip
    if not path.is_file():
        raise _missing(named, path)
    return _of_value(read_yaml(path))


def _of_csv(named: Scalar, path: Path) -> list[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file, strict=True))
    except FileNotFoundError as problem:
        raise _missing(named, path) from problem
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise problem_at(
            named.place, "values", f"{path.name} cannot be read: {problem}.", "Save it as a UTF-8 table."
        ) from problem
    header, *rows = [row for row in table if row] or [[]]
    if not rows or len(set(header)) < len(header):
        raise problem_at(
            named.place, "values", f"{path.name} is no table with a header of different names and a row.",
            "Name the columns in its first line.",
        )  # fmt: skip
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise problem_at(
                named.place, "values",
                f"row {number} of {path.name} has {len(row)} cells, its header {len(header)}.",
                "Put cells that hold commas in quotes.",
            )  # fmt: skip
    return [
        {
            name: Scalar(named.place, cell, True).value if cell else ""
            for name, cell in zip(header, row, strict=True)
        }
        for row in rows
    ]


def _missing(named: Scalar, path: Path) -> GlasspaneError:
    beside = sorted(each.name for each in path.parent.glob(f"*{path.suffix}")) if path.parent.is_dir() else []
    there = f"There is: {', '.join(beside[:5])}." if beside else f"It is looked for in {path.parent}."
    return problem_at(named.place, "values", f"there is no file {named.written}.", there, beside[:5])
