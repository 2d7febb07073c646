"""Stretches of a recording that hold no numbers (NaN, infinity, damage): marked, made silent."""

from __future__ import annotations

import numpy as np

MERGE_SECONDS = 0.1  # stretches closer than this count as one; no window can tell them apart

Gap = tuple[float, float]  # start and end in seconds


def silence_gaps(
    samples: np.ndarray, sampling_rate: int, start_seconds: float, gaps: list[Gap]
) -> np.ndarray:
    """Return samples with zeros where they were not finite, and record those stretches.

    Args:
        samples: float32 (samples,).
        sampling_rate: rate of samples in Hz.
        start_seconds: where in the recording the samples begin.
        gaps: receives (start, end) in seconds; a stretch that continues the last one extends it.
    """
    bad = ~np.isfinite(samples)
    if not bad.any():
        return samples
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bad, [False]]).astype(np.int8)))
    for first, end in edges.reshape(-1, 2):
        add_gap(gaps, start_seconds + first / sampling_rate, start_seconds + end / sampling_rate)
    return np.where(bad, np.float32(0), samples)


def add_gap(gaps: list[Gap], start: float, end: float) -> None:
    """Append a stretch that lies after all others, or extend the last one if it is close."""
    if gaps and start - gaps[-1][1] < MERGE_SECONDS:
        gaps[-1] = (gaps[-1][0], max(end, gaps[-1][1]))
    else:
        gaps.append((float(start), float(end)))


def overlaps_gap(gaps: list[Gap], start: float, end: float) -> bool:
    """Tell whether any stretch reaches into start..end (seconds)."""
    return any(first < end and last > start for first, last in gaps)
