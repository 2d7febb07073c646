"""MPEG audio (MP3) that begins inside a frame, does not tell its length, or is followed by more."""

from __future__ import annotations

from typing import BinaryIO

from ast_demo.audio.containers.mpeg_frames import frame_length, mpeg_start, stated_end
from ast_demo.audio.containers.mpeg_walk import missing_summary
from ast_demo.audio.containers.stream import MAX_STREAMS, Stream, read_at
from ast_demo.audio.containers.tags import after_tags, after_zeros


def mpeg_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Find MPEG audio behind the rest of a frame, and such that another one was put after."""
    tagged = after_tags(file, start)
    first = mpeg_start(read_at(file, tagged, 1 << 16))
    if first is None:
        return None
    streams, begin, place = [], start if not first else tagged + first, tagged + first
    while len(streams) < MAX_STREAMS:
        end = stated_end(read_at(file, place, 4096))
        following = None if end is None else _next_mpeg(file, place + end, size)
        if following is None:
            break
        streams.append(Stream(((begin, following),)))
        begin = following
        place = after_tags(file, following)
    made = missing_summary(lambda at, count: read_at(file, at, min(count, size - at)), place)
    if made:
        return [*streams, Stream(((begin, place), made, (place, size)))]
    if not streams and begin == start:
        return None
    return [*streams, Stream(((begin, size),))]


def _next_mpeg(file: BinaryIO, place: int, size: int) -> int | None:
    """Return where another MPEG sound begins right after one, tags and zeros aside."""
    if read_at(file, place, 3) == b"TAG":
        place += 128
    place = after_zeros(file, place, size)
    frames = read_at(file, after_tags(file, place), 1 << 14)
    length = frame_length(frames[:4])
    if length and (mpeg_start(frames) == 0 or frame_length(frames[length : length + 4])):
        return place
    return None
