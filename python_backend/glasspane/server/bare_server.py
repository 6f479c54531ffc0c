"""A Jupyter server with kernels, sessions and Glasspane, and nothing of this computer's configuration.

Whatever other servers here are configured with, extensions and passwords, gateways and kernelspecs, a
broken file perhaps, has no part in it; nor does it leave anything in a person's Jupyter folders.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from traitlets.config import Config

from .dedicated_kernel import DedicatedKernel
from .handlers import routes
from .jobs import Jobs

SHUTDOWN_SECONDS = 2.0
"""How long a kernel may take to stop; a busy one is killed then."""


class OwnKernelspec(KernelSpecManager):
    """Knows one kernel, ``python3``: this very interpreter, whatever kernelspecs are installed."""

    def _kernel_dirs_default(self) -> list[str]:
        return []


class OwnKernels(AsyncMappingKernelManager):
    """Knows which kernels are still starting, and starts none once its server stops.

    Jupyter ends those that have started: one that comes after them would be left alone, and would
    write its key down again in a folder that is gone.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)  # type: ignore[no-untyped-call]
        self._starts: set[asyncio.Future[str]] = set()

    async def start_kernel(self, **given: Any) -> str:
        if getattr(self.parent, "_stopping", False):
            raise RuntimeError("the server is stopping")
        start = asyncio.ensure_future(super().start_kernel(**given))
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)
        return str(await asyncio.shield(start))

    async def settle(self) -> None:
        """Wait until none is starting."""
        await asyncio.gather(*self._starts, return_exceptions=True)


class BareServer(ServerApp):
    """Serves on sockets that it is given; stops when told, with all its kernels."""

    default_services: Any = ("api", "auth", "kernels", "kernelspecs", "sessions")
    """What of a Jupyter server an editor uses."""

    sockets: list[socket.socket]
    jobs: Jobs

    @classmethod
    def of(cls, token: str, sockets: list[socket.socket], home: Path) -> BareServer:
        """An initialised server. ``home`` takes its files, connection files with their keys among them."""
        config = Config()
        config.IdentityProvider.token = token
        config.GatewayClient.url = ""  # an environment variable would send kernels elsewhere
        config.KernelManager.shutdown_wait_time = SHUTDOWN_SECONDS
        app = cls(
            config=config,
            config_dir=str(home / "config"),
            data_dir=str(home / "data"),
            runtime_dir=str(home / "runtime"),
            cookie_secret=secrets.token_bytes(32),
            ip="127.0.0.1",
            log_level="WARN",
            identity_provider_class=IdentityProvider,
            kernel_manager_class=OwnKernels,
            kernel_spec_manager_class=OwnKernelspec,
            kernel_websocket_connection_class=ZMQChannelsWebsocketConnection,
            session_manager_class=SessionManager,
            allow_unauthenticated_access=False,
        )
        app.sockets = sockets
        app.initialize(argv=[], find_extensions=False)
        return app

    def stop_soon(self) -> None:
        """Stop; may be called from any thread, from a signal while the loop sleeps, and again."""

        def stop() -> None:
            if not self._stopping:
                self.stop()

        loop: Any = self.io_loop
        loop.asyncio_loop.call_soon_threadsafe(stop)

    def kill_kernels(self) -> None:
        """End every kernel at once, with the processes it started."""
        for kernel_id in self.kernel_manager.list_kernel_ids():
            with suppress(Exception):
                provisioner: Any = self.kernel_manager.get_kernel(kernel_id).provisioner
                if os.name == "posix":
                    os.killpg(provisioner.pgid or provisioner.pid, signal.SIGKILL)
                else:
                    provisioner.process.kill()

    # What a Jupyter server does on the way up, and this one does otherwise.

    def migrate_config(self) -> None: ...

    def load_config_file(self, suppress_errors: bool = True) -> None: ...

    def init_signal(self) -> None: ...

    def load_server_extensions(self) -> None:
        """Glasspane's addresses; an extension would read its own configuration files."""
        dedicated = DedicatedKernel(self.kernel_manager, self.session_manager)
        self.jobs = Jobs(self.kernel_manager, dedicated, self.log)
        ours = [(url_path_join(self.base_url, path), *rest) for path, *rest in routes(self.jobs)]
        application: Any = self.web_app
        application.add_handlers(".*$", ours)

    async def cleanup_kernels(self) -> None:
        if isinstance(self.kernel_manager, OwnKernels):
            await self.kernel_manager.settle()
        await super().cleanup_kernels()

    async def cleanup_extensions(self) -> None:
        await self.jobs.close()

    def init_httpserver(self) -> None:
        self._http_server = HTTPServer(
            self.web_app, max_body_size=self.max_body_size, max_buffer_size=self.max_buffer_size
        )
        self.port = self.sockets[0].getsockname()[1]
        self._http_server.add_sockets(self.sockets)
