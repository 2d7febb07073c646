"""Headers of FLAC frames are told from what only looks like one."""

import pytest

from ast_demo.audio.containers.flac_frames import _number, first_frame, frame_behind
from tests.helpers.sound_files import encoded, noise


def header(number: bytes, sizes: bytes = b"", second: int = 0xC5) -> bytes:
    """Return a frame's header with its check sum."""
    content = b"\xff\xf8" + bytes([second, 0x08]) + number + sizes
    value = 0
    for bit in (byte >> n & 1 for byte in content for n in range(7, -1, -1)):
        value = (value << 1 & 0xFF) ^ (0x07 if (value >> 7) ^ bit else 0)
    return content + bytes([value]) + bytes(8)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 2047, 2048, 65535, 65536, 1_000_000])
def test_a_header_states_its_number_as_utf_8(number):
    assert _number(header(chr(number).encode("utf-8"))) == number


def test_the_largest_number_of_36_bits_is_read():
    assert _number(header(b"\xfe" + b"\xbf" * 6)) == (1 << 36) - 1


@pytest.mark.parametrize(
    ("second", "sizes"), [(0x65, b"\x0f"), (0x75, b"\x0f\xff"), (0xCC, b"\x10"), (0x7D, b"abcd")]
)
def test_sizes_that_follow_the_number_belong_to_the_header(second, sizes):
    assert _number(header(b"\x05", sizes, second)) == 5


@pytest.mark.parametrize("damage", range(2, 7))
def test_a_header_with_one_wrong_byte_is_none(damage):
    right = header(b"\xc2\x85")
    assert _number(right) == 133
    assert _number(right[:damage] + bytes([right[damage] ^ 0x10]) + right[damage + 1 :]) is None


@pytest.mark.parametrize("number", [b"\x80", b"\xbf", b"\xff", b"\xc2\x05"])
def test_what_is_no_number_is_no_header(number):
    assert _number(header(number)) is None


@pytest.mark.parametrize("content", [b"", b"fLaC", b"OggS" + bytes(60), b"fLaC\x00\xff\xff\xff"])
def test_what_is_no_flac_file_has_no_frames(content):
    assert first_frame(lambda place, count: content[place : place + count], 0) is None


def test_the_frame_behind_a_sample_is_the_next_one_that_begins_after_it():
    content = encoded("flac", noise(2.0))

    def read(place, count):
        return content[place : place + count]

    begin = first_frame(read, 0)
    assert content[begin : begin + 2] == b"\xff\xf8"
    place, sample = frame_behind(read, 0, begin, 4095)
    assert sample == 4096
    assert frame_behind(read, 0, place, 4096)[1] == 8192
    assert frame_behind(read, 0, begin, 40_000) is None
