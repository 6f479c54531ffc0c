"""Results kept as files and read back. Truth: the typed result itself, and what each file is called."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

import glasspane as gp
from glasspane.cli import main
from glasspane.loading import KINDS
from glasspane.protocol import CheckedAttribution, ProbeWithTest
from glasspane.saved_result import DrawnResult, SavedResult

STORY = "When Mary and John went to the store, John gave a bottle to"
OTHER = "When Mary and John went to the store, Mary gave a bottle to"
SUM = "Question: A train carries 20 people. 6 people get off. How many people are on the train? Answer step by step."
CLASSES = {
    "attribution": "Explanation",
    "faithfulness": "Faithfulness",
    "comparison": "Comparison",
    "prompt_diff": "PromptDiff",
    "patching": "PatchMaps",
    "circuit": "Circuit",
    "lens": "LensReading",
    "probe": "Probes",
    "probe_test": "ProbeTest",
    "audit": "ChainAudit",
    "black_box": "BlackBoxExplanation",
}
UNDRAWN = ("faithfulness", "probe_test", "audit", "black_box")


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """One of each kind."""
    subject = gp.subject("demo-lm")
    explained = gp.explain(subject, STORY, method="occlusion", check=True)
    probes = gp.probe(subject, "syntactic_role", examples=100, layers=[1])
    pairs = [(STORY, OTHER, " Mary", " John"), (OTHER, STORY, " John", " Mary")]
    found = [
        explained,
        explained.faithfulness,
        gp.compare(subject, STORY, methods=["saliency", "occlusion"]),
        gp.diff(subject, STORY, OTHER, method="occlusion"),
        gp.patch(subject, STORY, OTHER),
        gp.circuit(subject, pairs=pairs, random_sets=20),
        gp.lens(subject, STORY, target=(" Mary", " John")),
        probes,
        probes.test(1, examples=6),
        gp.audit(subject, SUM, tests=["injection"], samples=4, modes=["swap"]),
        gp.explain_black_box(subject, STORY, answer=" Mary", grain="words", method="lime", maskings=200),
    ]
    return {each.data.kind: each for each in found}


def refusal(file: Path) -> str:
    with pytest.raises(gp.GlasspaneError) as caught:
        gp.load(file)
    assert caught.value.code == "bad_request"
    return str(caught.value)


def test_every_kind_has_a_row() -> None:
    assert {kind: row.make().__name__ for kind, row in KINDS.items()} == CLASSES


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_saved_is_read_back_as_what_it_was(made: dict[str, Any], kind: str, tmp_path: Path) -> None:
    path = made[kind].save(tmp_path / "kept.json")
    back = gp.load(path)
    assert type(back).__name__ == CLASSES[kind]
    assert back.data == made[kind].data
    assert type(back).load(path).data == back.data if isinstance(back, SavedResult) else True
    assert (
        back._repr_mimebundle_()["text/plain"].split("\n")[0] in made[kind]._repr_mimebundle_()["text/plain"]
    )


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind != "attribution"])
def test_each_is_written_as_what_the_name_says(made: dict[str, Any], kind: str, tmp_path: Path) -> None:
    result = made[kind]
    page = result.save(tmp_path / "kept.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert result.save(str(tmp_path / "KEPT.CSV")) == tmp_path / "KEPT.CSV"
    frame, read = result.to_frame(), pd.read_csv(tmp_path / "KEPT.CSV")
    names = [name for name in frame.index.names if name is not None]
    assert list(read.columns) == [*names, *frame.columns]
    assert len(read) == len(frame)
    assert isinstance(result, DrawnResult) == (kind not in UNDRAWN)
    if kind in UNDRAWN:
        with pytest.raises(gp.GlasspaneError, match=r"not saved as \.svg.*Choose \.json, \.csv, \.html"):
            result.save(tmp_path / "kept.svg")
    else:
        ElementTree.parse(result.save(tmp_path / "kept.svg"))
    with pytest.raises(gp.GlasspaneError, match="not saved as a file without an ending"):
        result.save(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_result_of_another_kind_is_named(made: dict[str, Any], tmp_path: Path) -> None:
    path = made["circuit"].save(tmp_path / "kept.json")
    with pytest.raises(gp.GlasspaneError, match=r"holds a circuit, and no saved probes.*gp\.load"):
        gp.Probes.load(path)


def test_what_the_command_line_prints_with_its_check_or_test_is_read_with_it(
    made: dict[str, Any], tmp_path: Path
) -> None:
    both = CheckedAttribution(attribution=made["attribution"].data, faithfulness=made["faithfulness"].data)
    (tmp_path / "both.json").write_text(both.model_dump_json(), "utf-8")
    back = gp.load(tmp_path / "both.json")
    assert back.data == both.attribution
    assert back.faithfulness.data == both.faithfulness
    pair = ProbeWithTest(probe=made["probe"].data, test=made["probe_test"].data)
    (tmp_path / "pair.json").write_text(pair.model_dump_json(), "utf-8")
    probes = gp.load(tmp_path / "pair.json")
    assert probes.data == pair.probe
    assert probes.last_test.data == pair.test
    assert pair.test.sentence in probes._repr_mimebundle_()["text/plain"]


def test_a_file_that_is_not_there_or_of_another_ending_is_told(made: dict[str, Any], tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.json")
    assert "cannot be read" in refusal(tmp_path)
    said = refusal(made["lens"].save(tmp_path / "kept.html"))
    assert "is no JSON" in said
    assert "only .json is read back" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ('{"kind": "lens", "layers"', "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1, 2]", "no result of Glasspane"),
        ('"lens"', "no result of Glasspane"),
        ("{}", "no result of Glasspane"),
        ('{"kind": 7}', "no result of Glasspane"),
        ('{"kind": ["lens"]}', "no result of Glasspane"),
        ('{"kind": "advice"}', "“advice” is no result that is kept"),
        ('{"kind": "lens"}', "holds no saved lens"),
        ('{"kind": "attribution"}', "holds no saved explanation"),
        ('{"kind": "lens", "glasspane": 3}', "holds no saved lens"),
        ('{"kind": "probe_test", "glasspane": "0.0.1"}', "was written by Glasspane 0.0.1"),
    ],
    ids=str,
)
def test_files_that_hold_no_result_are_told_in_sentences(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    assert said in refusal(tmp_path / "x.json")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00{")
    assert "is no JSON" in refusal(tmp_path / "x.json")


def test_a_result_of_another_version_is_read_where_it_can_be(made: dict[str, Any], tmp_path: Path) -> None:
    whole = json.loads(made["lens"].json())
    (tmp_path / "old.json").write_text(json.dumps({**whole, "glasspane": "0.0.1"}))
    assert gp.load(tmp_path / "old.json").data.sentences == whole["sentences"]
    (tmp_path / "newer.json").write_text(json.dumps({**whole, "glasspane": "9.0.0", "tuned": True}))
    said = refusal(tmp_path / "newer.json")
    assert "was written by Glasspane 9.0.0" in said
    assert "tuned" not in said, "details are for the log"


def test_a_result_that_contradicts_itself_is_not_read(made: dict[str, Any], tmp_path: Path) -> None:
    whole = json.loads(made["lens"].json())
    whole["table"]["entropy"].pop()
    (tmp_path / "cut.json").write_text(json.dumps(whole))
    assert "holds no saved lens" in refusal(tmp_path / "cut.json")


@pytest.mark.parametrize("kind", CLASSES)
def test_the_command_line_shows_each(
    made: dict[str, Any], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made[kind].save(tmp_path / "kept.json")
    assert main(["show", str(path)]) == 0
    assert capsys.readouterr().out.rstrip("\n") == gp.load(path)._repr_mimebundle_()["text/plain"].rstrip(
        "\n"
    )
    assert main(["show", "--html", str(tmp_path / "page.html"), "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(made[kind].json())
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_command_line_says_why_it_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(tmp_path / "none.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


# ── files that somebody has changed ──────────────────────────────────────────

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>]]>&amp;{x}%s\x1b[31m"


def places(value: Any, of: type | tuple[type, ...], path: tuple[Any, ...] = ()) -> Any:
    """Where values of a type stand; of the entries of a list, the first of each shape."""
    if isinstance(value, of) and not isinstance(value, bool):
        yield path
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, of, (*path, name))
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from places(each, of, (*path, place))


def each_place_once(data: Any, of: type | tuple[type, ...]) -> list[tuple[Any, ...]]:
    first: dict[Any, tuple[Any, ...]] = {}
    for path in places(data, of):
        first.setdefault(tuple("*" if isinstance(step, int) else step for step in path), path)
    return list(first.values())


def changed(data: Any, path: tuple[Any, ...], value: Any, file: Path) -> Any:
    """What is read of the file with another value there; None where it is refused, in words."""
    data = json.loads(json.dumps(data))
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value(at[path[-1]])
    file.write_text(json.dumps(data))
    with suppress(gp.GlasspaneError):
        return gp.load(file)
    assert refusal(file)
    return None


def surfaces(result: Any) -> dict[str, str]:
    bundle = result._repr_mimebundle_()
    found = {"page": result.html(), **{kind: each for kind, each in bundle.items() if isinstance(each, str)}}
    if isinstance(result, DrawnResult):
        found["image/svg+xml"] = result.svg()
    result.to_frame()
    return found


@pytest.mark.parametrize("kind", CLASSES)
def test_no_text_of_a_file_is_markup_or_moves_the_cursor(
    made: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    data = json.loads(made[kind].json())
    read = 0
    for path in each_place_once(data, str):
        result = changed(data, path, lambda _: MARKUP, tmp_path / "changed.json")
        if result is None:
            continue
        read += 1
        for surface, text in surfaces(result).items():
            if surface == "text/plain":
                assert "\x1b[31m" not in text, path
            else:
                assert "<script" not in text, (path, surface)
                assert "<img src=x" not in text, (path, surface)
            if surface == "image/svg+xml":
                ElementTree.fromstring(text)
    assert read > 5


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("value", [-1, 0, 10**9, 1e308, -1e308])
def test_a_number_of_a_file_is_refused_or_drawn(
    made: dict[str, Any], kind: str, value: float, tmp_path: Path
) -> None:
    data = json.loads(made[kind].json())
    for path in each_place_once(data, (int, float)):
        result = changed(data, path, lambda _: value, tmp_path / "changed.json")
        if result is not None:
            assert all(len(text) < 10**6 for text in surfaces(result).values()), path


@pytest.mark.parametrize("kind", CLASSES)
def test_a_list_of_a_file_that_is_emptied_or_cut_is_refused_or_drawn(
    made: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    data = json.loads(made[kind].json())
    for path in each_place_once(data, list):
        for value in (lambda _: [], lambda rows: rows[:-1], lambda rows: rows + rows):
            result = changed(data, path, value, tmp_path / "changed.json")
            if result is not None:
                surfaces(result)
