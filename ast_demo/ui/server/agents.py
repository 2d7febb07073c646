"""The endpoint for agents: the Model Context Protocol at /mcp, where the host switched it on.

Each request stands alone (the protocol's stateless mode): nothing is remembered of an agent, so any
balancer may spread its requests over any number of servers.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from ast_demo.ui.server.http import discard, refuse
from ast_demo.ui.server.passwords import BasicPassword
from ast_demo.ui.server.routes import local_path
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.threads import BoundedThreads

PATH = "/mcp"
SWITCH = "AST_MCP"


def agents_welcome(environment: Mapping[str, str]) -> bool:
    """Tell whether the host switched the tools on.

    Raises:
        ValueError: if he did and the package that they need is missing.
    """
    if environment.get(SWITCH, "0") != "1":
        return False
    try:
        import mcp.server  # noqa: F401 - whether it can be imported is the question
    except ImportError:
        raise ValueError(
            f"{SWITCH} is 1, but the package mcp is missing: pip install -r requirements-mcp.txt."
        ) from None
    return True


class AgentTools:
    """Middleware: answer what agents send to /mcp.

    Args:
        services: of this server process.
        password: what a request must bring, None for an open server.
    """

    def __init__(self, app: ASGIApp, services: Services, password: BasicPassword | None = None):
        from ast_demo.ui.mcp.protocol import build_server

        self._app = app
        self._password = password
        self._most = services.limits.json_megabytes * MEGABYTE
        self._server = build_server(services, BoundedThreads(services.limits).run)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer our own path, pass anything else on."""
        if scope["type"] != "http" or local_path(scope).rstrip("/") != PATH:
            await self._app(scope, receive, send)
            return
        refusal = None if self._password is None else self._password.refusal(scope)
        if refusal is None and scope["method"] != "POST":
            refusal = refuse(scope, 405, "Send a message of the protocol by POST.")
        if refusal is not None:
            await discard(receive, self._most)
            await refusal(scope, receive, send)
            return
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(
            self._server, json_response=True, stateless=True, max_request_body_size=self._most
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)
