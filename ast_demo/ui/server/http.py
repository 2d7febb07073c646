"""Reading what a request brings, within bounds, and refusing it before anything inside sees it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

import anyio
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope

SILENT_SECONDS = 30.0  # without a byte, after which a sender is taken to be gone
SLOWEST_BYTES = 4096  # a second on average, after that time: a phone at the edge of a network
DISCARD_SECONDS = 5.0  # for what still comes after a request was refused
TRY_AGAIN = (429, 503)  # what may be asked again after a while
LATE_BYTES = 1 << 20  # read of a refused request, before it is told so


async def discard(receive: Receive, most: int) -> None:
    """Read the rest of a refused request, at most so many bytes and a few seconds.

    A client that is still sending when the answer comes sees a broken connection instead of it.
    """
    arrived = 0
    with anyio.move_on_after(DISCARD_SECONDS):
        while arrived <= most:
            message = await receive()
            arrived += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return


async def exhaust(body: AsyncIterator[bytes]) -> None:
    """Read the rest of a body of which the beginning was refused, as `discard` does."""
    with anyio.move_on_after(DISCARD_SECONDS), contextlib.suppress(ClientDisconnect):
        async for _ in body:
            pass


def bounded(receive: Receive, most: int, silence: float = SILENT_SECONDS) -> Receive:
    """Stop reading a body that is too long, that does not go on, or goes on too slowly.

    Only the time counts in which the sender is waited for: a busy server may come to it late.
    """
    arrived, complete, waited = 0, False, 0.0

    async def limited() -> Message:
        nonlocal arrived, complete, waited
        if complete:  # what is awaited now is the visitor's leaving
            return await receive()
        message: Message = {"type": "http.disconnect"}
        left = silence + arrived / SLOWEST_BYTES - waited
        if left > 0:
            asked = time.monotonic()
            with anyio.move_on_after(min(silence, left)):
                message = await receive()
            waited += time.monotonic() - asked
        arrived += len(message.get("body", b""))
        complete = not message.get("more_body")
        return message if arrived <= most else {"type": "http.disconnect"}

    return limited


class TooManyFilesError(Exception):
    """One request brings more files than are taken.

    Args:
        more_body: whether there is more of it to come.
    """

    def __init__(self, sentence: str, more_body: bool):
        super().__init__(sentence)
        self.more_body = more_body


def files_counted(scope: Scope, receive: Receive, most: int) -> Receive:
    """Stop reading a form that holds more than so many files, before more are written.

    Raises:
        TooManyFilesError: from what is returned, when it reads one more.
    """
    kind, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        return receive
    mark, parts, tail = b"--" + boundary, 0, b""

    async def counted() -> Message:
        nonlocal parts, tail
        message = await receive()
        text = tail + message.get("body", b"")
        parts += text.count(mark)
        tail = text[-len(mark) + 1 :] if len(mark) > 1 else b""
        if parts > most + 1:  # one mark stands at the end
            sentence = f"At most {most} files are taken with one request."
            raise TooManyFilesError(sentence, message.get("more_body", False))
        return message

    return counted


def refuse(scope: Scope, status: int, sentence: str, wait_seconds: int | None = None) -> Response:
    """Return a refusal in the form that whoever asked can show.

    Gradio's front end shows the "detail" of an answer, and the text itself where files are
    uploaded; the plain API promises an "error", and so do the functions of the page's components,
    whose answers are read only where the status is 200.

    Args:
        wait_seconds: after which it may be tried again.
    """
    headers = None if wait_seconds is None else {"Retry-After": str(wait_seconds)}
    path = scope["path"].rstrip("/")
    if path.endswith("/upload"):
        return PlainTextResponse(sentence, status, headers)
    if path.endswith("/component_server") and status in TRY_AGAIN:
        return JSONResponse({"error": sentence, "busy": True}, 200, headers)
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)
