"""The HTTP side alone: who may come in, and what a bad request is told. Truth: HTTP and the protocol."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import requests
from jupyter_server.auth import Authorizer
from live_server import ROOT, LiveServer
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPResponse
from traitlets.config import Config

from glasspane.protocol import LARGEST_REQUEST, Catalogue, ErrorResult

Fetch = Callable[..., HTTPResponse]

JOB = "0" * 32
VERBS = [
    ("GET", "catalogue", None),
    ("POST", "jobs", json.dumps({"place": {"place": "dedicated"}, "request": {"kind": "hello"}})),
    ("GET", f"jobs/{JOB}", None),
    ("DELETE", f"jobs/{JOB}", None),
]


class Refuse(Authorizer):
    """Lets everybody sign in and nobody do anything with Glasspane."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return resource != "glasspane"


@pytest.fixture
def jp_server_config() -> Config:
    return Config({"ServerApp": {"jpserver_extensions": {"glasspane": True}}})


@pytest.fixture
def fetch(jp_fetch: Any, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Fetch:
    """One request to the server in this process."""

    def call(address: str, verb: str = "GET", **options: Any) -> HTTPResponse:
        async def answer() -> HTTPResponse:
            parts = ("glasspane", "api", *address.split("/"))
            reply: HTTPResponse = await jp_fetch(*parts, method=verb, raise_error=False, **options)
            return reply

        return jp_asyncio_loop.run_until_complete(answer())

    return call


def refused(response: HTTPResponse) -> tuple[int, str]:
    """Status and code of an error, which is always JSON and never a page."""
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return response.code, ErrorResult.model_validate_json(response.body).code


@pytest.mark.parametrize(("verb", "address", "body"), VERBS)
def test_a_stranger_gets_nothing(fetch: Fetch, verb: str, address: str, body: str | None) -> None:
    headers = {"Authorization": "token wrong"}
    assert refused(fetch(address, verb, body=body, headers=headers)) == (403, "not_allowed")


class TestWithoutTheRight:
    """Somebody who may sign in, on a server whose authorizer keeps Glasspane from them."""

    @pytest.fixture
    def jp_server_config(self) -> Config:
        return Config({"ServerApp": {"jpserver_extensions": {"glasspane": True}, "authorizer_class": Refuse}})

    def test_a_user_gets_nothing(self, fetch: Fetch) -> None:
        Refuse.asked.clear()
        for verb, address, body in VERBS:
            assert refused(fetch(address, verb, body=body)) == (403, "not_allowed"), (verb, address)
        actions = [action for action, resource in Refuse.asked if resource == "glasspane"]
        assert actions == ["read", "write", "read", "write"]


def test_the_catalogue_is_known_without_a_kernel(fetch: Fetch, jp_serverapp: Any) -> None:
    from glasspane.attribution.methods import METHODS

    reply = fetch("catalogue")
    catalogue = Catalogue.model_validate_json(reply.body)
    assert catalogue.methods == [row.spec for row in METHODS.values()]
    assert not jp_serverapp.kernel_manager.list_kernel_ids()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "JSON"),
        ("{}", "place"),
        ('{"place": {"place": "dedicated"}, "request": {"kind": "hello", "x": 1}}', "x"),
        ('{"place": {"place": "dedicated"}, "request": {"kind": "rm"}}', "rm"),
        ('{"place": {"place": "moon"}, "request": {"kind": "hello"}}', "moon"),
    ],
)
def test_an_unreadable_request_is_told_why(fetch: Fetch, body: str, said: str) -> None:
    reply = fetch("jobs", "POST", body=body)
    assert refused(reply) == (400, "bad_request")
    assert said in json.loads(reply.body)["message"]


def test_an_unreadable_request_is_not_echoed(fetch: Fetch) -> None:
    secret = "<script>my private prompt</script>"
    body = {"place": {"place": "dedicated"}, "request": {"kind": "explain", "prompt": secret}}
    reply = fetch("jobs", "POST", body=json.dumps(body))
    assert refused(reply) == (400, "bad_request")
    assert "private" not in reply.body.decode()


def test_a_huge_request_is_refused(fetch: Fetch) -> None:
    reply = fetch("jobs", "POST", body=" " * (LARGEST_REQUEST + 1))
    assert refused(reply) == (413, "bad_request")
    assert "shorter part" in json.loads(reply.body)["next_step"]


@pytest.mark.parametrize("job", [JOB, "not-an-id"])
def test_an_unknown_job_is_said_so(fetch: Fetch, job: str) -> None:
    for verb in ("GET", "DELETE"):
        assert refused(fetch(f"jobs/{job}", verb)) == (404, "job_not_found")


def test_a_senseless_poll_is_refused(fetch: Fetch) -> None:
    for after in ("-1", "nan", "inf", "soon"):
        assert refused(fetch(f"jobs/{JOB}", params={"after": after})) == (400, "bad_request")


def test_a_cookie_alone_cannot_post(server: LiveServer) -> None:
    """A page of another site makes the browser send the cookie, but cannot know the XSRF token."""
    browser = requests.Session()
    browser.get(f"{server.url}/tree", params={"token": server.token}, timeout=20)
    body = json.dumps({"place": {"place": "kernel", "kernel_id": "none"}, "request": {"kind": "hello"}})
    address = f"{server.url}/glasspane/api/jobs"
    assert browser.get(f"{server.url}/glasspane/api/catalogue", timeout=20).status_code == 200
    assert browser.post(address, data=body, timeout=20).status_code == 403
    known = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert browser.post(address, data=body, headers=known, timeout=20).json()["code"] == "kernel_not_found"


def test_the_server_never_imports_torch() -> None:
    code = (
        "import sys, asyncio\n"
        "import glasspane, glasspane.server.extension, glasspane.server.handlers\n"
        "from glasspane.subjects.load import catalogue\n"
        "catalogue()\n"
        "heavy = {'torch', 'transformers', 'numpy', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, env={"PYTHONPATH": str(ROOT / "python_backend")}
    )
