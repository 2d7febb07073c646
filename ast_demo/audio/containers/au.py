"""AU: a size that was never filled in, files put one after the other."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ast_demo.audio.containers.stream import MAX_STREAMS, UNFINISHED, Stream, read_at


def au_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Fill in the size that an AU file's header states as zero; split AU files put together."""
    streams, place = [], start
    while len(streams) < MAX_STREAMS and read_at(file, place, 4) == b".snd":
        head = read_at(file, place, 24)
        if len(head) < 24:
            break
        offset, stated = struct.unpack(">II", head[4:12])
        rest = size - place - offset
        if stated == 0 and rest > 0:
            note = UNFINISHED
            filled = head[:8] + b"\xff\xff\xff\xff"
            streams.append(Stream((filled, (place + 8 + 4, size)), note))
            return streams
        end = place + offset + stated
        if stated == 0xFFFFFFFF or end >= size:
            streams.append(Stream(((place, size),)))
            break
        streams.append(Stream(((place, end),)))
        place = end
    return streams if len(streams) > 1 else None
