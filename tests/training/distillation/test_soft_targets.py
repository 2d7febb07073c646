"""Soft targets: what a teacher hears, read from files and laid on patches."""

import numpy as np
import pytest
import torch

from ast_demo.features.patches import PatchGrid
from ast_demo.training.distillation.soft_targets import ROWS, SoftTargets, row_weights


def test_rows_of_patches_share_the_bands_of_the_teacher():
    weights = row_weights(PatchGrid(max_length=64))
    assert torch.allclose(weights.sum(dim=1), torch.ones(12))
    assert weights[0].argmax() == 0
    # The patches end at 8 kHz, between the centres of the two upper bands (of 15 kHz).
    assert weights[-1, 2:].tolist() == pytest.approx([0.5, 0.5], abs=0.05)


def test_soft_targets_are_read_for_the_clips_that_have_them(tmp_path):
    steps = np.array([2, 3], np.int16)
    values = np.repeat(np.arange(5, dtype=np.int8), ROWS)[:, None]  # one value a column
    np.savez(
        tmp_path / "teacher.npz",
        files=np.array(["a.wav", "b.wav"]),
        map_steps=steps,
        map_values=values,
        map_scale=np.float32(2.0),
        map_eigenvalues=np.array([1.0], np.float32),
    )
    teacher = SoftTargets.load([tmp_path / "teacher.npz"], ["b.wav", "unknown.wav"])
    grid = PatchGrid(max_length=64)
    targets, heard = teacher.at_patches(
        torch.tensor([0, 1, -1]), torch.tensor([20, 0, 0]), torch.tensor([96, 96, 96]), grid
    )
    assert heard.tolist() == [[True] * 5, [False] * 5, [False] * 5]
    # Columns 2, 3, 4 of the file are those of b.wav; a crop at frame 20 starts 7.5 frames later.
    expected = 2.0 * (2 + (torch.arange(5) * 10 + 7.5) / 32)
    assert torch.allclose(targets[0, 0, :, 0], expected, atol=1e-5)


def write_teacher(file, names, value, scale=2.0):
    """Write soft targets of one column a clip, all cells the same."""
    np.savez(
        file,
        files=np.array(names),
        map_steps=np.ones(len(names), np.int16),
        map_values=np.full((ROWS * len(names), 1), value, np.int8),
        map_scale=np.float32(scale),
        map_eigenvalues=np.array([1.0], np.float32),
    )
    return file


def test_soft_targets_come_from_several_files(tmp_path):
    files = [
        write_teacher(tmp_path / "one.npz", ["a.wav"], 3),
        write_teacher(tmp_path / "two.npz", ["b.wav", "c.wav"], 5),
    ]
    teacher = SoftTargets.load(files, ["c.wav", "unknown.wav", "a.wav"])
    assert teacher.steps.tolist() == [1, 0, 1]
    assert teacher.means().flatten().tolist() == [10.0, 0.0, 6.0]


def test_soft_targets_in_other_coordinates_are_refused(tmp_path):
    files = [
        write_teacher(tmp_path / "one.npz", ["a.wav"], 3),
        write_teacher(tmp_path / "two.npz", ["b.wav"], 3, scale=1.0),
    ]
    with pytest.raises(ValueError, match="other coordinates cannot be put together"):
        SoftTargets.load(files, ["a.wav", "b.wav"])
