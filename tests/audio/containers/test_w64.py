"""W64 whose sizes were never filled in."""

import struct

import numpy as np
import pytest

from ast_demo.audio.load import load_audio, stated_length
from tests.helpers.sound_files import encoded, noise, patched, samples_of

UNKNOWN = 2**63 - 1
RIFF_SIZE = 16  # place in the file


def piped(content: bytes, whole: int | None, samples: int) -> bytes:
    """Return the file with other sizes of the whole and of the samples."""
    if whole is not None:
        content = patched(content, RIFF_SIZE, struct.pack("<Q", whole))
    return patched(content, content.index(b"data") + 16, struct.pack("<Q", samples))


@pytest.mark.parametrize("whole", [None, 0, UNKNOWN, 2**64 - 1])
@pytest.mark.parametrize("samples", [0, UNKNOWN, 2**64 - 1])
def test_a_file_from_a_pipe_is_read_to_its_end(whole, samples):
    content = encoded("w64", noise(2.0))
    sound = load_audio(piped(content, whole, samples))
    np.testing.assert_array_equal(sound.waveform, samples_of(content))
    assert sound.notes == ()


def test_the_length_of_a_file_from_a_pipe_is_known():
    content = piped(encoded("w64", noise(2.0)), UNKNOWN, UNKNOWN)
    assert stated_length(content) == (16000, 2.0)


def test_a_file_that_was_cut_off_is_still_said_to_end_early():
    content = encoded("w64", noise(2.0))
    assert load_audio(content[:30_000]).notes[0].startswith("ends early")


@pytest.mark.parametrize("length", [30, 60, 100])
def test_a_header_that_breaks_off_is_refused_in_a_sentence(length):
    with pytest.raises(ValueError, match=r"^the sound "):
        load_audio(piped(encoded("w64", noise()), UNKNOWN, UNKNOWN)[:length])
