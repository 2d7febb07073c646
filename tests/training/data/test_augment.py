"""Augmentation of log-mel energies: level, masks, mixtures, rooms."""

import math

import pytest
import torch

from ast_demo.features.spectrogram import log_mel_spectrogram
from ast_demo.training.data.augment import Augmenter, mix, mix_targets
from tests.helpers.training_sounds import tone


def test_a_change_of_level_equals_scaling_the_waveform():
    augmenter = Augmenter(torch.Generator().manual_seed(0))
    quiet = torch.from_numpy(tone(1000, 0))
    shifted = augmenter.change_level(log_mel_spectrogram(quiet)[None], (6.0, 6.0))[0]
    louder = log_mel_spectrogram(quiet * 10 ** (6 / 20))
    above_floor = louder > -8  # below, float32 rounding of the FFT shows
    assert torch.allclose(shifted[above_floor], louder[above_floor], atol=1e-4)


def test_masks_write_the_padding_value_in_one_band_and_one_stretch():
    augmenter = Augmenter(torch.Generator().manual_seed(1))
    masked = augmenter.mask(torch.full((4, 60, 128), -5.0), freq=20, time=10, share=1.0)
    zero_bins = (masked == 0).all(dim=1).sum(dim=1)
    zero_frames = (masked == 0).all(dim=2).sum(dim=1)
    assert zero_bins.max() <= 20
    assert zero_frames.max() <= 10
    assert (zero_bins + zero_frames).sum() > 0
    assert set(masked.unique().tolist()) == {-5.0, 0.0}


def test_mixing_adds_powers_and_keeps_both_labels():
    three_decibels = mix(torch.zeros(1), torch.zeros(1), torch.zeros(1))
    assert three_decibels.item() == pytest.approx(math.log(2))
    both = mix_targets(torch.tensor([1.0, 0.5, 0.0]), torch.tensor([0.0, 0.5, 0.0]))
    assert both.tolist() == [1.0, 0.75, 0.0]


def test_a_click_rings_on_in_a_room_and_not_before_it():
    augmenter = Augmenter(torch.Generator().manual_seed(0))
    click = torch.full((3, 40, 128), -15.0)
    click[:, 10] = 0.0
    heard = augmenter.reverberate(click, 1.0)
    assert (heard[:, :10] < -13.0).all()
    assert (heard[:, 11] > -5.0).all()
    assert (heard[:, 12:20].diff(dim=1) < 0).all()


def test_stretched_frequencies_are_those_of_a_tone_so_much_higher():
    augmenter = Augmenter(torch.Generator().manual_seed(0))
    augmenter.uniform = lambda count, low, high: torch.full((count, 1, 1), high)
    low, high = (log_mel_spectrogram(torch.from_numpy(tone(f, 0)))[None] for f in (1000, 1500))
    heard = augmenter.stretch_frequency(low, math.log(1.5))
    assert heard.shape == low.shape
    assert (heard.mean(dim=1).argmax() - high.mean(dim=1).argmax()).abs() <= 1


def test_frequencies_that_are_not_stretched_stay():
    augmenter = Augmenter(torch.Generator().manual_seed(0))
    sound = torch.randn(2, 30, 128)
    assert torch.allclose(augmenter.stretch_frequency(sound, 0.0), sound, atol=1e-3)
