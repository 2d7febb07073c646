"""Several channels in one: their average, and what is heard where they cancel each other."""

import math

import numpy as np
import pytest
import soundfile

from ast_demo.audio.downmix import Downmixer, block_frames
from ast_demo.audio.load import array_blocks, load_audio, prepare_waveform, read_blocks


def noise(seconds=1.0, sampling_rate=16000, seed=0):
    samples = round(seconds * sampling_rate)
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def columns(*channels):
    return np.stack(channels, axis=1)


def mixed(samples):
    sound = prepare_waveform(samples, 16000)
    return sound.waveform, sound.notes


@pytest.mark.parametrize("level", [1.0, 0.97, 0.9, 0.7, 0.5])
def test_an_inverted_channel_does_not_make_silence(level):
    waveform, notes = mixed(columns(noise(), -level * noise()))
    np.testing.assert_array_equal(waveform, noise())
    assert notes == (
        "the 2 channels cancel each other in their average: channel 1, the loudest, is heard "
        "instead",
    )


def test_the_louder_of_two_cancelling_channels_is_heard():
    waveform, notes = mixed(columns(-0.8 * noise(), noise()))
    np.testing.assert_array_equal(waveform, noise())
    assert "channel 2" in notes[0]


@pytest.mark.parametrize(
    "channels",
    [
        [noise(), -noise(), noise(), -noise()],
        [noise(), -noise(), 0 * noise(), 0 * noise()],
        [noise(), -0.5 * noise(), -0.5 * noise()],
        [noise(), -noise(), 0.01 * noise(seed=1), 0.01 * noise(seed=2)],
    ],
)
def test_more_channels_that_cancel_are_noticed_too(channels):
    waveform, notes = mixed(columns(*channels))
    np.testing.assert_array_equal(waveform, noise())
    assert "cancel" in notes[0]


@pytest.mark.parametrize("offset", [0.3, -0.3])
def test_a_constant_offset_hides_no_cancelling(offset):
    waveform, _ = mixed(columns(noise() + np.float32(offset), np.float32(offset) - noise()))
    heard = np.abs(waveform - waveform.mean())
    np.testing.assert_allclose(heard, np.abs(noise() - noise().mean()), atol=1e-6)


@pytest.mark.parametrize(
    "channels",
    [
        [noise(), noise()],
        [noise(), 0.3 * noise()],
        [noise(), noise(seed=1)],
        [noise(), 0 * noise()],
        [0 * noise(), 0 * noise()],
        [noise(), *7 * [0 * noise()]],
    ],
)
def test_channels_that_do_not_cancel_are_averaged_to_the_last_bit(channels):
    samples = columns(*channels)
    waveform, notes = mixed(samples)
    np.testing.assert_array_equal(waveform, samples.mean(axis=1, dtype=np.float32))
    assert f"{len(channels)} channels averaged to mono" in notes


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_files_arrays_and_blocks_hear_the_same(tmp_path, subtype):
    quiet, loud = noise(12.0), noise(25.0, seed=1)[12 * 16000 :]
    samples = columns(np.concatenate([quiet, loud]), np.concatenate([quiet, -loud]))
    path = tmp_path / "sound.wav"
    soundfile.write(path, samples, 16000, subtype=subtype)
    stored = soundfile.read(path, dtype="float32")[0]
    from_file, from_array, notes = load_audio(path), prepare_waveform(stored, 16000), []
    np.testing.assert_array_equal(from_file.waveform, from_array.waveform)
    np.testing.assert_array_equal(
        np.concatenate(list(array_blocks(stored, 16000, notes))), from_array.waveform
    )
    assert from_file.notes == from_array.notes == tuple(notes)
    assert "10.00 to 25.00 s" in notes[0]
    blocks = list(read_blocks(path, block_seconds=0.7))
    np.testing.assert_array_equal(np.concatenate(blocks), from_file.waveform)


def test_a_hole_does_not_hide_that_channels_cancel(tmp_path):
    samples = columns(noise(), -noise())
    samples[5000:5100, 1] = np.nan
    path = tmp_path / "sound.wav"
    soundfile.write(path, samples, 16000, subtype="FLOAT")
    notes, gaps = [], []
    waveform = np.concatenate(list(read_blocks(path, notes=notes, gaps=gaps)))
    assert "cancel" in notes[0]
    assert gaps == [pytest.approx((5000 / 16000, 5100 / 16000))]
    np.testing.assert_array_equal(waveform[6000:], noise()[6000:])


def test_the_way_of_mixing_changes_without_a_click():
    tone = np.sin(2 * math.pi * 100 * np.arange(20 * 16000) / 16000).astype(np.float32)
    other = np.concatenate([tone[:160000], -tone[160000:]])
    waveform, _ = mixed(columns(tone, other))
    assert np.abs(np.diff(waveform)).max() < 1.1 * np.abs(np.diff(tone)).max()


def test_the_channel_once_chosen_stays_while_it_is_about_as_loud():
    mixer = Downmixer(2, 16000)
    first, second = columns(noise(), -0.9 * noise()), columns(0.9 * noise(), -noise())
    mixer.mix(first)
    np.testing.assert_array_equal(mixer.mix(second), 0.9 * noise())


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (48000, 2), (192000, 8)])
def test_what_is_judged_at_a_time_is_bounded(rate, channels):
    assert channels * block_frames(rate, channels) <= max(10 * rate, 2**21)
