from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_server import LiveServer, User


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One real Jupyter server for all tests."""
    live = LiveServer(tmp_path_factory.mktemp("server"))
    yield live
    live.stop()


@pytest.fixture(scope="session")
def kernel(server: LiveServer) -> str:
    """A kernel that tests share: none of them restarts it or leaves it busy."""
    return server.start_kernel()


@pytest.fixture
def user(server: LiveServer, kernel: str) -> Iterator[User]:
    """The person at the shared kernel."""
    person = server.user(kernel)
    yield person
    person.close()
