"""Files that do not begin with their only sound, or whose header does not tell the truth."""

import io

import numpy as np
import pytest

from ast_demo.audio.containers.find import find_streams
from ast_demo.audio.containers.stream import MAX_STREAMS
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio, stated_length
from tests.helpers.sound_files import KINDS, encoded, noise, patched, samples_of

JOINED = "sounds one after the other, heard as one"


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_file_is_left_to_libsndfile(kind):
    content = encoded(kind, noise(2.0))
    assert find_streams(io.BytesIO(content), len(content)) is None


@pytest.mark.parametrize("kind", ["ogg", "opus", "mp3", "flac", "wav", "rf64", "aiff", "au", "caf"])
def test_sounds_put_one_after_the_other_are_all_heard(kind):
    first, second = encoded(kind, noise(1.0)), encoded(kind, noise(2.0, seed=1))
    sound = load_audio(first + second)
    joined = np.concatenate([samples_of(first), samples_of(second)])
    np.testing.assert_array_equal(sound.waveform, joined)
    assert sound.notes[-1] == f"2 {JOINED}"


def test_links_of_different_rates_join_at_the_rate_asked_for():
    sound = load_audio(encoded("ogg", noise(1.0)) + encoded("ogg", noise(1.0, 48000), 48000))
    assert sound.seconds == pytest.approx(2.0, abs=0.001)
    assert "resampled from 48 000 to 16 000 Hz, content above 8 kHz discarded" in sound.notes


def test_a_chain_states_the_length_of_all_of_it():
    content = encoded("ogg", noise(1.0)) + encoded("ogg", noise(2.0))
    assert stated_length(content) == (16000, pytest.approx(3.0))


def test_a_link_that_cannot_be_read_is_said_to_be_missing():
    first, second = encoded("ogg", noise(1.0)), encoded("ogg", noise(1.0))
    broken = first + second.replace(b"\x01vorbis", b"\x01speexy") + first
    sound = load_audio(broken)
    assert sound.seconds == pytest.approx(2.0)
    assert any(note.startswith("what follows after 1 s could not be read") for note in sound.notes)


def test_a_cut_last_link_is_heard_as_far_as_it_goes():
    link = encoded("flac", noise(4.0))
    sound = load_audio(link + link[: len(link) // 2])
    assert 5.5 < sound.seconds < 6.5
    assert any(note.startswith("damaged after") for note in sound.notes)


def test_the_limit_counts_over_all_links():
    sound = load_audio(2 * encoded("ogg", noise(2.0)), max_seconds=3)
    assert sound.seconds == 3
    assert sound.notes[-1] == "cut after 3 s, the file goes on"


def test_the_links_of_a_file_are_bounded():
    content = encoded("wav", noise(0.001)) * (MAX_STREAMS + 50)
    assert len(find_streams(io.BytesIO(content), len(content))) == MAX_STREAMS


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_before_the_sound_are_skipped(kind):
    content = encoded(kind, noise(2.0))
    sound = load_audio(bytes(5000) + content)
    np.testing.assert_array_equal(sound.waveform, samples_of(content))
    assert "5000 bytes before the sound were skipped" in sound.notes


def test_nothing_but_zeros_is_no_sound():
    with pytest.raises(AudioError, match="can't be read as audio"):
        load_audio(bytes(10000))


@pytest.mark.parametrize("kind", ["au", "caf"])
@pytest.mark.parametrize("unknown", [b"\0", b"\xff"])
def test_other_headers_without_a_size_are_read_to_the_end(kind, unknown):
    content = encoded(kind, noise(2.0))
    place, width = (8, 4) if kind == "au" else (content.index(b"data") + 4, 8)
    np.testing.assert_array_equal(
        samples_of(patched(content, place, unknown * width)), samples_of(content)
    )
