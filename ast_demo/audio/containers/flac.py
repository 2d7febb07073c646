"""FLAC files that were put one after the other."""

from __future__ import annotations

from typing import BinaryIO

from ast_demo.audio.containers.stream import BLOCK_BYTES, MAX_STREAMS, Stream, read_at


def flac_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Split FLAC files that were put one after the other; libsndfile stops after the first."""
    found, place = [start], start + 4
    while place < size and len(found) <= MAX_STREAMS:
        block = read_at(file, place, BLOCK_BYTES)
        for mark in (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22"):
            at = block.find(mark)
            while at >= 0:
                found.append(place + at)
                at = block.find(mark, at + 8)
        if len(block) < BLOCK_BYTES:
            break
        place += len(block) - 7
    if len(found) == 1:
        return None
    found = sorted(set(found))
    return [Stream((link,)) for link in zip(found, [*found[1:], size])]
