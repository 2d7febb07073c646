"""What is drawn for a batch, and where a sound is placed in its window."""

import numpy as np
import pytest

from ast_demo.training.data.sampler import SPILL, Pool, place


def test_clips_are_drawn_as_often_as_they_are_long():
    rng = np.random.default_rng(0)
    pool = Pool([4, 7], np.array([0, 0, 0, 0, 99.0, 0, 0, 299.0]))
    drawn = [pool.draw(rng) for _ in range(4000)]
    assert drawn.count(7) / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_a_placed_sound_is_whole_and_surrounded_by_its_own_softest_frames():
    loudness = np.concatenate([np.full(10, -9.0), np.linspace(-3, 0, 40), np.full(10, -9.0)])
    piece = np.repeat(loudness[:, None], 4, axis=1).astype(np.float32)
    piece[:, 0] += np.arange(60) * 1e-3  # every frame can be told from the others
    starts = set()
    for seed in range(60):
        row = np.zeros((100, 4), np.float32)
        place(np.random.default_rng(seed), row, piece)
        loud = np.flatnonzero(row[:, 1] > -5)
        inside = row[loud]
        assert np.array_equal(inside, piece[10:50][: len(inside)]) or len(inside) < 40
        assert (np.delete(row[:, 1], loud) == -9.0).all()
        starts.add(int(loud[0]))
    assert min(starts) < SPILL < 40 < max(starts)  # anywhere in the window
