"""W64 files from programs that wrote to a pipe and could not come back to fill in their sizes."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ast_demo.audio.containers.stream import MAX_CHUNKS, Stream, read_at

_UNKNOWN_BYTES = 1 << 62  # a size from here on stands for: not known
_HEAD = 24  # bytes of a chunk's name and of its size, which counts them too


def w64_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Give the samples of a W64 file whose size was never known what is left of the file."""
    if read_at(file, start + _HEAD, 4) != b"wave":
        return None
    place = start + _HEAD + 16
    for _ in range(MAX_CHUNKS):
        head = read_at(file, place, _HEAD)
        if len(head) < _HEAD:
            return None
        (length,) = struct.unpack("<Q", head[16:])
        if head[:4] == b"data":
            break
        place += max(_HEAD, length + -length % 8)
    else:
        return None
    if length < _UNKNOWN_BYTES:
        return None
    sizes = struct.pack("<Q", size - start), struct.pack("<Q", size - place)
    before = (start, start + 16), sizes[0], (start + _HEAD, place + 16), sizes[1]
    return [Stream((*before, (place + _HEAD, size)))]
