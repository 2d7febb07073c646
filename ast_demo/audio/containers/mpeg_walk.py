"""From frame to frame of MPEG audio (MP3): how many there are, and where they go on behind a hole.

These frames bear no numbers. Those before a hole are counted; how many are lost in it follows from
its bytes and the frames' average length, which is exact where the bitrate is constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from ast_demo.audio.containers.mpeg_frames import (
    frame_length,
    has_summary,
    is_same_kind,
    mpeg_rows,
    mpeg_start,
    samples_in_frame,
    summary,
)
from ast_demo.audio.containers.stream import BLOCK_BYTES, read_at
from ast_demo.audio.containers.tags import after_tags

Read = Callable[[int, int], bytes]  # (place, count) -> bytes of the file, fewer at its end
_LONGEST_ROW = 1 << 13  # bytes of the frames by which a row is told
_FIRST_BLOCK = 1 << 10  # bytes that are read of a row at first, for it may be short


class Walk(NamedTuple):
    """Frames of one kind that follow each other."""

    frames: int
    end: int  # place behind the last one
    varies: bool  # whether their bitrate does


def first_sounding_frame(file: BinaryIO, start: int) -> int | None:
    """Return the place of the first frame of sound, behind tags and the frame that sums it up.

    Args:
        file: an open binary file.
        start: place in it where the MPEG audio begins, its tags included.
    """
    tagged = after_tags(file, start)
    first = mpeg_start(read_at(file, tagged, 1 << 16))
    if first is None:
        return None
    frame = read_at(file, tagged + first, 64)
    return tagged + first + (frame_length(frame) if has_summary(frame) else 0)


def missing_summary(read: Read, place: int) -> bytes | None:
    """Return a frame that tells how many follow it, where libsndfile would guess wrongly.

    It reads as many as a constant bitrate would make of the bytes, and no more.

    Args:
        read: reads from the file.
        place: of the first frame.
    """
    frame = read(place, 64)
    if has_summary(frame):
        return None
    walk = _walk(read, place, frame)
    if not walk.varies:
        return None
    lost, end = 0, walk.end
    while (behind := _next_row(read, end, frame)) is not None:
        more = _walk(read, behind, frame)
        lost += round((behind - end) / ((walk.end - place) / walk.frames)) + more.frames
        end = more.end
    return summary(frame, walk.frames + lost)


def mpeg_behind(read: Read, place: int, first: int, sample: int) -> tuple[int, int] | None:
    """Find the frames that go on behind a hole.

    Args:
        read: reads from the file.
        place: of a frame before the hole.
        first: number of its first sample.
        sample: number of the sample that could not be decoded; what is found begins after it.

    Returns:
        The place of the first of these frames and the number of its first sample, None if there
        are none.
    """
    header = read(place, 4)
    while (walk := _walk(read, place, header)).frames:
        behind = _next_row(read, walk.end, header)
        if behind is None:
            return None
        lost = round((behind - walk.end) / ((walk.end - place) / walk.frames))
        place, first = behind, first + (walk.frames + lost) * samples_in_frame(header)
        if first > sample:
            return place, first
    return None


def _walk(read: Read, place: int, like: bytes) -> Walk:
    """Go onward from a frame as long as others of its kind follow."""
    frames, start, block, size = 0, place, b"", _FIRST_BLOCK
    lengths: dict[bytes, int] = {}  # of frames, by their headers: an hour of sound has few kinds
    while True:
        header = block[place - start : place - start + 4]
        if len(header) < 4:  # the next block
            start, block, size = place, read(place, size), min(2 * size, BLOCK_BYTES)
            header = block[:4]
        length = lengths.get(header)
        if length is None:
            length = frame_length(header) if is_same_kind(header, like) else 0
            lengths[header] = length
        if not length:
            break
        place, frames = place + length, frames + 1
    bitrates = {header[2] >> 4 for header, length in lengths.items() if length}
    return Walk(frames, place, len(bitrates) > 1)


def _next_row(read: Read, place: int, like: bytes) -> int | None:
    """Return the next place where frames of this kind follow each other."""
    size = 2 * _LONGEST_ROW  # most holes are short, and a hostile file may hold many
    while len(block := read(place, size)) >= 4:
        for at in mpeg_rows(block):
            if is_same_kind(block[at : at + 4], like):
                return place + at
        if len(block) < size:
            return None
        place += size - _LONGEST_ROW
        size = min(2 * size, BLOCK_BYTES)
    return None
