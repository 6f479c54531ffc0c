"""Whether a kernel process is still the one we were talking to.

Jupyter keeps a kernel's id and ports across restarts, so a request sent to a process that is
gone would simply never be answered. Restarts asked for by a person and deaths are told apart:
only the automatic restarter fires the ``restart`` callback, and only after a death.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_core.utils import ensure_async

from ..errors import GlasspaneError

RESTART_PATIENCE = 15.0
"""Seconds between the end of one process and the start of the next that still count as a restart."""


def kernel_not_found(kernel_id: str) -> GlasspaneError:
    """No kernel of this server has that id (it was shut down, or belongs to another server)."""
    return GlasspaneError(
        "kernel_not_found",
        f"There is no running kernel with the id {kernel_id}.",
        "Start the notebook's kernel, or use a separate one.",
    )


def kernel_died() -> GlasspaneError:
    return GlasspaneError(
        "kernel_dead",
        "The kernel died before it could answer.",
        "Often it ran out of memory. Once it is back, run your cells again and ask once more.",
    )


def kernel_shut_down() -> GlasspaneError:
    return GlasspaneError(
        "kernel_dead",
        "The kernel was shut down before it could answer.",
        "Start it, run your cells again and ask once more.",
    )


def kernel_restarted() -> GlasspaneError:
    return GlasspaneError(
        "kernel_restarted",
        "The kernel was restarted before it could answer.",
        "Run your cells again and ask once more.",
    )


class KernelLife:
    """One process of one kernel, from when it is first looked at until it is replaced.

    ``manager`` is the server's multi-kernel manager, synchronous or asynchronous. Raises
    ``kernel_not_found`` if it has no such kernel.
    """

    def __init__(self, kernel_id: str, manager: Any) -> None:
        if kernel_id not in manager:
            raise kernel_not_found(kernel_id)
        self._kernel_id = kernel_id
        self._manager = manager
        self.kernel: Any = manager.get_kernel(kernel_id)
        self._ready = self.kernel.ready
        self._process = self._process_id()
        self._auto_restarted = False
        manager.add_restart_callback(kernel_id, self._on_auto_restart, "restart")

    async def begun(self) -> None:
        """Wait until the kernel manager has launched the process; raises ``kernel_dead`` if it cannot."""
        try:
            await (asyncio.wrap_future(self._ready) if not asyncio.isfuture(self._ready) else self._ready)
        except Exception as error:
            raise kernel_died() from error
        self._process = self._process_id()

    async def loss(self) -> GlasspaneError | None:
        """Why this process cannot answer any more, or None while it can."""
        if self._auto_restarted:
            return kernel_died()
        if self._kernel_id not in self._manager:
            return kernel_shut_down()
        if self._replaced() or getattr(self.kernel, "shutting_down", False):
            return await self._after_shutdown()
        if not await ensure_async(self.kernel.is_alive()):
            # A shutdown may have begun while we asked.
            return await self._after_shutdown() if self._replaced() else kernel_died()
        return None

    def forget(self) -> None:
        """Stop listening to the restarter."""
        if self._kernel_id in self._manager:
            self._manager.remove_restart_callback(self._kernel_id, self._on_auto_restart, "restart")

    def _on_auto_restart(self) -> None:
        self._auto_restarted = True

    def _process_id(self) -> object:
        return getattr(getattr(self.kernel, "provisioner", None), "pid", None)

    def _replaced(self) -> bool:
        return self.kernel.ready is not self._ready or self._process_id() != self._process

    async def _after_shutdown(self) -> GlasspaneError:
        """Wait for what follows: another process, or the kernel's end."""
        for _ in range(int(RESTART_PATIENCE / 0.1)):
            if self._auto_restarted:
                return kernel_died()
            if self._kernel_id not in self._manager:
                return kernel_shut_down()
            settled = self.kernel.ready.done() and not getattr(self.kernel, "shutting_down", False)
            if settled and self._replaced():
                return kernel_restarted()
            await asyncio.sleep(0.1)
        return kernel_shut_down()
