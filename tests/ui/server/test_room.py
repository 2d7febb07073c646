"""Room for uploads is counted before they come, and no visitor has all of it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from ast_demo.ui.server.http import TooManyFilesError, bounded, files_counted
from ast_demo.ui.server.room import UploadRoom
from ast_demo.ui.services.limits import MEGABYTE, Limits


def room(tmp_path, **limits):
    return UploadRoom(tmp_path, Limits(**{"temporary_megabytes": 100, **limits}))


def test_uploads_that_begin_together_find_room_only_as_long_as_there_is_some(tmp_path):
    uploads, taken = room(tmp_path, visitor_megabytes=100), 0
    with contextlib.ExitStack() as stack:
        for n in range(30):
            if uploads.refusal(f"address {n}", 48 * MEGABYTE) is None:
                stack.enter_context(uploads.reserved(f"address {n}", 48 * MEGABYTE, kept=True))
                taken += 1
        assert taken == 2
        assert "room for sounds is used up" in uploads.refusal("another", 48 * MEGABYTE)


def test_what_did_not_stay_makes_room_again(tmp_path):
    uploads = room(tmp_path)
    with uploads.reserved("a", 90 * MEGABYTE, kept=False):
        assert uploads.refusal("b", 20 * MEGABYTE)
    assert uploads.refusal("b", 20 * MEGABYTE) is None


def test_one_visitor_leaves_room_for_others(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("ast_demo.ui.server.room.time.monotonic", lambda: now[0])
    uploads = room(tmp_path, visitor_megabytes=25, keep_seconds=600)
    with uploads.reserved("greedy", 20 * MEGABYTE, kept=True):
        pass
    refusal = uploads.refusal("greedy", 6 * MEGABYTE)
    assert refusal == ("At most 25 MB of sounds are kept for one visitor: try again in 10 minutes.")
    assert uploads.refusal("other", 6 * MEGABYTE) is None
    now[0] += 601
    assert uploads.refusal("greedy", 6 * MEGABYTE) is None


def test_files_are_counted_too(tmp_path):
    for n in range(5):
        (tmp_path / f"{n}.wav").write_bytes(b"x")
    assert "used up" in room(tmp_path, temporary_files=5).refusal("a", 1)
    assert room(tmp_path, temporary_files=6).refusal("a", 1) is None


def form(files: int, boundary=b"----mark") -> bytes:
    part = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="files"\r\n\r\nx\r\n'
    return part * files + b"--" + boundary + b"--\r\n"


def read(body: bytes, most: int, piece: int, kind=b"multipart/form-data; boundary=----mark"):
    """Read a form in pieces; return what arrived."""
    pieces = [body[n : n + piece] for n in range(0, len(body), piece)]

    async def receive():
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def run():
        counted = files_counted({"headers": [(b"content-type", kind)]}, receive, most)
        arrived = b""
        while True:
            message = await counted()
            arrived += message["body"]
            if not message["more_body"]:
                return arrived

    return asyncio.run(run())


@pytest.mark.parametrize("piece", [1, 7, 10, 64, 10_000])
def test_a_form_is_read_up_to_so_many_files_however_it_is_cut(piece):
    assert read(form(3), 3, piece) == form(3)
    with pytest.raises(TooManyFilesError, match="At most 3 files"):
        read(form(4), 3, piece)


def test_what_is_no_form_is_read_as_it_is():
    assert read(form(9), 3, 64, kind=b"audio/wav") == form(9)


def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("ast_demo.ui.server.http.time.monotonic", lambda: now[0])

    async def receive():
        now[0] += 10.0  # a byte every ten seconds
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def run():
        limited, read = bounded(receive, 1000), 0
        while (await limited())["type"] == "http.request":
            read += 1
            assert read < 20
        return read

    assert asyncio.run(run()) <= 4  # in 40 seconds
