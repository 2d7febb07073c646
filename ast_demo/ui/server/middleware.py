"""What stands before the page: limits on requests, and headers on answers (pure ASGI)."""

from __future__ import annotations

import functools
import gc
import os
import re
import threading
import time
import traceback
from collections import OrderedDict
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ast_demo.ui.server.health import Health, list_troubles
from ast_demo.ui.server.http import bounded, discard, refuse
from ast_demo.ui.server.rest import PlainApi
from ast_demo.ui.server.shutdown import CountRequests, GracefulShutdown
from ast_demo.ui.services.errors import no_room, user_message
from ast_demo.ui.services.limits import MEGABYTE, Limits, spell_time
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import delete_fragments, upload_folder

CLIENTS_REMEMBERED = 10_000  # addresses with a budget; the one seen longest ago is forgotten
FOLDER_SIZE_SECONDS = 2.0  # how long a measured size of the upload folder is believed
COUNTED_PATHS = ("/upload", "/queue/join", "/call/", "/run/", "/api/", "/component_server", "/v1/")
UPLOAD_PATHS = ("/upload", "/v1/")  # whose body is a sound
# Gradio would fetch these addresses for whoever asks, and hand on what they answer.
_FETCHING_PATH = re.compile(r"/file[=/]\s*https?:|/proxy=", re.IGNORECASE)

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
    services: Services, closing: GracefulShutdown, password: str | None = None
) -> list[Middleware]:
    """List the middleware for the server, outermost first."""
    troubles = functools.partial(list_troubles, services, closing, upload_folder())
    return [
        Middleware(SecurityHeaders),
        Middleware(Failures),
        Middleware(Health, troubles=troubles),
        Middleware(CountRequests, closing=closing),
        Middleware(RequestLimits, limits=services.limits),
        Middleware(PlainApi, services=services, password=password),
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
        self._folder = FolderSize(upload_folder())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with one sentence that names the bound."""
        if scope["type"] == "http" and _FETCHING_PATH.search(scope["path"]):
            refusal = refuse(scope, 403, "Addresses are not fetched here.")
            await refusal(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT"):
            await self._app(scope, receive, send)
            return
        most = self._largest_body(scope["path"])
        refusal = self._refusal(scope)
        if refusal is not None:
            await discard(receive, most)
            await refusal(scope, receive, send)
            return
        await self._app(scope, bounded(receive, most), send)

    def _largest_body(self, path: str) -> int:
        limits = self._limits
        megabytes = limits.file_megabytes + 1 if _is_upload(path) else limits.json_megabytes
        return megabytes * MEGABYTE

    def _refusal(self, scope: Scope) -> Response | None:
        limits, path = self._limits, scope["path"]
        most = self._largest_body(path)
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            return refuse(
                scope, 413, f"The request is too large: at most {most // MEGABYTE} MB are taken."
            )
        if any(part in path for part in COUNTED_PATHS) and not self._budget.spend(client(scope)):
            return refuse(
                scope,
                429,
                f"Too many requests: {limits.requests_per_minute} a minute are answered, "
                "wait a moment.",
                wait_seconds=5,
            )
        if _is_upload(path):
            delete_fragments(self._folder.path, limits.keep_seconds)
        full = limits.temporary_megabytes * MEGABYTE
        if _is_upload(path) and self._folder.size() + int(length) > full:
            return refuse(
                scope,
                507,
                "The server's room for sounds is used up: try again in "
                f"{spell_time(limits.keep_seconds)}.",
            )
        return None


class TokenBucket:
    """Count requests per client: each has a bucket that refills at a rate.

    Args:
        rate: requests a second.
        burst: requests at once, when the bucket is full.
    """

    def __init__(self, rate: float, burst: int):
        self._rate = rate
        self._burst = burst
        self._buckets = OrderedDict()  # client -> (tokens left, time of the last request)
        self._lock = threading.Lock()

    def spend(self, name: str) -> bool:
        """Take one request from a client's bucket; False if it is empty."""
        now = time.monotonic()
        with self._lock:
            tokens, last = self._buckets.pop(name, (self._burst, now))
            tokens = min(self._burst, tokens + (now - last) * self._rate)
            allowed = tokens >= 1
            self._buckets[name] = (tokens - allowed, now)
            if len(self._buckets) > CLIENTS_REMEMBERED:
                self._buckets.popitem(last=False)
        return allowed


class FolderSize:
    """Measure a folder, at most once in a while."""

    def __init__(self, folder: Path):
        self.path = folder
        self._bytes = 0
        self._measured = -FOLDER_SIZE_SECONDS

    def size(self) -> int:
        """Return the bytes of the files in the folder."""
        if time.monotonic() - self._measured > FOLDER_SIZE_SECONDS:
            self._bytes = sum(_file_sizes(self.path))
            self._measured = time.monotonic()
        return self._bytes


def _is_upload(path: str) -> bool:
    return any(part in path for part in UPLOAD_PATHS)


def client(scope: Scope) -> str:
    """Return the address of the visitor; behind the proxy of a Space it is the last hop's word."""
    if os.environ.get("SPACE_ID"):  # elsewhere anyone could write this header
        hops = Headers(scope=scope).get("x-forwarded-for", "")
        if hops:
            return hops.rsplit(",", 1)[-1].strip()
    return scope["client"][0] if scope.get("client") else "unknown"


def _file_sizes(folder: Path):
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.path.getsize(os.path.join(parent, name))
            except OSError:  # deleted meanwhile
                continue
