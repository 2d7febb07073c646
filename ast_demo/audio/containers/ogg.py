"""Ogg: each link of a chain is a stream; FLAC in Ogg is taken out of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ast_demo.audio.containers.stream import BLOCK_BYTES, MAX_STREAMS, Part, Stream, read_at

CUT_OFF = "ends early: the file breaks off within a page of sound"
_PAGE_HEAD = 27 + 255  # bytes at most


def ogg_streams(file: BinaryIO, start: int, size: int) -> list[Stream] | None:
    """Return the links of a chain: each begins with pages marked "first" after others."""
    links, inside = [], False  # places of the first and of the last page of each
    for place, first in _ogg_pages(file, start, size):
        if first and (inside or not links):
            links.append([place, place])
            inside = False
            if len(links) > MAX_STREAMS:
                break
        inside = inside or not first
        if links:
            links[-1][1] = place
    if not links:
        return None
    ends = [*(begin for begin, _ in links[1:]), size]
    streams = []
    for (begin, last), end in zip(links, ends):
        parts = _ogg_parts(file, begin, end)
        is_flac = parts != ((begin, end),)  # whose decoder says itself where it breaks off
        streams.append(Stream(parts, None if is_flac else _cut_note(file, last, end)))
    return None if streams == [Stream(((start, size),))] else streams


def _ogg_pages(file: BinaryIO, start: int, size: int) -> Iterator[tuple[int, bool]]:
    """Yield the place of each page, and whether it is the first one of a logical stream."""
    place = start
    while place < size:
        block = read_at(file, place, BLOCK_BYTES)
        at = block.find(b"OggS")
        while 0 <= at <= len(block) - 6:
            if block[at + 4] == 0 and block[at + 5] < 8:
                yield place + at, bool(block[at + 5] & 2)
            at = block.find(b"OggS", at + 4)
        if len(block) < BLOCK_BYTES:
            return
        place += len(block) - 5  # a page may begin in the last bytes


def _cut_note(file: BinaryIO, last: int, end: int) -> str | None:
    """Say so where the last page is longer than what is left of the file."""
    page = read_at(file, last, _PAGE_HEAD)
    whole = len(page) > 26 and last + 27 + page[26] + sum(page[27 : 27 + page[26]]) <= end
    return None if whole else CUT_OFF


def _ogg_parts(file: BinaryIO, start: int, end: int) -> tuple[Part, ...]:
    """Return a link as it is; FLAC in Ogg, which libsndfile cannot read, without its pages."""
    head = read_at(file, start, _PAGE_HEAD + 13)
    body = 27 + head[26] if len(head) > 26 else 0
    if head[body : body + 5] != b"\x7fFLAC" or head[body + 9 : body + 13] != b"fLaC":
        return ((start, end),)
    serial, parts, place = head[14:18], [], start
    while place + 27 <= end:
        page = read_at(file, place, _PAGE_HEAD)
        if page[:4] != b"OggS" or len(page) < 27 + page[26]:
            break
        begin = place + 27 + page[26]
        place = begin + sum(page[27 : 27 + page[26]])
        if page[14:18] == serial:
            parts.append((begin + (0 if parts else 9), min(place, end)))
    return tuple(parts)
