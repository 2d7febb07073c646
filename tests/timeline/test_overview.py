"""The small picture of a recording: bounded, in order, and nothing short is lost."""

from __future__ import annotations

import numpy as np
import pytest

from ast_demo.timeline.overview import COLUMNS, ROWS, Overview


def gathered(frames: np.ndarray, piece: int) -> Overview:
    overview = Overview(frames.shape[1])
    for start in range(0, len(frames), piece):
        overview.add(frames[start : start + piece])
    return overview


@pytest.mark.parametrize("count", [1, 500, 2 * COLUMNS, 5 * COLUMNS + 3, 100_000])
def test_columns_stay_bounded_and_cover_every_frame(count):
    overview = gathered(np.zeros((count, 128), np.float32), 1001)
    columns = len(overview.picture())
    assert columns <= 2 * COLUMNS
    assert columns == -(-count // overview.frames_per_column)


def test_pieces_of_any_length_give_the_same_picture():
    frames = np.random.default_rng(0).normal(size=(9000, 128)).astype(np.float32)
    assert np.array_equal(gathered(frames, 7).picture(), gathered(frames, 4001).picture())


def test_one_loud_frame_in_hours_is_seen_at_its_place_and_height():
    frames = np.full((200_000, 128), -10.0, np.float32)
    frames[150_000, 64:68] = 2.0
    overview = gathered(frames, 1001)
    column, row = np.unravel_index(overview.picture().argmax(), overview.picture().shape)
    assert column == 150_000 // overview.frames_per_column
    assert row == ROWS // 2


def test_bands_are_means_of_neighbouring_bins():
    frames = np.tile(np.arange(128, dtype=np.float32), (1, 1))
    assert gathered(frames, 1).picture()[0, :2] == pytest.approx([1.5, 5.5])
