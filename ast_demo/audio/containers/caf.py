"""CAF: data whose size is unknown, or more than the file holds; files put one after the other."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ast_demo.audio.containers.stream import (
    ENDS_EARLY,
    MAX_CHUNKS,
    MAX_STREAMS,
    UNFINISHED,
    Stream,
    read_at,
)

_MAGIC = b"caff\0\1"


def caf_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """State the true size of a CAF file's data, where it is not right; split files put together."""
    streams, place, plain = [], start, True
    while len(streams) < MAX_STREAMS and read_at(file, place, 6) == _MAGIC:
        end, repaired = _walk(file, place, size)
        streams.append(repaired or Stream(((place, end),)))
        plain = plain and repaired is None
        place = end
    return None if plain and len(streams) < 2 else streams


def _walk(file: BinaryIO, start: int, size: int) -> tuple[int, Stream | None]:
    """Return where a CAF file ends, and how it is to be read if not as it is."""
    place = start + 8
    for _ in range(MAX_CHUNKS):
        head = read_at(file, place, 12)
        if len(head) < 12 or head[:6] == _MAGIC:
            return (place if head[:6] == _MAGIC else size), None
        name, length = head[:4], struct.unpack(">q", head[4:12])[0]
        rest = size - place - 12
        if name == b"data" and not 4 < length <= rest and rest > 4:
            unknown = None if length < 0 else UNFINISHED
            note = ENDS_EARLY if length > 4 else unknown
            true_size = struct.pack(">q", rest)
            return size, Stream(((start, place + 4), true_size, (place + 12, size)), note)
        if length < 0:
            break
        place += 12 + length
    return size, None
