"""Answers as displayed outputs. Truth: the user's own view of their kernel, and what ``run`` answers there."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor, answer, hidden, progress

from glasspane.catalogue import catalogue
from glasspane.errors import Cancelled
from glasspane.kernel import displayed
from glasspane.protocol import ErrorResult
from glasspane.server.greeting import glasspane_missing
from glasspane.version import install_command, install_requirement

VIEW = (
    "[[(name, repr(value)) for name, value in sorted(globals().items())], [*In], "
    "{k: repr(v) for k, v in Out.items()}, get_ipython().execution_count, "
    "_, __, ___, _i, _ii, __import__('random').getstate(), __import__('numpy').random.get_state()[1].tolist(), "
    "[r[2] for r in get_ipython().history_manager.get_range()], "
    "{k: v for k, v in get_ipython().history_manager.outputs.items() if v}, "
    "getattr(__import__('sys'), 'last_value', None), getattr(__import__('sys'), 'last_exc', None)]"
)
"""What a user can see of namespace, history, counters, last values, last error and random state."""

INSTALL = install_command(sys.executable)
EXPLAIN: dict[str, Any] = {
    "kind": "explain",
    "subject": {"source": "kernel", "model": "model", "tokenizer": "tokenizer"},
    "prompt": {"form": "text", "text": "The capital of France is"},
    "method": "integrated_gradients",
    "options": {"max_steps": 1024},
}


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """A kernel with a small model, slowed to a pass in 0.15 s while ``slow`` is hooked into it."""
    editor = Editor(tmp_path_factory.mktemp("kernel"))
    editor.run(
        f"import sys, time; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "import torch, numpy\n"
        "from tiny_models import make_model, make_tokenizer\n"
        "model, tokenizer = make_model('gpt2'), make_tokenizer('byte_level')\n"
        "passes = []\n"
        "def slow(module, args, kwargs):\n"
        "    passes.append(1); time.sleep(0.15)\n"
    )
    yield editor
    editor.close()


def bare(home: Path, before: str) -> Iterator[Editor]:
    editor = Editor(home, before)
    yield editor
    editor.close()


@pytest.fixture
def without_glasspane(tmp_path: Path) -> Iterator[Editor]:
    yield from bare(tmp_path, hidden("glasspane"))


@pytest.fixture
def without_torch(tmp_path: Path) -> Iterator[Editor]:
    yield from bare(tmp_path, hidden("torch"))


def hole(source: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "prompt_value", "expressions": [{"source": source}], **fields}


def test_a_displayed_answer_leaves_nothing_behind(editor: Editor) -> None:
    editor.run("name = 'Ada'\nname * 2")
    before, torch_state = editor.look(VIEW), "torch.get_rng_state().sum().item()"
    random = editor.look(torch_state)
    for request in (
        {"kind": "hello"},
        {"kind": "catalogue"},
        {"kind": "subjects"},
        hole("name"),
        hole("1 / 0", consent=True),
        {"kind": "no such kind"},
        {**EXPLAIN, "options": {"max_steps": 8}, "job": "seen"},
    ):
        editor.ask(**request)
        assert editor.look(VIEW) == before, request
    assert editor.look(torch_state) == random


def test_nor_does_it_in_a_host_that_keeps_history(editor: Editor) -> None:
    editor.run("name = 'Ada'\nname * 2")
    see = "[sorted(k for k in globals() if not k.startswith('_i')), _, {k: repr(v) for k, v in Out.items()}]"
    before = editor.look(see)
    assert (
        answer(editor.end(editor.begin(displayed.code('{"kind": "hello"}'), history=True)))["kind"] == "hello"
    )
    assert editor.look(see) == before


def test_the_catalogue_is_the_one_the_server_gives(editor: Editor) -> None:
    assert editor.ask(kind="catalogue") == catalogue().model_dump(mode="json")


def test_what_is_displayed_is_what_run_answers(editor: Editor) -> None:
    """Texts that a careless quoting would break come through too, and so do their own placeholders."""
    for text in ("REQUEST CANCEL_FILE REQUIREMENT", "'\"\\ \n %magic\n!ls\n?", "é 𝄞 \u2028 \x85", "{x} %s"):
        request = json.dumps({"kind": "output_prompt", "output": text + " and more", "candidates": [text]})
        shown = editor.ask(**json.loads(request))
        ours = f"__import__('glasspane.kernel.entry', fromlist=['run']).run({request!a})._repr_json_()"
        assert shown == ast.literal_eval(editor.look(ours))
        assert shown["prompt"].strip() == text.strip()


def test_an_explanation_reports_and_is_the_same_as_asked_otherwise(editor: Editor) -> None:
    stages = []
    request = {**EXPLAIN, "options": {"max_steps": 64}, "job": "mine"}
    cell = editor.begin(displayed.code(json.dumps(request)))
    shown = answer(editor.end(cell, lambda m: stages.append(progress(m))))
    told = [one for one in stages if one]
    assert {one["job"] for one in told} == {"mine"}
    assert any(one["partial"] for one in told)
    editor.run(
        "import glasspane as gp\nmine = gp.explain(model, tokenizer, 'The capital of France is', max_steps=64)"
    )
    assert shown["scores"] == ast.literal_eval(editor.look("mine.data.scores"))
    assert shown["request"]["job"] is None


def test_a_file_cancels_a_running_job_and_what_it_painted_stays(editor: Editor, tmp_path: Path) -> None:
    editor.run("passes.clear(); handle = model.register_forward_pre_hook(slow, with_kwargs=True)")
    flag, painted = tmp_path / "cancel é", []
    cell = editor.begin(displayed.code(json.dumps({**EXPLAIN, "job": "stopped"}), str(flag)))
    behind = editor.begin("after = 'ran'; handle.remove()")

    def watch(message: dict[str, Any]) -> None:
        now = progress(message)
        if now and now["partial"]:
            painted.append(now["partial"])
            flag.write_text("")

    shown = answer(editor.end(cell, watch))
    assert shown == Cancelled().result.model_dump(mode="json")
    assert painted[-1]["checks"]["complete"] is False
    assert len(painted[-1]["scores"][0]) == len(painted[-1]["tokens"])
    assert editor.end(behind)[-1]["content"]["status"] == "ok"
    assert editor.look("after") == "'ran'"
    # By its stopping rule alone it would have needed many more.
    assert 0 < int(editor.look("len(passes)")) < 60
    assert flag.read_text() == ""
    # A new job with another file is not touched by the old one.
    assert editor.ask(str(tmp_path / "other"), **{**EXPLAIN, "job": "stopped"})["kind"] == "attribution"


def test_a_file_that_is_there_already_cancels_before_anything_is_computed(
    editor: Editor, tmp_path: Path
) -> None:
    (tmp_path / "cancel").write_text("")
    editor.run("passes.clear(); handle = model.register_forward_pre_hook(slow, with_kwargs=True)")
    text = {"form": "text", "text": "Mary and John"}
    assert editor.ask(str(tmp_path / "cancel"), **{**EXPLAIN, "prompt": text})["code"] == "cancelled"
    assert editor.look("passes") == "[]"
    editor.run("handle.remove()")


@pytest.mark.parametrize("path", ["", "no/such/folder/file", "nul\0byte", "x" * 5000])
def test_a_file_that_cannot_be_looked_at_does_not_cancel(editor: Editor, path: str) -> None:
    assert editor.ask(path, **{**EXPLAIN, "options": {"max_steps": 8}})["kind"] == "attribution"


def test_the_users_queued_cells_run_after_an_error(editor: Editor) -> None:
    busy = editor.begin("time.sleep(0.5)")
    asked = editor.begin(displayed.code(json.dumps({**EXPLAIN, "method": "no_such"})))
    behind = editor.begin("then = 'ran'")
    editor.end(busy)
    assert answer(editor.end(asked))["code"] == "unknown_method"
    assert editor.end(behind)[-1]["content"]["status"] == "ok"
    assert editor.look("then") == "'ran'"


def test_a_kernel_without_glasspane_is_told_how_to_get_it(without_glasspane: Editor) -> None:
    editor = without_glasspane
    editor.run(
        "shell = python = problem = old = requirement = sys = 'mine'\nstr = dict = type = None\n'last'"
    )
    before = editor.look(VIEW)
    missing = ErrorResult.model_validate(editor.ask(kind="hello"))
    assert editor.look(VIEW) == before
    assert missing.detail == "ModuleNotFoundError: No module named 'glasspane'"
    assert missing.model_copy(update={"detail": None}) == glasspane_missing(sys.executable).result
    assert missing.command == INSTALL


def test_the_install_line_is_the_same_whoever_writes_it(without_glasspane: Editor) -> None:
    written = {
        "/usr/bin/python3.11": "/usr/bin/python3.11",
        "C:\\env-1\\Scripts\\python.exe": "C:\\env-1\\Scripts\\python.exe",
        "/my env/bin/python": '"/my env/bin/python"',
        "C:\\Program Files (x86)\\python.exe": '"C:\\Program Files (x86)\\python.exe"',
        "/envs/R&D/bin/python": '"/envs/R&D/bin/python"',
        "/home/zoé/bin/python": '"/home/zoé/bin/python"',
        "/it's/$(pwd)/`pwd`/python": "'/it'\\''s/$(pwd)/`pwd`/python'",
    }
    without_glasspane.run("import sys")
    for python, program in written.items():
        without_glasspane.run(f"sys.executable = {python!r}")
        line = f'{program} -m pip install --upgrade "{install_requirement("kernel")}"'
        assert install_command(python) == line
        assert without_glasspane.ask(kind="hello")["command"] == line
    without_glasspane.run("sys.executable = None")
    nameless = without_glasspane.ask(kind="hello")
    assert (nameless["command"], nameless["next_step"]) == (None, glasspane_missing(None).result.next_step)


def test_a_glasspane_that_cannot_display_is_too_old(editor: Editor) -> None:
    editor.run("from glasspane.kernel import entry; kept = entry.shown; del entry.shown")
    old = ErrorResult.model_validate(editor.ask(kind="hello"))
    editor.run("entry.shown = kept")
    assert (old.code, old.command) == ("glasspane_too_old", INSTALL)


def test_modules_of_an_older_glasspane_that_are_loaded_still_are_too_old(editor: Editor) -> None:
    editor.run(
        "import glasspane.kernel.entry as entry, glasspane.protocol as protocol\n"
        "del sys.modules['glasspane.kernel.entry']\nmime = protocol.ANSWER_MIME_TYPE\n"
        "del protocol.ANSWER_MIME_TYPE"
    )
    old = ErrorResult.model_validate(editor.ask(kind="hello"))
    editor.run("protocol.ANSWER_MIME_TYPE = mime; sys.modules['glasspane.kernel.entry'] = entry")
    assert (old.code, old.command) == ("glasspane_too_old", INSTALL)
    assert editor.ask(kind="hello")["kind"] == "hello"


@pytest.mark.parametrize(
    "raised",
    [
        "KeyboardInterrupt()",
        "ModuleNotFoundError(\"No module named 'pydantic'\", name='pydantic')",
        "AttributeError('no attribute', name='float_', obj=None)",
        "ImportError('a shared library')",
        "RuntimeError('broken')",
    ],
)
def test_what_else_goes_wrong_while_glasspane_is_imported_is_raised(editor: Editor, raised: str) -> None:
    editor.run(
        "entry = __import__('glasspane.kernel.entry').kernel.entry\n"
        "class Failing:\n"
        "    def find_spec(name, *rest):\n"
        f"        if name == 'glasspane.kernel.entry': raise {raised}\n"
        "sys.meta_path.insert(0, Failing); del sys.modules['glasspane.kernel.entry']"
    )
    *outputs, reply = editor.end(editor.begin(displayed.code('{"kind": "hello"}')))
    editor.run("del sys.meta_path[0]; sys.modules['glasspane.kernel.entry'] = entry")
    assert reply["content"]["ename"] == raised.partition("(")[0]
    assert not [m for m in outputs if m["msg_type"] == "display_data"]
    assert editor.ask(kind="hello")["kind"] == "hello"


def test_a_kernel_without_torch_says_so_where_a_model_is_read(without_torch: Editor) -> None:
    assert without_torch.ask(kind="hello")["packages"]["torch"] is None
    assert without_torch.ask(kind="catalogue")["kind"] == "catalogue"
    assert without_torch.ask(**hole("6 * 7"))["values"][0]["text"] == "42"
    bundled = {"source": "bundled", "name": "demo-lm"}
    for request in (
        {"kind": "subjects"},
        {"kind": "weights", "subject": bundled},
        {**EXPLAIN, "subject": bundled},
    ):
        lacking = without_torch.ask(**request)
        assert (lacking["code"], lacking["command"]) == ("glasspane_missing", INSTALL), lacking
        assert lacking["message"] == "This kernel's Python has no torch, which a model needs."
