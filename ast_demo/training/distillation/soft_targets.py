"""Soft targets: what a teacher hears in each clip, densely over time and frequency.

The file (.npz) holds, for a list of clips: `files`; `pooled`, one vector a clip; and the teacher's
last feature map, of `ROWS` frequency bands by steps of `STEP_FRAMES` frames, as int8 coordinates
(`map_values` times `map_scale`, `map_steps` per clip, time first) with their variances
(`map_eigenvalues`). A student that predicts the map at each of its patches gets hundreds of targets
a clip instead of one label.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ast_demo.features.patches import PatchGrid
from ast_demo.features.spectrogram import hertz_to_mel, mel_axis

ROWS = 4  # frequency bands of the map
STEP_FRAMES = 32  # frames between its columns, 320 ms
FIRST_FRAME = 20.0  # frame that the first column describes best, by regression on local energies
BINS_PER_ROW = 32  # of the teacher's 128 mel bins
TEACHER_HIGHEST_HZ = 15000.0  # its mel bins run from 0 Hz to here


class SoftTargets:
    """Teacher's maps for the clips of a data set, ready to be read at patches."""

    def __init__(self, values: torch.Tensor, scale: float, steps: torch.Tensor, variance: float):
        self.values = values  # int8 (all columns, ROWS, coordinates)
        self.scale = scale
        self.steps = steps  # columns of each clip, 0 where the teacher said nothing
        self.starts = torch.cat([torch.zeros(1, dtype=torch.long), steps.cumsum(0)])[:-1]
        self.variance = variance  # of a map cell, all coordinates together

    @property
    def width(self) -> int:
        """Coordinates of a map cell."""
        return self.values.shape[-1]

    @classmethod
    def load(cls, files: Sequence[str | Path], names: Sequence[str]) -> SoftTargets:
        """Read the targets of some clips, in the order of their names, from one or several files.

        Raises:
            ValueError: if a file lacks an array or knows none of the clips, or if two files count
                in other coordinates.
        """
        maps = {}
        units = _read_maps(files[0])[1]
        for file in files:
            found, own_units = _read_maps(file)
            if own_units != units:
                raise ValueError(
                    f"{file} has the map scale and variance {own_units}, {files[0]} has {units}: "
                    "soft targets in other coordinates cannot be put together."
                )
            if not any(name in found for name in names):
                raise ValueError(
                    f"{file} knows none of the {len(names)} clips; its names look like "
                    f"{next(iter(found), '')!r}, those of the data like {names[0]!r}."
                )
            maps.update(found)
        parts = [maps[name] for name in names if name in maps]
        cells = torch.from_numpy(np.concatenate(parts))
        counts = torch.tensor([len(maps[name]) if name in maps else 0 for name in names])
        return cls(cells, units[0], counts, units[1])

    def means(self) -> torch.Tensor:
        """Return the mean of each clip's map, (clips, coordinates); zeros where there is none."""
        owner = torch.arange(len(self.steps)).repeat_interleave(self.steps)
        columns = self.values.float().mean(dim=1) * self.scale
        sums = torch.zeros(len(self.steps), self.width).index_add_(0, owner, columns)
        return sums / self.steps.clamp(min=1)[:, None]

    def at_patches(
        self, clips: torch.Tensor, first_frames: torch.Tensor, num_frames: torch.Tensor, grid
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Interpolate the maps at the patches of crops.

        Args:
            clips: index of each crop's clip, -1 for a sound without a teacher.
            first_frames: frame of the clip at which each crop starts.
            num_frames: frames of each clip.
            grid: PatchGrid of a crop.

        Returns:
            targets (crops, freq_patches, time_patches, coordinates), and whether a column holds
            sound the teacher has heard, bool (crops, time_patches).
        """
        known = clips.clamp(min=0)
        half = (grid.patch_size - 1) / 2
        columns = torch.arange(grid.time_patches) * grid.time_stride + half
        centres = first_frames[:, None] + columns
        position = ((centres - FIRST_FRAME) / STEP_FRAMES).clamp(min=0.0)
        steps = self.steps[known][:, None]
        heard = (clips[:, None] >= 0) & (steps > 0) & (centres < num_frames[:, None] + 4)
        last = (steps - 1).clamp(min=0)
        before = torch.minimum(position.floor().long(), last)
        after = torch.minimum(before + 1, last)
        weight = (position - before).clamp(0.0, 1.0)[..., None, None]
        starts = self.starts[known][:, None].clamp(max=len(self.values) - 1)
        cells = torch.lerp(
            self._cells(starts + before).float(), self._cells(starts + after).float(), weight
        )
        targets = torch.einsum("fr,ctrk->cftk", row_weights(grid), cells) * self.scale
        return targets, heard

    def _cells(self, columns: torch.Tensor) -> torch.Tensor:
        return self.values[columns.clamp(max=len(self.values) - 1)]


def _read_maps(file: str | Path) -> tuple[dict[str, np.ndarray], tuple[float, float]]:
    """Return the map of each clip, int8 (columns, ROWS, coordinates); their scale and variance."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            names, values = stored["files"].tolist(), stored["map_values"]
            ends = np.cumsum(stored["map_steps"].astype(np.int64))
            units = (float(stored["map_scale"]), float(stored["map_eigenvalues"].sum()))
    except (KeyError, OSError) as error:
        raise ValueError(f"{file} cannot be read as soft targets ({error}).") from error
    columns = values.reshape(-1, ROWS, values.shape[1])
    return dict(zip(names, np.split(columns, ends[:-1]))), units


def row_weights(grid: PatchGrid) -> torch.Tensor:
    """Return how much each row of patches lies in each of the map's bands: (freq_patches, ROWS)."""
    lowest, step = mel_axis(grid.num_mel_bins, grid.sampling_rate)
    centre = torch.arange(grid.freq_patches) * grid.frequency_stride + (grid.patch_size - 1) / 2
    mel = lowest + (centre + 1) * step
    teacher_bin = mel / hertz_to_mel(TEACHER_HIGHEST_HZ) * (ROWS * BINS_PER_ROW + 1) - 1
    position = ((teacher_bin - (BINS_PER_ROW - 1) / 2) / BINS_PER_ROW).clamp(0.0, ROWS - 1 - 1e-3)
    band = torch.arange(ROWS)
    return (1 - (position[:, None] - band).abs()).clamp(min=0.0)
