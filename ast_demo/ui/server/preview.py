"""What a site sees that shows a preview of a link to the page: ours alone, once.

Gradio's template begins with a preview of Gradio itself, which most sites would take, and gives
the address of its own site as the page's.
"""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ast_demo.ui.server.routes import local_path

_PREVIEW = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
_NOT_OURS = re.compile(
    rb'<meta\s+(?:property="og:url"|name="twitter:creator"'
    rb'|(?:property="og:image"|name="twitter:image")\s+content="")[^>]*>\s*'
)
_STYLE = b"<style>"  # stands between Gradio's preview and ours


def own_preview(page: bytes) -> bytes:
    """Return a page of Gradio's without the parts of its preview that are not ours."""
    before, style, after = page.partition(_STYLE)
    head, end, body = after.partition(b"<script")
    return _PREVIEW.sub(b"", before) + style + _NOT_OURS.sub(b"", head) + end + body


class OwnPreview:
    """Middleware: answer with a page that previews itself."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        is_page = scope["type"] == "http" and local_path(scope) in ("", "/")
        await self._app(scope, receive, _changed(send) if is_page else send)


def _changed(send: Send) -> Send:
    start: Message = {}
    parts: list[bytes] = []

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        if message["type"] != "http.response.body":
            await send(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        headers = MutableHeaders(scope=start)
        body = b"".join(parts)
        if headers.get("content-type", "").startswith("text/html"):
            body = own_preview(body)
            headers["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return changed
