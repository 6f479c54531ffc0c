"""Which tables could be probed? Looked for without importing pandas and without running anybody's code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from ..protocol import Table, TablesResult
from ..subjects.tokens import printable

READ_ROWS = 1000
"""Rows of a list of dicts whose keys are read; a table that is taken is read as a whole."""

_FIRST_COLUMNS = 200


def tables(namespace: Mapping[str, Any]) -> TablesResult:
    """The variables that hold a table with two columns at least: one of texts, one of classes.

    Only objects of the very classes DataFrame, list and dict are looked into, and frames only whose indices are
    pandas' own: those of others derived from them may run code of their own. Such a table can still be named.
    Names with half a surrogate pair are left out: no message carries them.
    """
    found = (_table(name, value) for name, value in list(namespace.items()) if _is_a_persons(name))
    return TablesResult(tables=[one for one in found if one is not None and len(one.columns) >= 2])


def _is_a_persons(name: Any) -> bool:
    return _is_carried(name) and not name.startswith("_") and name not in ("In", "Out")


def _is_carried(name: Any) -> bool:
    return type(name) is str and printable(name) == name


def _table(name: str, value: Any) -> Table | None:
    pandas = _pandas()
    if pandas and type(value) is pandas.get("DataFrame"):
        if not all(_is_pandas_own(index, pandas) for index in (value.index, value.columns)):
            return None
        return Table(name=name, rows=len(value), columns=_texts(value.columns))
    if type(value) is list and value and all(type(row) is dict for row in value):
        names = dict.fromkeys(name for row in value[:READ_ROWS] for name in row if type(name) is str)
        return Table(name=name, rows=len(value), columns=_texts(names))
    return None


def _pandas() -> Mapping[str, Any]:
    """What pandas holds, where it has been imported; a stand-in that imports it on demand is not asked."""
    module = sys.modules.get("pandas")
    return vars(module) if type(module) is ModuleType else {}


def _is_pandas_own(index: Any, pandas: Mapping[str, Any]) -> bool:
    return type(index) is pandas.get(type(index).__name__)


def _texts(names: Iterable[Any]) -> list[str]:
    return [name for name in names if _is_carried(name)][:_FIRST_COLUMNS]
