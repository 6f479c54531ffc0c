"""A real IPython kernel, and an editor whose API can only run code in it and read what that displays."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from glasspane.kernel import displayed
from glasspane.protocol import ANSWER_MIME_TYPE, PROGRESS_MIME_TYPE

ROOT = Path(__file__).parents[3]

PATIENCE = 90


def hidden(package: str) -> str:
    """Code after which this interpreter has no ``package``, neither to import nor to ask the version of."""
    return (
        "import importlib.metadata as metadata\n"
        "from importlib.machinery import PathFinder\n"
        "def hide(found, read, hidden):\n"
        "    def find(cls, name, *rest):\n"
        "        return None if name.partition('.')[0] == hidden else found(name, *rest)\n"
        "    def version(name):\n"
        "        if name == hidden: raise metadata.PackageNotFoundError(name)\n"
        "        return read(name)\n"
        "    PathFinder.find_spec, metadata.version = classmethod(find), version\n"
        f"hide(PathFinder.find_spec, metadata.version, {package!r})\n"
    )


class Editor:
    """Runs code as VS Code's Jupyter extension does: not silent, no history, no user expressions."""

    def __init__(self, home: Path, before: str = "") -> None:
        folder = home / "kernels" / "python3"
        folder.mkdir(parents=True)
        launch = f"{before}\nfrom ipykernel import kernelapp\nkernelapp.launch_new_instance()"
        spec = {
            "argv": [sys.executable, "-c", launch, "-f", "{connection_file}"],
            "display_name": "",
            "language": "python",
        }
        (folder / "kernel.json").write_text(json.dumps(spec))
        specs = KernelSpecManager(kernel_dirs=[str(home / "kernels")], ensure_native_kernel=False)
        self.manager = KernelManager(kernel_spec_manager=specs, connection_file=str(home / "connection.json"))
        path = os.pathsep.join([str(ROOT / "python_backend"), os.environ.get("PYTHONPATH", "")])
        self.manager.start_kernel(
            env={**os.environ, "PYTHONPATH": path, "IPYTHONDIR": str(home / "ipython")}, cwd=str(home)
        )
        self.client = self.manager.client()
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=PATIENCE)

    def begin(self, code: str, history: bool = False) -> str:
        """Send a cell; returns at once, and so queues it behind the one that runs."""
        return str(
            self.client.execute(
                code, silent=False, store_history=history, allow_stdin=False, stop_on_error=False
            )
        )

    def end(
        self, cell: str, seen: Callable[[dict[str, Any]], None] = lambda message: None
    ) -> list[dict[str, Any]]:
        """What a cell published until it ended, each message passed to ``seen`` as it came; the reply last."""
        published = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != cell:
                continue
            if message["content"].get("execution_state") == "idle":
                break
            seen(message)
            published.append(message)
        while (reply := self.client.get_shell_msg(timeout=PATIENCE))["parent_header"].get("msg_id") != cell:
            pass
        return [*published, reply]

    def run(self, code: str) -> None:
        """Run a cell of the user; a raised exception fails the test."""
        *_, reply = self.end(self.begin(code, history=True))
        assert reply["content"]["status"] == "ok", reply["content"]

    def look(self, expression: str) -> str:
        """The repr of an expression, read without running a cell."""
        reply = self.client.execute(
            "",
            silent=True,
            store_history=False,
            user_expressions={"x": expression},
            reply=True,
            timeout=PATIENCE,
        )
        return str(reply["content"]["user_expressions"]["x"]["data"]["text/plain"])

    def ask(self, cancel_file: str | None = None, **request: Any) -> dict[str, Any]:
        """The displayed answer to one request."""
        cell = self.begin(displayed.code(json.dumps(request), cancel_file))
        return answer(self.end(cell))

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def answer(published: list[dict[str, Any]]) -> dict[str, Any]:
    """The one answer among a cell's outputs; the cell displayed nothing but it and progress, and did not fail."""
    *outputs, reply = published
    assert reply["content"]["status"] == "ok", reply["content"]
    shown = [m["content"]["data"] for m in outputs if m["msg_type"] not in ("status", "execute_input")]
    answers = [data[ANSWER_MIME_TYPE] for data in shown if ANSWER_MIME_TYPE in data]
    assert all(data.keys() <= {ANSWER_MIME_TYPE, PROGRESS_MIME_TYPE} for data in shown)
    assert len(answers) == 1
    return dict(answers[0])


def progress(message: dict[str, Any]) -> dict[str, Any] | None:
    """The progress that a message carries, if it does."""
    return dict(message["content"]).get("data", {}).get(PROGRESS_MIME_TYPE)
