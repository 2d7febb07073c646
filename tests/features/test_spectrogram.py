"""The front end gives torchaudio's numbers, stage by stage."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchaudio.compliance.kaldi
from hypothesis import given, settings
from hypothesis import strategies as st

from ast_demo.features.spectrogram import (
    ENERGY_FLOOR,
    frame_count,
    frame_geometry,
    frames,
    log_mel_spectrogram,
    mel_band,
    mel_filters,
    power_spectrum,
    samples_for,
)
from tests.helpers.front_end_sounds import (
    RATE,
    SOUNDS,
    TOLERANCE,
    largest_difference,
    noise,
    tone,
)


def kaldi(waveform: np.ndarray, rate: int = RATE, num_mel_bins: int = 128) -> torch.Tensor:
    """Call torchaudio as the authors do."""
    return torchaudio.compliance.kaldi.fbank(
        torch.from_numpy(waveform).unsqueeze(0),
        htk_compat=True,
        sample_frequency=rate,
        use_energy=False,
        window_type="hanning",
        num_mel_bins=num_mel_bins,
        dither=0.0,
        frame_shift=10,
    )


# Parity


@pytest.mark.parametrize("sound", SOUNDS.values(), ids=SOUNDS)
def test_log_mel_equals_torchaudio(sound):
    found = log_mel_spectrogram(torch.from_numpy(sound))
    assert largest_difference(found, kaldi(sound)) < TOLERANCE


@pytest.mark.parametrize("num_mel_bins", [4, 23, 64, 128, 200])
@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
def test_log_mel_equals_torchaudio_at_other_rates_and_widths(rate, num_mel_bins):
    sound = noise(rate)
    found = log_mel_spectrogram(torch.from_numpy(sound), num_mel_bins, rate)
    assert largest_difference(found, kaldi(sound, rate, num_mel_bins)) < TOLERANCE


def test_frame_geometry_rounds_as_torchaudio_does():
    properties = torchaudio.compliance.kaldi._get_waveform_and_window_properties
    for rate in range(1000, 192_001, 25):
        _, hop, window, padded = properties(torch.zeros(1, rate), 0, rate, 10.0, 25.0, True, 0.97)
        assert frame_geometry(rate) == (window, hop, padded), f"at {rate} Hz"


def test_the_filter_bank_equals_torchaudio():
    bank, _ = torchaudio.compliance.kaldi.get_mel_banks(
        128, 512, 16000.0, 20.0, 0.0, 100.0, -500.0, 1.0
    )
    assert largest_difference(mel_filters()[:, :256], bank) < 1e-6
    assert mel_filters().shape == (128, 257)


# Golden values that need no download


def test_one_second_of_silence_is_98_frames_at_the_floor():
    log_mel = log_mel_spectrogram(torch.zeros(RATE))
    assert log_mel.shape == (98, 128)
    assert torch.equal(log_mel, torch.full((98, 128), np.log(np.float32(ENERGY_FLOOR))))
    assert log_mel[0, 0].item() == pytest.approx(-15.9424, abs=5e-5)


@pytest.mark.parametrize(
    ("samples", "count"),
    [
        (0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (16_000, 98), (20_720, 128),
        (160_000, 998), (164_079, 1023), (164_080, 1024), (164_239, 1024), (164_240, 1025),
    ],
)  # fmt: skip
def test_frame_count(samples, count):
    assert frame_count(samples) == count


@given(st.integers(1, 5000), st.integers(1000, 192_000))
def test_samples_for_is_the_least_that_gives_the_frames(frames, rate):
    least = samples_for(frames, rate)
    assert frame_count(least, rate) == frames
    assert frame_count(least - 1, rate) == frames - 1


def test_filter_three_alone_is_empty_and_its_bin_stays_dark():
    empty = (mel_filters().sum(dim=1) == 0).nonzero().flatten().tolist()
    assert empty == [3]
    log_mel = log_mel_spectrogram(torch.from_numpy(noise()))
    assert torch.equal(log_mel[:, 3], torch.full((98,), np.log(np.float32(ENERGY_FLOOR))))


@pytest.mark.parametrize(
    ("mel_bin", "hertz"), [(0, 34.0), (3, 77.8), (31, 636), (63, 1779), (95, 3899), (127, 7834)]
)
def test_centres_of_mel_filters(mel_bin, hertz):
    low, centre, high = mel_band(mel_bin)
    assert centre == pytest.approx(hertz, rel=2e-3)
    assert low < centre < high


def test_mel_filters_begin_at_20_hertz_and_end_at_half_the_rate():
    assert mel_band(0)[0] == pytest.approx(20.0)
    assert mel_band(127)[2] == pytest.approx(8000.0)
    assert mel_band(39, 40, 48000)[2] == pytest.approx(24000.0)


@pytest.mark.parametrize("mel_bin", [20, 31, 63, 95, 120])
def test_a_tone_is_loudest_in_the_bin_of_its_frequency(mel_bin):
    sound = torch.from_numpy(tone(mel_band(mel_bin)[1]))
    loudest = log_mel_spectrogram(sound).mean(dim=0).argmax().item()
    assert abs(loudest - mel_bin) <= 1


# Properties


@settings(max_examples=25, deadline=None)
@given(gain=st.floats(0.01, 100.0), seed=st.integers(0, 1000))
def test_louder_by_g_adds_twice_the_logarithm_of_g(gain, seed):
    sound = torch.from_numpy(noise(4000, seed)).double()
    heard = [bin for bin in range(128) if bin != 3]  # the empty one stays at the floor
    quiet = log_mel_spectrogram(sound.float())[:, heard]
    loud = log_mel_spectrogram((sound * gain).float())[:, heard]
    floor = np.log(ENERGY_FLOOR)
    above = (quiet > floor + 1e-3) & (loud > floor + 1e-3)
    assert above.float().mean() > 0.5
    assert ((loud - quiet)[above] - 2 * np.log(gain)).abs().max() < 2e-3


@settings(max_examples=25, deadline=None)
@given(shift=st.integers(1, 20), seed=st.integers(0, 1000))
def test_a_sound_later_by_whole_hops_gives_the_same_frames_later(shift, seed):
    sound = torch.from_numpy(noise(8000, seed))
    whole, late = log_mel_spectrogram(sound), log_mel_spectrogram(sound[shift * 160 :])
    assert largest_difference(late, whole[shift:]) < TOLERANCE


def test_leading_dimensions_pass_through_every_stage():
    sound = torch.from_numpy(noise(4800)).reshape(2, 3, 800)
    batch = log_mel_spectrogram(sound)
    assert batch.shape == (2, 3, 3, 128)
    assert largest_difference(batch[1, 2], log_mel_spectrogram(sound[1, 2])) < 1e-5


def test_the_power_of_a_frame_is_that_of_its_samples():
    # Parseval: the two-sided spectrum holds the energy of the padded frame 512 times.
    windowed = frames(torch.from_numpy(noise()))
    power = power_spectrum(windowed).double()
    both_sides = 2 * power.sum(-1) - power[:, 0] - power[:, -1]
    expected = 512 * windowed.double().square().sum(-1)
    torch.testing.assert_close(both_sides, expected, rtol=1e-5, atol=0)


def test_a_frame_is_centred_emphasized_and_windowed_in_this_order():
    sound = np.arange(400) ** 2 / 160_000.0
    centred = sound - sound.mean()
    emphasized = centred - 0.97 * np.concatenate([centred[:1], centred[:-1]])
    expected = emphasized * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399))
    assert largest_difference(frames(torch.tensor(sound).float())[0], expected) < 1e-6


# What is refused


def test_a_stage_refuses_less_than_one_window_too():
    with pytest.raises(ValueError, match=r"399 samples \(24.9 ms\), expected at least 400"):
        frames(torch.zeros(399))
