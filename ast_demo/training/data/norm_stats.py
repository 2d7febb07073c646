"""Mean and standard deviation of a data set's spectrograms, as preprocessor_config.json wants.

The published numbers are no plain statistics: the authors averaged the means and the standard
deviations of batches (the average of deviations is smaller than the deviation of everything), with
padding and augmentation still on. Both ways are computed here, with and without padding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

AUTHORS_BATCH = 1000  # clips; source: YuanGongND/ast, src/get_norm_stats.py
FAR_OFF = 0.25  # of a normalized unit: beyond, a data set does not look like what was trained on


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of log-mel cells, in nepers of power."""

    mean: float
    std: float


@dataclass(frozen=True)
class NormStats:
    """Statistics of a data set, four ways."""

    clips: int
    seconds: float
    pooled: Statistics  # of all cells of sound together
    pooled_padded: Statistics  # the same with clips padded or cut to the window
    exact: Statistics  # the authors' way: averages of each batch's mean and deviation
    exact_padded: Statistics  # the same with padding: nearest to the published numbers


class _Sums:
    """Running sums of cells, in double precision."""

    def __init__(self):
        self.count, self.total, self.squares = 0, 0.0, 0.0

    def add(self, cells: np.ndarray, zeros: int = 0) -> None:
        """Add cells, and a count of zero cells of padding."""
        cells = cells.astype(np.float64)
        self.count += cells.size + zeros
        self.total += float(cells.sum())
        self.squares += float(np.square(cells).sum())

    def statistics(self) -> Statistics:
        """Return mean and (unbiased) standard deviation of what was added."""
        mean = self.total / self.count
        variance = (self.squares - self.count * mean * mean) / max(1, self.count - 1)
        return Statistics(mean, math.sqrt(max(0.0, variance)))


def norm_stats(
    spectrograms: Iterable[np.ndarray], max_length: int, batch: int = AUTHORS_BATCH
) -> NormStats:
    """Compute the statistics of spectrograms.

    Args:
        spectrograms: log-mel of each clip, (frames, mel_bins).
        max_length: frames of the model's window.
        batch: clips whose mean and deviation the exact way takes together.

    Raises:
        ValueError: if there is no spectrogram.
    """
    overall, overall_padded = _Sums(), _Sums()
    batches: list[tuple[Statistics, Statistics]] = []
    plain, padded = _Sums(), _Sums()
    clips = frames = 0
    for log_mel in spectrograms:
        window = log_mel[:max_length]
        zeros = (max_length - len(window)) * log_mel.shape[1]
        for sums, cells, padding in (
            (overall, log_mel, 0),
            (overall_padded, window, zeros),
            (plain, log_mel, 0),
            (padded, window, zeros),
        ):
            sums.add(cells, padding)
        clips, frames = clips + 1, frames + len(log_mel)
        if clips % batch == 0:
            batches.append((plain.statistics(), padded.statistics()))
            plain, padded = _Sums(), _Sums()
    if not clips:
        raise ValueError("there are no clips to take statistics of: give at least one sound file.")
    if plain.count:
        batches.append((plain.statistics(), padded.statistics()))
    return NormStats(
        clips=clips,
        seconds=frames / 100,
        pooled=overall.statistics(),
        pooled_padded=overall_padded.statistics(),
        exact=_average([first for first, _ in batches]),
        exact_padded=_average([second for _, second in batches]),
    )


def distance(data: Statistics, mean: float, std: float) -> tuple[float, float]:
    """Return how a data set looks after a checkpoint's normalization: mean and deviation.

    The checkpoint's own data gave about 0.0 and 0.5.
    """
    return (data.mean - mean) / (2 * std), data.std / (2 * std)


def describe_distance(data: Statistics, mean: float, std: float) -> tuple[str, bool]:
    """Say how far a data set lies from a checkpoint's normalization, and whether that is far."""
    centre, spread = distance(data, mean, std)
    far = abs(centre) > FAR_OFF or not 0.5 - FAR_OFF <= spread <= 0.5 + FAR_OFF
    text = (
        f"the data has mean {data.mean:.3f} and std {data.std:.3f}; normalized with the "
        f"checkpoint's {mean:.3f} and {std:.3f} that is {centre:+.2f} and {spread:.2f} "
        "(0 and 0.50 is what the checkpoint was trained on)"
    )
    return text, far


def _average(parts: list[Statistics]) -> Statistics:
    return Statistics(
        float(np.mean([part.mean for part in parts])), float(np.mean([part.std for part in parts]))
    )
