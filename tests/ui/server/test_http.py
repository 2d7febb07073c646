"""Bodies that are too long or never end."""

from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from ast_demo.ui.server.http import bounded

GONE = {"type": "http.disconnect"}


def piece(content, more):
    return {"type": "http.request", "body": content, "more_body": more}


def received(messages, most=10, silence=60.0, count=2, late=0.0):
    """Return the first messages that an app gets; after the last one nothing comes any more."""
    waiting = list(messages)

    async def receive():
        return waiting.pop(0) if waiting else await anyio.sleep_forever()

    async def run():
        limited = bounded(receive, most, silence)
        await anyio.sleep(late)
        with anyio.fail_after(0.5):
            return [await limited() for _ in range(count)]

    with ThreadPoolExecutor(1) as thread:  # a browser of other tests may hold this one's loop
        return thread.submit(anyio.run, run).result()


def test_a_body_within_its_bound_passes_as_it_is():
    messages = [piece(b"12345", True), piece(b"67890", False), GONE]
    assert received(messages, count=3) == messages


def test_a_body_that_is_too_long_ends_there():
    assert received([piece(b"12345", True), piece(b"678901", True)])[1] == GONE


def test_a_sender_that_falls_silent_is_taken_to_be_gone():
    assert received([piece(b"1", True)], silence=0.05)[1] == GONE


def test_a_body_that_has_come_is_read_however_late_the_server_comes_to_it():
    messages = [piece(b"1", True), piece(b"2", False)]
    assert received(messages, silence=0.05, late=0.2) == messages


def test_after_the_whole_body_the_leaving_is_waited_for():
    with pytest.raises(TimeoutError):
        received([piece(b"1", False)], silence=0.05)
