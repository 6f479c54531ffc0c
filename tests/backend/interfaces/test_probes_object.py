"""Probes as objects and on the command line: what they show, keep and refuse. Truth: the typed result they hold."""

from __future__ import annotations

import gc
import json
import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_models import make_model, tokenizer

import glasspane as gp
from glasspane.cli import main
from glasspane.protocol import RESULT, ErrorResult, ProbeWithTest

TASK = "syntactic_role"


@pytest.fixture(scope="module")
def subject() -> Any:
    return gp.subject(make_model("gpt2"), tokenizer("byte_level"))


@pytest.fixture(scope="module")
def probes(subject: Any) -> gp.Probes:
    return gp.probe(subject, TASK, examples=100, seed=2)


@pytest.fixture(scope="module")
def tested(probes: gp.Probes) -> gp.ProbeTest:
    return probes.test(1, answers={"subject": " Paris", "object": " Rome"}, examples=6)


def test_model_and_tokenizer_do_as_well_as_a_subject(subject: Any, probes: gp.Probes) -> None:
    both = gp.probe(subject.model, subject.tokenizer, task=TASK, examples=100, seed=2)
    assert both.data.layers == probes.data.layers
    with pytest.raises(TypeError, match="probe"):
        gp.probe(subject.model, subject.tokenizer, TASK, 3)


def test_both_are_read_back_from_json(probes: gp.Probes, tested: gp.ProbeTest, tmp_path: Path) -> None:
    assert RESULT.validate_json(probes.json()) == probes.data
    assert RESULT.validate_json(tested.json()) == tested.data
    assert gp.Probes.load(probes.save(tmp_path / "p.json")).data == probes.data
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(gp.GlasspaneError, match="no result of Glasspane"):
        gp.Probes.load(tmp_path / "other.json")


def test_the_frame_has_every_layer_and_every_effect(probes: gp.Probes, tested: gp.ProbeTest) -> None:
    frame = probes.to_frame()
    assert list(frame.index) == [0, 1, 2]
    for number, layer in probes.layers.items():
        for name in ("site", "accuracy", "low", "control_accuracy", "selectivity"):
            assert frame.loc[number, name] == getattr(layer, name)
        assert frame.loc[number, "majority"] == 0.5
    effects = tested.to_frame()
    assert len(effects) == 9
    for change, measure in effects.index:
        assert effects.loc[(change, measure), "value"] == tested.effect(change, measure).value
    with pytest.raises(gp.GlasspaneError, match="Measures: kl"):
        tested.effect("patch", "accuracy")


def test_the_chart_draws_what_the_figures_say(probes: gp.Probes) -> None:
    root = ET.fromstring(probes.svg())
    svg = "{http://www.w3.org/2000/svg}"
    titled = [each for each in root.iter(f"{svg}rect") if each.find(f"{svg}title") is not None]
    classes, bars = titled[:2], titled[2:]
    widths = [float(each.get("width", "")) for each in classes]
    shares = [each.share for each in probes.data.classes]
    assert [wide / sum(widths) for wide in widths] == pytest.approx(shares, abs=0.001)
    drawn = [float(bar.get("height", "")) / 200 for bar in bars]
    wanted = [share for layer in probes.data.layers for share in (layer.accuracy, layer.control_accuracy)]
    assert drawn == pytest.approx(wanted, abs=0.001)
    whiskers = [each.get("d", "") for each in root.iter(f"{svg}path")]
    assert len(whiskers) == len(bars)
    top = float(whiskers[0].split()[1].split("h")[0])
    assert (86 + 200 - top) / 200 == pytest.approx(probes.data.layers[0].high, abs=0.001)
    (dashed,) = [each for each in root.iter(f"{svg}line") if each.get("stroke-dasharray")]
    assert (286 - float(dashed.get("y1", ""))) / 200 == pytest.approx(probes.data.majority, abs=0.001)


def test_many_layers_keep_their_chart_readable(probes: gp.Probes) -> None:
    many = [
        probes.data.layers[0].model_copy(update={"layer": number, "site": f"resid_pre {number}"})
        for number in range(81)
    ]
    root = ET.fromstring(gp.Probes(probes.data.model_copy(update={"layers": many})).svg())
    named = [
        text
        for text in root.itertext()
        if text.startswith("resid_pre") and ":" not in text and "," not in text
    ]
    assert 10 <= len(named) <= 18
    assert "resid_pre 80" in named


def test_a_notebook_and_a_terminal_show_every_number(probes: gp.Probes, tested: gp.ProbeTest) -> None:
    shown = probes._repr_mimebundle_()
    assert "<script" not in shown["text/html"]
    for layer in probes.data.layers:
        for text in (layer.site, f"{100 * layer.accuracy:.1f} %", f"{100 * layer.control_accuracy:.1f} %"):
            assert text in shown["text/plain"]
            assert text in shown["text/html"]
    for text in (probes.sentence, probes.data.intervals):
        assert text in shown["text/plain"]
    assert "<mark>" in shown["text/html"]
    assert probes.sentence in repr(probes)
    shown = tested._repr_mimebundle_()
    for change in tested.data.changes:
        assert change.label in shown["text/plain"]
        assert escape(change.label) in shown["text/html"]
    assert tested.sentence in shown["text/plain"]
    assert "' Paris'" in shown["text/plain"]
    assert tested.sentence in repr(tested)


def test_what_a_user_wrote_is_escaped(subject: Any) -> None:
    rows = [
        {"text": f"<b>{word}</b> & more {i}", "label": f"<i>{i % 2}</i>", "group": f"g{i}"}
        for i, word in enumerate(["x", "y"] * 15)
    ]
    html = gp.probe(subject, rows, layers=[1]).html()
    assert "<i>0" not in html
    assert "&lt;i&gt;0" in html


@pytest.mark.parametrize("ending", ["json", "csv", "html", "svg"])
def test_they_are_saved_as_what_the_name_says(
    probes: gp.Probes, tested: gp.ProbeTest, tmp_path: Path, ending: str
) -> None:
    text = probes.save(tmp_path / f"p.{ending}").read_text("utf-8")
    starts = {"json": "{", "csv": "layer,", "html": "<!doctype html>", "svg": "<svg"}
    assert text.startswith(starts[ending])
    if ending == "svg":
        with pytest.raises(gp.GlasspaneError, match=r"saved as \.svg"):
            tested.save(tmp_path / "t.svg")
    else:
        assert tested.save(tmp_path / f"t.{ending}").exists()
    with pytest.raises(gp.GlasspaneError, match="a file without an ending"):
        probes.save(tmp_path / "p")


def test_they_do_not_keep_the_model_alive() -> None:
    model = make_model("gpt2")
    found = gp.probe(model, tokenizer("byte_level"), TASK, examples=60, layers=[1])
    assert found.test(examples=4).data.layer == 1
    del model
    gc.collect()
    with pytest.raises(gp.GlasspaneError, match="no longer know the model") as caught:
        found.test()
    assert caught.value.code == "no_subject"


def test_of_a_probe_that_reads_nothing_no_use_is_claimed_or_denied(tested: gp.ProbeTest) -> None:
    """A random model at a task of which it has nothing."""
    assert tested.data.accuracy_low <= tested.data.majority
    assert not tested.used
    assert "cannot be said" in tested.sentence
    assert "Decodable" not in tested.sentence


def test_groups_that_never_repeat_are_said_to_teach_the_control_task_nothing(subject: Any) -> None:
    rows = [{"text": f"The capital {i} is Paris", "label": str(i % 2)} for i in range(30)]
    found = gp.probe(subject, rows, layers=[1])
    assert not found.data.groups_repeat
    assert found.best.seen_accuracy == found.best.accuracy
    assert any("nothing to learn by heart" in warning for warning in found.warnings)


def test_spans_and_labels_of_every_kind_are_read(subject: Any) -> None:
    """Marked words, pairs and empty spans; numbers, booleans and categories as classes."""
    texts = [f"The capital of {'France' if i % 2 else 'Spain'} {i}" for i in range(24)]
    labels = [bool(i % 2) for i in range(24)]
    for column in (
        labels,
        [int(one) for one in labels],
        [float(one) for one in labels],
        pd.Categorical(labels),
    ):
        frame = pd.DataFrame({"text": texts, "label": column, "group": range(24)})
        assert gp.probe(subject, frame, layers=[0]).labels in (["False", "True"], ["0", "1"])
    words = ["France" if i % 2 else "Spain" for i in range(24)]
    pairs = [(15, 15 + len(word)) for word in words]
    frame = pd.DataFrame({"text": texts, "label": labels, "group": range(24)})
    by_words = gp.probe(subject, frame.assign(span=words), layers=[0]).data
    by_pairs = gp.probe(subject, frame.assign(span=pairs), layers=[0]).data
    assert by_words.layers == by_pairs.layers
    assert by_words.layers[0].accuracy == 1.0  # the country itself is read, which is the class
    whole = gp.probe(subject, frame.assign(span=[None] * 24), layers=[0]).data
    assert whole.layers == gp.probe(subject, frame, layers=[0]).data.layers


def folder_of(subject: Any, path: Path) -> str:
    subject.model.save_pretrained(path)
    subject.tokenizer.save_pretrained(path)
    return str(path)


def test_the_command_line_prints_what_python_gives(
    subject: Any, probes: gp.Probes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = folder_of(subject, tmp_path / "model")
    capsys.readouterr()
    call = ["probe", TASK, "-m", model, "--examples", "100", "--seed", "2"]
    assert main(call) == 0
    printed = capsys.readouterr().out
    for layer in probes.data.layers:
        (line,) = [row for row in printed.splitlines() if row.startswith(f"{layer.site} ")]
        assert f"{100 * layer.accuracy:.1f} %" in line
    assert main([*call, "--json"]) == 0
    both = RESULT.validate_json(capsys.readouterr().out)
    assert both.layers == probes.data.layers
    page = tmp_path / "p.html"
    answers = ["--answer", "subject= Paris", "--answer", "object= Rome"]
    assert main([*call, "--layers", "0,1", "--test", "1", *answers, "--html", str(page), "--json"]) == 0
    said = ProbeWithTest.model_validate(json.loads(capsys.readouterr().out))
    assert [layer.layer for layer in said.probe.layers] == [0, 1]
    assert said.test.labels == ["object", "subject"]
    assert said.test.answers == [" Rome", " Paris"]
    assert said.test.changes == probes.test(1, answers={"subject": " Paris", "object": " Rome"}).data.changes
    text = page.read_text("utf-8")
    assert said.test.sentence.split(":")[0] in text
    assert main([*call, "--test"]) == 0
    assert f"at {probes.best.site}" in capsys.readouterr().out


def test_the_command_line_reads_a_table(
    subject: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = folder_of(subject, tmp_path / "model")
    rows = [{"q": f"The capital {i} is Paris", "kind": str(i % 2)} for i in range(30)]
    pd.DataFrame(rows).to_csv(tmp_path / "rows.csv", index=False)
    capsys.readouterr()
    call = ["probe", str(tmp_path / "rows.csv"), "-m", model, "--text", "q", "--label", "kind", "--json"]
    assert main(call) == 0
    found = RESULT.validate_json(capsys.readouterr().out)
    assert found.layers == gp.probe(subject, rows, text="q", label="kind").data.layers


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["part_of_speach"], "unknown_task"),
        (["no/such.csv"], "bad_examples"),
        ([TASK, "--layers", "one"], "bad_option"),
        ([TASK, "--layers", "99", "--examples", "60"], "bad_option"),
        ([TASK, "--answer", "a=b"], "bad_option"),
        ([TASK, "--test", "--answer", "a"], "bad_option"),
        ([TASK, "--folds", "1"], "bad_option"),
        ([TASK, "--examples", "10"], "bad_examples"),
    ],
)
def test_errors_are_sentences_on_stderr_and_objects_in_json(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", *arguments]) == 1
    plain = capsys.readouterr()
    assert plain.out == ""
    assert "Traceback" not in plain.err
    assert main(["probe", *arguments, "--json"]) == 1
    said = ErrorResult.model_validate_json(capsys.readouterr().out)
    assert said.code == code
    assert said.message in plain.err
