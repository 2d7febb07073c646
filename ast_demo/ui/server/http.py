"""Reading what a request brings, within bounds, and refusing it before anything inside sees it."""

from __future__ import annotations

import anyio
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope

SILENT_SECONDS = 30.0  # without a byte, after which a sender is taken to be gone
DISCARD_SECONDS = 5.0  # for what still comes after a request was refused


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


def bounded(receive: Receive, most: int, silence: float = SILENT_SECONDS) -> Receive:
    """Stop reading a body that is longer than it said, that never said, or that does not go on."""
    arrived, complete = 0, False

    async def limited() -> Message:
        nonlocal arrived, complete
        if complete:  # what is awaited now is the visitor's leaving
            return await receive()
        message = {"type": "http.disconnect"}
        with anyio.move_on_after(silence):
            message = await receive()
        arrived += len(message.get("body", b""))
        complete = not message.get("more_body")
        return message if arrived <= most else {"type": "http.disconnect"}

    return limited


def refuse(scope: Scope, status: int, sentence: str, wait_seconds: int | None = None) -> Response:
    """Return a refusal in the form that whoever asked can show.

    Gradio's front end shows the "detail" of an answer, and the text itself where files are
    uploaded; the plain API promises an "error".

    Args:
        wait_seconds: after which it may be tried again.
    """
    headers = None if wait_seconds is None else {"Retry-After": str(wait_seconds)}
    if scope["path"].endswith("/upload"):
        return PlainTextResponse(sentence, status, headers)
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)
