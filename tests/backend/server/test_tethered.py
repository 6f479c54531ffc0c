"""The server that an editor starts. Truth: the operating system's list of processes, and HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import websocket
from editor_process import COMMAND, EDITOR, TetheredServer, environment, gone
from live_server import User, hole, until

from glasspane.catalogue import catalogue
from glasspane.version import glasspane_version, install_command

INSTALL = install_command(sys.executable)
BUSY = "import subprocess; child = subprocess.Popen(['sleep', '600'])\nwhile True: pass"
"""A long job that neither waits nor listens, and a process it started."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TetheredServer]:
    """A server that tests share: none of them stops it."""
    started = TetheredServer(tmp_path_factory.mktemp("tethered"))
    yield started
    started.close()


def refused(home: Path, token: str | None, *before: str, **more: str) -> tuple[int, dict[str, Any]]:
    """Exit status and error of a server that does not start; it says one line and nothing else."""
    code = [sys.executable, "-c", *before] if before else COMMAND
    done = subprocess.run(
        code,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(home, token, **more),
        check=False,
    )
    (line,) = done.stdout.splitlines()
    return done.returncode, dict(json.loads(line)["error"])


def busy(server: TetheredServer) -> tuple[list[psutil.Process], User]:
    """The server's processes once a kernel of its runs a long job, and the user who began it."""
    kernel_id = server.call("POST", "api/kernels", {"name": "python3"}).json()["id"]
    until(lambda: bool(list((server.home / "tmp").glob(f"glasspane-*/runtime/kernel-{kernel_id}.json"))), 20)
    user = server.user(kernel_id)
    user.begin(BUSY)
    until(lambda: any("sleep" in process.name() for process in server.family()), 20)
    family = server.family()
    assert len(family) >= 3
    return family, user


def test_the_line_says_where_and_what(server: TetheredServer) -> None:
    assert server.line.keys() == {"glasspane", "url", "pid", "python"}
    assert server.line["glasspane"] == glasspane_version()
    assert server.line["python"] == sys.executable
    assert psutil.Process(server.pid).ppid() == os.getpid()
    assert server.call("GET", "glasspane/api/catalogue").json() == catalogue().model_dump(mode="json")
    # On this computer's own address and on no other.
    listening = [
        c.laddr.ip for c in psutil.Process(server.pid).net_connections("tcp") if c.status == "LISTEN"
    ]
    assert set(listening) == {"127.0.0.1"}
    assert all(server.token not in word for word in psutil.Process(server.pid).cmdline())


@pytest.mark.parametrize("token", ["", "wrong" * 5])
def test_a_stranger_gets_nothing(server: TetheredServer, token: str) -> None:
    for verb, path in (
        ("GET", "glasspane/api/catalogue"),
        ("POST", "glasspane/api/jobs"),
        ("GET", "api/kernels"),
        ("POST", "api/kernels"),
        ("GET", "api/sessions"),
        ("GET", "api/status"),
    ):
        assert server.call(verb, path, token=token).status_code in (401, 403), path


def test_a_page_of_another_name_gets_nothing(server: TetheredServer) -> None:
    """DNS rebinding: a browser that was told that evil.example is 127.0.0.1."""
    reply = requests.get(
        server.line["url"] + "api/status",
        headers={"Host": "evil.example", "Authorization": f"token {server.token}"},
        timeout=20,
    )
    assert reply.status_code == 403


def test_what_an_editor_does_not_use_is_not_served(server: TetheredServer) -> None:
    for path in (
        "api/contents",
        "api/terminals",
        "api/config/notebook",
        "lab",
        "nbconvert/html/x.ipynb",
        "api/shutdown",
    ):
        assert server.call("GET", path).status_code == 404, path


def test_its_kernels_are_this_interpreter_in_this_folder(server: TetheredServer) -> None:
    look = "__import__('json').dumps([sys.executable, os.getcwd(), dict(os.environ)])"
    kernel_id = server.call("POST", "api/kernels", {}).json()["id"]
    source = f"(sys := __import__('sys')) and (os := __import__('os')) and {look}"
    (value,) = server.ask(hole(source, consent=True), kernel_id)["values"]
    executable, folder, known = json.loads(value["text"])
    assert (executable, folder) == (sys.executable, str(server.home))
    assert server.token not in json.dumps(known)
    assert not {name for name in known if name.startswith("JUPYTER_")}
    listed = server.call("GET", "api/kernelspecs").json()
    assert (listed["default"], [*listed["kernelspecs"]]) == ("python3", ["python3"])
    assert server.call("DELETE", f"api/kernels/{kernel_id}").status_code == 204


def test_a_kernel_can_be_used_by_session_and_channels(server: TetheredServer) -> None:
    asked = {"path": "notes.py", "name": "notes.py", "type": "file", "kernel": {"name": "python3"}}
    session = server.call("POST", "api/sessions", asked).json()
    kernel_id = session["kernel"]["id"]
    assert kernel_id in [one["id"] for one in server.call("GET", "api/kernels").json()]
    address = server.line["url"].replace("http", "ws") + f"api/kernels/{kernel_id}/channels"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(address, timeout=20)
    channel = websocket.create_connection(
        address, header=[f"Authorization: token {server.token}"], timeout=60
    )
    header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
    content = {"code": "print(6 * 7)", "silent": False, "store_history": True, "user_expressions": {}}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channel.send(json.dumps(message))
    printed = ""
    while "42" not in printed:
        printed += json.loads(channel.recv())["content"].get("text", "")
    channel.close()
    assert server.call("DELETE", f"api/sessions/{session['id']}").status_code == 204


def test_it_leaves_nothing_in_the_home_and_is_in_no_list(tmp_path: Path) -> None:
    server = TetheredServer(tmp_path)
    assert server.ask({"kind": "hello"})["executable"] == sys.executable
    # IPython's history is the kernel's own; of the server there is nothing.
    assert {path.name for path in tmp_path.iterdir()} == {"tmp", "log", ".ipython"}
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter_server", "list", "--json"],
        capture_output=True, text=True, check=True, env=environment(tmp_path, None),
    )  # fmt: skip
    assert listed.stdout.strip() == ""
    server.close()
    assert server.process.returncode == 0
    assert [*(tmp_path / "tmp").iterdir()] == []


def test_two_servers_know_nothing_of_each_other(server: TetheredServer, tmp_path: Path) -> None:
    other = TetheredServer(tmp_path)
    assert other.line["url"] != server.line["url"]
    assert other.call("GET", "api/status", token=server.token).status_code == 403
    kernel_id = server.call("POST", "api/kernels", {}).json()["id"]
    assert other.call("GET", "api/kernels").json() == []
    other.close()
    assert server.call("GET", f"api/kernels/{kernel_id}").status_code == 200
    server.call("DELETE", f"api/kernels/{kernel_id}")


def test_no_configuration_of_the_users_reaches_it(tmp_path: Path) -> None:
    """Each of these alone would keep an ordinary server from starting, or make it another one."""
    config = tmp_path / ".jupyter"
    config.mkdir()
    for name in ("jupyter_config.py", "jupyter_server_config.py", "jupyter_glasspane_config.py"):
        (config / name).write_text("this is not Python")
    (config / "jupyter_server_config.json").write_text("{")
    (config / "jupyter_server_config.d").mkdir()
    extensions = {"ServerApp": {"jpserver_extensions": {"no_such_extension": True}}}
    (config / "jupyter_server_config.d" / "more.json").write_text(json.dumps(extensions))
    spec = tmp_path / ".local" / "share" / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "Python 3", "language": "python"})
    )
    folder = tmp_path / "work"
    folder.mkdir()
    for module in ("tornado", "random", "json", "token"):
        (folder / f"{module}.py").write_text("raise SystemExit('the user has a file of this name')")
    server = TetheredServer(
        tmp_path, cwd=folder, JUPYTER_GATEWAY_URL="http://127.0.0.1:1", JUPYTER_PORT="nonsense"
    )
    kernel_id = server.call("POST", "api/kernels", {"name": "python3"}).json()["id"]
    # The kernel itself starts in that folder, whose files are the user's modules: look, and no more.
    executable = psutil.Process(server.pid).children()[0].exe()
    assert executable == psutil.Process().exe()
    assert server.call("GET", f"api/kernels/{kernel_id}").json()["name"] == "python3"
    server.close()


@pytest.mark.parametrize(
    "token", [None, "", "fifteen letters", "tab\tin the middle of it", "ümläute sind keine"]
)
def test_without_a_good_token_it_does_not_start(tmp_path: Path, token: str | None) -> None:
    status, error = refused(tmp_path, token)
    assert status == 2
    assert "GLASSPANE_TOKEN" in error["message"]
    assert error["next_step"]


def test_the_other_name_of_the_token_will_do(tmp_path: Path) -> None:
    server = TetheredServer(tmp_path, GLASSPANE_TOKEN="", JUPYTER_TOKEN="another token here")
    assert server.call("GET", "api/status", token="another token here").status_code == 200
    server.close()


@pytest.mark.parametrize("package", ["jupyter_server", "ipykernel"])
def test_what_is_missing_is_said_with_its_command(tmp_path: Path, package: str) -> None:
    hide = (
        "import sys; from importlib.machinery import PathFinder; found = PathFinder.find_spec\n"
        f"PathFinder.find_spec = classmethod(lambda cls, name, *r: None if name == {package!r} else found(name, *r))\n"
        "from glasspane.cli import main; sys.exit(main(['serve', '--tethered']))"
    )
    status, error = refused(tmp_path, "a" * 16, hide)
    assert (status, error["command"]) == (1, INSTALL)
    assert package in error["message"]


def test_a_broken_installation_is_said_too(tmp_path: Path) -> None:
    broken = (
        "import sys; sys.modules['jupyter_server.serverapp'] = None\n"
        "from glasspane.cli import main; sys.exit(main(['serve', '--tethered']))"
    )
    status, error = refused(tmp_path, "a" * 16, broken)
    assert (status, error["command"]) == (1, INSTALL)
    assert "ModuleNotFoundError" in error["message"]


def test_a_port_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    """No more open files than a process starts with, so that there is none left for a socket."""
    full = (
        "import os, resource, sys; from glasspane.cli import main; import glasspane.server.tethered as t\n"
        "import encodings.ascii; t.find_spec('ipykernel'); t.find_spec('jupyter_server')\n"
        "ready = t._require\n"
        "def no_more(*names):\n"
        "    ready(*names); resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        "t._require = no_more\n"
        "sys.exit(main(['serve', '--tethered']))"
    )
    status, error = refused(tmp_path, "a" * 16, full)
    assert status == 1
    assert "127.0.0.1" in error["message"]


def test_a_folder_that_is_gone_is_said_in_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    after = f"import os; os.rmdir(os.getcwd()); os.execv({sys.executable!r}, {COMMAND!r})"
    done = subprocess.run(
        [sys.executable, "-c", after], cwd=folder,
        input="", capture_output=True, text=True, timeout=60, env=environment(tmp_path, "a" * 16), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The folder this was started in is gone")
    assert len(done.stderr.splitlines()) == 1


def test_without_standard_output_a_sentence_is_in_the_log(tmp_path: Path) -> None:
    closed = (
        "import os, sys; os.close(1)\nfrom glasspane.cli import main; sys.exit(main(['serve', '--tethered']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", closed],
        input="", stderr=subprocess.PIPE, text=True, timeout=60, env=environment(tmp_path, "a" * 16), check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Standard output is closed" in done.stderr
    assert "Traceback" not in done.stderr


def test_untethered_it_sends_people_elsewhere(tmp_path: Path) -> None:
    done = subprocess.run(
        COMMAND[:-1],
        capture_output=True,
        text=True,
        env=environment(tmp_path, "a" * 16),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "glasspane lab" in done.stderr


@pytest.mark.parametrize("name", ["EOF", "SIGTERM", "SIGINT", "SIGHUP"])
def test_it_ends_with_its_busy_kernels(tmp_path: Path, name: str) -> None:
    server = TetheredServer(tmp_path)
    family, user = busy(server)
    if name == "EOF":
        server.let_go()
    else:
        os.kill(server.pid, getattr(signal, name))
    gone(family)
    user.close()
    assert server.process.wait(10) == 0
    assert server.process.stdout is not None
    assert server.process.stdout.read() == b""  # one line, whatever kernels print
    assert [*(tmp_path / "tmp").iterdir()] == []


def test_an_editor_that_is_killed_leaves_no_orphan(tmp_path: Path) -> None:
    server = TetheredServer(tmp_path, through=[sys.executable, "-c", EDITOR])
    assert psutil.Process(server.pid).ppid() == server.process.pid
    family, user = busy(server)
    server.process.kill()
    gone(family)
    user.close()
    assert [*(tmp_path / "tmp").iterdir()] == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(server.line["url"].rsplit(":", 1)[1].strip("/"))), 5)


def test_a_server_that_does_not_follow_is_killed_with_its_kernels(tmp_path: Path) -> None:
    """A second signal does not wait; here for a kernel that is stopped and so cannot answer."""
    server = TetheredServer(tmp_path)
    family, user = busy(server)
    os.kill(server.pid, signal.SIGTERM)
    os.kill(server.pid, signal.SIGINT)
    gone(family, 5)
    user.close()
    server.process.wait(5)


def test_kernels_do_not_outlive_a_server_that_is_killed(tmp_path: Path) -> None:
    """Nobody is left to end them; IPython's own look at its parent does."""
    server = TetheredServer(tmp_path)
    family, user = busy(server)
    child = next(process for process in family if "sleep" in process.name())
    os.kill(server.pid, signal.SIGKILL)
    gone([process for process in family if process != child])
    user.close()
    child.kill()


def test_a_kernel_that_only_starts_is_ended_too(tmp_path: Path) -> None:
    """Left alone it would write its connection file anew before it looks for its parent."""
    slow = (
        "import asyncio, sys\n"
        "from jupyter_client.provisioning.local_provisioner import LocalProvisioner as Local\n"
        "launch = Local.launch_kernel\n"
        "async def slowly(self, *given, **more):\n"
        "    launched = await launch(self, *given, **more)\n"
        "    await asyncio.sleep(1)\n"
        "    return launched\n"
        "Local.launch_kernel = slowly\n"
        "from glasspane.cli import main; sys.exit(main(['serve', '--tethered']))"
    )
    server = TetheredServer(tmp_path, through=[sys.executable, "-c", slow])
    address = ("127.0.0.1", int(server.line["url"].rsplit(":", 1)[1].strip("/")))
    with socket.create_connection(address, 5) as line:
        line.sendall(
            f"POST /api/kernels HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {server.token}\r\n"
            "Content-Length: 2\r\n\r\n{}".encode()
        )
        until(lambda: len(server.family()) > 1, 20)
        family = server.family()
        server.close()
    gone(family)
    assert server.process.returncode == 0
    assert [*(tmp_path / "tmp").rglob("*")] == []
