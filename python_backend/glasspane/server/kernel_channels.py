"""The sockets to one kernel process: who listens, and what is sent where."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from logging import Logger
from typing import Any
from uuid import uuid4

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_core.utils import ensure_async

from ..protocol import CANCEL_COMM_TARGET

Message = dict[str, Any]
"""A Jupyter message as jupyter_client hands it over."""

CONNECT_PATIENCE = 3.0
"""Seconds to wait for the control channel to answer and iopub to flow before going on without."""

SUBSHELL_PATIENCE = 2.0
"""Seconds to wait for a subshell; the control thread may lack the interpreter lock meanwhile."""


_KNOCK = ("comm_info_request", {"target_name": CANCEL_COMM_TARGET})
"""A question without effects. Not ``kernel_info_request``: IPython 9 draws the tip of its banner
from Python's random generator each time, which is the user's."""


class KernelChannels:
    """Shell, control and iopub of one kernel process, under a session id of our own.

    A shared session id would make the kernel route replies to whichever client of the server
    asked first.
    """

    def __init__(
        self,
        kernel: Any,
        on_reply: Callable[[Message], None],
        on_iopub: Callable[[Message], None],
        log: Logger,
    ) -> None:
        self._kernel = kernel
        self._on_reply = on_reply
        self._on_iopub = on_iopub
        self._log = log
        self._client: Any = None
        self._readers: list[asyncio.Task[None]] = []
        self._control_replies: dict[str, asyncio.Future[Message]] = {}
        self._iopub_flows = asyncio.Event()
        self._subshell_id: str | None = None

    async def open(self) -> None:
        """Connect and wait, as long as is reasonable, until messages flow both ways."""
        self._client = _client_of(self._kernel)
        await ensure_async(self._client.start_channels(stdin=False, hb=False))
        self._readers = [
            asyncio.ensure_future(self._read(self._client.shell_channel, self._on_reply)),
            asyncio.ensure_future(self._read(self._client.control_channel, self._on_control)),
            asyncio.ensure_future(self._read(self._client.iopub_channel, self._on_any_iopub)),
        ]
        # The control thread answers even while the user's cell runs, and its status messages on
        # iopub show that the subscription has arrived; before that, progress would be lost.
        deadline = asyncio.get_running_loop().time() + CONNECT_PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            reply = await self._control(*_KNOCK, patience=0.25)
            if reply is not None and await _happens(self._iopub_flows, 0.25):
                return

    async def close(self) -> None:
        """Give the subshell back and close the sockets."""
        for reader in self._readers:
            reader.cancel()
        if self._client is None:
            return
        client, self._client = self._client, None
        if self._subshell_id is not None and client.control_channel.is_alive():
            _send(
                client.control_channel,
                client.session.msg("delete_subshell_request", {"subshell_id": self._subshell_id}),
            )
        for future in self._control_replies.values():
            future.cancel()
        client.stop_channels()

    def execute(self, expressions: Mapping[str, str]) -> str:
        """Send an empty, silent execute request that evaluates ``expressions``; returns its message id."""
        message: Message = self._client.session.msg(
            "execute_request",
            {
                "code": "",
                "silent": True,
                "store_history": False,
                "user_expressions": dict(expressions),
                "allow_stdin": False,
                "stop_on_error": False,
            },
        )
        _send(self._client.shell_channel, message)
        return str(message["header"]["msg_id"])

    async def open_cancel(self, job: str, subshells: bool) -> bool:
        """Raise the job's cancel flag in the kernel; True if by a subshell, past whatever runs there.

        ``subshells``: whether the kernel has them. Without, the flag waits its turn.
        ``comm_open`` and not ``comm_msg``: the latter fires IPython's events, which would close
        a figure that the user's cell is drawing.
        """
        if subshells and self._subshell_id is None:
            reply = await self._control("create_subshell_request", {}, patience=SUBSHELL_PATIENCE)
            self._subshell_id = reply["content"].get("subshell_id") if reply else None
        if self._client is None:
            return False
        message: Message = self._client.session.msg(
            "comm_open",
            {"comm_id": uuid4().hex, "target_name": CANCEL_COMM_TARGET, "data": {"job": job}},
        )
        if self._subshell_id is not None:
            message["header"]["subshell_id"] = self._subshell_id
        _send(self._client.shell_channel, message)
        return self._subshell_id is not None

    async def _control(self, kind: str, content: dict[str, Any], patience: float) -> Message | None:
        message: Message = self._client.session.msg(kind, content)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        message_id = message["header"]["msg_id"]
        self._control_replies[message_id] = answer
        try:
            _send(self._client.control_channel, message)
            return await asyncio.wait_for(answer, patience)
        except asyncio.TimeoutError:
            return None
        finally:
            self._control_replies.pop(message_id, None)

    async def _read(self, channel: Any, deliver: Callable[[Message], None]) -> None:
        while True:
            try:
                message: Message = await channel.get_msg(timeout=None)
            except asyncio.CancelledError:
                raise
            except Exception:
                if not channel.is_alive():
                    return
                self._log.debug("A message from the kernel could not be read.", exc_info=True)
                await asyncio.sleep(0.01)
                continue
            try:
                deliver(message)
            except Exception:
                self._log.exception("A message from the kernel could not be handled.")

    def _on_control(self, message: Message) -> None:
        answer = self._control_replies.get(message["parent_header"].get("msg_id", ""))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _on_any_iopub(self, message: Message) -> None:
        self._iopub_flows.set()
        self._on_iopub(message)


def _client_of(kernel: Any) -> Any:
    """An asynchronous client for any kernel manager: its own kind if that is one (a gateway's is)."""
    client = kernel.client()
    if not isinstance(client, AsyncKernelClient):
        info: dict[str, Any] = kernel.get_connection_info(session=True)
        for name in ("curve_publickey", "curve_secretkey"):
            if isinstance(info.get(name), str):
                info[name] = info[name].encode("ascii")
        client = AsyncKernelClient(**info, parent=kernel)
    client.session.session = uuid4().hex
    return client


def _send(channel: Any, message: Message) -> None:
    """Send, and see to it that whoever reads from the same socket still wakes.

    ZeroMQ announces incoming messages once, on the edge; a send swallows an announcement that
    came just before it, and jupyter_client sends past pyzmq's asyncio socket, which would have
    looked again. Without this look the reply, and every later one, lies unread for ever.
    """
    channel.send(message)
    socket = getattr(channel, "socket", None)  # a gateway's channels have none
    if isinstance(socket, zmq.Socket):
        socket.get(zmq.EVENTS)


async def _happens(event: asyncio.Event, patience: float) -> bool:
    wait: Awaitable[Any] = event.wait()
    try:
        await asyncio.wait_for(wait, patience)
    except asyncio.TimeoutError:
        return False
    return True
