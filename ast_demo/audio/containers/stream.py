"""One sound in a file as stretches of it and bytes put in their place, to be read like a file."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_STREAMS = 1000  # in one file; an Icecast capture begins one with each song
UNKNOWN_BYTES = 0x7FFFF000  # programs that write to a pipe state about this or twice as much
ENDS_EARLY = "ends early: the header promises more sound than the file holds"
UNFINISHED = "the header was never finished, read to the end of the file"
BLOCK_BYTES = 1 << 20  # of a file, looked through at a time
MAX_CHUNKS = 4096  # of a RIFF or CAF file that are walked through

Part = bytes | tuple[int, int]  # bytes to put there, or (start, end) in the file


@dataclass(frozen=True)
class Stream:
    """One sound in a file, and what is unusual about how it is stored."""

    parts: tuple[Part, ...]
    note: str | None = None


class StreamView(io.RawIOBase):
    """A stream's parts, one after the other, as a file to read and seek in."""

    def __init__(self, file: BinaryIO, parts: tuple[Part, ...]):
        self._file = file
        self._parts = []  # (where it begins in the view, part)
        self._length = 0
        for part in parts:
            self._parts.append((self._length, part))
            self._length += len(part) if isinstance(part, bytes) else part[1] - part[0]
        self._place = 0
        self._current = 0  # index of the part that was read last: reading goes onward

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the stream goes."""
        view, filled = memoryview(buffer).cast("B"), 0
        while filled < len(view):
            block = self._read_part(len(view) - filled)
            if not block:
                break
            view[filled : filled + len(block)] = block
            filled += len(block)
            self._place += len(block)
        return filled

    def _read_part(self, most: int) -> bytes:
        """Read onward from the part that holds the place; nothing at the end."""
        if self._place >= self._length:
            return b""
        index = self._current
        if self._place < self._parts[index][0]:
            index = 0
        while index + 1 < len(self._parts) and self._place >= self._parts[index + 1][0]:
            index += 1
        self._current = index
        begin, part = self._parts[index]
        inside = self._place - begin
        if isinstance(part, bytes):
            return part[inside : inside + most]
        return read_at(self._file, part[0] + inside, min(most, part[1] - part[0] - inside))


def read_at(file: BinaryIO, place: int, count: int) -> bytes:
    """Read bytes at a place; fewer where the file ends."""
    try:
        file.seek(place)
    except (OSError, ValueError, OverflowError):  # where no file can go, as a damaged header says
        return b""
    return file.read(max(0, count))
