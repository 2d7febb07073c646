"""RIFF (WAV and RF64): sizes that were never filled in, chunks without their pad byte."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from ast_demo.audio.containers.stream import (
    ENDS_EARLY,
    MAX_CHUNKS,
    MAX_STREAMS,
    UNFINISHED,
    UNKNOWN_BYTES,
    Stream,
    read_at,
)

_LARGEST_SIZE = 1 << 62  # bytes; a 64-bit size beyond means: unknown


def riff_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Give WAV files the sizes that they have; split files that were put one after the other."""
    streams, place, plain = [], start, True
    while len(streams) < MAX_STREAMS:
        found = _riff_stream(file, place, size)
        if found is None:
            break
        stream, place, whole = found
        plain = plain and whole
        streams.append(stream)
        if read_at(file, place, 4) not in (b"RIFF", b"RF64"):
            break
        plain = False
    return None if plain else streams


def _riff_stream(file: BinaryIO, start: int, size: int) -> tuple[Stream, int, bool] | None:
    """Return the stream that begins at a place, where it ends, and whether all is as it should."""
    header = _read_header(file, start)
    if header is None:
        return None
    begin = header.data + 8
    rest = size - begin
    stated, note = header.length, None
    if stated < rest and not _chunks_follow(file, begin + stated, size):
        beyond = rest - stated
        if stated == 0 or beyond > stated:
            note = UNFINISHED
            stated = rest
    whole = header.tidy and note is None
    if rest < stated < UNKNOWN_BYTES:
        note = ENDS_EARLY
    stated = min(stated, rest)
    end = begin + stated
    after = next((p for p in (end + stated % 2, end) if _is_riff(file, p)), end)
    riff_length = struct.pack("<I", (stated + len(header.layout) + 12) & 0xFFFFFFFF)
    data = b"data" + struct.pack("<I", stated & 0xFFFFFFFF)
    rewritten = b"".join((b"RIFF", riff_length, b"WAVE", header.layout, data))
    return Stream((rewritten, (begin, end)), note), after, whole


class _Header(NamedTuple):
    layout: bytes  # the whole "fmt " chunk
    data: int  # place of the chunk of samples
    length: int  # of the samples in bytes, as it is stated
    tidy: bool  # chunks of an odd length have their pad byte, and no size is beyond reason


def _read_header(file: BinaryIO, start: int) -> _Header | None:
    """Walk through the chunks up to the samples; None if this is no WAV file or has no layout."""
    if read_at(file, start + 8, 4) != b"WAVE":
        return None
    place, layout, length64, tidy = start + 12, None, None, True
    for _ in range(MAX_CHUNKS):
        name, length = _chunk(file, place)
        if not _is_name(name) and _is_name(_chunk(file, place - 1)[0]):
            place -= 1  # the chunk before has an odd length and no pad byte
            tidy = False
            name, length = _chunk(file, place)
        if not _is_name(name):
            return None
        if name == b"ds64":
            length64 = struct.unpack("<Q", read_at(file, place + 16, 8).ljust(8, b"\0"))[0]
        if name == b"fmt ":
            layout = read_at(file, place, 8 + min(length, 4096))
        if name == b"data":
            break
        place += 8 + length + length % 2
    else:
        return None
    if layout is None:
        return None
    if length == 0xFFFFFFFF and length64 is not None:
        length = length64
    return _Header(layout, place, length, tidy and (length64 or 0) <= _LARGEST_SIZE)


def _chunk(file: BinaryIO, place: int) -> tuple[bytes, int]:
    """Return the name and the stated length of the chunk at a place."""
    head = read_at(file, place, 8)
    return head[:4], struct.unpack("<I", head[4:8])[0] if len(head) == 8 else 0


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(32 <= letter < 127 for letter in name)


def _is_riff(file: BinaryIO, place: int) -> bool:
    head = read_at(file, place, 12)
    return head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE"


def _chunks_follow(file: BinaryIO, place: int, size: int) -> bool:
    """Tell whether what follows the sound is chunks up to the end of the file, or another file."""
    for at in (place, place + 1):  # with and without a pad byte
        while at + 8 <= size:
            name, length = _chunk(file, at)
            if _is_riff(file, at):
                return True
            if not _is_name(name) or at + 8 + length > size:
                break
            at += 8 + length + length % 2
            if size - at < 8:
                return True
    return False
