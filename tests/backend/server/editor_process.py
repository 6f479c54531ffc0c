"""An editor's side of ``glasspane serve --tethered``: it starts the server, reads one line and talks HTTP."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import requests
from live_server import ROOT, User, until

COMMAND = [sys.executable, "-m", "glasspane", "serve", "--tethered"]

EDITOR = """
import json, subprocess, sys, time
server = subprocess.Popen(json.loads(sys.argv[1]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
sys.stdout.buffer.write(server.stdout.readline())
sys.stdout.flush()
time.sleep(600)
"""
"""A program that starts a server, passes its line on and then does nothing: something to kill."""


def environment(home: Path, token: str | None, **more: str) -> dict[str, str]:
    """A person's environment, with a home of its own and a token or none."""
    # No empty part among them: that would be the folder it starts in, with the user's own modules.
    path = os.pathsep.join(filter(None, [str(ROOT / "python_backend"), os.environ.get("PYTHONPATH")]))
    own = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_")}
    tokens = {} if token is None else {"GLASSPANE_TOKEN": token}
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {**own, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": path, **tokens, **more}


class TetheredServer:
    """One server and its editor: this process, or (``through``) a program between the two."""

    def __init__(
        self, home: Path, through: list[str] | None = None, cwd: Path | None = None, **more: str
    ) -> None:
        self.token = secrets.token_hex(16)
        self.home = home
        self.process = subprocess.Popen(
            COMMAND if through is None else [*through, json.dumps(COMMAND)],
            env=environment(home, self.token, **more),
            cwd=cwd or home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(home / "log").open("ab"),
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first, (home / "log").read_text()
        self.line: dict[str, Any] = json.loads(first)
        self.pid = int(self.line.get("pid", 0))

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> requests.Response:
        headers = {"Authorization": f"token {token or self.token}"} if token != "" else {}
        return requests.request(method, self.line["url"] + path, json=body, headers=headers, timeout=60)

    def ask(self, request: Mapping[str, Any], kernel_id: str | None = None) -> dict[str, Any]:
        """The result of one job, in Glasspane's own kernel or the one given."""
        place = {"place": "dedicated"} if kernel_id is None else {"place": "kernel", "kernel_id": kernel_id}
        job = self.call("POST", "glasspane/api/jobs", {"place": place, "request": request}).json()
        while job["status"] not in ("done", "failed", "cancelled"):
            path = f"glasspane/api/jobs/{job['id']}?after={job['sequence']}&wait=20"
            job = self.call("GET", path).json()
        return dict(job["result"])

    def user(self, kernel_id: str) -> User:
        (runtime,) = (self.home / "tmp").glob(f"glasspane-*/runtime/kernel-{kernel_id}.json")
        return User(runtime)

    def family(self) -> list[psutil.Process]:
        """The server and all that it started, kernels and what they started."""
        server = psutil.Process(self.pid)
        return [server, *server.children(recursive=True)]

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def close(self) -> None:
        self.let_go()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()


def gone(processes: list[psutil.Process], patience: float = 15) -> None:
    """Wait until none of them runs; a zombie, whose parent has not looked yet, runs no more."""

    def runs(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    until(lambda: not any(map(runs, processes)), patience)
