"""Kernels that differ from the server, or stop being there. Truth: real processes made that way."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from live_server import LiveServer, User, hole, until, value
from scripted_endpoint import ScriptedEndpoint

from glasspane.errors import GlasspaneError
from glasspane.protocol import Progress
from glasspane.server.greeting import Hello, greeting, install_command
from glasspane.server.kernel_client import KernelClient
from glasspane.version import glasspane_version, install_requirement

INSTALL = f'{sys.executable} -m pip install --upgrade "{install_requirement("kernel")}"'
EXPLAIN = {"kind": "explain", "prompt": {"form": "text", "text": "The capital of France is"}}


@pytest.fixture(scope="module")
def fragile(server: LiveServer) -> Iterator[tuple[str, User]]:
    """A kernel to restart and kill, and its user."""
    kernel_id = server.start_kernel()
    person = server.user(kernel_id)
    yield kernel_id, person
    person.close()


def test_a_kernel_without_glasspane_gets_its_own_install_line(server: LiveServer) -> None:
    kernel_id = server.start_kernel("without-glasspane")
    failed = server.ask(kernel_id, hole("1"))
    assert failed["status"] == "failed"
    assert (failed["result"]["code"], failed["result"]["command"]) == ("glasspane_missing", INSTALL)
    # The user's last traceback, which %debug opens, is not ours to set.
    person = server.user(kernel_id)
    assert person.look("hasattr(__import__('sys'), 'last_value')") == "False"
    person.close()


def test_an_older_kernel_is_asked_with_a_warning_and_told_what_it_lacks(server: LiveServer) -> None:
    kernel_id = server.start_kernel("older-without-torch")
    answered = server.ask(kernel_id, hole("6 * 7"))
    assert value(answered) == "42"
    assert len(answered["warnings"]) == 1
    assert "0.0.9" in answered["warnings"][0]
    failed = server.ask(kernel_id, EXPLAIN)
    assert (failed["result"]["code"], failed["result"]["command"]) == ("glasspane_missing", INSTALL)
    assert "torch" in failed["result"]["message"]


def test_another_major_version_is_refused() -> None:
    major = int(glasspane_version().partition(".")[0])
    with pytest.raises(GlasspaneError) as refused:
        greeting(Hello(glasspane=f"{major + 1}.0.0", executable="/env/bin/python"))
    assert refused.value.code == "glasspane_too_old"
    assert install_command("C:/Program Files/python.exe").startswith('"C:/Program Files/python.exe" -m pip')


def test_a_kernel_of_another_language_is_left_alone(server: LiveServer) -> None:
    kernel_id = server.start_kernel("spec-says-bash")
    failed = server.ask(kernel_id, {"kind": "hello"})
    assert (failed["status"], failed["result"]["code"]) == ("failed", "not_python")
    assert "bash" in failed["result"]["message"]


def test_a_kernel_that_is_not_there_is_said_so(server: LiveServer) -> None:
    place = {"place": "kernel", "kernel_id": "no-such-kernel"}
    reply = server.call("POST", "/glasspane/api/jobs", {"place": place, "request": {"kind": "hello"}})
    assert (reply.status_code, reply.json()["code"]) == (404, "kernel_not_found")


def test_a_restart_fails_the_job_and_the_next_one_works(
    server: LiveServer, fragile: tuple[str, User]
) -> None:
    kernel_id, person = fragile
    server.ask(kernel_id, {"kind": "hello"})
    person.begin("import time; time.sleep(60)")
    waiting = server.submit(kernel_id, hole("'lost'"))
    server.follow(waiting, lambda snapshot: snapshot["kernel_busy"])
    queued = server.submit(kernel_id, hole("'after'"))
    assert server.call("POST", f"/api/kernels/{kernel_id}/restart").ok
    failed = server.follow(waiting, lambda snapshot: False)[-1]
    assert (failed["status"], failed["result"]["code"]) == ("failed", "kernel_restarted")
    assert value(server.follow(queued, lambda snapshot: False)[-1]) == "after"


def test_a_restart_while_our_own_request_runs(server: LiveServer, fragile: tuple[str, User]) -> None:
    kernel_id, _ = fragile
    running = server.submit(kernel_id, hole("__import__('time').sleep(60)", consent=True))
    server.until_status(running, "running")
    assert server.call("POST", f"/api/kernels/{kernel_id}/restart").ok
    failed = server.follow(running, lambda snapshot: False)[-1]
    assert (failed["status"], failed["result"]["code"]) == ("failed", "kernel_restarted")


def test_a_death_fails_the_job_and_the_kernel_comes_back(
    server: LiveServer, fragile: tuple[str, User]
) -> None:
    kernel_id, _ = fragile
    process = int(value(server.ask(kernel_id, hole("__import__('os').getpid()", consent=True))))
    running = server.submit(kernel_id, hole("__import__('time').sleep(60)", consent=True))
    server.until_status(running, "running")
    os.kill(process, signal.SIGKILL)
    failed = server.follow(running, lambda snapshot: False, patience=20)[-1]
    assert (failed["status"], failed["result"]["code"]) == ("failed", "kernel_dead")

    def back() -> bool:
        return server.ask(kernel_id, {"kind": "hello"})["status"] == "done"

    until(back, 30)


def test_without_subshells_a_cancelled_request_is_interrupted(server: LiveServer) -> None:
    kernel_id = server.start_kernel("without-subshells")
    person = server.user(kernel_id)
    assert server.ask(kernel_id, {"kind": "hello"})["result"]["subshells"] is False
    running = server.submit(kernel_id, hole("__import__('time').sleep(60)", consent=True))
    server.until_status(running, "running")
    server.delete(running)
    assert server.follow(running, lambda snapshot: False, patience=20)[-1]["status"] == "cancelled"
    # One that still waits behind the user's cell must not interrupt that cell.
    cell = person.begin("import time; time.sleep(1.5); whole = True")
    waiting = server.submit(kernel_id, hole("__import__('time').sleep(60)", consent=True))
    server.follow(waiting, lambda snapshot: snapshot["kernel_busy"])
    assert server.delete(waiting)["status"] == "cancelled"
    assert person.end(cell)[-1]["content"]["status"] == "ok"
    assert person.look("whole") == "True"
    person.close()


def test_glasspanes_own_kernel_is_listed_shut_down_and_started_again(server: LiveServer) -> None:
    def own() -> list[dict[str, Any]]:
        return [one for one in server.call("GET", "/api/sessions").json() if one["name"] == "Glasspane"]

    first = server.ask(None, {"kind": "hello"})
    assert first["result"]["executable"] == sys.executable
    assert server.ask(None, hole("1"))["status"] == "done"
    (session,) = own()
    assert server.call("DELETE", f"/api/sessions/{session['id']}").status_code == 204
    assert own() == []
    assert server.ask(None, {"kind": "hello"})["status"] == "done"
    (again,) = own()
    assert again["kernel"]["id"] != session["kernel"]["id"]
    # Killed, not shut down: it comes back by itself, and no second one appears beside it.
    process = int(value(server.ask(None, hole("__import__('os').getpid()", consent=True))))
    os.kill(process, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(process), 10)
    assert value(server.ask(None, hole("'fresh'"))) == "fresh"
    assert len(own()) == 1


async def test_a_synchronous_kernel_manager_is_as_good(tmp_path: Path) -> None:
    """Jupyter servers may be configured with the synchronous managers, whose clients block."""
    from jupyter_core.utils import ensure_async
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

    class Nobody:
        def waiting(self, kernel_busy: bool) -> None: ...
        def running(self) -> None: ...
        def progressed(self, progress: Progress) -> None: ...
        def warned(self, warnings: list[str]) -> None: ...

    manager = MappingKernelManager(root_dir=str(tmp_path))
    manager.kernel_manager_class = "live_server.SynchronousKernelManager"
    kernel_id = await ensure_async(manager.start_kernel())
    client = KernelClient(kernel_id, manager, logging.getLogger())
    try:
        reply = await asyncio.wait_for(client.ask("hello", '{"kind": "hello"}', "job", Nobody()), 30)
        assert reply.content["executable"] == sys.executable
    finally:
        await client.close()
        await ensure_async(manager.shutdown_all(now=True))


async def test_a_kernel_that_only_starts_is_not_called_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its imports keep the first request waiting, no cell of the user's."""
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

    said: list[bool] = []

    class Listener:
        def waiting(self, kernel_busy: bool) -> None:
            said.append(kernel_busy)

        def running(self) -> None: ...
        def progressed(self, progress: Progress) -> None: ...
        def warned(self, warnings: list[str]) -> None: ...

    monkeypatch.setattr("glasspane.server.kernel_client.NOTICE_BUSY_AFTER", 0)
    manager = AsyncMappingKernelManager(root_dir=str(tmp_path))
    kernel_id = await manager.start_kernel()
    client = KernelClient(kernel_id, manager, logging.getLogger())
    try:
        await asyncio.wait_for(client.ask("hello", '{"kind": "hello"}', "job", Listener()), 30)
        # Starting, greeted, and then behind whatever else may run there.
        assert said == [False, False, True]
    finally:
        await client.close()
        await manager.shutdown_all(now=True)


def test_a_kernel_without_torch_audits_an_endpoint_and_no_model(server: LiveServer) -> None:
    kernel_id = server.start_kernel("without-torch")
    prompt = {
        "form": "text",
        "template": "raw",
        "text": "Question: A train carries 5 people. 7 more get on. How many are on the train? Answer step by step.",
    }
    audit = {"kind": "audit", "prompt": prompt, "tests": ["consistency"], "samples": 4}
    with ScriptedEndpoint() as endpoint:
        model = {"source": "endpoint", "base_url": endpoint.url, "model": "scripted"}
        answered = server.ask(kernel_id, {**audit, "model": model})
        assert answered["result"]["kind"] == "audit", answered["result"]
        assert answered["result"]["consistency"]["votes"]["votes"] == {"12": 4}
    failed = server.ask(kernel_id, audit)
    assert (failed["result"]["code"], failed["result"]["command"]) == ("glasspane_missing", INSTALL)
