"""From scores of overlapping windows to events: when a label began, when it ended, how sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

ON_SCORE = 0.4  # an event begins where a label reaches this score
OFF_SHARE = 0.6  # and lasts until its score falls below this share of ON_SCORE


@dataclass(frozen=True)
class Event:
    """A stretch of time in which the model heard a label.

    `start` and `end` are the best estimate that overlapping windows allow, in seconds. Windows
    number `first_window` to `last_window` heard it, `peak` is their highest score and `peak_window`
    the one that has it.
    """

    label: str
    start: float
    end: float
    peak: float
    first_window: int
    last_window: int
    peak_window: int


def find_runs(scores: np.ndarray, on: float, off: float) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of the runs that reach `on` and stay at or above `off`: hysteresis."""
    above = np.concatenate([[False], scores >= off, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(above))
    for first, end in edges.reshape(-1, 2):
        if scores[first:end].max() >= on:
            yield int(first), int(end) - 1


def locate(windows: np.ndarray, first: int, last: int) -> tuple[float, float]:
    """Estimate when a sound lasted that windows first..last heard and their neighbours did not.

    The sound lies inside the windows that heard it. The neighbours overlap those windows and did
    not hear it, so it lies between the end of the one before and the start of the one after. When
    that leaves less than a hop (a short sound, or a faint one that the outer windows missed), the
    middle is right still, and the estimate is one hop long around it.

    Args:
        windows: start and end of every window in seconds, (windows, 2).
        first: number of the first window that heard the sound.
        last: number of the last one.
    """
    earliest, latest = windows[first, 0], windows[last, 1]
    start = max(earliest, windows[first - 1, 1]) if first > 0 else earliest
    end = min(latest, windows[last + 1, 0]) if last + 1 < len(windows) else latest
    steps = np.diff(windows[:, 0])
    least = min(float(steps.min()) if len(steps) else np.inf, latest - earliest)
    if end - start < least:
        middle = min(max((start + end) / 2, earliest + least / 2), latest - least / 2)
        start, end = middle - least / 2, middle + least / 2
    return float(start), float(end)


def find_events(
    windows: np.ndarray,
    scores: np.ndarray,
    labels: list[str],
    on: float = ON_SCORE,
    off: float | None = None,
) -> list[Event]:
    """List the events of every label, in order of time.

    Args:
        windows: start and end of every window in seconds, (windows, 2).
        scores: (windows, labels); a score of NaN is never part of an event.
        labels: names of the columns of scores.
        on: score at which an event begins.
        off: score below which it ends; 0.6 times `on` by default.

    Raises:
        ValueError: if the two scores are not 0 < off <= on <= 1.
    """
    off = OFF_SHARE * on if off is None else off
    if not 0 < off <= on <= 1:
        raise ValueError(
            f"events would begin at a score of {on!r} and end below {off!r}, expected "
            "0 < end <= beginning <= 1."
        )
    events = []
    heard = np.nan_to_num(scores, nan=-1.0)
    for column in np.flatnonzero(heard.max(axis=0, initial=-1.0) >= on):
        for first, last in find_runs(heard[:, column], on, off):
            peak = first + int(heard[first : last + 1, column].argmax())
            start, end = locate(windows, first, last)
            score = float(heard[peak, column])
            events.append(Event(labels[column], start, end, score, first, last, peak))
    return sorted(events, key=lambda event: (event.start, event.end, event.label))
