"""Which tables a kernel offers. Truth: pandas' own columns, and objects that tell when their code runs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasspane.kernel import entry
from glasspane.probing.tables import tables
from glasspane.probing.user_rows import labelled_texts
from glasspane.protocol import FrameExamples, Table


def named(namespace: dict[str, Any]) -> dict[str, Table]:
    return {each.name: each for each in tables(namespace).tables}


def test_frames_and_lists_of_dicts_are_offered_with_their_columns() -> None:
    found = named(
        {
            "reviews": pd.DataFrame({"text": ["good", "bad"], "label": [1, 0], 7: [0, 0]}),
            "rows": [{"text": "good"}, {"text": "bad", "label": "no"}],
            "narrow": pd.DataFrame({"text": ["good"]}),
            "numbers": [1, 2],
            "empty": [],
            "mixed": [{"text": "good", "label": 1}, 3],
            "by_name": {"text": "good", "label": "yes"},
            "_hidden": pd.DataFrame({"text": ["good"], "label": [1]}),
            "Out": pd.DataFrame({"text": ["good"], "label": [1]}),
        }
    )
    assert found == {
        "reviews": Table(name="reviews", rows=2, columns=["text", "label"]),
        "rows": Table(name="rows", rows=2, columns=["text", "label"]),
    }


def test_nobodys_code_runs() -> None:
    ran: list[str] = []

    class Told(dict):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            ran.append("iterated")
            return super().__iter__()

    class Name(str):
        def __str__(self) -> str:
            ran.append("written")
            return "x"

    class Frame(pd.DataFrame):
        @property
        def columns(self) -> Any:  # type: ignore[override]
            ran.append("columns")
            return pd.Index(["text", "label"])

    class Looks:
        def __getattr__(self, name: str) -> Any:
            ran.append(name)
            raise AttributeError(name)

        def __len__(self) -> int:
            ran.append("len")
            return 3

    namespace = {
        "told": [Told(text="a", label="b")],
        "named": pd.DataFrame([["a", "b"]], columns=pd.Index([Name("text"), Name("label")], dtype=object)),
        "frame": Frame({"text": ["a"], "label": ["b"]}),
        "looks": Looks(),
    }
    ran.clear()
    assert tables(namespace).tables == []
    assert ran == []


@given(
    st.dictionaries(st.text(min_size=1, max_size=8), st.lists(st.text(), min_size=3, max_size=3), min_size=2),
)
def test_what_is_offered_can_be_read(columns: dict[str, list[str]]) -> None:
    frame = pd.DataFrame({name: [f"{value}." for value in values] for name, values in columns.items()})
    (offered,) = tables({"frame": frame}).tables
    assert offered.columns == list(columns)
    asked = FrameExamples(name="frame", text=offered.columns[0], label=offered.columns[1], span=None)
    if "span" not in columns and "group" not in columns:
        assert len(labelled_texts(frame, asked)) == offered.rows


def test_a_kernel_answers_without_importing_pandas_or_torch() -> None:
    """The catalogue with its tasks neither: it is asked for before anything else."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, sys\n"
            "from glasspane.kernel.entry import run\n"
            'rows = [{"text": "a", "label": "b"}]\n'
            'found = [run(json.dumps({"kind": kind})).result for kind in ("tables", "catalogue")]\n'
            "heavy = {'torch', 'pandas', 'numpy', 'scipy', 'sklearn', 'transformers'} & set(sys.modules)\n"
            "names = [[t.name for t in found[0].tables], [t.name for t in found[1].probe_tasks]]\n"
            "print(json.dumps([*names, sorted(heavy)]))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    offered, asked, heavy = json.loads(said.stdout)
    assert offered == ["rows"]
    assert asked == ["part_of_speech", "sentiment", "syntactic_role", "factual_attribute"]
    assert heavy == []


def test_it_is_asked_as_every_request() -> None:
    answer = entry.run('{"kind": "tables"}').result
    assert answer.kind == "tables"


def test_an_index_of_a_persons_own_class_and_a_stranger_called_pandas_run_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[str] = []

    class Told(pd.Index):
        def __iter__(self) -> Any:
            ran.append("iterated")
            return super().__iter__()

        def __len__(self) -> int:
            ran.append("measured")
            return super().__len__()

    class Lazy:
        def __getattr__(self, name: str) -> Any:
            ran.append(name)
            raise RuntimeError(name)

    def told(index: pd.Index) -> pd.Index:
        own = object.__new__(Told)
        for name in ("_data", "_name", "_cache"):
            setattr(own, name, getattr(pd.Index(list(index)), name))
        own._reset_identity()
        return own

    by_column, by_row = (pd.DataFrame({"text": ["a"], "label": ["b"]}) for _ in range(2))
    by_column.columns, by_row.index = told(by_column.columns), told(by_row.index)
    assert type(by_column.columns) is type(by_row.index) is Told
    ran.clear()
    assert named({"by_column": by_column, "by_row": by_row}) == {}
    monkeypatch.setitem(sys.modules, "pandas", Lazy())
    assert named({"frame": by_row, "rows": [{"text": "a", "label": "b"}]}).keys() == {"rows"}
    assert ran == []


def test_names_that_no_message_can_carry_are_left_out() -> None:
    """Half a surrogate pair is no UTF-8: one such column would cost the whole answer."""
    found = tables(
        {
            "rows": [{"a\ud800": 1, "text": "a", "label": "b"}],
            "half\udfff": [{"text": "a", "label": "b"}],
        }
    )
    assert found.tables == [Table(name="rows", rows=1, columns=["text", "label"])]
    assert found.model_dump_json()
