"""WAV files whose header does not tell the truth."""

import struct

import numpy as np
import pytest

from ast_demo.audio.containers.stream import UNFINISHED
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio
from tests.helpers.sound_files import chunk, encoded, noise, patched, pcm_format, samples_of, wav


@pytest.mark.parametrize("stated", [0, 1, 2, 1000])
def test_a_wav_whose_header_was_never_finished_is_read_to_its_end(stated):
    content = encoded("wav", noise(2.0))
    place = content.index(b"data") + 4
    sound = load_audio(patched(content, place, struct.pack("<I", stated)))
    np.testing.assert_array_equal(sound.waveform, samples_of(content))
    assert sound.notes == (UNFINISHED,)


@pytest.mark.parametrize("stated", [0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFD3, 0x7FFFF000])
def test_a_wav_of_unknown_length_is_read_to_its_end(stated):
    content = encoded("wav", noise(2.0))
    place = content.index(b"data") + 4
    sound = load_audio(patched(content, place, struct.pack("<I", stated)))
    np.testing.assert_array_equal(sound.waveform, samples_of(content))
    assert sound.notes == ()


@pytest.mark.parametrize(("place", "value"), [(16, bytes(8)), (8, bytes(24)), (16, b"\xff" * 8)])
def test_an_rf64_whose_sizes_were_never_filled_in_is_read_to_its_end(place, value):
    content = encoded("rf64", noise(2.0))
    unfinished = patched(content, content.index(b"ds64") + place, value)
    np.testing.assert_array_equal(samples_of(unfinished), samples_of(content))


@pytest.mark.parametrize("padded", [True, False])
def test_odd_chunks_are_passed_with_and_without_their_pad_byte(padded):
    samples = (32767 * noise()).astype("<i2").tobytes()
    odd = chunk(b"LIST", b"INFOx", padded)
    content = wav(pcm_format(), odd, chunk(b"data", samples))
    assert len(samples_of(content)) == 16000


def test_an_empty_recording_with_tags_stays_empty():
    content = wav(pcm_format(), chunk(b"data", b""), chunk(b"LIST", b"INFO" + bytes(4000)))
    with pytest.raises(AudioError, match=r"lasts 0\.0 ms"):
        load_audio(content)


def test_chunks_after_the_sound_are_not_taken_for_sound():
    samples = (32767 * noise(0.1)).astype("<i2").tobytes()
    content = wav(pcm_format(), chunk(b"data", samples), chunk(b"LIST", b"INFO" + bytes(20000)))
    assert len(samples_of(content)) == 1600
