"""Statistics of a data set: pooled, padded, and as the authors count them."""

import numpy as np
import pytest

from ast_demo.training.data.norm_stats import distance, norm_stats


@pytest.fixture
def spectrograms():
    rng = np.random.default_rng(3)
    return [rng.normal(-6, 4, (length, 128)).astype(np.float32) for length in (30, 70, 50)]


def test_pooled_statistics_equal_numpy_over_all_cells(spectrograms):
    stats = norm_stats(spectrograms, max_length=64)
    cells = np.concatenate([s.ravel() for s in spectrograms]).astype(np.float64)
    assert stats.pooled.mean == pytest.approx(cells.mean(), abs=1e-9)
    assert stats.pooled.std == pytest.approx(cells.std(ddof=1), abs=1e-9)


def test_padded_statistics_count_the_zeros_and_cut_what_is_too_long(spectrograms):
    stats = norm_stats(spectrograms, max_length=64)
    window = np.zeros((3, 64, 128))
    for row, log_mel in enumerate(spectrograms):
        window[row, : min(64, len(log_mel))] = log_mel[:64]
    assert stats.pooled_padded.mean == pytest.approx(window.mean(), abs=1e-9)
    assert stats.pooled_padded.std == pytest.approx(window.std(ddof=1), abs=1e-9)


def test_exact_statistics_average_the_batches_as_the_authors_do(spectrograms):
    stats = norm_stats(spectrograms, max_length=64, batch=2)
    first = np.concatenate([s.ravel() for s in spectrograms[:2]]).astype(np.float64)
    second = spectrograms[2].astype(np.float64)
    assert stats.exact.mean == pytest.approx((first.mean() + second.mean()) / 2, abs=1e-9)
    assert stats.exact.std == pytest.approx((first.std(ddof=1) + second.std(ddof=1)) / 2, abs=1e-9)


def test_data_of_the_checkpoint_itself_is_at_zero_and_one_half(spectrograms):
    stats = norm_stats(spectrograms, max_length=64)
    centre, spread = distance(stats.pooled, stats.pooled.mean, stats.pooled.std)
    assert (centre, spread) == (0.0, 0.5)
