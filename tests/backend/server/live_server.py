"""A real Jupyter server with real kernels, and the two people who use it: a host and a user.

The host speaks HTTP to Glasspane; the user runs cells, as a notebook would, through a client
of their own on the same kernel.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.ioloop import IOLoopKernelManager

ROOT = Path(__file__).parents[3]

_HIDE = """
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = classmethod(
    lambda cls, name, *rest: None if name.partition(".")[0] == "glasspane" else found(name, *rest)
)
"""
_OLDER = """
import importlib.metadata as metadata
read = metadata.version
def version(name):
    if name == "torch":
        raise metadata.PackageNotFoundError(name)
    return "0.0.9" if name == "glasspane" else read(name)
metadata.version = version
"""
_NO_TORCH = """
import importlib.metadata as metadata
from importlib.machinery import PathFinder
read, found = metadata.version, PathFinder.find_spec
LACKS = ("torch", "transformers", "safetensors")
def version(name):
    if name in LACKS:
        raise metadata.PackageNotFoundError(name)
    return read(name)
metadata.version = version
PathFinder.find_spec = classmethod(
    lambda cls, name, *rest: None if name.partition(".")[0] in LACKS else found(name, *rest)
)
"""
_NO_SUBSHELLS = """
import threading
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
class Absent:
    parent_thread = threading.main_thread()
    def __bool__(self):
        return False
def init_control(self, context, ordinary=IPKernelApp.init_control):
    ordinary(self, context)
    self.shell_channel_thread = Absent()
IPKernelApp.init_control = init_control
IPythonKernel._supports_kernel_subshells = property(lambda self: False)
"""

KERNELSPECS = {
    "without-glasspane": (_HIDE, "python"),
    "older-without-torch": (_OLDER, "python"),
    "without-torch": (_NO_TORCH, "python"),
    "without-subshells": (_NO_SUBSHELLS, "python"),
    "spec-says-bash": ("", "bash"),
}
"""Real IPython kernels, each made to differ in one way: the code run before they start, their spec's language."""


class LiveServer:
    """A Jupyter server in a process of its own, with nothing of this machine's configuration."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.token = secrets.token_hex(16)
        self._write_kernelspecs()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}/base"
        port = self.url.rsplit(":", 1)[1].partition("/")[0]
        root = home / "root"
        root.mkdir()
        self.log = home / "server.log"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"),
                *("--ServerApp.base_url=/base", f"--ServerApp.root_dir={root}"),
                *(f"--IdentityProvider.token={self.token}", "--ServerApp.jpserver_extensions=glasspane=True"),
            ],
            env={
                **os.environ,
                "JUPYTER_CONFIG_DIR": str(home / "config"),
                "JUPYTER_DATA_DIR": str(home / "data"),
                "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                "IPYTHONDIR": str(home / "ipython"),
                "PYTHONPATH": os.pathsep.join(
                    [str(ROOT / "python_backend"), os.environ.get("PYTHONPATH", "")]
                ),
            },
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"token {self.token}"
        until(self._answers, 30)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One HTTP request; a fresh one, so that threads may share this object."""
        return requests.request(
            method,
            self.url + path,
            data=None if body is None else json.dumps(body),
            headers={"Authorization": f"token {self.token}"},
            timeout=60,
            **options,
        )

    # ── kernels ──

    def start_kernel(self, name: str = "python3") -> str:
        return str(self.call("POST", "/api/kernels", {"name": name}).json()["id"])

    def user(self, kernel_id: str) -> User:
        return User(self._home / "runtime" / f"kernel-{kernel_id}.json")

    # ── jobs ──

    def submit(self, kernel_id: str | None, request: dict[str, Any]) -> dict[str, Any]:
        """Post a job for a kernel, or for Glasspane's own if None; its first snapshot."""
        place = {"place": "dedicated"} if kernel_id is None else {"place": "kernel", "kernel_id": kernel_id}
        reply = self.call("POST", "/glasspane/api/jobs", {"place": place, "request": request})
        assert reply.status_code == 202, reply.text
        assert reply.headers["Location"] == f"/base/glasspane/api/jobs/{reply.json()['id']}"
        return dict(reply.json())

    def delete(self, job: dict[str, Any]) -> dict[str, Any]:
        return dict(self.call("DELETE", f"/glasspane/api/jobs/{job['id']}").json())

    def follow(
        self, job: dict[str, Any], stop: Callable[[dict[str, Any]], bool], patience: float = 60
    ) -> list[dict[str, Any]]:
        """Long-poll until ``stop`` accepts a snapshot or the job has ended; every snapshot seen."""
        seen = [job]
        deadline = time.monotonic() + patience
        while not stop(seen[-1]) and seen[-1]["status"] not in ("done", "failed", "cancelled"):
            assert time.monotonic() < deadline, seen[-1]
            path = f"/glasspane/api/jobs/{job['id']}?after={seen[-1]['sequence']}&wait=5"
            seen.append(self.call("GET", path).json())
        return seen

    def until_status(self, job: dict[str, Any], *statuses: str) -> dict[str, Any]:
        last = self.follow(job, lambda snapshot: snapshot["status"] in statuses)[-1]
        assert last["status"] in statuses, last
        return last

    def ask(self, kernel_id: str | None, request: dict[str, Any]) -> dict[str, Any]:
        """The final snapshot of a job."""
        return self.follow(self.submit(kernel_id, request), lambda snapshot: False)[-1]

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self._session.get(self.url + "/api/status", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _write_kernelspecs(self) -> None:
        for name, (before, language) in KERNELSPECS.items():
            folder = self._home / "data" / "kernels" / name
            folder.mkdir(parents=True)
            code = f"{before}\nfrom ipykernel import kernelapp\nkernelapp.launch_new_instance()"
            argv = [sys.executable, "-c", code, "-f", "{connection_file}"]
            spec = {"argv": argv, "display_name": name, "language": language}
            (folder / "kernel.json").write_text(json.dumps(spec))


class User:
    """Somebody at a notebook: runs cells on the main shell, with history, and answers ``input()``."""

    def __init__(self, connection_file: Path) -> None:
        until(connection_file.exists, 20)
        self.client = BlockingKernelClient(connection_file=str(connection_file))
        self.client.load_connection_file()
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=60)

    def begin(self, code: str) -> str:
        """Start a cell; returns once the kernel is busy with it."""
        cell = str(self.client.execute(code, allow_stdin=True))
        self._until_iopub(cell, lambda m: m["msg_type"] == "execute_input")
        return cell

    def end(self, cell: str) -> list[dict[str, Any]]:
        """Wait for a cell; what it published, the reply last."""
        published = self._until_iopub(
            cell, lambda m: m["msg_type"] == "status" and m["content"]["execution_state"] == "idle"
        )
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == cell:
                return [*published, reply]

    def run(self, code: str) -> str:
        """Run a cell to its end; what it printed. A raised exception fails the test."""
        *published, reply = self.end(self.begin(code))
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream")

    def look(self, expression: str) -> str:
        """The repr of an expression, read without running a cell."""
        reply = self.client.execute(
            "", silent=True, store_history=False, user_expressions={"x": expression}, reply=True, timeout=60
        )
        return str(reply["content"]["user_expressions"]["x"]["data"]["text/plain"])

    def close(self) -> None:
        self.client.stop_channels()

    def _until_iopub(self, cell: str, last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        seen = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == cell:
                seen.append(message)
                if last(message):
                    return seen


class SynchronousKernelManager(IOLoopKernelManager):
    """The kernel manager of older servers: its clients block."""

    execution_state = reason = last_activity = None


def until(holds: Callable[[], bool], patience: float) -> None:
    """Wait for something that is about to become true."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def hole(source: str, **fields: Any) -> dict[str, Any]:
    """The request for the value of one f-string hole."""
    consent = fields.pop("consent", False)
    return {"kind": "prompt_value", "expressions": [{"source": source, **fields}], "consent": consent}


def value(snapshot: dict[str, Any]) -> str:
    """The text of the one hole that a finished job read."""
    assert snapshot["status"] == "done", snapshot
    return str(snapshot["result"]["values"][0]["text"])
