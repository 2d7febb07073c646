"""AIFF files that were put one after the other."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ast_demo.audio.containers.stream import MAX_STREAMS, Stream, read_at


def aiff_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Split AIFF files that were put one after the other."""
    streams, place = [], start
    while len(streams) < MAX_STREAMS:
        head = read_at(file, place, 12)
        if head[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
            break
        end = place + 8 + struct.unpack(">I", head[4:8])[0]
        end = end if read_at(file, end, 4) == b"FORM" else size
        streams.append(Stream(((place, end),)))
        place = end
    return streams if len(streams) > 1 else None
