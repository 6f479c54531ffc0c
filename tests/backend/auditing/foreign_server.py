"""A server that this project did not write, in a process of its own on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(command: list[str], home: Path, health: str) -> Iterator[str]:
    """``command`` with host and port behind it, offline; its address, once ``health`` there answers.

    ``home`` takes its log and what it keeps. It is ended in any case; one that ends by itself fails with its log.
    """
    (home / "hub").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "OMP_NUM_THREADS": "1"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            if server.poll() is not None:
                raise AssertionError((home / "log").read_text())
            try:
                urllib.request.urlopen(f"{address}{health}", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)
