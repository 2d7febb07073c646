"""A timeline: what the model heard in each window of a long recording, and what to do with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ast_demo.audio.gaps import Gap
from ast_demo.features.extractor import HOP_SECONDS
from ast_demo.timeline.events import ON_SCORE, Event, find_events

FADED_DB = 24.0  # quieter than the loudest of its window: what is left beside a word
SILENCE_DB = -60.0  # a window whose loudest 25 ms stay below counts as silence


@dataclass
class Timeline:
    """Scores of a window that slid over a sound.

    `windows` holds each window's start and end in seconds, (windows, 2): true edges, so the last
    one is shorter where the sound ends inside it (the model's window is then padded). `scores` is
    (windows, labels), `levels` the loudest 25 ms of each window in dB of full scale, `inner_levels`
    those of its middle half. `gaps` are stretches (start, end) without numbers, read as silence.
    `notes` tell what was done to the sound and where reading ended early.
    """

    labels: list[str]
    windows: np.ndarray
    scores: np.ndarray
    levels: np.ndarray
    inner_levels: np.ndarray
    rule: str
    seconds: float
    window_seconds: float
    hop_seconds: float
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    model: str = ""
    timings: dict[str, float] = field(default_factory=dict)  # stage -> milliseconds

    @property
    def padded(self) -> np.ndarray:
        """Which windows end beyond the sound and were padded: bool (windows,)."""
        return np.diff(self.windows, axis=1)[:, 0] < self.window_seconds - HOP_SECONDS / 2

    @property
    def silent(self) -> np.ndarray:
        """Which windows hold no sound above `SILENCE_DB`: bool (windows,)."""
        return self.levels < SILENCE_DB

    @property
    def edge(self) -> np.ndarray:
        """Which windows hold their sound at an edge alone, where it may be cut: bool (windows,).

        Where one label excludes the others, a window is meant to hold one word; of a part of it the
        model makes another. A neighbour that overlaps has the whole word in its middle.
        """
        return (self.inner_levels < self.levels - FADED_DB) & (self.rule == "softmax")

    @property
    def broken(self) -> np.ndarray:
        """Which windows touch a gap: bool (windows,)."""
        touched = np.zeros(len(self.windows), dtype=bool)
        for start, end in self.gaps:
            touched |= (self.windows[:, 0] < end) & (self.windows[:, 1] > start)
        return touched

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays hold, for a cache that counts."""
        return self.windows.nbytes + self.scores.nbytes + 2 * self.levels.nbytes

    def marks(self) -> list[str]:
        """Return what is special about each window: any of "padded", "silent", "edge", "gap"."""
        named = (
            ("padded", self.padded),
            ("silent", self.silent),
            ("edge", self.edge),
            ("gap", self.broken),
        )
        return [
            " ".join(name for name, flags in named if flags[window])
            for window in range(len(self.windows))
        ]

    def events(self, on: float = ON_SCORE, off: float | None = None) -> list[Event]:
        """List when each label began and ended, in order of time.

        Windows that are silent, or hold their sound at an edge alone, are part of none.

        Args:
            on: score at which an event begins.
            off: score below which it ends; 0.6 times `on` by default.
        """
        scores = np.where((self.silent | self.edge)[:, None], np.nan, self.scores)
        return find_events(self.windows, scores, self.labels, on, off)

    def to_csv(self) -> str:
        """Return a table of all windows and scores; see `timeline_export`."""
        from ast_demo.timeline.export import to_csv

        return to_csv(self)

    def to_json(self, on: float = ON_SCORE) -> str:
        """Return windows, scores, events and notes as JSON; see `timeline_export`."""
        from ast_demo.timeline.export import to_json

        return to_json(self, on)

    def to_audacity(self, on: float = ON_SCORE) -> str:
        """Return the events as a label track of Audacity or Sonic Visualiser."""
        from ast_demo.timeline.export import to_audacity

        return to_audacity(self, on)
