"""The Jupyter server extension: one set of jobs and its addresses."""

from __future__ import annotations

from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Unicode

from .dedicated_kernel import DedicatedKernel
from .handlers import routes
from .jobs import Jobs


class GlasspaneServer(ExtensionApp):
    """Serves ``glasspane/api`` under the server's base URL."""

    name = "glasspane"
    load_other_extensions = True

    kernel_name = Unicode("python3", help="Kernelspec of Glasspane's own kernel, started on first use.").tag(
        config=True
    )

    def initialize_handlers(self) -> None:
        server: Any = self.serverapp
        dedicated = DedicatedKernel(server.kernel_manager, server.session_manager, self.kernel_name)
        self.jobs = Jobs(server.kernel_manager, dedicated, self.log)
        self.handlers.extend(routes(self.jobs))

    async def stop_extension(self) -> None:
        await self.jobs.close()
