"""Files that do not begin with their only sound, or whose header does not tell the truth."""

import io
import struct

import numpy as np
import pytest

from ast_demo.audio.containers.find import MAX_STREAMS, StreamView, find_streams
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio, stated_length
from tests.helpers.sound_files import (
    KINDS,
    chunk,
    encoded,
    id3_tag,
    noise,
    ogg_flac,
    patched,
    pcm_format,
    wav,
    without_tag,
)

LOSSY = ("ogg", "opus", "mp3")
JOINED = "sounds one after the other, heard as one"
UNFINISHED = "the header was never finished, read to the end of the file"


def alone(content: bytes) -> np.ndarray:
    return load_audio(content).waveform


@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_file_is_left_to_libsndfile(kind):
    content = encoded(kind, noise(2.0))
    assert find_streams(io.BytesIO(content), len(content)) is None


@pytest.mark.parametrize("kind", ["ogg", "opus", "mp3", "flac", "wav", "rf64", "aiff", "au"])
def test_sounds_put_one_after_the_other_are_all_heard(kind):
    first, second = encoded(kind, noise(1.0)), encoded(kind, noise(2.0, seed=1))
    sound = load_audio(first + second)
    np.testing.assert_array_equal(sound.waveform, np.concatenate([alone(first), alone(second)]))
    assert sound.notes[-1] == f"2 {JOINED}"


def test_flac_in_ogg_is_read_and_its_chains_too():
    flac = encoded("flac", noise(2.0))
    sound = load_audio(ogg_flac(flac) + ogg_flac(flac, serial=2) + encoded("ogg", noise()))
    np.testing.assert_array_equal(sound.waveform[: 4 * 16000], np.tile(alone(flac), 2))
    assert f"3 {JOINED}" in sound.notes


def test_links_of_different_rates_join_at_the_rate_asked_for():
    sound = load_audio(encoded("ogg", noise(1.0)) + encoded("ogg", noise(1.0, 48000), 48000))
    assert sound.seconds == pytest.approx(2.0, abs=0.001)
    assert "48 000 -> 16 000 Hz, content above 8 kHz discarded" in sound.notes


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
    np.testing.assert_array_equal(sound.waveform, alone(content))
    assert "5000 bytes before the sound were skipped" in sound.notes


@pytest.mark.parametrize(
    "before",
    [bytes(700), id3_tag(100), id3_tag(100) + bytes(500), bytes(500) + id3_tag(90), 2 * id3_tag(9)],
)
def test_tags_and_zeros_in_any_order_do_not_hide_an_mp3(before):
    content = without_tag(encoded("mp3", noise(2.0)))
    np.testing.assert_array_equal(alone(before + content), alone(content))


def test_an_mp3_that_begins_inside_a_frame_is_heard_from_the_next_one():
    content = without_tag(encoded("mp3", noise(3.0)))
    sound = load_audio(content[700:])
    assert 2.5 < sound.seconds < 3.0
    assert any("bytes before the sound were skipped" in note for note in sound.notes)


@pytest.mark.parametrize("between", [b"", b"TAG" + bytes(125), bytes(400), id3_tag(50)])
def test_mp3_files_are_joined_across_what_lies_between(between):
    content = without_tag(encoded("mp3", noise(2.0)))
    np.testing.assert_array_equal(alone(content + between + content), np.tile(alone(content), 2))


def test_nothing_but_zeros_is_no_sound():
    with pytest.raises(AudioError, match="can't be read as audio"):
        load_audio(bytes(10000))


@pytest.mark.parametrize("stated", [0, 1, 2, 1000])
def test_a_wav_whose_header_was_never_finished_is_read_to_its_end(stated):
    content = encoded("wav", noise(2.0))
    place = content.index(b"data") + 4
    sound = load_audio(patched(content, place, struct.pack("<I", stated)))
    np.testing.assert_array_equal(sound.waveform, alone(content))
    assert sound.notes == (UNFINISHED,)


@pytest.mark.parametrize("stated", [0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFD3, 0x7FFFF000])
def test_a_wav_of_unknown_length_is_read_to_its_end(stated):
    content = encoded("wav", noise(2.0))
    place = content.index(b"data") + 4
    sound = load_audio(patched(content, place, struct.pack("<I", stated)))
    np.testing.assert_array_equal(sound.waveform, alone(content))
    assert sound.notes == ()


@pytest.mark.parametrize(("place", "value"), [(16, bytes(8)), (8, bytes(24)), (16, b"\xff" * 8)])
def test_an_rf64_whose_sizes_were_never_filled_in_is_read_to_its_end(place, value):
    content = encoded("rf64", noise(2.0))
    unfinished = patched(content, content.index(b"ds64") + place, value)
    np.testing.assert_array_equal(alone(unfinished), alone(content))


@pytest.mark.parametrize("kind", ["au", "caf"])
@pytest.mark.parametrize("unknown", [b"\0", b"\xff"])
def test_other_headers_without_a_size_are_read_to_the_end(kind, unknown):
    content = encoded(kind, noise(2.0))
    place, width = (8, 4) if kind == "au" else (content.index(b"data") + 4, 8)
    np.testing.assert_array_equal(alone(patched(content, place, unknown * width)), alone(content))


def test_a_cut_caf_file_gives_what_there_is():
    content = encoded("caf", noise(2.0))
    sound = load_audio(content[: len(content) // 2])
    assert 0.8 < sound.seconds < 1.1
    assert sound.notes == ("ends early: the header promises more sound than the file holds",)


@pytest.mark.parametrize("padded", [True, False])
def test_odd_chunks_are_passed_with_and_without_their_pad_byte(padded):
    samples = (32767 * noise()).astype("<i2").tobytes()
    odd = chunk(b"LIST", b"INFOx", padded)
    content = wav(pcm_format(), odd, chunk(b"data", samples))
    assert len(alone(content)) == 16000


def test_an_empty_recording_with_tags_stays_empty():
    content = wav(pcm_format(), chunk(b"data", b""), chunk(b"LIST", b"INFO" + bytes(4000)))
    with pytest.raises(AudioError, match=r"lasts 0\.0 ms"):
        load_audio(content)


def test_chunks_after_the_sound_are_not_taken_for_sound():
    samples = (32767 * noise(0.1)).astype("<i2").tobytes()
    content = wav(pcm_format(), chunk(b"data", samples), chunk(b"LIST", b"INFO" + bytes(20000)))
    assert len(alone(content)) == 1600


def test_a_view_reads_like_the_bytes_it_shows():
    content = bytes(range(256)) * 20
    view = StreamView(io.BytesIO(content), (b"abc", (10, 300), b"", (1000, 1001), b"xyz"))
    whole = b"abc" + content[10:300] + content[1000:1001] + b"xyz"
    assert view.read() == whole
    for place, count in [(0, 1), (2, 5), (292, 9), (len(whole) - 1, 10), (len(whole) + 5, 3)]:
        view.seek(place)
        assert view.read(count) == whole[place : place + count]
    assert view.seek(-2, io.SEEK_END) == len(whole) - 2
    assert view.read() == b"yz"
