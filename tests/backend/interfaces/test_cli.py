"""The command line against the Python call it stands for, in processes of its own."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from tiny_models import make_model, make_tokenizer

import glasspane as gp
from glasspane.attribution.methods import METHODS
from glasspane.cli import main
from glasspane.protocol import AttributionResult, CheckedAttribution, ErrorResult
from glasspane.subjects.load import catalogue
from glasspane.version import install_requirement

TEXT = "The capital of France is"


def glasspane(
    *arguments: str, given: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "glasspane.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        input=given,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    make_model("gpt2").save_pretrained(path)
    make_tokenizer("byte_level").save_pretrained(path)
    return path


def test_json_is_the_protocols_result_and_nothing_else(folder: Path) -> None:
    done = glasspane(
        "explain", "--model", str(folder), "--method", "integrated_gradients", "--target", " Paris", "--baseline",
        "mean", "-o", "max_steps=16", "--json", TEXT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    called = gp.explain(gp.subject(str(folder)), TEXT, target=" Paris", baseline="mean", max_steps=16)
    assert printed["scores"] == called.data.scores
    assert AttributionResult.model_validate(printed).target == called.target
    assert {"kind", "subject", "tokens", "target", "scores", "checks", "warnings", "cost"} <= set(printed)
    assert {"text", "start", "end", "id"} <= set(printed["tokens"][0])


def test_the_table_shows_every_score_with_its_sign(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ["explain", "-m", str(folder), "--method", "input_x_gradient", TEXT]
    assert main(call) == 0
    printed = capsys.readouterr().out
    called = gp.explain(gp.subject(str(folder)), TEXT, method="input_x_gradient")
    assert "\x1b" not in printed  # not a terminal: no colours
    for token, score in zip(called.tokens, called.scores[0], strict=True):
        (line,) = [row for row in printed.splitlines() if row.split()[:1] == [str(token.index)]]
        assert ("+" if score > 0 else "−") + f"{abs(score):.4g}" in line
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(call) == 0
    assert "\x1b[48;2;" in capsys.readouterr().out


def test_the_prompt_may_come_from_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["explain", "-m", str(folder), "--method", "input_x_gradient", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == TEXT


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--target", " Xylophone"], "not_one_token"),
        (["--method", "magic"], "unknown_method"),
        (["-o", "max_steps"], "bad_option"),
        (["-o", "max_steps=many"], "bad_option"),
        (["--versus", " Rome"], "unknown_target"),
        (["--target", " Rome", "--target-id", "4"], "unknown_target"),
        (["--html", "/no/such/folder/x.html"], "bad_request"),
    ],
)
def test_errors_are_sentences_on_stderr_and_objects_in_json(
    folder: Path, arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "-m", str(folder), *arguments, TEXT]) == 1
    plain = capsys.readouterr()
    assert plain.out == ""
    assert "Traceback" not in plain.err
    assert main(["explain", "-m", str(folder), "--json", *arguments, TEXT]) == 1
    said = ErrorResult.model_validate_json(capsys.readouterr().out)
    assert said.code == code
    assert said.message in plain.err
    assert said.next_step in plain.err


def test_signs_survive_a_terminal_that_knows_ascii_only(folder: Path) -> None:
    call = ["explain", "-m", str(folder), "--method", "input_x_gradient"]
    called = gp.explain(gp.subject(str(folder)), TEXT, method="input_x_gradient")
    assert called.scores.min() < 0
    done = glasspane(*call, TEXT, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    for score in called.scores[0]:
        assert f"{'+' if score > 0 else '-'}{abs(score):.4g}" in done.stdout
    printed = glasspane(*call, "--json", TEXT + " 日本", PYTHONIOENCODING="ascii")
    assert json.loads(printed.stdout)["text"] == TEXT + " 日本"


def test_input_of_another_encoding_and_output_nobody_takes(folder: Path) -> None:
    call = [
        sys.executable,
        "-m",
        "glasspane.cli",
        "explain",
        "-m",
        str(folder),
        "--method",
        "input_x_gradient",
    ]
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run([*call, "-"], input=b"caf\xe9", capture_output=True, check=False, env=strict)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Standard input cannot be read as text.")
    with Path("/dev/full").open("w") as full:  # every write fails, as on a full disk
        done = subprocess.run([*call, TEXT], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", b"\x00" * 100),
        ("config.json", b"{"),
        ("config.json", b'{"model_type": "gpt2", "n_layer": "two"}'),
        ("tokenizer.json", b'{"x": 1}'),
        ("tokenizer.json", b"not json"),
    ],
)
def test_a_damaged_model_folder_is_a_sentence(
    folder: Path, tmp_path: Path, file: str, content: bytes
) -> None:
    shutil.copytree(folder, tmp_path / "damaged")
    (tmp_path / "damaged" / file).write_bytes(content)
    with pytest.raises(gp.GlasspaneError) as caught:
        gp.subject(str(tmp_path / "damaged"))
    assert caught.value.code == "load_failed"
    assert "\n" not in caught.value.result.message


@pytest.mark.parametrize(
    "kind",
    ["DistilBertForTokenClassification", "XLMRobertaForQuestionAnswering", "XLMRobertaForMultipleChoice"],
)
def test_a_folder_of_another_kind_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    import transformers

    small = {"vocab_size": 50, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    cls = getattr(transformers, kind)
    cls(cls.config_class(**small)).save_pretrained(tmp_path)
    with pytest.raises(gp.GlasspaneError, match=kind) as caught:
        gp.subject(str(tmp_path))
    assert caught.value.code == "unsupported_model"


def test_doctor_says_what_is_absent_and_how_to_mend_it(tmp_path: Path) -> None:
    """torch and transformer_lens are hidden from the metadata: one must be mended, one is a note."""
    hider = "import importlib.metadata as m\nreal = m.version\n" + (
        "def version(name):\n"
        "    if name in ('torch', 'transformer_lens'): raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
    )
    (tmp_path / "sitecustomize.py").write_text(hider)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = glasspane("doctor", PYTHONPATH=path)
    lines = done.stdout.splitlines()
    torch = lines.index("MEND  torch: absent (needed: 2.6 or newer)")
    assert lines[torch + 1].strip() == f'{sys.executable} -m pip install "{install_requirement("kernel")}"'
    assert any(line.startswith("note  transformer_lens: absent") for line in lines)
    assert f"ok    serving editors: jupyter_server {version('jupyter_server')}" in lines
    assert done.returncode == 1


def test_models_and_methods_come_from_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    methods = capsys.readouterr().out
    for row in METHODS.values():
        assert row.spec.summary in methods
        for option in row.spec.options:
            assert f"{option.name}={option.default}" in methods
    assert main(["models"]) == 0
    models = capsys.readouterr().out
    assert all(model.name in models for model in catalogue())


def test_check_prints_every_figure_with_its_sentence_and_goes_into_the_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["explain", "-m", str(folder), "--method", "input_x_gradient", "--check", TEXT]
    assert main(call) == 0
    printed = capsys.readouterr().out
    subject = gp.subject(str(folder))
    checked = gp.check(subject, gp.explain(subject, TEXT, method="input_x_gradient"))
    assert checked.sentence in printed
    for figure in checked.figures.values():
        assert f"{figure.label}: {figure.sentence}" in printed
        (row,) = [line for line in printed.splitlines() if line.startswith(f"{figure.label}  ")]
        assert figure.direction in row
        assert row.rstrip().endswith(figure.verdict or figure.direction)
    assert main([*call, "--json"]) == 0
    both = CheckedAttribution.model_validate_json(capsys.readouterr().out)
    assert both.attribution.scores == gp.explain(subject, TEXT, method="input_x_gradient").data.scores
    assert both.faithfulness.figures == checked.data.figures
