"""CAF: data whose size is unknown, or more than the file holds."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ast_demo.audio.containers.stream import ENDS_EARLY, MAX_CHUNKS, UNFINISHED, Stream, read_at


def caf_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """State the true size of a CAF file's data, where it is unknown or more than there is."""
    place = start + 8
    for _ in range(MAX_CHUNKS):
        head = read_at(file, place, 12)
        if len(head) < 12:
            return None
        name, length = head[:4], struct.unpack(">q", head[4:12])[0]
        rest = size - place - 12
        if name == b"data":
            if 4 < length <= rest or rest <= 4:
                return None
            unknown = None if length < 0 else UNFINISHED
            note = ENDS_EARLY if length > 4 else unknown
            true_size = struct.pack(">q", rest)
            return [Stream(((start, place + 4), true_size, (place + 12, size)), note)]
        if length < 0:
            return None
        place += 12 + length
    return None
