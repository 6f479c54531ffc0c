"""``glasspane serve --tethered``: the server that an editor starts from a person's interpreter.

The editor passes a token in the environment, reads one line of JSON from standard output and
holds the other end of standard input. When that end closes, however the editor went away, the
server stops and takes its kernels with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import IO, Any

from ..version import glasspane_version, install_command

TOKEN_VARIABLES = ("GLASSPANE_TOKEN", "JUPYTER_TOKEN")
"""Where the token comes from: a command line could be read by everybody on the machine."""

SHORTEST_TOKEN = 16

PATIENCE = 8.0
"""Seconds that server and kernels have to stop by themselves before they are killed."""

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")


class CannotServe(Exception):
    """Why there will be no server: a sentence, the next step and the command that mends it, if one does."""

    def __init__(self, message: str, next_step: str, command: str | None = None, status: int = 1) -> None:
        super().__init__(message)
        self.line = {"error": {"message": message, "next_step": next_step, "command": command}}
        self.status = status


def serve(tethered: bool) -> int:
    """Serve until the editor is gone; returns the exit status (0 stopped, 1 could not, 2 wrong usage)."""
    if not tethered:
        print(
            "glasspane serve is for editors, which start it with --tethered. "
            "To work in a browser, run: glasspane lab",
            file=sys.stderr,
        )
        return 2
    try:
        output = _only_ours()
    except OSError as problem:
        # No way is left to say it to the editor: whoever reads the log learns of it.
        print(f"Standard output is closed ({problem}): hold its other end open.", file=sys.stderr)
        return 1
    try:
        if sys.stdin is None:
            raise CannotServe("Standard input is closed.", "Hold its other end open.", status=2)
        _run(_token(), output)
    except CannotServe as problem:
        _say(output, problem.line)
        return problem.status
    except (Exception, SystemExit) as problem:
        # Not ours to foresee: a package of another version, half an installation.
        traceback.print_exc()
        said = f"The server did not start ({type(problem).__name__}: {problem})."
        again = install_command(sys.executable) if isinstance(problem, ImportError) else None
        _say(output, CannotServe(said, "The details are in the log.", again).line)
        return 1
    return 0


class Tether:
    """Ends the server when standard input does, or a signal says so; and for certain.

    ``stop`` asks it to, and may do so again; ``kill`` is for when it has not followed in
    :data:`PATIENCE` seconds, or when a second signal comes.
    """

    def __init__(self, stop: Callable[[], None], kill: Callable[[], None]) -> None:
        self._stop = stop
        self._kill = kill
        self._signalled = False

    def hold(self) -> None:
        """Start to watch."""
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)
        threading.Thread(target=self._watch, name="glasspane-tether", daemon=True).start()

    def _watch(self) -> None:
        with suppress(OSError):  # as gone as at its end
            while os.read(0, 4096):
                pass
        self._end()

    def _on_signal(self, *_: Any) -> None:
        if self._signalled:
            self._kill()
        self._signalled = True
        self._end()

    def _end(self) -> None:
        threading.Thread(target=self._insist, name="glasspane-end", daemon=True).start()
        self._stop()

    def _insist(self) -> None:
        sleep(PATIENCE)
        self._kill()


def _run(token: str, output: IO[str]) -> None:
    _require("jupyter_server", "ipykernel")
    sockets = _listen()
    _skip_slow_import()
    from .bare_server import BareServer

    # Connection files with their keys lie here: for nobody else, and in no list of running servers.
    home = Path(tempfile.mkdtemp(prefix="glasspane-"))
    try:
        app = BareServer.of(token, sockets, home)

        def kill() -> None:
            app.kill_kernels()
            shutil.rmtree(home, ignore_errors=True)
            os._exit(1)

        def announce() -> None:
            url = f"http://127.0.0.1:{app.port}/"
            about = {"glasspane": glasspane_version(), "url": url, "pid": os.getpid()}
            _say(output, {**about, "python": sys.executable})

        Tether(app.stop_soon, kill).hold()
        app.io_loop.add_callback(announce)
        app.start_ioloop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _token() -> str:
    """The token, taken out of the environment: kernels need not know it."""
    given = [os.environ.pop(name, "") for name in TOKEN_VARIABLES]
    token = next(filter(None, given), "")
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise CannotServe(
            f"{TOKEN_VARIABLES[0]} holds no token of {SHORTEST_TOKEN} or more plain characters.",
            "Set it in the environment of this command.",
            status=2,
        )
    return token


def _require(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise CannotServe(
            f"This Python has no {' and no '.join(missing)}, which serving an editor needs.",
            "Run this command, then try again.",
            install_command(sys.executable),
        )


def _listen() -> list[socket.socket]:
    # Bound once and handed on: a port that is looked for, let go and bound again may be taken meanwhile.
    try:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    except OSError as problem:
        raise CannotServe(
            f"No port of 127.0.0.1 can be opened ({problem}).",
            "See what on this computer keeps programs from listening: a firewall, a sandbox, a limit.",
        ) from problem
    listener.setblocking(False)
    return [listener]


def _only_ours() -> IO[str]:
    """Standard output as the editor reads it; what else writes there, kernels included, goes to the log."""
    output = os.fdopen(os.dup(1), "w", encoding="ascii")
    if sys.stderr is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.dup2(2, 1)
    return output


def _say(output: IO[str], line: dict[str, Any]) -> None:
    """The one line that the editor reads; what follows the first has nobody to read it."""
    with suppress(OSError):  # nor has the first, if the editor is gone: standard input has ended too
        if not output.closed:
            with output:
                output.write(json.dumps(line) + "\n")


def _skip_slow_import() -> None:
    """Import jsonschema without what takes it a second: the grammar of a format that no schema here uses."""
    name = "rfc3987_syntax"
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # an import of it fails, which jsonschema expects
    try:
        import_module("jsonschema")
    finally:
        del sys.modules[name]
