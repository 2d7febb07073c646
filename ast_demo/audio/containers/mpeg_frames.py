"""Headers of MPEG audio frames (MP3): how long a frame is, and what its first one promises."""

from __future__ import annotations

import struct

_BITRATES = {  # kbit/s by (MPEG-1, layer); index 0 and 15 are none
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_BITRATES[False, 3] = _BITRATES[False, 2]
_SAMPLING_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
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
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bits // hertz + padding


def mpeg_start(block: bytes) -> int | None:
    """Return where several frames in a row begin in a block of bytes, None if nowhere."""
    place = block.find(b"\xff")
    while place >= 0:
        if _is_row(block, place):
            return place
        place = block.find(b"\xff", place + 1)
    return None


def stated_end(frame: bytes) -> int | None:
    """Return the bytes of a whole MP3 as its first frame states them (Xing, Info); None if not."""
    if not frame_length(frame[:4]):
        return None
    mono, first_version = frame[3] >> 6 == 3, frame[1] >> 3 & 3 == 3
    side_information = (17 if mono else 32) if first_version else (9 if mono else 17)
    tag = frame[4 + side_information :][:16]
    if tag[:4] not in (b"Xing", b"Info") or len(tag) < 16:
        return None
    has_frames, has_bytes = tag[7] & 1, tag[7] & 2
    if not has_bytes:
        return None
    return struct.unpack(">I", tag[12:16] if has_frames else tag[8:12])[0] or None


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
