"""What stands before the page: limits on requests, and headers on answers (pure ASGI)."""

from __future__ import annotations

import functools
import gc
import os
import re
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ast_demo.ui.server.agents import AgentTools, agents_welcome
from ast_demo.ui.server.client import client
from ast_demo.ui.server.compression import CompressedText
from ast_demo.ui.server.early_cancel import EarlyCancel
from ast_demo.ui.server.health import Health, list_troubles
from ast_demo.ui.server.http import TooManyFilesError, bounded, discard, files_counted, refuse
from ast_demo.ui.server.multipart import is_form
from ast_demo.ui.server.origins import OwnHosts, public_hosts
from ast_demo.ui.server.passwords import BasicPassword, BoundedLogin, PasswordGuesses
from ast_demo.ui.server.preview import OwnPreview
from ast_demo.ui.server.rates import TokenBucket
from ast_demo.ui.server.rest import PREFIX, PlainApi
from ast_demo.ui.server.room import UploadRoom
from ast_demo.ui.server.routes import AGENTS_ROUTE, OpenRoutes, bare_path
from ast_demo.ui.server.shutdown import CountRequests, GracefulShutdown
from ast_demo.ui.server.visitors import Presence, Visitors
from ast_demo.ui.services.errors import no_room, user_message
from ast_demo.ui.services.limits import MEGABYTE, Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import delete_fragments, upload_folder

# Paths below the place where the page is mounted, as `bare_path` returns them, compared whole: one
# endpoint's name may hold another route's.
UPLOAD_PATH = "/gradio_api/upload"  # where a sound stays after the answer
COMPONENT_PATH = "/gradio_api/component_server"
COUNTED_PATHS = (  # their beginnings
    *(UPLOAD_PATH, "/gradio_api/queue/join", "/gradio_api/call/", COMPONENT_PATH),
    *(PREFIX, "/mcp"),
)
PAGE_PATHS = ("/", "/config", "/gradio_api/info")  # made anew for whoever asks, some 30 ms each
# Gradio would fetch these addresses for whoever asks, and hand on what they answer.
_FETCHING_PATH = re.compile(r"/file=\s*https?:", re.IGNORECASE)

# Gradio's front end builds functions from templates (unsafe-eval) and its recorder runs in workers
# made from blobs. Everything else comes from this server. Spaces show the page inside a frame.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
}


def guards(
    services: Services,
    closing: GracefulShutdown,
    password: str | None = None,
    local: bool = False,
    presence: Presence | None = None,
) -> list[Middleware]:
    """List the middleware for the server, outermost first.

    Args:
        services: of this server process.
        closing: what counts the requests that run.
        password: "name:password" that visitors must give.
        local: whether the page is for this machine alone, so that other sites are kept away.
        presence: where it is noted who waits for results.
    """
    limits = services.limits
    troubles = functools.partial(list_troubles, services, closing, upload_folder())
    guesses = PasswordGuesses(limits)
    basic = None if password is None else BasicPassword(password, guesses)
    agents = agents_welcome(os.environ)
    more = [AGENTS_ROUTE] if agents else []
    return [
        Middleware(SecurityHeaders),
        Middleware(Failures),
        Middleware(CompressedText),
        Middleware(OwnPreview),
        Middleware(Health, troubles=troubles),
        *([Middleware(OwnHosts, hosts=public_hosts(os.environ))] if local else []),
        Middleware(OpenRoutes, guarded=password is not None, more=more),
        Middleware(CountRequests, closing=closing),
        Middleware(Visitors, presence=presence or Presence(), limits=limits),
        Middleware(RequestLimits, limits=limits),
        Middleware(EarlyCancel),
        *([Middleware(BoundedLogin, guesses=guesses)] if password is not None else []),
        *([Middleware(AgentTools, services=services, password=basic)] if agents else []),
        Middleware(PlainApi, services=services, password=basic),
    ]


class SecurityHeaders:
    """Add the security headers to every answer."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; headers that the app set itself stay."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class Failures:
    """Answer with one sentence what nothing inside answered; the traceback is for the host."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an answer that has begun cannot be changed any more."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            if not begun:  # it left, or sent more than it may
                await refuse(scope, 413, "The request was cut off.")(scope, receive, send)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            if no_room(error):
                print(f"There is no room for sounds: {error}", flush=True)
                traceback.clear_frames(error.__traceback__)  # they hold the file open
                gc.collect()
                delete_fragments(upload_folder(), 0)  # they may be what fills the disk
            else:
                traceback.print_exception(error)
            answer = refuse(scope, 507 if no_room(error) else 500, user_message(error))
            await answer(scope, receive, send)


class RequestLimits:
    """Refuse requests that are too large, too many, or that the upload folder has no room for."""

    def __init__(self, app: ASGIApp, limits: Limits):
        self._app = app
        self._limits = limits
        self._budget = TokenBucket(limits.requests_per_minute / 60, limits.request_burst)
        self._pages = TokenBucket(limits.pages_per_minute / 60, limits.request_burst)
        self._room = UploadRoom(upload_folder(), limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with one sentence that names the bound."""
        if scope["type"] == "http" and _FETCHING_PATH.search(scope["path"]):
            answer = refuse(scope, 403, "Addresses are not fetched here.")
            await answer(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] != "POST":
            refusal = self._page_refusal(scope)
            await (refusal or self._app)(scope, receive, send)
            return
        most = self._largest_body(scope)
        refusal = self._refusal(scope, most)
        if refusal is not None:
            await discard(receive, most)
            await refusal(scope, receive, send)
        elif _is_upload(scope):
            await self._upload(scope, bounded(receive, most), send, most)
        else:
            await self._app(scope, bounded(receive, most), send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Pass a sound on if there is room for it, which is held until it has arrived."""
        address, length = client(scope), _length(scope, most)
        sentence = self._room.refusal(address, length)
        if sentence is not None:
            await discard(receive, most)
            await refuse(scope, 507, sentence)(scope, receive, send)
            return
        kept = bare_path(scope) == UPLOAD_PATH
        with self._room.reserved(address, length, kept):
            counted = files_counted(scope, receive, self._limits.files_per_upload)
            try:
                await self._app(scope, counted, send)
            except TooManyFilesError as error:  # raised while the body is read: nothing was sent
                if error.more_body:
                    await discard(receive, most)
                await refuse(scope, 413, str(error))(scope, receive, send)

    def _page_refusal(self, scope: Scope) -> Response | None:
        is_page = scope["type"] == "http" and bare_path(scope) in PAGE_PATHS
        if not is_page or self._pages.spend(client(scope)):
            return None
        most = self._limits.pages_per_minute
        sentence = f"Too many requests: {most} pages a minute are opened, wait a moment."
        return refuse(scope, 429, sentence, wait_seconds=5)

    def _largest_body(self, scope: Scope) -> int:
        limits = self._limits
        megabytes = limits.file_megabytes + 1 if _is_upload(scope) else limits.json_megabytes
        return megabytes * MEGABYTE

    def _refusal(self, scope: Scope, most: int) -> Response | None:
        limits, path, headers = self._limits, bare_path(scope), Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            return refuse(
                scope, 413, f"The request is too large: at most {most // MEGABYTE} MB are taken."
            )
        if path.startswith(COUNTED_PATHS) and not self._budget.spend(client(scope)):
            return refuse(
                scope,
                429,
                f"Too many requests: {limits.requests_per_minute} a minute are answered, "
                "wait a moment.",
                wait_seconds=5,
            )
        # Gradio would write a form's files where nobody counts them, and a form that breaks off
        # would leave them there.
        if path == COMPONENT_PATH and is_form(headers.get("content-type")):
            return refuse(
                scope, 415, "The request is a form (multipart/form-data): send JSON instead."
            )
        return None


def _length(scope: Scope, most: int) -> int:
    """Return how long a body says that it is; one that does not say may be as long as allowed."""
    return int(Headers(scope=scope).get("content-length", most))


def _is_upload(scope: Scope) -> bool:
    """Tell whether the body is a sound."""
    path = bare_path(scope)
    return path == UPLOAD_PATH or path.startswith(PREFIX)
