"""Reading what a request brings, within bounds."""

from __future__ import annotations

import anyio
from starlette.types import Message, Receive

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
