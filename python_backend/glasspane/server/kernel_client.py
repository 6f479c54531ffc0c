"""Asking a kernel, without its user noticing.

A request runs on the kernel's main shell as a user expression of an empty, silent execute
request: it waits its turn behind the user's cells, adds nothing to history and comes back in
the shell reply, to this client only. A cancel travels through a subshell and overtakes
whatever holds the main shell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from logging import Logger
from time import monotonic
from typing import Any, Protocol

from jupyter_core.utils import ensure_async
from pydantic import ValidationError

from ..errors import GlasspaneError
from ..protocol import PROGRESS_MIME_TYPE, Progress, Request
from .greeting import Greeting, Hello, glasspane_missing, greeting, not_python
from .kernel_channels import KernelChannels, Message
from .kernel_life import KernelLife, kernel_died
from .reply import Reply, json_of, literal_of, unexpected

NOTICE_BUSY_AFTER = 0.15
"""Seconds an unstarted request may wait before we say that something else holds the kernel."""

RETURN_PATIENCE = 10.0
"""Seconds to wait for a dead kernel: Jupyter looks for those every three, and restarts them."""

LIFE_CHECK = 0.5
"""Seconds between two looks at the kernel's process."""

INTERRUPT_AFTER = {True: 20.0, False: 1.0}
"""Seconds a cancelled request may still run before it is interrupted, with and without subshells.

With a subshell the flag arrives and the method stops at its next checkpoint. Without one it
cannot arrive while the request runs, so there is nothing to wait for.
"""

_RUN = "__import__('glasspane.kernel.entry', fromlist=['run']).run({request})"
# Asked of the import system first: an import error would replace the user's last traceback in %debug.
_HELLO = f"__import__('importlib.util', fromlist=['find_spec']).find_spec('glasspane') and {_RUN}"
_EXECUTABLE = "__import__('sys').executable"


class Watcher(Protocol):
    """Told what becomes of a request while it is out."""

    def waiting(self, kernel_busy: bool) -> None:
        """It waits: for the user's own code, or (not ``kernel_busy``) for the kernel to start."""

    def running(self) -> None:
        """The kernel took it up."""

    def progressed(self, progress: Progress) -> None:
        """It reports where it stands."""

    def warned(self, warnings: list[str]) -> None:
        """What to know about this kernel."""


@dataclass(eq=False)
class _Exchange:
    """One execute request and what has been seen of it. Outlives the job when that is cancelled."""

    job: str | None
    on_progress: Callable[[Progress], None]
    reply: asyncio.Future[Message] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    started: asyncio.Event = field(default_factory=asyncio.Event)


class KernelClient:
    """The one client of one kernel; connects when first asked and again after a restart."""

    def __init__(self, kernel_id: str, manager: Any, log: Logger) -> None:
        self._kernel_id = kernel_id
        self._manager = manager
        self._log = log
        self._life: KernelLife | None = None
        self._channels: KernelChannels | None = None
        self._greeting: Greeting | None = None
        self._just_started = False
        self._exchanges: dict[str, _Exchange] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, request: Request, request_json: str, job: str, watcher: Watcher) -> Reply:
        """Have the kernel answer one request; waits as long as the kernel lives.

        Raises :class:`GlasspaneError`: ``not_python``, ``glasspane_missing``,
        ``glasspane_too_old``, ``kernel_not_found``, ``kernel_dead``, ``kernel_restarted``.
        When the task that waits here is cancelled, the request is merely abandoned: call
        :meth:`cancel` to stop it in the kernel.
        """
        await self._reach(watcher)
        known = self._greeting or await self._greet(watcher)
        watcher.warned(known.warnings)
        known.require(request)
        expressions = {"r": _RUN.format(request=ascii(request_json))}
        content = await self._execute(expressions, watcher, job=job)
        reply = json_of(content["r"])
        if reply is None:
            raise unexpected(content["r"])
        if reply.error_code == "cancelled" and self._life and (loss := await self._life.loss()):
            raise loss  # a restart interrupts first, which the request took for a cancel
        return reply

    async def cancel(self, job: str) -> None:
        """Stop ``job`` in the kernel, running or still waiting there; does nothing if it is not there."""
        exchange = next((one for one in self._exchanges.values() if one.job == job), None)
        if exchange is None or self._channels is None:
            return
        subshells = self._greeting is not None and self._greeting.hello.subshells
        overtakes = await self._channels.open_cancel(job, subshells)
        self._background(self._insist(exchange, INTERRUPT_AFTER[overtakes]))

    @property
    def quiet(self) -> bool:
        """Whether nothing is out, not even a request abandoned behind the user's cell."""
        return not self._exchanges

    async def close(self) -> None:
        """Let go of the kernel; it goes on living."""
        await self._disconnect(None)
        for task in list(self._tasks):
            task.cancel()

    # ── connection ───────────────────────────────────────────────────────────

    async def _reach(self, watcher: Watcher) -> None:
        """Connect; nothing has been asked yet, so a kernel that is on its way back is waited for."""
        deadline = monotonic() + RETURN_PATIENCE
        while True:
            try:
                await self._connect(watcher)
                return
            except GlasspaneError as problem:
                coming = problem.code in ("kernel_dead", "kernel_restarted") and monotonic() < deadline
                if not coming or self._kernel_id not in self._manager:
                    raise
            await asyncio.sleep(0.1)

    async def _connect(self, watcher: Watcher) -> None:
        if self._life is not None and (loss := await self._life.loss()):
            await self._disconnect(loss)
        if self._channels is not None:
            return
        life = KernelLife(self._kernel_id, self._manager)
        language = getattr(life.kernel.kernel_spec, "language", "") or ""
        if language and language.lower() != "python":
            life.forget()
            raise not_python(language)
        self._life = life
        channels = KernelChannels(life.kernel, self._on_reply, self._on_iopub, self._log)
        self._background(self._watch(life))
        try:
            watcher.waiting(kernel_busy=False)
            await life.begun()
            if loss := await life.loss():
                raise loss
            # Jupyter calls it so until it first says anything: no code of anybody's runs there yet.
            self._just_started = getattr(life.kernel, "execution_state", "") == "starting"
            await channels.open()
            if self._life is not life:  # the process went while we were connecting
                raise await life.loss() or kernel_died()
        except BaseException:
            await channels.close()
            await self._disconnect(None)
            raise
        self._channels = channels

    async def _greet(self, watcher: Watcher) -> Greeting:
        content = await self._execute(
            {"r": _HELLO.format(request='\'{"kind": "hello"}\''), "executable": _EXECUTABLE}, watcher
        )
        reply = json_of(content["r"])
        if reply is None:
            missing = content["r"].get("status") == "ok" or "ModuleNotFound" in str(content["r"].get("ename"))
            raise (
                glasspane_missing(literal_of(content["executable"])) if missing else unexpected(content["r"])
            )
        try:
            hello = Hello.model_validate(reply.content)
        except ValidationError:
            raise unexpected(reply.content) from None
        self._greeting = greeting(hello)
        return self._greeting

    async def _watch(self, life: KernelLife) -> None:
        while self._life is life:
            loss = await life.loss()
            # Finding out may take a while, in which somebody else may have noticed and reconnected.
            if loss is not None and self._life is life:
                await self._disconnect(loss)
            await asyncio.sleep(LIFE_CHECK)

    async def _disconnect(self, loss: GlasspaneError | None) -> None:
        """Drop all that belonged to one kernel process; whoever still waits for it gets ``loss``."""
        life, self._life = self._life, None
        channels, self._channels = self._channels, None
        self._greeting = None
        exchanges = list(self._exchanges.values())
        self._exchanges.clear()
        for exchange in exchanges:
            if not exchange.reply.done():
                if loss is None:
                    exchange.reply.cancel()
                else:
                    exchange.reply.set_exception(loss)
                    exchange.reply.exception()  # seen, even if nobody waits any more
        if life is not None:
            life.forget()
        if channels is not None:
            await channels.close()

    # ── one request ──────────────────────────────────────────────────────────

    async def _execute(
        self, expressions: Mapping[str, str], watcher: Watcher, job: str | None = None
    ) -> dict[str, dict[str, Any]]:
        """Send, wait, and send again when a failing cell of the user swept the queue."""
        while True:
            if self._channels is None:
                loss = await self._life.loss() if self._life else None
                raise loss or kernel_died()
            exchange = _Exchange(job, watcher.progressed)
            message_id = self._channels.execute(expressions)
            self._exchanges[message_id] = exchange
            await self._until_started(exchange, watcher)
            content = (await asyncio.shield(exchange.reply))["content"]
            if content.get("status") == "ok":
                answers: dict[str, dict[str, Any]] = content.get("user_expressions") or {}
                if answers.keys() != expressions.keys():
                    raise not_python("another language")
                return answers
            if content.get("status") != "aborted":
                raise unexpected(content)
            await asyncio.sleep(0.05)

    async def _until_started(self, exchange: _Exchange, watcher: Watcher) -> None:
        started = asyncio.ensure_future(exchange.started.wait())
        try:
            events: set[Awaitable[Any]] = {started, exchange.reply}
            done, _ = await asyncio.wait(
                events,
                timeout=NOTICE_BUSY_AFTER,
                return_when=asyncio.FIRST_COMPLETED,  # type: ignore[type-var]
            )
            if not done:
                importing = self._just_started and self._greeting is None
                watcher.waiting(kernel_busy=not importing)
                await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
            if exchange.job is not None and not exchange.reply.done():
                watcher.running()
        finally:
            started.cancel()

    async def _insist(self, exchange: _Exchange, grace: float) -> None:
        """Interrupt a cancelled request that runs on; only once *it* is what the kernel is busy with."""
        started = asyncio.ensure_future(exchange.started.wait())
        events: set[Awaitable[Any]] = {started, exchange.reply}
        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
        started.cancel()
        done, _ = await asyncio.wait({exchange.reply}, timeout=grace)
        if not done and self._life is not None:
            self._log.info("Interrupting kernel %s: a cancelled explanation ran on.", self._kernel_id)
            await ensure_async(self._life.kernel.interrupt_kernel())

    # ── what the kernel sends ────────────────────────────────────────────────

    def _on_reply(self, message: Message) -> None:
        exchange = self._exchanges.pop(message["parent_header"].get("msg_id", ""), None)
        if exchange is not None and not exchange.reply.done():
            exchange.reply.set_result(message)

    def _on_iopub(self, message: Message) -> None:
        exchange = self._exchanges.get(message["parent_header"].get("msg_id", ""))
        if exchange is None:
            return
        content = message["content"]
        if message["msg_type"] == "status" and content.get("execution_state") == "busy":
            exchange.started.set()
        elif message["msg_type"] == "display_data" and PROGRESS_MIME_TYPE in content.get("data", {}):
            exchange.started.set()
            try:
                exchange.on_progress(Progress.model_validate(content["data"][PROGRESS_MIME_TYPE]))
            except ValidationError:
                self._log.debug("Progress of another version was left out.")

    def _background(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
