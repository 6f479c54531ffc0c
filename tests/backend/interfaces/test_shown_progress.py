"""Progress of a call in a real kernel's cell and at a real terminal, and silence elsewhere."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from glasspane.display import progress
from glasspane.display.progress import shown_progress
from glasspane.kernel.progress import silent

SLOW = """
import glasspane as gp
from glasspane.display import progress
progress.AFTER = progress._INTERVAL = 0
print("before")
"""
ASKED = 'gp.patch("demo-lm", "The big dog ran to the", "The big cat ran to the", site="resid_pre"); '


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def outputs(client: Any, code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    client.execute_interactive(code, output_hook=found.append, timeout=120)
    return found


def test_a_cell_shows_how_far_it_is_and_then_nothing_of_it(kernel: Any) -> None:
    outputs(kernel, SLOW)
    seen = outputs(kernel, ASKED)
    shown = [each["content"] for each in seen if each["msg_type"] in ("display_data", "update_display_data")]
    assert len(shown) > 2
    assert all("<progress" in each["data"]["text/html"] for each in shown[:-1])
    assert shown[-1]["data"] == {"text/plain": ""}
    assert len({each["transient"]["display_id"] for each in shown}) == 1


def test_what_the_cell_printed_itself_stays(kernel: Any) -> None:
    seen = outputs(kernel, SLOW + ASKED + 'print("after")')
    printed = "".join(each["content"]["text"] for each in seen if each["msg_type"] == "stream")
    assert printed == "before\nafter\n"
    assert not any(each["msg_type"] == "clear_output" for each in seen)


def test_a_call_that_fails_takes_its_progress_away_too(kernel: Any) -> None:
    failing = "with progress.shown_progress() as report:\n    report(0.5, '<b>half</b>')\n    1 / 0"
    seen = outputs(kernel, failing)
    shown = [each["content"]["data"] for each in seen if each["msg_type"].endswith("display_data")]
    assert "&lt;b&gt;half" in shown[0]["text/html"]
    assert shown[-1] == {"text/plain": ""}
    assert any(each["msg_type"] == "error" for each in seen)


def test_a_terminal_has_one_line_of_it_that_is_gone_at_the_end() -> None:
    master, other = pty.openpty()
    run = subprocess.run(
        [sys.executable, "-c", SLOW + ASKED], stdout=subprocess.PIPE, stderr=other, timeout=120, check=True
    )
    os.close(other)
    written = os.read(master, 1 << 20).decode()
    os.close(master)
    assert run.stdout.decode() == "before\n"
    assert "%" in written
    assert "\n" not in written
    assert written.endswith("\r\x1b[K")


def test_a_pipe_gets_none() -> None:
    with shown_progress() as report:
        assert report is silent


class Broken(io.StringIO):
    """A terminal that went away."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    monkeypatch.setattr(progress, "_INTERVAL", 0)


@pytest.mark.usefixtures("at_once")
def test_a_place_that_went_away_costs_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (Broken(), closed, object()):
        monkeypatch.setattr(sys, "stderr", stream)
        with shown_progress() as report:
            report(0.5, "half")
            report(0.6, "more")


@pytest.mark.usefixtures("at_once")
def test_a_stage_moves_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown_progress() as report:
        report(0.5, "one\n\x1b[2Jtwo\rthree")
    written = terminal.getvalue()
    assert written == "\r\x1b[K50% one\\x0a\\x1b[2Jtwo\\x0dthree\r\x1b[K"


def test_several_threads_share_one_output(kernel: Any) -> None:
    outputs(kernel, SLOW)
    seen = outputs(
        kernel,
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with progress.shown_progress() as report, ThreadPoolExecutor(8) as pool:\n"
        "    list(pool.map(lambda at: report(at / 100, 'asking'), range(100)))",
    )
    shown = [each["content"] for each in seen if each["msg_type"].endswith("display_data")]
    assert len({each["transient"]["display_id"] for each in shown}) == 1
    assert not any(each["msg_type"] == "error" for each in seen)


def test_a_cell_that_awaits_and_calls_within_calls_leave_nothing_behind(kernel: Any) -> None:
    outputs(kernel, SLOW)
    seen = outputs(
        kernel,
        "import asyncio\n"
        "await asyncio.sleep(0)\n"
        "with progress.shown_progress() as outer:\n"
        "    outer(0.1, 'outer')\n"
        "    with progress.shown_progress() as inner:\n"
        "        await asyncio.sleep(0)\n"
        "        inner(0.5, 'inner')\n"
        "    outer(0.9, 'outer')",
    )
    last = {
        each["content"]["transient"]["display_id"]: each["content"]["data"]
        for each in seen
        if each["msg_type"].endswith("display_data")
    }
    assert list(last.values()) == [{"text/plain": ""}, {"text/plain": ""}]
    assert not any(each["msg_type"] == "error" for each in seen)
