"""Progress of a call in a real kernel's cell and at a real terminal, and silence elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

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
