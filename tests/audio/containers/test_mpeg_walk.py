"""From frame to frame of MPEG audio, at a cost that a hostile file cannot raise."""

from ast_demo.audio.containers.mpeg_frames import frame_length
from ast_demo.audio.containers.mpeg_walk import missing_summary


def frame(bitrate: int) -> bytes:
    header = bytes([0xFF, 0xFB, bitrate << 4, 0xC0])
    return header.ljust(frame_length(header), b"\0")


def test_many_short_holes_do_not_multiply_what_is_read():
    row = frame(1) + frame(2) + frame(1) + frame(2)
    content = (row + b"hole") * 2000
    counts = []

    def read(place, count):
        found = content[place : place + count]
        counts.append(len(found))
        return found

    assert missing_summary(read, 0) is not None
    assert sum(counts) < 50 * len(content)
