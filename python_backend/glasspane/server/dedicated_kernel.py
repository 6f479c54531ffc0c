"""Glasspane's own kernel, for prompts that belong to no notebook or whose kernel is busy.

It is an ordinary kernel of the server, listed among the running ones, where a person can
shut it down; the next request starts another.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async

from ..errors import GlasspaneError

NAME = "Glasspane"

RESTART_PATIENCE = 8.0
"""Seconds: Jupyter looks for dead kernels every three."""


class DedicatedKernel:
    """One per server, started on first use from the server's default Python kernelspec."""

    def __init__(self, kernel_manager: Any, session_manager: Any, kernel_name: str = "python3") -> None:
        self._kernels = kernel_manager
        self._sessions = session_manager
        self._kernel_name = kernel_name
        self._kernel_id: str | None = None
        self._session_id: str | None = None
        self._starting = asyncio.Lock()

    async def kernel_id(self) -> str:
        """Id of the live kernel; starts it if there is none. Raises ``kernel_dead`` if it will not start."""
        async with self._starting:
            if self._kernel_id is None or not await self._alive(self._kernel_id):
                await self._drop()
                await self._start()
            assert self._kernel_id is not None
            return self._kernel_id

    async def _alive(self, kernel_id: str) -> bool:
        """Whether it runs; a dead one is given the time that Jupyter takes to restart it by itself."""
        for _ in range(int(RESTART_PATIENCE / 0.1)):
            if kernel_id not in self._kernels:
                return False
            if await ensure_async(self._kernels.get_kernel(kernel_id).is_alive()):
                return True
            await asyncio.sleep(0.1)
        return False

    async def _drop(self) -> None:
        """Take a kernel that will not come back off the list."""
        session_id, self._session_id, self._kernel_id = self._session_id, None, None
        if session_id is not None:
            # The person may have removed it already.
            with suppress(Exception):
                await self._sessions.delete_session(session_id)

    async def _start(self) -> None:
        try:
            # A session, not a bare kernel: that gives it a name in the list of running ones.
            session = await self._sessions.create_session(
                path=NAME, name=NAME, type="glasspane", kernel_name=self._kernel_name
            )
        except Exception as error:
            raise GlasspaneError(
                "kernel_dead",
                f"Glasspane's own kernel did not start: {error}.",
                f'Check that the kernel "{self._kernel_name}" works (jupyter kernelspec list).',
            ) from error
        self._session_id, self._kernel_id = str(session["id"]), str(session["kernel"]["id"])
