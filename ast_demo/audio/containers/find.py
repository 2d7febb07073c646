"""Find the sound in a file: behind zeros and tags, under a header never finished, in several parts.

libsndfile reads what begins at the first byte, believes its header, and stops where the first
sound ends. Here a file that is made otherwise is described as one or more streams, each a list of
stretches of the file and of bytes put in their place; `StreamView` shows such a stream to
libsndfile as if it were a file of its own.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from ast_demo.audio.containers.mpeg_frames import frame_length, mpeg_start, stated_end

MAX_STREAMS = 1000  # in one file; an Icecast capture begins one with each song
MAX_LEADING_BYTES = 64 << 20  # of zeros and tags before the sound; cover pictures are the largest
UNKNOWN_BYTES = 0x7FFFF000  # programs that write to a pipe state about this or twice as much
ENDS_EARLY = "ends early: the header promises more sound than the file holds"
UNFINISHED = "the header was never finished, read to the end of the file"
_LARGEST_SIZE = 1 << 62  # bytes; a 64-bit size beyond means: unknown
_CHUNK = 1 << 20  # bytes looked through at a time
_CHUNKS_AT_MOST = 4096  # of a RIFF file walked through

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


def find_streams(file: BinaryIO, size: int) -> list[Stream] | None:
    """Return the sounds in a file, or None for one that begins with its only sound, as most do.

    Args:
        file: an open binary file.
        size: its length in bytes.
    """
    start = _first_content(file, size)
    head = read_at(file, start, 12)
    kind = next((find for magic, find in _FINDERS.items() if head.startswith(magic)), _mpeg_streams)
    streams = kind(file, start, size)
    if streams is None and start and head[:1] != b"\0":
        streams = [Stream(((start, size),))]
    begin = start
    if kind is _mpeg_streams and streams:
        begin = streams[0].parts[0][0]
    if streams and begin and not streams[0].note:
        skipped = f"{begin} bytes before the sound were skipped"
        streams[0] = Stream(streams[0].parts, skipped)
    return streams[:MAX_STREAMS] if streams else None


def read_at(file: BinaryIO, place: int, count: int) -> bytes:
    """Read bytes at a place; fewer where the file ends."""
    try:
        file.seek(place)
    except (OSError, ValueError, OverflowError):  # where no file can go, as a damaged header says
        return b""
    return file.read(max(0, count))


def _first_content(file: BinaryIO, size: int) -> int:
    """Return where zeros end, and tags that are followed by zeros, if the file begins with such.

    A tag right before the sound is left for libsndfile, which knows what to do with it.
    """
    place = _after_zeros(file, 0, size)
    tagged = _after_tags(file, place)
    behind = _after_zeros(file, tagged, size)
    if behind == tagged:
        return place
    while behind != tagged and behind < size:
        tagged = _after_tags(file, behind)
        behind = _after_zeros(file, tagged, size)
    return tagged


def _after_zeros(file: BinaryIO, place: int, size: int) -> int:
    """Return the place of the first byte that is not zero, within bounds."""
    end = min(size, place + MAX_LEADING_BYTES)
    start = place
    while place < end:
        block = read_at(file, place, min(4096 if place == start else _CHUNK, end - place))
        if not block:
            break
        rest = block.lstrip(b"\0")
        if rest:
            return place + len(block) - len(rest)
        place += len(block)
    return start  # nothing but zeros: nothing to skip to


def _after_tags(file: BinaryIO, place: int) -> int:
    """Return where ID3v2 tags end that begin at a place."""
    for _ in range(8):
        head = read_at(file, place, 10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 0x7F:
            break
        length = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0)))
        place += 10 + length + (10 if head[5] & 0x10 else 0)
    return place


# --- Ogg: links of a chain begin with pages marked "first" after pages that are not


def _ogg_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    links, inside = [], False
    for place, first in _ogg_pages(file, start, size):
        if first and (inside or not links):
            links.append(place)
            inside = False
            if len(links) > MAX_STREAMS:
                break
        inside = inside or not first
    if not links:
        return None
    ends = [*links[1:], size]
    streams = [Stream(_ogg_parts(file, *link)) for link in zip(links, ends)]
    plain = len(streams) == 1 and streams[0].parts == ((start, size),)
    return None if plain else streams


def _ogg_pages(file: BinaryIO, start: int, size: int) -> Iterator[tuple[int, bool]]:
    """Yield the place of each page, and whether it is the first one of a logical stream."""
    place = start
    while place < size:
        block = read_at(file, place, _CHUNK)
        at = block.find(b"OggS")
        while 0 <= at <= len(block) - 6:
            if block[at + 4] == 0 and block[at + 5] < 8:
                yield place + at, bool(block[at + 5] & 2)
            at = block.find(b"OggS", at + 4)
        if len(block) < _CHUNK:
            return
        place += len(block) - 5  # a page may begin in the last bytes


def _ogg_parts(file: BinaryIO, start: int, end: int) -> tuple[Part, ...]:
    """Return a link as it is; FLAC in Ogg, which libsndfile cannot read, without its pages."""
    head = read_at(file, start, 27 + 255 + 13)
    body = 27 + head[26] if len(head) > 26 else 0
    if head[body : body + 5] != b"\x7fFLAC" or head[body + 9 : body + 13] != b"fLaC":
        return ((start, end),)
    serial, parts, place = head[14:18], [], start
    while place + 27 <= end:
        page = read_at(file, place, 27 + 255)
        if page[:4] != b"OggS" or len(page) < 27 + page[26]:
            break
        begin = place + 27 + page[26]
        place = begin + sum(page[27 : 27 + page[26]])
        if page[14:18] == serial:
            parts.append((begin + (0 if parts else 9), min(place, end)))
    return tuple(parts)


# --- RIFF (WAV and its 64-bit form): sizes that were never filled in, chunks without their pad byte


def _riff_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
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
    if read_at(file, start + 8, 4) != b"WAVE":
        return None
    place, layout, stated64, tidy = start + 12, None, None, True
    for _ in range(_CHUNKS_AT_MOST):
        name, length = _chunk(file, place)
        if not _is_name(name) and _is_name(_chunk(file, place - 1)[0]):
            place -= 1  # the chunk before has an odd length and no pad byte
            tidy = False
            name, length = _chunk(file, place)
        if not _is_name(name):
            return None
        if name == b"ds64":
            stated64 = struct.unpack("<Q", read_at(file, place + 16, 8).ljust(8, b"\0"))[0]
        if name == b"fmt ":
            layout = read_at(file, place, 8 + min(length, 4096))
        if name == b"data":
            break
        place += 8 + length + length % 2
    else:
        return None
    if layout is None:
        return None
    begin = place + 8
    rest = size - begin
    stated = stated64 if length == 0xFFFFFFFF and stated64 is not None else length
    note = None
    if stated < rest and not _chunks_follow(file, begin + stated, size):
        beyond = rest - stated
        if stated == 0 or beyond > stated:
            note = UNFINISHED
            stated = rest
    whole = tidy and note is None and not (stated64 or 0) > _LARGEST_SIZE
    if rest < stated < UNKNOWN_BYTES:
        note = ENDS_EARLY
    stated = min(stated, rest)
    end = begin + stated
    after = next((p for p in (end + stated % 2, end) if _is_riff(file, p)), end)
    header = b"".join(
        (b"RIFF", struct.pack("<I", (stated + len(layout) + 12) & 0xFFFFFFFF), b"WAVE", layout)
    )
    data = b"data" + struct.pack("<I", stated & 0xFFFFFFFF)
    return Stream((header + data, (begin, end)), note), after, whole


def _chunk(file: BinaryIO, place: int) -> tuple[bytes, int]:
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


# --- others


def _flac_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Split FLAC files that were put one after the other; libsndfile stops after the first."""
    found, place = [start], start + 4
    while place < size and len(found) <= MAX_STREAMS:
        block = read_at(file, place, _CHUNK)
        for mark in (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22"):
            at = block.find(mark)
            while at >= 0:
                found.append(place + at)
                at = block.find(mark, at + 8)
        if len(block) < _CHUNK:
            break
        place += len(block) - 7
    if len(found) == 1:
        return None
    found = sorted(set(found))
    return [Stream((link,)) for link in zip(found, [*found[1:], size])]


def _au_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
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


def _caf_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """State the true size of a CAF file's data, where it is unknown or more than there is."""
    place = start + 8
    for _ in range(_CHUNKS_AT_MOST):
        head = read_at(file, place, 12)
        if len(head) < 12:
            return None
        name, length = head[:4], struct.unpack(">q", head[4:12])[0]
        rest = size - place - 12
        if name == b"data":
            if 4 < length <= rest or rest <= 4:
                return None
            cut = length > 4
            note = None if cut or length < 0 else UNFINISHED
            note = ENDS_EARLY if cut else note
            true_size = struct.pack(">q", rest)
            return [Stream(((start, place + 4), true_size, (place + 12, size)), note)]
        if length < 0:
            return None
        place += 12 + length
    return None


def _aiff_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
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


def _mpeg_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Find MPEG audio behind the rest of a frame, and such that another one was put after."""
    tagged = _after_tags(file, start)
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
        place = _after_tags(file, following)
    if not streams and begin == start:
        return None
    return [*streams, Stream(((begin, size),))]


def _next_mpeg(file: BinaryIO, place: int, size: int) -> int | None:
    """Return where another MPEG sound begins right after one, tags and zeros aside."""
    if read_at(file, place, 3) == b"TAG":
        place += 128
    place = _after_zeros(file, place, size)
    frames = read_at(file, _after_tags(file, place), 1 << 14)
    length = frame_length(frames[:4])
    if length and (mpeg_start(frames) == 0 or frame_length(frames[length : length + 4])):
        return place
    return None


_FINDERS = {
    b"OggS": _ogg_streams,
    b"RIFF": _riff_streams,
    b"RF64": _riff_streams,
    b"fLaC": _flac_streams,
    b".snd": _au_streams,
    b"caff": _caf_streams,
    b"FORM": _aiff_streams,
}
