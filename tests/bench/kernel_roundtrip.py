"""Server → kernel → server through real HTTP, without any method: median and p95 of 100 hello jobs.

Each job is a POST followed by one long poll, as a host does it, on a kernel that is idle.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

JOBS = 100
ROOT = Path(__file__).parents[2]


async def main() -> None:
    token, port = secrets.token_hex(16), _free_port()
    with tempfile.TemporaryDirectory() as home:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"),
            *(f"--IdentityProvider.token={token}", "--ServerApp.jpserver_extensions=glasspane=True"),
            f"--ServerApp.root_dir={home}",
            env={
                **os.environ,
                **{f"JUPYTER_{name}_DIR": f"{home}/{name}" for name in ("CONFIG", "DATA", "RUNTIME")},
                "IPYTHONDIR": f"{home}/ipython",
                "PYTHONPATH": os.pathsep.join(
                    [str(ROOT / "python_backend"), os.environ.get("PYTHONPATH", "")]
                ),
            },
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await _measure(f"http://127.0.0.1:{port}", token)
        finally:
            server.terminate()
            await server.wait()


async def _measure(url: str, token: str) -> None:
    async def fetch(path: str, body: dict[str, Any] | None = None) -> Any:
        request = HTTPRequest(
            url + path,
            method="GET" if body is None else "POST",
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"token {token}"},
            request_timeout=60,
        )
        return json.loads((await AsyncHTTPClient().fetch(request)).body)

    for _ in range(200):
        try:
            await fetch("/api/status")
            break
        except (OSError, HTTPClientError):
            await asyncio.sleep(0.1)
    kernel_id = (await fetch("/api/kernels", {}))["id"]
    ask = {"place": {"place": "kernel", "kernel_id": kernel_id}, "request": {"kind": "hello"}}

    async def job() -> float:
        begun = time.perf_counter()
        snapshot = await fetch("/glasspane/api/jobs", ask)
        while snapshot["status"] not in ("done", "failed", "cancelled"):
            path = f"/glasspane/api/jobs/{snapshot['id']}?after={snapshot['sequence']}&wait=25"
            snapshot = await fetch(path)
        assert snapshot["status"] == "done", snapshot
        return 1000 * (time.perf_counter() - begun)

    first = await job()
    times = sorted([await job() for _ in range(JOBS)])
    p95 = times[int(0.95 * JOBS) - 1]
    print(f"kernel round trip: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms over {JOBS} jobs")
    print(f"  first job on the kernel, start-up included: {first:.0f} ms")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(main())
