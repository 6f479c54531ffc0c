"""The sockets to a kernel. Truth: real ZeroMQ sockets stand where a kernel's would."""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace

import pytest
import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient

from glasspane.server import kernel_channels
from glasspane.server.kernel_channels import KernelChannels

ENDS = {"shell": zmq.ROUTER, "control": zmq.ROUTER, "iopub": zmq.PUB}
"""What a kernel binds."""


def test_a_reply_that_arrives_as_the_next_request_leaves_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A send may swallow ZeroMQ's only announcement of a reply: then this and all later ones were lost."""
    monkeypatch.setattr(kernel_channels, "CONNECT_PATIENCE", 0.0)
    context = zmq.Context()
    ends = {name: context.socket(kind) for name, kind in ENDS.items()}
    ports = {f"{name}_port": end.bind_to_random_port("tcp://127.0.0.1") for name, end in ends.items()}

    async def converse() -> None:
        client = AsyncKernelClient(ip="127.0.0.1", transport="tcp", **ports)
        client.session.key = b"a key for both ends"
        replies: list[str] = []
        channels = KernelChannels(
            SimpleNamespace(client=lambda: client),
            lambda message: replies.append(message["parent_header"]["msg_id"]),
            lambda message: None,
            logging.getLogger(__name__),
        )
        await channels.open()
        shell = ends["shell"]

        def answer() -> None:
            routing, asked = client.session.feed_identities(shell.recv_multipart())
            request = client.session.deserialize(asked)
            client.session.send(shell, "execute_reply", {}, parent=request, ident=routing)

        asked = [channels.execute({})]
        await asyncio.sleep(0.1)  # the reader waits by now
        answer()
        time.sleep(0.1)  # the event loop is elsewhere while the reply arrives
        asked.append(channels.execute({}))
        answer()
        deadline = time.monotonic() + 5
        while len(replies) < len(asked) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await channels.close()
        assert replies == asked

    try:
        asyncio.run(converse())
    finally:
        context.destroy(linger=0)
