"""Decoding: what is read, what is said about it, and what is refused."""

import io
import math
import os
import struct

import numpy as np
import pytest
import soundfile
import torch

from ast_demo.audio import limits, source
from ast_demo.audio.load import (
    Audio,
    AudioError,
    load_audio,
    prepare_waveform,
    read_blocks,
    stated_length,
)

LOSSLESS = [
    ("wav", "WAV", "PCM_16"),
    ("wav", "WAV", "PCM_24"),
    ("wav", "WAV", "FLOAT"),
    ("wav", "WAVEX", "PCM_16"),
    ("flac", "FLAC", "PCM_16"),
    ("aiff", "AIFF", "PCM_16"),
    ("caf", "CAF", "PCM_16"),
    ("au", "AU", "PCM_16"),
    ("w64", "W64", "PCM_16"),
    ("rf64", "RF64", "PCM_16"),
]
LOSSY = [("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS"), ("mp3", "MP3", None)]


def tone(seconds=1.0, sampling_rate=16000, hertz=440.0, level=0.25):
    time = np.arange(round(seconds * sampling_rate)) / sampling_rate
    return (level * np.sin(2 * math.pi * hertz * time)).astype(np.float32)


@pytest.fixture
def write(tmp_path):
    def write_sound(samples, sampling_rate=16000, name="sound.wav", **options):
        path = tmp_path / name
        soundfile.write(path, samples, sampling_rate, **options)
        return path

    return write_sound


def refusal(path, **options):
    with pytest.raises(AudioError) as caught:
        load_audio(path, **options)
    return str(caught.value)


@pytest.mark.parametrize(("extension", "kind", "subtype"), LOSSLESS)
def test_a_lossless_file_gives_the_samples_that_were_written(write, extension, kind, subtype):
    path = write(tone(), name=f"sound.{extension}", format=kind, subtype=subtype)
    loaded = load_audio(path)
    assert loaded.sampling_rate == 16000
    assert loaded.waveform.dtype == np.float32
    assert loaded.notes == ()
    np.testing.assert_allclose(loaded.waveform, tone(), atol=1 / 32768)


@pytest.mark.parametrize(("extension", "kind", "subtype"), LOSSY)
def test_a_lossy_file_sounds_like_what_was_written(write, extension, kind, subtype):
    path = write(tone(2.0, 48000), 48000, f"sound.{extension}", format=kind, subtype=subtype)
    loaded = load_audio(path)
    assert loaded.seconds == pytest.approx(2.0, abs=0.06)  # codecs pad whole frames
    spectrum = np.abs(np.fft.rfft(loaded.waveform[8000:24000]))
    assert np.argmax(spectrum) == 440
    assert 2 * spectrum[440] / 16000 == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(("extension", "kind", "subtype"), LOSSY)
def test_reading_in_pieces_decodes_as_reading_at_once(write, extension, kind, subtype):
    path = write(tone(3.0), name=f"sound.{extension}", format=kind, subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(load_audio(path).waveform, whole, atol=1e-6)


def test_content_decides_not_the_extension(write, tmp_path):
    path = write(tone(), name="sound.flac")
    misnamed = path.rename(tmp_path / "sound.raw")
    np.testing.assert_allclose(load_audio(misnamed).waveform, tone(), atol=1 / 32768)


def test_an_open_file_is_read_from_its_beginning_and_left_open(write):
    path = write(tone())
    with open(path, "rb") as stream:
        stream.read(1000)
        assert load_audio(stream).seconds == 1.0
        assert not stream.closed


def test_channels_are_averaged_and_the_note_says_so(write):
    left, right = tone(level=0.4), tone(hertz=1000.0, level=0.2)
    loaded = load_audio(write(np.stack([left, right], axis=1), subtype="FLOAT"))
    np.testing.assert_allclose(loaded.waveform, (left + right) / 2, atol=1e-7)
    assert loaded.notes == ("2 channels averaged to mono",)


@pytest.mark.parametrize(
    ("sampling_rate", "note"),
    [
        (48000, "resampled from 48 000 to 16 000 Hz, content above 8 kHz discarded"),
        (44100, "resampled from 44 100 to 16 000 Hz, content above 8 kHz discarded"),
        (192000, "resampled from 192 000 to 16 000 Hz, content above 8 kHz discarded"),
        (11025, "resampled from 11 025 to 16 000 Hz, there was nothing above 5.5125 kHz"),
        (8000, "resampled from 8 000 to 16 000 Hz, there was nothing above 4 kHz"),
    ],
)
def test_other_rates_are_resampled_and_the_note_says_so(write, sampling_rate, note):
    loaded = load_audio(write(tone(1.0, sampling_rate), sampling_rate, subtype="FLOAT"))
    assert loaded.notes == (note,)
    assert len(loaded.waveform) == 16000
    middle = slice(1000, -1000)  # the ends ring, as in any resampler
    np.testing.assert_allclose(loaded.waveform[middle], tone()[middle], atol=2e-3)


def test_a_rate_with_a_huge_filter_is_read_as_its_neighbour(write):
    loaded = load_audio(write(tone(1.0, 44101), 44101))
    assert loaded.notes[0] == "44 101 Hz read as 44 100 Hz, 0.002% off"
    assert np.argmax(np.abs(np.fft.rfft(loaded.waveform[:16000]))) == 440


@pytest.mark.parametrize("sampling_rate", [4000, 200000])
def test_a_rate_out_of_range_is_refused(write, sampling_rate):
    message = refusal(write(tone(1.0, sampling_rate), sampling_rate))
    assert str(sampling_rate) in message
    assert "8000" in message
    assert "192000" in message


def test_eight_channels_are_read_and_nine_refused(write):
    assert load_audio(write(np.zeros((1600, 8)))).notes[0] == "8 channels averaged to mono"
    message = refusal(write(np.zeros((1600, 9))))
    assert "9 channels, the limit is 8" in message


def test_a_long_file_is_cut_and_the_note_says_so(write):
    loaded = load_audio(write(tone(3.0)), max_seconds=2)
    assert loaded.seconds == 2.0
    assert loaded.notes == ("cut after 2 s, the file goes on",)


def test_a_file_of_exactly_the_limit_is_not_cut(write):
    loaded = load_audio(write(tone(2.0)), max_seconds=2)
    assert loaded.seconds == 2.0
    assert loaded.notes == ()


def test_an_hour_of_compressed_silence_stops_at_the_limit(write):
    path = write(np.zeros(3600 * 8000, dtype=np.int16), 8000, "bomb.flac")
    assert path.stat().st_size < 200_000
    loaded = load_audio(path)
    assert loaded.seconds == limits.MAX_SECONDS
    assert "cut after 600 s, the file goes on" in loaded.notes


def test_a_lying_header_allocates_nothing(write):
    path = write(tone())
    content = bytearray(path.read_bytes())
    content[40:44] = struct.pack("<I", 2**30)  # the data chunk claims 9 hours
    path.write_bytes(content)
    loaded = load_audio(path)
    assert loaded.seconds == 1.0
    assert loaded.notes == ("ends early: the header promises more sound than the file holds",)


def test_a_header_of_unknown_length_is_no_reason_to_complain(write):
    path = write(tone())
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = struct.pack("<I", 0xFFFFFFFF)  # written to a pipe
    path.write_bytes(content)
    assert load_audio(path).notes == ()


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "W64", "RF64"])
def test_a_truncated_file_gives_what_there_is(tmp_path, kind):
    buffer = io.BytesIO()
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * 16000)
    soundfile.write(buffer, noise, 16000, format=kind)
    content = buffer.getvalue()
    path = tmp_path / "cut.bin"
    path.write_bytes(content[: len(content) // 2])
    loaded = load_audio(path)
    assert 0.8 < loaded.seconds < 1.8
    if kind != "OGG":  # an OGG stream does not state its length in front
        assert any(note.startswith(("ends early", "damaged after")) for note in loaded.notes)


def test_digital_silence_is_a_note_and_no_error(write):
    loaded = load_audio(write(np.zeros(16000)))
    assert loaded.notes == ("digital silence: every sample is zero",)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_refused(write, value):
    samples = tone()
    samples[500] = value
    assert "not finite" in refusal(write(samples, subtype="FLOAT"))
    with pytest.raises(AudioError, match="not finite"):
        prepare_waveform(samples, 16000)


def test_values_far_beyond_full_scale_are_refused(write):
    samples = tone()
    samples[500] = 1e30
    message = refusal(write(samples, subtype="FLOAT"))
    assert "1e+30 times full scale, the limit is 16" in message


def test_a_loud_float_file_keeps_its_level_with_a_note(write):
    loaded = load_audio(write(tone(level=3.0), subtype="FLOAT"))
    assert np.abs(loaded.waveform).max() == pytest.approx(3.0, rel=1e-3)
    assert loaded.notes == ("reaches 3.0 times full scale, kept as it is",)


def test_fewer_than_25_milliseconds_are_refused(write):
    assert "lasts 24.9 ms, expected at least 25 ms" in refusal(write(np.ones(399) / 2))
    assert load_audio(write(np.ones(400) / 2)).waveform.shape == (400,)


def test_a_file_without_samples_is_refused(write):
    assert "lasts 0.0 ms" in refusal(write(np.zeros(0)))


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.wav"
    path.touch()
    assert refusal(path) == "empty.wav is empty (0 bytes): record or export it again."


def test_a_file_of_another_kind_is_refused_with_what_can_be_read(tmp_path):
    path = tmp_path / "letter.wav"
    path.write_text("Dear Sir or Madam, " * 100)
    assert "letter.wav can't be read as audio. Use WAV, FLAC, OGG" in refusal(path)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypM4A ", "MPEG-4"),
        (b"\x1a\x45\xdf\xa3", "WebM"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"#!AMR\n", "AMR"),
        (b"MThd", "MIDI"),
    ],
)
def test_known_formats_that_cannot_be_read_are_named(tmp_path, head, kind):
    path = tmp_path / "clip.bin"
    path.write_bytes(head + bytes(200))
    message = refusal(path)
    assert kind in message
    assert source.READABLE in message


def test_formats_that_nobody_records_in_stay_closed(write):
    assert "is in the format MAT5" in refusal(write(tone(), name="sound.mat", format="MAT5"))


def test_an_oversized_file_is_refused_before_it_is_opened(write, monkeypatch):
    path = write(tone())
    monkeypatch.setattr(source, "MAX_FILE_BYTES", 1000)
    assert "32 044 bytes, the limit is 1 000" in refusal(path)


def test_a_folder_and_a_missing_file_are_named_for_what_they_are(tmp_path):
    assert "is a folder" in refusal(tmp_path)
    assert refusal(tmp_path / "none.wav").startswith("none.wav does not exist")
    assert "cannot be opened" in refusal("nul\0byte.wav")


def test_a_device_is_refused():
    assert refusal("/dev/zero") == "zero is no regular file: save the sound to a file first."


def test_a_pipe_is_refused_at_once(tmp_path):
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    keeper = os.open(path, os.O_RDWR)  # so that opening does not wait for a writer
    try:
        assert "no regular file" in refusal(path)
    finally:
        os.close(keeper)


def test_messages_hold_the_name_of_the_file_and_never_its_folder(tmp_path):
    name = "a\nb" + "x" * 200 + ".wav"
    path = tmp_path / name
    path.write_bytes(b"nothing")
    message = refusal(path)
    assert str(tmp_path) not in message
    assert "\n" not in message
    assert message.startswith("a?bxxx")
    assert len(message) < 220


def test_a_limit_of_nothing_is_refused(write):
    assert "max_seconds is 0" in refusal(write(tone()), max_seconds=0)
    with pytest.raises(AudioError, match="max_values is 0"):
        next(read_blocks(write(tone()), max_values=0))


@pytest.mark.parametrize("block_seconds", [0.1, 0.7, 100.0])
def test_blocks_join_to_the_whole_file(write, block_seconds):
    noise = 0.1 * np.random.default_rng(1).standard_normal((5 * 44100 + 123, 2))
    path = write(noise, 44100, subtype="FLOAT")
    blocks = list(read_blocks(path, block_seconds=block_seconds))
    whole = load_audio(path)
    assert {len(block) for block in blocks[:-1]} <= {round(16000 * block_seconds)}
    np.testing.assert_allclose(np.concatenate(blocks), whole.waveform, atol=1e-5)


def test_blocks_end_with_the_notes(write):
    notes = []
    path = write(np.zeros((48000, 2)), 48000)
    for _ in read_blocks(path, notes=notes):
        pass
    assert notes == [
        "2 channels averaged to mono",
        "resampled from 48 000 to 16 000 Hz, content above 8 kHz discarded",
        "digital silence: every sample is zero",
    ]


def test_streaming_reads_beyond_what_memory_may_hold(write):
    path = write(np.zeros(700 * 8000, dtype=np.int16), 8000, "long.flac")
    assert sum(len(block) for block in read_blocks(path)) == 700 * 16000


def test_streaming_is_bounded_by_seconds_alone(write):
    seconds = limits.MAX_VALUES // 16000 + 20
    path, notes = write(np.zeros(seconds * 16000, dtype=np.int16), 16000, "long.flac"), []
    blocks = read_blocks(path, max_seconds=4 * 3600, notes=notes)
    assert sum(len(block) for block in blocks) == seconds * 16000
    assert notes == ["digital silence: every sample is zero"]


def test_a_sound_in_memory_has_a_bound_on_values_and_the_note_says_so(write, monkeypatch):
    monkeypatch.setattr("ast_demo.audio.load.MAX_VALUES", 64_000)
    loaded = load_audio(write(np.stack([tone(3.0), tone(3.0)], axis=1)))
    assert loaded.seconds == 2.0
    assert loaded.notes[-1] == (
        "cut after 2 s, the file goes on: no more than 64 000 values are decoded, channels counted"
    )


def test_what_is_as_long_as_both_bounds_is_not_cut(write):
    notes = []
    path = write(tone(2.0))
    blocks = list(read_blocks(path, max_seconds=2, max_values=32_000, notes=notes))
    assert sum(map(len, blocks)) == 32_000
    assert notes == []


def test_sounds_of_one_file_share_the_bound_on_values(write, tmp_path):
    one = write(tone(2.0, 48000), 48000).read_bytes()
    two = write(np.stack([tone(2.0), tone(2.0)], axis=1)).read_bytes()
    path, notes = tmp_path / "both.wav", []
    path.write_bytes(one + two)
    for most, seconds in ((48_000, 1.0), (96_000 + 32_000, 3.0), (96_000 + 64_000, 4.0)):
        notes.clear()
        blocks = list(read_blocks(path, max_values=most, notes=notes))
        assert sum(map(len, blocks)) == 16000 * seconds
        assert any(note.startswith("cut after") for note in notes) == (seconds < 4)
        assert stated_length(path, max_values=most) == (48000, seconds)


@pytest.mark.parametrize(
    ("dtype", "low", "zero"),
    [(np.int8, -128, 0), (np.uint8, 0, 128), (np.int16, -32768, 0), (np.int32, -(2**31), 0)],
)
def test_integers_are_scaled_to_full_scale(dtype, low, zero):
    samples = np.full(400, zero, dtype=dtype)
    samples[0] = low
    loaded = prepare_waveform(samples, 16000)
    assert loaded.waveform[0] == -1.0
    assert np.all(loaded.waveform[1:] == 0.0)


@pytest.mark.parametrize("kind", [list, torch.tensor, np.float64, np.float16])
def test_lists_tensors_and_other_floats_are_taken(kind):
    samples = kind(tone().tolist()) if kind in (list, torch.tensor) else tone().astype(kind)
    loaded = prepare_waveform(samples, 16000)
    assert loaded.waveform.dtype == np.float32
    np.testing.assert_allclose(loaded.waveform, tone(), atol=1e-3)


def test_an_array_with_nothing_to_change_is_taken_without_a_copy():
    samples = tone()
    loaded = prepare_waveform(samples, 16000)
    assert np.shares_memory(loaded.waveform, samples)
    assert loaded.notes == ()


@pytest.mark.parametrize("place", [0, 70_000, 199_999])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "not finite"),
        (np.inf, "not finite"),
        (-np.inf, "not finite"),
        (-17.0, "reaches 17 times full scale"),
        (17.0, "reaches 17 times full scale"),
    ],
)
def test_one_wrong_value_is_found_wherever_it_is(place, value, words):
    samples = tone(200_000 / 16000)
    samples[place] = value
    with pytest.raises(AudioError, match=words):
        prepare_waveform(samples, 16000)


@pytest.mark.parametrize("value", [-3.0, 3.0])
def test_a_peak_of_either_sign_is_noted(value):
    samples = tone()
    samples[123] = value
    assert prepare_waveform(samples, 16000).notes == (
        "reaches 3.0 times full scale, kept as it is",
    )


def test_both_orders_of_channels_are_understood():
    stereo = np.stack([tone(level=0.4), tone(level=0.2)], axis=1)
    for samples in (stereo, stereo.T):
        loaded = prepare_waveform(samples, 16000)
        np.testing.assert_allclose(loaded.waveform, tone(level=0.3), atol=1e-6)
        assert loaded.notes == ("2 channels averaged to mono",)


def test_an_array_and_a_file_give_the_same(write):
    samples = np.stack([tone(1.0, 44100), tone(1.0, 44100, 900.0)], axis=1)
    from_file = load_audio(write(samples, 44100, subtype="FLOAT"))
    from_array = prepare_waveform(samples, 44100)
    np.testing.assert_allclose(from_array.waveform, from_file.waveform, atol=1e-6)
    assert from_array.notes == from_file.notes


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros(399), "lasts 24.9 ms"),
        (np.zeros((100, 100)), "(100, 100)"),
        (np.zeros((2, 2, 800)), "(2, 2, 800)"),
        (np.zeros(800, dtype=np.int64), "int64"),
        (np.zeros(800, dtype=bool), "bool"),
        (np.zeros(800, dtype=complex), "complex128"),
        (["a", "b"], "str"),
        ([[0.0, 1.0], [0.0]], "no array of numbers"),
        (np.full(800, 20000.0), "2e+04 times full scale"),
        (np.full(800, 1e300), "not finite"),
    ],
)
def test_arrays_that_are_no_sound_are_refused_with_what_was_received(samples, words):
    with pytest.raises(AudioError) as caught:
        prepare_waveform(samples, 16000)
    assert words in str(caught.value)


@pytest.mark.parametrize("sampling_rate", [0, -16000, 7999, 16000.5, math.nan, None, True, "16000"])
def test_rates_that_are_none_are_refused_with_what_was_received(sampling_rate):
    with pytest.raises(AudioError) as caught:
        prepare_waveform(tone(), sampling_rate)
    assert repr(sampling_rate) in str(caught.value)


def test_a_whole_rate_written_as_a_float_is_taken():
    assert prepare_waveform(tone(), 16000.0) == Audio(pytest.approx(tone()), 16000, ())
