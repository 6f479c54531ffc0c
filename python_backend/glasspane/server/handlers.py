"""The HTTP side: four verbs on three addresses, JSON in and out, errors mapped once."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from pydantic import ValidationError
from tornado.web import HTTPError, authenticated

from ..errors import GlasspaneError
from ..kernel.bad_request import bad_request
from ..protocol import LARGEST_REQUEST, ErrorCode, ErrorResult, JobRequest
from .job import Job
from .jobs import Jobs

STATUS: dict[ErrorCode, int] = {
    "bad_request": 400,
    "not_allowed": 403,
    "job_not_found": 404,
    "kernel_not_found": 404,
    "too_many_jobs": 429,
    "kernel_dead": 503,
}
"""HTTP status of an error that keeps a job from existing; those of a job travel in its snapshot."""


class GlasspaneHandler(APIHandler):
    """What every address shares."""

    auth_resource = "glasspane"

    def initialize(self, jobs: Jobs) -> None:
        self.jobs = jobs

    def reply(self, body: dict[str, Any], status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(body, ensure_ascii=False, allow_nan=False))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """An answer that a person can act on is no incident."""
        if not isinstance(value, (GlasspaneError, ValidationError)):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error, tornado's own included, has the shape of an :class:`ErrorResult`."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        result = _error_result(status_code, error)
        ours = isinstance(error, (GlasspaneError, ValidationError))
        self.reply(result.model_dump(mode="json"), STATUS.get(result.code, 500) if ours else status_code)


class CatalogueHandler(GlasspaneHandler):
    """What can be asked for, known without a kernel."""

    @authenticated
    @authorized
    async def get(self) -> None:
        from ..catalogue import catalogue

        self.reply(catalogue().model_dump(mode="json"))


class JobsHandler(GlasspaneHandler):
    """Where jobs begin."""

    @authenticated
    @authorized
    async def post(self) -> None:
        if len(self.request.body) > LARGEST_REQUEST:
            raise HTTPError(413)
        job = await self.jobs.submit(JobRequest.model_validate_json(self.request.body))
        self.set_header("Location", url_path_join(self.base_url, "glasspane/api/jobs", job.id))
        self.reply(job.body(), 202)


class JobHandler(GlasspaneHandler):
    """One job: its state, at once or as soon as it changes, and its end."""

    @authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        after, wait = int(self._number("after")), self._number("wait")
        job = self.jobs.find(job_id)
        await job.changed(after, wait)
        self._answer(job)

    @authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        self._answer(await self.jobs.cancel(job_id))

    def _answer(self, job: Job) -> None:
        self.reply(job.body())

    def _number(self, name: str) -> float:
        given = self.get_query_argument(name, "0")
        try:
            number = float(given)
        except ValueError:
            number = float("nan")
        if not 0 <= number < 2**53:
            raise GlasspaneError("bad_request", f"{name} cannot be {given!r}.", "Give a number from 0.")
        return number


def routes(jobs: Jobs) -> list[tuple[str, type[GlasspaneHandler], dict[str, Jobs]]]:
    """The route table, below the server's base URL."""
    return [
        ("/glasspane/api/catalogue", CatalogueHandler, {"jobs": jobs}),
        ("/glasspane/api/jobs", JobsHandler, {"jobs": jobs}),
        ("/glasspane/api/jobs/([^/]+)", JobHandler, {"jobs": jobs}),
    ]


def _error_result(status: int, error: BaseException | None) -> ErrorResult:
    if isinstance(error, GlasspaneError):
        return error.result
    if isinstance(error, ValidationError):
        return bad_request(error)
    if status == 403:
        return ErrorResult(
            code="not_allowed", message="You may not do this on this server.", next_step="Sign in again."
        )
    if status == 413:
        return ErrorResult(
            code="bad_request",
            message="The text is too long to be sent: no model reads so much.",
            next_step="Select a shorter part of it, then explain that.",
            detail=f"A request may have {LARGEST_REQUEST} bytes.",
        )
    if isinstance(error, HTTPError) and status < 500:
        said = error.log_message or error.reason or "It cannot be done this way"
        return ErrorResult(
            code="bad_request", message=f"{said}.", next_step="Check the address and the body."
        )
    return ErrorResult(
        code="internal",
        message="Something unexpected went wrong on the server.",
        next_step="Try again; the details are in the server's log.",
    )
