"""A user's own labelled table: read once, row by row, with a sentence for whatever cannot be read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..errors import GlasspaneError
from ..figures import whole_number
from ..protocol import FrameExamples, LabelledText
from ..subjects.tokens import printable

Rows = list[Mapping[str, Any]]

OPTIONAL = ("span", "group")


def is_table(value: Any) -> bool:
    """Whether ``value`` can be read as a table: a pandas DataFrame, or a sequence of dicts."""
    return _is_frame(value) or (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(r, Mapping) for r in value)
    )


def labelled_texts(table: Any, columns: FrameExamples) -> list[LabelledText]:
    """The rows of a DataFrame or list of dicts.

    A span is ``(start, end)`` in code points or the marked words, which must occur once; an empty one means the
    whole text. Without a column of groups, a row's group is what is marked, in small letters. Raises
    ``bad_examples`` naming the row, or the columns that there are.
    """
    if not is_table(table):
        raise GlasspaneError(
            "bad_examples",
            f"A {type(table).__name__} is no table of labelled texts.",
            "Give a pandas DataFrame, or a list of dicts, with the columns text and label.",
        )
    names, rows = _read(table)
    if not rows:
        raise GlasspaneError(
            "bad_examples",
            "The table has no rows.",
            "Give texts of at least two classes, ten or more of each.",
        )
    for wanted in (columns.text, columns.label, columns.span, columns.group):
        if wanted is not None and wanted not in names:
            raise _no_column(wanted, names)
    span = columns.span or ("span" if "span" in names else None)
    group = columns.group or ("group" if "group" in names else None)
    return [_row(place, row, columns, span, group) for place, row in enumerate(rows)]


def _is_frame(value: Any) -> bool:
    return hasattr(value, "columns") and callable(getattr(value, "to_dict", None))


def _read(table: Any) -> tuple[list[str], Rows]:
    if _is_frame(table):
        repeated = [str(name) for name in table.columns[table.columns.duplicated()]]
        if repeated:
            raise GlasspaneError(
                "bad_examples",
                f"The table has two columns called {repeated[0]!r}.",
                "Give each column a name of its own.",
            )
        return [str(name) for name in table.columns], table.to_dict("records")
    return list(dict.fromkeys(str(name) for row in table for name in row)), list(table)


def _no_column(wanted: str, names: Sequence[str]) -> GlasspaneError:
    near = get_close_matches(wanted, names, n=1, cutoff=0.5)
    return GlasspaneError(
        "bad_examples",
        f"The table has no column {wanted!r}; it has {', '.join(map(repr, names)) or 'none'}.",
        f"Did you mean {near[0]!r}? Say so: text=…, label=…, span=… name the columns."
        if near
        else "Name the columns: text=…, label=…, span=….",
    )


def _row(
    place: int, row: Mapping[str, Any], columns: FrameExamples, span: str | None, group: str | None
) -> LabelledText:
    text = row.get(columns.text)
    if not isinstance(text, str) or not text:
        raise GlasspaneError(
            "bad_examples",
            f"Row {place} has no text: its {columns.text!r} is {text!r}.",
            "Leave such rows out: frame.dropna().",
        )
    text = printable(text)
    label = _label(place, row.get(columns.label), columns.label)
    start, end = (None, None) if span is None else _span(place, text, row.get(span))
    given = None if group is None else row.get(group)
    if given is None or _is_missing(given):
        given = text if start is None else text[start:end].casefold()
    return LabelledText(text=text, label=label, start=start, end=end, group=printable(str(given)))


def _label(place: int, value: Any, column: str) -> str:
    number = whole_number(value)
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    said = str(number) if number is not None else printable(str(value)).strip()
    if value is None or _is_missing(value) or not said:
        raise GlasspaneError(
            "bad_examples",
            f"Row {place} has no class: its {column!r} is {value!r}.",
            "Leave such rows out: frame.dropna().",
        )
    return said


def _is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA: none of them equals itself, or says so."""
    if value is None:
        return True
    try:
        return bool(value != value) or (isinstance(value, float) and math.isnan(value))
    except TypeError:
        return True  # pandas.NA refuses to be true or false
    except ValueError:
        return False  # an array


def _span(place: int, text: str, value: Any) -> tuple[int | None, int | None]:
    if isinstance(value, str):
        return _found(place, text, printable(value)) if value else (None, None)
    if _is_missing(value):
        return None, None
    try:
        start, end = (whole_number(one) for one in value)
    except (TypeError, ValueError):
        start = end = None
    if start is None or end is None:
        raise GlasspaneError(
            "bad_examples",
            f"The span of row {place}, {value!r}, is neither a pair nor a text.",
            "Give (start, end) in characters, or the words themselves.",
        )
    if not 0 <= start < end <= len(text):
        raise GlasspaneError(
            "bad_examples",
            f"The span of row {place}, ({start}, {end}), does not lie within its text of {len(text)} characters.",
            "Give (start, end) with 0 ≤ start < end ≤ length: the end is the first character behind the span.",
        )
    return start, end


def _found(place: int, text: str, marked: str) -> tuple[int, int]:
    count = text.count(marked)
    if count == 1:
        start = text.index(marked)
        return start, start + len(marked)
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    if count > 1:
        raise GlasspaneError(
            "bad_examples",
            f"The span {marked!r} of row {place} occurs {count} times in {shown!r}.",
            "Give it as (start, end), so that it is clear which one is meant.",
        )
    near = get_close_matches(marked, text.split(), n=1, cutoff=0.6)
    folded = text.casefold().find(marked.casefold())
    meant = text[folded : folded + len(marked)] if folded >= 0 else near[0] if near else None
    raise GlasspaneError(
        "bad_examples",
        f"The span {marked!r} of row {place} does not occur in {shown!r}.",
        f"Did you mean {meant!r}? Spans are letter for letter."
        if meant
        else "Give words of the text letter for letter, or (start, end).",
    )
