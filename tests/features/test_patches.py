"""The patch grid maps tokens, patches, cells, hertz and seconds as the model's convolution does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from tests.helpers.models import TINY, ours

AUDIOSET = PatchGrid()
SMALL = PatchGrid(num_mel_bins=9, max_length=13, patch_size=4, frequency_stride=2, time_stride=3)

grids = st.builds(
    lambda size, mel, length, frequency, time: PatchGrid(
        num_mel_bins=size + mel,
        max_length=size + length,
        patch_size=size,
        frequency_stride=frequency,
        time_stride=time,
    ),
    st.integers(1, 6),
    st.integers(0, 12),
    st.integers(0, 20),
    st.integers(1, 8),
    st.integers(1, 8),
)


def by_hand(grid: PatchGrid) -> np.ndarray:
    """Mark the cells of every patch: bool (freq_patches, time_patches, mel bins, frames)."""
    shape = (grid.freq_patches, grid.time_patches, grid.num_mel_bins, grid.max_length)
    marked = np.zeros(shape, bool)
    size = grid.patch_size
    for f in range(grid.freq_patches):
        for t in range(grid.time_patches):
            low, start = f * grid.frequency_stride, t * grid.time_stride
            marked[f, t, low : low + size, start : start + size] = True
    return marked


@pytest.mark.parametrize(
    ("stride", "max_length", "freq", "time", "tokens", "mel_bins", "frames"),
    [
        (10, 1024, 12, 101, 1214, 126, 1016),
        (12, 1024, 10, 85, 852, 124, 1024),
        (14, 1024, 9, 73, 659, 128, 1024),
        (16, 1024, 8, 64, 514, 128, 1024),
        (10, 128, 12, 12, 146, 126, 126),
    ],
)
def test_grids_of_the_published_checkpoints(
    stride, max_length, freq, time, tokens, mel_bins, frames
):
    config = ASTConfig(frequency_stride=stride, time_stride=stride, max_length=max_length)
    grid = PatchGrid.from_config(config)
    assert (grid.freq_patches, grid.time_patches, grid.num_tokens) == (freq, time, tokens)
    assert (grid.covered_mel_bins, grid.covered_frames) == (mel_bins, frames)


@pytest.mark.parametrize("strides", [(2, 2), (1, 3), (3, 1), (5, 4)])
def test_a_cell_changes_exactly_the_patch_tokens_that_cover_it(strides):
    frequency_stride, time_stride = strides
    model = ours(frequency_stride=frequency_stride, time_stride=time_stride)
    grid = PatchGrid.from_config(model.config)
    embed = model.audio_spectrogram_transformer.embeddings.patch_embeddings
    silent = torch.zeros(1, model.config.max_length, model.config.num_mel_bins)
    with torch.no_grad():
        before = embed(silent)
        for mel_bin, frame in [(0, 0), (5, 11), (15, 23), (7, 0), (0, 20), (13, 13)]:
            touched = silent.clone()
            touched[0, frame, mel_bin] = 1.0
            changed = (embed(touched) != before).any(-1)[0].nonzero().flatten() + SPECIAL_TOKENS
            expected = [grid.token(f, t) for f, t in grid.patches_at(mel_bin, frame)]
            assert changed.tolist() == expected, (mel_bin, frame)


def test_the_tokens_are_those_of_the_model():
    model = ours()
    grid = PatchGrid.from_config(model.config)
    embeddings = model.audio_spectrogram_transformer.embeddings
    assert embeddings.position_embeddings.shape[1] == grid.num_tokens
    assert grid.num_patches == 8 * 12


def test_tokens_run_along_time_first():
    assert AUDIOSET.token(0, 0) == 2
    assert AUDIOSET.token(0, 100) == 102
    assert AUDIOSET.token(1, 0) == 103
    assert AUDIOSET.token(11, 100) == 1213


@settings(max_examples=50, deadline=None)
@given(grids)
def test_token_and_patch_undo_each_other(grid):
    tokens = range(SPECIAL_TOKENS, grid.num_tokens)
    assert [grid.token(*grid.patch(token)) for token in tokens] == [*tokens]


@settings(max_examples=50, deadline=None)
@given(grids)
def test_cells_belong_to_the_patches_that_cover_them(grid):
    marked = by_hand(grid)
    assert np.array_equal(grid.coverage(), marked.sum(axis=(0, 1)))
    for mel_bin, frame in np.ndindex(grid.num_mel_bins, grid.max_length):
        expected = [tuple(pair) for pair in np.argwhere(marked[:, :, mel_bin, frame]).tolist()]
        assert grid.patches_at(mel_bin, frame) == expected


@settings(max_examples=50, deadline=None)
@given(grids)
def test_rows_and_columns_name_the_cells_of_a_patch(grid):
    marked = by_hand(grid)
    for f, t in np.ndindex(grid.freq_patches, grid.time_patches):
        cells = np.argwhere(marked[f, t])
        assert [*grid.mel_bins(f)] == sorted(set(cells[:, 0].tolist()))
        assert [*grid.frames(t)] == sorted(set(cells[:, 1].tolist()))


@settings(max_examples=50, deadline=None)
@given(grids, st.integers(0, 1000))
def test_a_spread_map_averages_the_patches_over_each_cell(grid, seed):
    values = np.random.default_rng(seed).random((grid.freq_patches, grid.time_patches))
    marked = by_hand(grid)
    total = np.einsum("ft,ftmn->mn", values, marked)
    count = marked.sum(axis=(0, 1))
    with np.errstate(invalid="ignore"):
        expected = total / count  # NaN where no patch looks
    np.testing.assert_allclose(grid.spread(values), expected, rtol=1e-6)


def test_a_constant_map_spreads_to_a_constant():
    heat = SMALL.spread(np.full((SMALL.freq_patches, SMALL.time_patches), 0.25))
    assert heat.dtype == np.float32
    assert heat[:8, :13] == pytest.approx(0.25)
    assert np.isnan(heat[8]).all()  # a mel bin too many for the stride


@pytest.mark.parametrize("shape", [(101, 12), (12,), (12, 100), (1, 12, 101)])
def test_a_map_of_another_shape_is_refused_with_both(shape):
    with pytest.raises(ValueError, match=r"expected \(12, 101\)") as caught:
        AUDIOSET.spread(np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("patch", [(-1, 0), (12, 0), (0, -1), (0, 101)])
def test_a_patch_outside_the_grid_is_refused(patch):
    with pytest.raises(ValueError, match="outside the grid") as caught:
        AUDIOSET.token(*patch)
    assert str(patch) in str(caught.value)


@pytest.mark.parametrize("token", [-1, 0, 1, 1214])
def test_a_token_that_is_no_patch_is_refused(token):
    with pytest.raises(
        ValueError, match=rf"token {token} is no patch: patches are tokens 2 to 1213"
    ):
        AUDIOSET.patch(token)


def test_hertz_and_seconds_of_patches():
    low, high = AUDIOSET.hertz(0)
    assert low == pytest.approx(20.0)
    # 17 of the 129 steps of 21.770 mel above 31.748 mel (20 Hz)
    assert high == pytest.approx(700 * (np.exp((31.748 + 17 * 21.770) / 1127) - 1), abs=0.1)
    assert AUDIOSET.hertz(11)[1] < 8000.0  # two bins above belong to no patch
    assert AUDIOSET.seconds(0) == pytest.approx((0.0, 0.175))
    assert AUDIOSET.seconds(100) == pytest.approx((10.0, 10.175))


def test_neighbouring_rows_overlap_and_rise():
    bands = [AUDIOSET.hertz(f) for f in range(12)]
    for (low, high), (next_low, next_high) in itertools.pairwise(bands):
        assert low < next_low < high < next_high


def test_another_rate_moves_the_hertz():
    grid = PatchGrid.from_config(ASTConfig(**TINY), sampling_rate=48000)
    assert grid.hertz(grid.freq_patches - 1)[1] == pytest.approx(24000.0)
