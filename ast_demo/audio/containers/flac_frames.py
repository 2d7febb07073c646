"""Headers of FLAC frames: where a damaged file goes on behind a hole.

Source: RFC 9639, sections 8 (metadata) and 9.1 (frame header).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

_SYNC = (b"\xff\xf8", b"\xff\xf9")  # frames of equal size; frames that state their first sample
_LONGEST_HEADER = 16  # bytes
_CHUNK = 1 << 16  # bytes looked through at a time
_METADATA_AT_MOST = 1024  # blocks before the sound

Read = Callable[[int, int], bytes]  # (place, count) -> bytes of the file, fewer at its end


def first_frame(read: Read, start: int) -> int | None:
    """Return the place behind the metadata of the file that begins at a place, None if none."""
    if read(start, 4) != b"fLaC":
        return None
    place = start + 4
    for _ in range(_METADATA_AT_MOST):
        head = read(place, 4)
        if len(head) < 4:
            return None
        place += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            return place
    return None


def frame_behind(read: Read, start: int, begin: int, sample: int) -> tuple[int, int] | None:
    """Find the first frame behind a hole.

    Args:
        read: reads from the file.
        start: place of its first byte, where "fLaC" stands.
        begin: place from which to look.
        sample: number of the sample that could not be decoded; the frame begins after it.

    Returns:
        Its place and the number of its first sample, None if there is none.
    """
    stream = read(start + 8, 18)  # STREAMINFO
    block_size, total = int.from_bytes(stream[:2], "big"), int.from_bytes(stream[13:18], "big")
    total &= (1 << 36) - 1
    for place, sync in _marks(read, begin):
        number = _number(read(place, _LONGEST_HEADER))
        if number is not None:
            first = number * block_size if sync == _SYNC[0] else number
            if sample < first < (total or 1 << 36):
                return place, first
    return None


def _marks(read: Read, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield each place at which a frame may begin, and its first two bytes."""
    while len(block := read(place, _CHUNK)) > 1:
        at = block.find(b"\xff")
        while 0 <= at < len(block) - 1:
            if (mark := block[at : at + 2]) in _SYNC:
                yield place + at, mark
            at = block.find(b"\xff", at + 1)
        place += len(block) - 1


def _number(header: bytes) -> int | None:
    """Return the number of the frame or sample that a header states; None if it is no header."""
    if len(header) < 6 or header[2] >> 4 == 0 or header[2] & 15 == 15 or header[3] & 1:
        return None
    ones = 8 - (header[4] ^ 0xFF).bit_length()  # the number is written as in UTF-8
    more = header[5 : 5 + max(0, ones - 1)]
    sizes = {6: 1, 7: 2}.get(header[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(header[2] & 15, 0)
    end = 5 + len(more) + sizes
    if ones in (1, 8) or any(byte >> 6 != 2 for byte in more) or len(header) <= end:
        return None
    if reduce(_crc8, header[:end], 0) != header[end]:
        return None
    return reduce(lambda value, byte: value << 6 | byte & 0x3F, more, header[4] & 0x7F >> ones)


def _crc8(value: int, byte: int) -> int:
    """Go on with the check sum of a header, of the polynomial x^8 + x^2 + x + 1."""
    value ^= byte
    for _ in range(8):
        value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    return value
