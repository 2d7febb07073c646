"""Who asks, and whether he is still there: known to everything that works for him."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import re
import threading
import time
from collections import Counter, OrderedDict
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ast_demo.ui.server.client import client, is_near
from ast_demo.ui.server.http import discard, refuse
from ast_demo.ui.server.routes import local_path
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.visitor import Visitor, current_visitor, visiting

KEY = "ast_demo.visitor"  # in a request's scope: who asks
PRESENCE = "ast_demo.presence"  # there too: tells of a session whether it has left since
LEAVERS_KEPT = 10_000  # sessions whose page was closed; the oldest are forgotten
ANSWERED_AT_ONCE = re.compile(r"/v1/.*|/mcp/?|/gradio_api/component_server/?")
RESULTS = re.compile(r"/gradio_api/(?:queue/data|call/[^/]+/(?P<event>[^/]+)|heartbeat/[^/]+)")


class Presence:
    """Remember which sessions wait for results, and which stopped waiting before they came."""

    def __init__(self):
        self._streams = Counter()  # session -> streams of results that are open
        self._left = OrderedDict()  # session -> when its last stream broke off
        self._lock = threading.Lock()

    def enter(self, session: str) -> None:
        """Note that a session reads its results."""
        with self._lock:
            self._streams[session] += 1
            self._left.pop(session, None)

    def leave(self, session: str, broke_off: bool) -> None:
        """Note that a stream ended: with all its results, or because nobody read on."""
        with self._lock:
            self._streams[session] -= 1
            if self._streams[session] > 0:
                return
            del self._streams[session]
            if broke_off:
                self._left[session] = time.monotonic()
                if len(self._left) > LEAVERS_KEPT:
                    self._left.popitem(last=False)

    def has_left(self, session: str, since: float) -> bool:
        """Tell whether a session stopped waiting after a time (of `time.monotonic`)."""
        return self._left.get(session, since) > since

    def is_reading(self, session: str) -> bool:
        """Tell whether a session reads its results now."""
        return session in self._streams


class Visitors:
    """Middleware: note who asks, and watch whether he leaves before he is answered."""

    def __init__(self, app: ASGIApp, presence: Presence, limits: Limits):
        self._app = app
        self._presence = presence
        self._most = limits.streams
        self._streams = Counter()  # address -> streams of results that are open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the visitor in its scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address, path = client(scope), local_path(scope)
        results = RESULTS.fullmatch(path) if scope["method"] == "GET" else None
        if results is not None:
            await self._stream(scope, receive, send, address, results["event"])
        elif scope["method"] == "POST" and ANSWERED_AT_ONCE.fullmatch(path):
            await self._watched(scope, receive, send, address)
        else:
            scope[KEY] = Visitor(address, near=is_near(scope))
            scope[PRESENCE] = functools.partial(self._presence.has_left, since=time.monotonic())
            await self._app(scope, receive, send)

    async def _stream(self, scope, receive, send, address: str, event: str | None) -> None:
        """Pass on a stream of results; how it ends tells whether somebody still waits."""
        if self._streams[address] >= self._most:
            sentence = f"At most {self._most} pages of one address are served at a time."
            await discard(receive, 0)
            await refuse(scope, 429, sentence, 10)(scope, receive, send)
            return
        session, finished = event or _asked_session(scope), False

        async def watched(message: Message) -> None:
            nonlocal finished
            finished |= message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        self._streams[address] += 1
        if session:
            self._presence.enter(session)
        try:
            await self._app(scope, receive, watched)
        finally:
            if session:
                self._presence.leave(session, broke_off=not finished)
            self._streams[address] -= 1
            self._streams += Counter()

    async def _watched(self, scope, receive, send, address: str) -> None:
        """Pass on a request that is answered at once; its visitor is told gone when he hangs up."""
        gone, whole = threading.Event(), asyncio.Event()

        async def listening() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            if not message.get("more_body"):
                whole.set()
            return message

        async def listen() -> None:
            await whole.wait()
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        scope[KEY] = Visitor(address, has_left=gone.is_set, near=is_near(scope))
        listener = asyncio.create_task(listen())
        try:
            with visiting(scope[KEY]):
                await self._app(scope, listening, send)
        finally:
            listener.cancel()


def event_visitor(request) -> Visitor:
    """Return who asked for an event of the page.

    Args:
        request: what Gradio hands on of the request that brought the event, or None.
    """
    scope = getattr(getattr(request, "request", None), "scope", {})
    if KEY not in scope:
        return current_visitor()
    session = request.session_hash or ""
    has_left = functools.partial(scope[PRESENCE], session)
    return dataclasses.replace(scope[KEY], session=session, has_left=has_left)


def _asked_session(scope: Scope) -> str | None:
    return parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [None])[0]
