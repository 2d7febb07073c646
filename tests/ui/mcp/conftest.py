"""A server with the tools switched on, on this machine's own loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette

from ast_demo.ui.server.middleware import guards
from ast_demo.ui.server.shutdown import GracefulShutdown
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from tests.helpers.listening_model import LISTENER

START_SECONDS = 60


@contextmanager
def served(services: Services, password: str | None = None) -> Iterator[str]:
    """Serve the middleware that stands before every page; yield the address of the tools."""
    app = Starlette(middleware=guards(services, GracefulShutdown(), password))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        end = time.monotonic() + START_SECONDS
        while not server.started and time.monotonic() < end:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="package")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        patch.setenv("AST_MCP", "1")
        limits = Limits(check_sounds=1)
        yield Services.create(limits, str(LISTENER), device="cpu", dtype="float32")


@pytest.fixture(scope="package")
def address(services) -> Iterator[str]:
    with served(services) as url:
        yield url
