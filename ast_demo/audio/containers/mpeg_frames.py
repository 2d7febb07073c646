"""Headers of MPEG audio frames (MP3): how long a frame is, and what its first one promises."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import islice

_BITRATES = {  # kbit/s by (MPEG-1, layer); index 0 and 15 are none
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_BITRATES[False, 3] = _BITRATES[False, 2]
_SAMPLING_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
# Four bytes that may begin a frame: sync, version and layer, bitrate and sampling rate.
_MARK = re.compile(
    rb"\xff(?=[\xe2-\xe7\xf2-\xf7\xfa-\xff][%s].)"
    % b"".join(b"\\x%x0-\\x%xb" % (rate, rate) for rate in range(1, 15)),
    re.DOTALL,
)
_MARKS_AT_MOST = 4096  # that are looked at in a block: a megabyte of noise holds 300
_FRAMES_IN_A_ROW = 3  # that must follow each other: a sync word of 11 bits comes by chance


def frame_length(header: bytes) -> int:
    """Return the bytes of the frame that a header of four bytes begins; 0 if it is none.

    Source: ISO/IEC 11172-3, 2.4.1.3; the low rates of MPEG-2.5 as mpg123 reads them.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return 0
    bits = 1000 * _BITRATES[version == 3, layer][bitrate - 1]
    hertz = _SAMPLING_RATES[version][rate]
    if layer == 1:
        return 4 * (12 * bits // hertz + padding)
    return samples_in_frame(header) // 8 * bits // hertz + padding


def samples_in_frame(header: bytes) -> int:
    """Return the samples of each channel in the frame that a header begins."""
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    return 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152


def mpeg_rows(block: bytes) -> Iterator[int]:
    """Yield each place in a block of bytes where several frames in a row begin."""
    marks = (mark.start() for mark in islice(_MARK.finditer(block), _MARKS_AT_MOST))
    return (place for place in marks if _is_row(block, place))


def mpeg_start(block: bytes) -> int | None:
    """Return the first of these places, None if there is none."""
    return next(mpeg_rows(block), None)


def is_same_kind(header: bytes, like: bytes) -> bool:
    """Tell whether a header begins a frame of the same version, layer and rate as another."""
    same = header[1:2] == like[1:2] and frame_length(header) > 0
    return same and (header[2] ^ like[2]) & 0x0C == 0


def has_summary(frame: bytes) -> bool:
    """Tell whether a frame sums up those behind it (Xing, Info) instead of holding sound."""
    return _summary(frame)[:4] in (b"Xing", b"Info")


def summary(frame: bytes, frames: int) -> bytes | None:
    """Make a frame that says how many follow it; None for layers that know no such.

    Args:
        frame: one of these, its header at least.
        frames: their number.
    """
    if 4 - (frame[1] >> 1 & 3) != 3:
        return None
    header = bytes([0xFF, frame[1] | 1, frame[2] & 0x0C | 0x80, frame[3]])
    content = header + bytes(_side_information(header)) + b"Xing" + struct.pack(">II", 1, frames)
    return content.ljust(frame_length(header), b"\0")


def stated_end(frame: bytes) -> int | None:
    """Return the bytes of a whole MP3 as its first frame states them; None if it does not."""
    tag = _summary(frame)[:16]
    if not has_summary(frame) or len(tag) < 16:
        return None
    has_frames, has_bytes = tag[7] & 1, tag[7] & 2
    if not has_bytes:
        return None
    return struct.unpack(">I", tag[12:16] if has_frames else tag[8:12])[0] or None


def _summary(frame: bytes) -> bytes:
    """Return what stands in a frame where its summary would be."""
    if not frame_length(frame[:4]):
        return b""
    return frame[4 + _side_information(frame) :]


def _side_information(header: bytes) -> int:
    """Return the bytes between a header and what would sum up the sound."""
    mono, first_version = header[3] >> 6 == 3, header[1] >> 3 & 3 == 3
    return (17 if mono else 32) if first_version else (9 if mono else 17)


def _is_row(block: bytes, place: int) -> bool:
    same = None
    for _ in range(_FRAMES_IN_A_ROW):
        header = block[place : place + 4]
        length = frame_length(header)
        kind = (header[1] & 0xFE, header[2] & 0x0C) if length else None  # version, layer, rate
        if not length or same not in (None, kind):
            return False
        same, place = kind, place + length
    return True
