"""Resampling: torchaudio's filter, in pieces that join, never with a huge kernel."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torchaudio.functional import resample as reference

from ast_demo.audio.resampling import (
    MAX_KERNEL_VALUES,
    SNAP_HZ,
    StreamResampler,
    kernel_values,
    resample,
    usable_rate,
)

RATES = [8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000]


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
def test_a_whole_waveform_is_resampled_as_torchaudio_does(rate):
    waveform = noise(rate + 17)
    expected = reference(torch.from_numpy(waveform), rate, 16000).numpy()
    np.testing.assert_allclose(resample(waveform, rate), expected, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    rate=st.sampled_from(RATES),
    sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=12),
)
def test_blocks_of_any_size_join_to_the_whole(rate, sizes):
    assume(sum(sizes) > 0)  # torchaudio cannot resample nothing
    waveform = noise(sum(sizes))
    stream = StreamResampler(rate, 16000)
    blocks = np.split(waveform, np.cumsum(sizes)[:-1])
    streamed = np.concatenate([*(stream.push(block) for block in blocks), stream.finish()])
    expected = reference(torch.from_numpy(waveform), rate, 16000).numpy()
    np.testing.assert_allclose(streamed, expected, atol=1e-5)


def test_pieces_of_a_long_waveform_join_without_a_seam():
    waveform = noise(70 * 8000)  # three pieces
    expected = reference(torch.from_numpy(waveform), 8000, 16000).numpy()
    np.testing.assert_allclose(resample(waveform, 8000), expected, atol=1e-5)


def test_the_same_rate_changes_nothing():
    waveform = noise(1000)
    assert np.array_equal(resample(waveform, 16000), waveform)


def test_rates_in_use_are_left_as_they_are():
    assert [usable_rate(rate) for rate in RATES] == RATES


def test_every_rate_in_range_gets_a_small_filter_and_moves_by_less_than_a_third_of_a_percent():
    for rate in range(8000, 192001, 7):
        used = usable_rate(rate)
        assert kernel_values(used, 16000) <= MAX_KERNEL_VALUES, rate
        assert abs(used / rate - 1) < 0.0032, rate
        assert abs(used - rate) <= SNAP_HZ / 2, rate


def test_a_huge_filter_is_refused_with_the_neighbouring_rate():
    assert kernel_values(44101, 16000) > 700_000_000  # 2.8 GB of float32
    with pytest.raises(ValueError, match="read the sound as 44100 Hz"):
        StreamResampler(44101, 16000)


def test_rates_without_a_small_filter_are_refused():
    with pytest.raises(ValueError, match="44101 to 15999 Hz"):
        usable_rate(44101, 15999)
