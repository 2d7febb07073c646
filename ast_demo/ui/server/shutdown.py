"""How the server ends: it takes nothing new, finishes what runs, deletes the sounds, and goes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from ast_demo.ui.server.http import LATE_BYTES, discard, refuse
from ast_demo.ui.services.uploads import delete_fragments

WORK_PATHS = ("/upload", "/queue/", "/call/", "/component_server", "/v1/")
QUIET_SECONDS = 0.5  # without work, after which nothing is on its way any more
CLOSE_SECONDS = 1.5  # for Gradio to end its connections
_UPLOAD_NAME = re.compile(r"[0-9a-f]{64}")  # Gradio keeps each upload in a folder named like this


class GracefulShutdown:
    """Count the requests that run and refuse new ones once the server is to end."""

    def __init__(self):
        self._running = 0
        self._lock = threading.Lock()
        self._told = threading.Event()

    @property
    def begun(self) -> bool:
        """Whether the server was told to end."""
        return self._told.is_set()

    def tell(self, *_) -> None:
        """Begin to end; usable as a signal's handler."""
        self._told.set()

    def listen(self) -> None:
        """Take SIGTERM and Ctrl+C for the word to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.tell)

    def wait_until_told(self) -> None:
        """Wait for that word; a second Ctrl+C then ends at once."""
        while not self._told.wait(1.0):  # a wait without end would not hear signals on Windows
            pass
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait at most so long for the running requests; return whether all ended."""
        end = time.monotonic() + seconds
        quiet_since = time.monotonic()
        while time.monotonic() < end:
            if self._running:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since >= QUIET_SECONDS:
                return True
            time.sleep(0.02)
        return self._running == 0

    def count(self, change: int) -> None:
        """Note that a request began (1) or ended (-1)."""
        with self._lock:
            self._running += change


class CountRequests:
    """Middleware: tell `GracefulShutdown` about every request that is work."""

    def __init__(self, app: ASGIApp, closing: GracefulShutdown):
        self._app = app
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; while the server ends, only results may still be fetched."""
        if scope["type"] != "http" or not any(part in scope["path"] for part in WORK_PATHS):
            await self._app(scope, receive, send)
            return
        if self._closing.begun and scope["method"] != "GET":
            await discard(receive, LATE_BYTES)
            sentence = "The server is closing: try again in a moment."
            await refuse(scope, 503, sentence, wait_seconds=10)(scope, receive, send)
            return
        self._closing.count(1)
        try:
            await self._app(scope, receive, send)
        finally:
            self._closing.count(-1)


def close_page(page, closing: GracefulShutdown, seconds: float) -> None:
    """Finish the running requests and close the page.

    Args:
        page: the served Blocks.
        closing: what counts the requests.
        seconds: for the requests that run.
    """
    closing.wait_until_idle(seconds)
    closer = threading.Thread(target=page.close, kwargs={"verbose": False}, daemon=True)
    closer.start()
    closer.join(CLOSE_SECONDS)


def end_process() -> None:
    """End at once: a request that does not end must not keep the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def delete_uploads(folder: Path, ours: bool) -> None:
    """Delete what visitors sent: the whole folder if we made it, else what Gradio put there."""
    if ours:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir() if folder.is_dir() else ():
        if _UPLOAD_NAME.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)
    delete_fragments(folder, 0)
