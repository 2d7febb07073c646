"""The addresses that are open to visitors, each with its reason; anything else is not there.

Gradio brings many routes that this page has no use for: some run ffmpeg on what a stranger sends,
some fetch addresses, some write code. A new version may add more. So nothing of it is open unless
it is listed here, and a test fails when a version of Gradio brings a route that nobody has judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from ast_demo.ui.server.http import refuse

PARTS = {  # what may stand in an address
    "{name}": r"[\w-]{1,64}",  # an endpoint; a session or an event, as browsers and the queue say
    "{path}": r".+",  # of a file
}


@dataclass(frozen=True)
class Route:
    """An address that is let through."""

    methods: tuple[str, ...]
    path: str  # with names of PARTS where it varies
    reason: str
    guarded_only: bool = False  # open only where a password is set

    def form(self) -> re.Pattern:
        """Return the expression that an address must match, all of it."""
        form = re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}")
        for name, part in PARTS.items():
            form = form.replace(name, part)
        return re.compile(form)


OPEN_ROUTES = (
    Route(("GET", "HEAD"), "/", "the page"),
    Route(("GET",), "/config", "what the page is made of; clients read it first"),
    Route(("GET",), "/theme.css", "the page's colours"),
    Route(("GET",), "/assets/{path}", "scripts, styles and fonts of the page"),
    Route(("GET",), "/static/{path}", "its fonts and pictures"),
    Route(("GET",), "/favicon.ico", "every browser asks for it"),
    Route(("GET",), "/robots.txt", "crawlers ask for it"),
    Route(("GET",), "/manifest.json", "the page names it: its name on a phone's home screen"),
    Route(("GET",), "/pwa_icon", "its picture there"),
    Route(("POST",), "/login", "the form for name and password", guarded_only=True),
    Route(("GET",), "/logout", "forgets who logged in", guarded_only=True),
    Route(("GET",), "/gradio_api/info", "endpoints and their parameters, for clients"),
    Route(("GET",), "/gradio_api/startup-events", "Gradio asks itself once, when it starts"),
    Route(("POST",), "/gradio_api/upload", "sounds come in"),
    Route(("GET", "HEAD"), "/gradio_api/file={path}", "the visitor's own sounds, to play them"),
    Route(("POST",), "/gradio_api/queue/join", "an event of the page or a client"),
    Route(("GET",), "/gradio_api/queue/data", "its results, as they come"),
    Route(("POST",), "/gradio_api/call/{name}", "an endpoint, for curl and other clients"),
    Route(("GET",), "/gradio_api/call/{name}/{name}", "its result"),
    Route(("POST",), "/gradio_api/cancel", "ends what a visitor gives up"),
    Route(("POST",), "/gradio_api/reset", "the Python client says goodbye with it"),
    Route(("GET",), "/gradio_api/heartbeat/{name}", "tells when a page is closed"),
    Route(("POST",), "/gradio_api/component_server", "what the page's components ask the server"),
    Route(("GET", "POST"), "/v1/{name}", "sound in, JSON out"),
)
AGENTS_ROUTE = Route(("GET", "POST"), "/mcp", "tools for agents, where `AST_MCP=1`")
CLOSED = "There is nothing here."


class OpenRoutes:
    """Middleware: let through what is listed, answer 404 to the rest.

    Args:
        guarded: whether a password is set.
        more: further routes that this server has a use for.
    """

    def __init__(self, app: ASGIApp, guarded: bool = False, more: Iterable[Route] = ()):
        self._app = app
        routes = [r for r in (*OPEN_ROUTES, *more) if guarded or not r.guarded_only]
        self._routes = [(r.methods, r.form()) for r in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an open route on; Gradio has no use for websockets."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http" and not self.is_open(scope["method"], local_path(scope)):
            await refuse(scope, 404, CLOSED)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def is_open(self, method: str, path: str) -> bool:
        """Tell whether a request is let through; a slash at the end makes no difference."""
        path = _bare(path)
        return any(method in methods and form.fullmatch(path) for methods, form in self._routes)


def bare_path(scope: Scope) -> str:
    """Return the path below the place where the page is mounted, without a slash at its end."""
    return _bare(local_path(scope))


def _bare(path: str) -> str:
    return path.removesuffix("/") or "/"


def local_path(scope: Scope) -> str:
    """Return the path below the place where the page is mounted."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :] or "/"
    return path
