"""The page and what its scripts ask for, compressed on their way: a quarter of their bytes."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ast_demo.ui.server.routes import bare_path

# Gradio compresses files by their endings, and these addresses have none. Results that come piece
# by piece and sounds stay as they are.
TEXT_PATHS = ("/", "/config", "/gradio_api/info", "/gradio_api/component_server")
LEAST_BYTES = 4096  # of an answer worth it: it fits in three packets
LEVEL = 6  # more takes twice the time for a hundredth of the bytes


class CompressedText:
    """Middleware: compress long answers of text for clients that take gzip."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        is_text = scope["type"] == "http" and bare_path(scope) in TEXT_PATHS
        await (self._compressed if is_text else self._app)(scope, receive, send)
