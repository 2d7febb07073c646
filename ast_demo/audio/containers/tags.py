"""What may stand before a sound: zeros, and ID3v2 tags with their pictures."""

from __future__ import annotations

from typing import BinaryIO

from ast_demo.audio.containers.stream import BLOCK_BYTES, read_at

MAX_LEADING_BYTES = 64 << 20  # of zeros and tags before the sound; cover pictures are the largest


def first_content(file: BinaryIO, size: int) -> int:
    """Return where zeros end, and tags that are followed by zeros, if the file begins with such.

    A tag right before the sound is left for libsndfile, which knows what to do with it.
    """
    place = after_zeros(file, 0, size)
    tagged = after_tags(file, place)
    behind = after_zeros(file, tagged, size)
    if behind == tagged:
        return place
    while behind != tagged and behind < size:
        tagged = after_tags(file, behind)
        behind = after_zeros(file, tagged, size)
    return tagged


def after_zeros(file: BinaryIO, place: int, size: int) -> int:
    """Return the place of the first byte that is not zero, within bounds."""
    end = min(size, place + MAX_LEADING_BYTES)
    start = place
    while place < end:
        block = read_at(file, place, min(4096 if place == start else BLOCK_BYTES, end - place))
        if not block:
            break
        rest = block.lstrip(b"\0")
        if rest:
            return place + len(block) - len(rest)
        place += len(block)
    return start  # nothing but zeros: nothing to skip to


def after_tags(file: BinaryIO, place: int) -> int:
    """Return where ID3v2 tags end that begin at a place."""
    for _ in range(8):
        head = read_at(file, place, 10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 0x7F:
            break
        length = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0)))
        place += 10 + length + (10 if head[5] & 0x10 else 0)
    return place
