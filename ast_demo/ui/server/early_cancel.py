"""Runs that are given up before the page has learnt their name.

Gradio's page asks then to end the run `null`, which Gradio 6.31 refuses, and the run goes on. By
the page's session and the function alone it is found as well: all that the name must be is a text.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ast_demo.ui.server.routes import bare_path

_PATHS = ("/gradio_api/cancel", "/gradio_api/reset")
_NAMELESS = re.compile(rb'("event_id"\s*:\s*)null')


class EarlyCancel:
    """Middleware: let Gradio end a run whose name is not known yet."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what is asked in its place is as long as it was."""
        if scope["type"] == "http" and scope["method"] == "POST" and bare_path(scope) in _PATHS:
            body = await Request(scope, receive).body()
            receive = _replayed(_NAMELESS.sub(rb'\1""  ', body), receive)
        await self._app(scope, receive, send)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Tell a body that has been read, then what comes after it."""
    told = False

    async def replayed() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
