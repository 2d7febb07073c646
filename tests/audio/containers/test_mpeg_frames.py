"""MPEG frames: their lengths, and finding them."""

import pytest

from ast_demo.audio.containers.mpeg_frames import frame_length, mpeg_start, stated_end
from tests.helpers.sound_files import encoded, noise, without_tag


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("fffb9064", 417),  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
        ("fffb9264", 418),  # the same, padded
        ("fff388c4", 288),  # MPEG-2 layer III, 64 kbit/s, 16 kHz
        ("fffda404", 576),  # MPEG-1 layer II, 192 kbit/s at 48 kHz
        ("fff15080", 0),  # ADTS, which is AAC
        ("fffbf064", 0),  # no such bitrate
        ("fffb9c64", 0),  # no such rate
        ("494433", 0),
    ],
)
def test_a_header_tells_the_length_of_its_frame(header, length):
    assert frame_length(bytes.fromhex(header)) == length


@pytest.mark.parametrize("junk", [b"", b"\xff\xfb\x90\x64 not the beginning", bytes(900)])
def test_frames_are_found_behind_what_is_none(junk):
    assert mpeg_start(junk + without_tag(encoded("mp3", noise()))) == len(junk)


def test_random_bytes_hold_no_frames():
    assert mpeg_start(noise(1.0).tobytes()) is None


def test_the_first_frame_tells_the_length_of_the_whole():
    content = without_tag(encoded("mp3", noise(2.0)))
    assert stated_end(content) == len(content)
