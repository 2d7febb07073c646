"""Parts of a sound: what a mask lets through is heard at its true level, the rest is silent."""

import io

import numpy as np
import pytest
import soundfile

from ast_demo.explain import resynthesis
from ast_demo.features.patches import PatchGrid

RATE = 16000
GRID = PatchGrid(max_length=128)


def tones(seconds=1.0):
    """A low tone at 500 Hz and a high one at 4 kHz, equally loud."""
    time = np.arange(int(seconds * RATE)) / RATE
    low, high = (0.2 * np.sin(2 * np.pi * hertz * time) for hertz in (500, 4000))
    return low.astype(np.float32), high.astype(np.float32)


def level(waveform):
    return float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))


@pytest.mark.parametrize("samples", [400, 5000, 16000, 20721])
def test_a_mask_of_ones_gives_the_waveform_back(samples):
    waveform = np.random.default_rng(0).standard_normal(samples).astype(np.float32) / 4
    mask = np.ones((128, 128), dtype=np.float32)
    assert np.abs(resynthesis.apply_mask(waveform, mask) - waveform).max() < 1e-5


def test_a_mask_of_zeros_is_silent():
    low, _ = tones()
    assert not resynthesis.apply_mask(low, np.zeros((128, 128), dtype=np.float32)).any()


def test_a_band_keeps_its_tone_at_its_level_and_drops_the_other():
    low, high = tones()
    mask = np.zeros((128, 128), dtype=np.float32)
    mask[:50] = 1  # up to about 1.2 kHz
    kept = resynthesis.apply_mask(low + high, mask)[2000:-2000]
    assert level(kept) == pytest.approx(level(low), rel=0.02)
    assert level(kept - low[2000:-2000]) < 0.02 * level(high)


def test_a_patch_sounds_only_in_its_time_and_band():
    low, high = tones()
    mask = resynthesis.patch_mask(GRID, 2, 4)  # 20 bins up from 20: about 335 to 790 Hz
    kept = resynthesis.apply_mask(low + high, mask)
    start, end = (round(second * RATE) for second in GRID.seconds(4))
    assert not kept[:start].any()
    assert not kept[end + 160 :].any()
    inner = slice(start + 400, end - 400)
    assert level(kept[inner]) == pytest.approx(level(low[inner]), rel=0.05)


def test_a_patch_outside_the_grid_is_refused_by_name():
    with pytest.raises(ValueError, match=r"patch \(99, 0\) lies outside"):
        resynthesis.patch_mask(GRID, 99, 0)


def test_the_hottest_cells_are_as_many_as_asked_and_lie_in_the_sound():
    heat = np.zeros((GRID.freq_patches, GRID.time_patches))
    heat[5, 3], heat[5, 11] = 1.0, 9.0  # the hotter one lies in the padding
    mask = resynthesis.hottest_mask(GRID, heat, 0.01, num_frames=60)
    assert mask.sum() == round(0.01 * 128 * 60)
    assert not mask[:, 60:].any()
    rows, frames = np.nonzero(mask)
    assert 50 <= rows.min() <= rows.max() < 66
    assert 30 <= frames.min() <= frames.max() < 46


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_a_share_out_of_range_is_refused_with_its_value(share):
    heat = np.zeros((GRID.freq_patches, GRID.time_patches))
    with pytest.raises(ValueError, match=f"share is {share}"):
        resynthesis.hottest_mask(GRID, heat, share, num_frames=60)


def test_a_mask_beyond_one_is_refused():
    with pytest.raises(ValueError, match="expected 0 to 1"):
        resynthesis.apply_mask(tones()[0], np.full((128, 128), 2.0))


def test_the_wav_file_keeps_the_true_level():
    low, _ = tones()
    quiet = low / 100
    read, rate = soundfile.read(io.BytesIO(resynthesis.wav_bytes(quiet)), dtype="float32")
    assert rate == RATE
    assert np.abs(read - quiet).max() <= 1 / 2**15
    assert resynthesis.peak_decibels(quiet) == pytest.approx(20 * np.log10(0.002), abs=0.1)
    assert resynthesis.peak_decibels(np.zeros(3)) == -np.inf
