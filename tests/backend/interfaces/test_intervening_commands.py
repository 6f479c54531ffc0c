"""``glasspane patch`` and ``glasspane circuit``. Truth: the same from Python."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import glasspane as gp
from glasspane.cli import main
from glasspane.errors import GlasspaneError

CLEAN = "When Mary and John went to the store, John gave a bottle to"
CORRUPTED = "When Mary and John went to the store, Mary gave a bottle to"
ANSWERS = ["--right", " Mary", "--wrong", " John"]


def test_patch_prints_the_strongest_cells_and_saves(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved = [tmp_path / f"maps{suffix}" for suffix in (".csv", ".svg", ".html", ".json")]
    options = [part for path in saved for part in ("--save", str(path))]
    assert main(["patch", CLEAN, CORRUPTED, *ANSWERS, *options]) == 0
    said = capsys.readouterr().out
    maps = gp.patch("demo-lm", clean=CLEAN, corrupted=CORRUPTED, answer=(" Mary", " John"))
    assert "layer 3 at 9 ·John" in said
    assert "computed a second time" in said
    rows = list(csv.DictReader(saved[0].open()))
    np.testing.assert_allclose([float(row["raw"]) for row in rows], maps.raw.ravel(), atol=1e-4)
    assert saved[1].read_text("utf-8").startswith("<svg")
    page = saved[2].read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in page
    assert json.loads(saved[3].read_text("utf-8"))["kind"] == "patching"


def test_prompts_of_other_lengths_are_shown_with_words_that_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["patch", CLEAN, CLEAN.replace("Mary", "Bartholomew")]) == 1
    said = capsys.readouterr().err
    assert "corrupted" in said
    assert "Words of one token" in said


def test_answers_left_empty_in_a_table_are_the_models_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What `gp.pairs_like` makes of “The capital of …” names no answers."""
    countries = ("Japan", "Peru", "Spain", "Kenya")
    pairs = [
        (f"The capital of {one} is", f"The capital of {other} is")
        for one, other in zip(countries, (*countries[1:], countries[0]), strict=True)
    ]
    table = tmp_path / "pairs.csv"
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows([("clean", "corrupted", "right", "wrong"), *((*pair, "", "") for pair in pairs)])
    assert main(["circuit", str(table), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = gp.circuit("demo-lm", pairs=[(*pair, None, None) for pair in pairs])
    assert [node["name"] for node in found["nodes"] if node["inside"]] == expected.nodes


def pairs_of(places: list[str]) -> list[tuple[str, str, str, str]]:
    return gp.pairs(
        "When {a} and {b} went to the {place}, {b} gave a bottle to",
        "When {a} and {b} went to the {place}, {a} gave a bottle to",
        " {a}",
        " {b}",
        a=["Mary", "John"],
        b=["John", "Mary"],
        place=places,
    )


def test_circuit_reads_pairs_from_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    files = {"pairs.csv": pairs_of(["store", "park"]), "others.csv": pairs_of(["school"])}
    for name, rows in files.items():
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("clean", "corrupted", "right", "wrong"), *rows])
    arguments = ["--held-out", str(tmp_path / "others.csv"), "--together", "3.0, 3.1", "--json"]
    assert main(["circuit", str(tmp_path / "pairs.csv"), *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    found = gp.circuit(
        "demo-lm", pairs=files["pairs.csv"], held_out=files["others.csv"], sets=[["3.0", "3.1"]]
    )
    assert [node["name"] for node in said["nodes"] if node["inside"]] == found.nodes
    assert said["sets"][0]["lost"]["value"] == pytest.approx(found.data.sets[0].lost.value)
    assert main(["circuit", str(tmp_path / "pairs.csv")]) == 0
    assert "No held-out pairs" in capsys.readouterr().out


def test_a_file_without_the_columns_is_told_which(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("prompt,answer\na,b\n", "utf-8")
    assert main(["circuit", str(tmp_path / "odd.csv")]) == 1
    assert "no column clean" in capsys.readouterr().err


def test_templates_fill_every_hole_with_every_value_but_no_value_twice() -> None:
    made = pairs_of(["store"])
    assert [row[2:] for row in made] == [(" Mary", " John"), (" John", " Mary")]
    assert made[0][:2] == (CLEAN, CORRUPTED)
    drawn = gp.pairs("{a}{b}", "{b}{a}", "{a}", "{b}", count=3, seed=1, a="abc", b="xyz")
    assert len(set(drawn)) == 3


@pytest.mark.parametrize(
    ("templates", "values", "said"),
    [
        (("{a} x", "y", "{a}", "z"), {}, "no values for a"),
        (("x", "y", "z", "w"), {"a": ["b"]}, "no hole for a"),
        (("{} x", "y", "z", "w"), {}, "no name"),
        (("{a x", "y", "z", "w"), {"a": ["b"]}, "cannot be read"),
        (("{a}{b}", "y", "z", "w"), {"a": ["m"], "b": ["m"]}, "No choice"),
    ],
)
def test_templates_that_do_not_fit_are_told_why(
    templates: tuple[str, ...], values: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(GlasspaneError, match=said):
        gp.pairs(*templates, **values)
