"""A timeline: what the model heard in each window of a long recording, and what to do with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ast_demo.audio.gaps import Gap
from ast_demo.features.extractor import HOP_SECONDS
from ast_demo.tables import table_text
from ast_demo.timeline.events import ON_SCORE, Event, find_events
from ast_demo.timeline.levels import FADED_DB, SILENCE_DB

SECOND_DIGITS = 3  # of a time in seconds: a frame is 0.010 s
SCORE_DIGITS = 5


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
    overview: np.ndarray | None = None  # log-mel (columns, bands), the loudest frame of each column
    overview_seconds: float = 0.0  # from one column to the next

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
        overview = 0 if self.overview is None else self.overview.nbytes
        return self.windows.nbytes + self.scores.nbytes + 2 * self.levels.nbytes + overview

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
        """Return one line per window: start, end, level, marks, then the score of every label."""
        rows = []
        windows = zip(self.windows, self.levels, self.marks(), self.scores)
        for (start, end), level, marks, scores in windows:
            times = (f"{start:.{SECOND_DIGITS}f}", f"{end:.{SECOND_DIGITS}f}", f"{level:.1f}")
            rows.append([*times, marks, *(f"{score:.{SCORE_DIGITS}f}" for score in scores)])
        header = ["start_seconds", "end_seconds", "level_db", "marks", *self.labels]
        return table_text(header, rows)

    def to_json(self, on: float = ON_SCORE) -> str:
        """Return all of `to_dict` as one JSON object, one line a key."""
        lines = [
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in self.to_dict(on).items()
        ]
        return "{\n" + ",\n".join(lines) + "\n}\n"

    def to_dict(self, on: float = ON_SCORE) -> dict[str, Any]:
        """Return windows, scores, events and notes as plain numbers and texts.

        Args:
            on: score at which an event begins.

        Returns:
            an object that JSON can hold; its scores are [window][label].
        """
        return {
            "model": self.model,
            "rule": self.rule,
            "seconds": round(self.seconds, SECOND_DIGITS),
            "window_seconds": round(self.window_seconds, SECOND_DIGITS),
            "hop_seconds": round(self.hop_seconds, SECOND_DIGITS),
            "silence_db": SILENCE_DB,
            "notes": list(self.notes),
            "gaps": [[round(t, SECOND_DIGITS) for t in gap] for gap in self.gaps],
            "labels": self.labels,
            "windows": [[round(float(t), SECOND_DIGITS) for t in row] for row in self.windows],
            "levels_db": [round(float(level), 1) for level in self.levels],
            "marks": self.marks(),
            "scores": [[round(float(s), SCORE_DIGITS) for s in row] for row in self.scores],
            "threshold": on,
            "events": self.event_dicts(on),
        }

    def event_dicts(self, on: float = ON_SCORE, off: float | None = None) -> list[dict[str, Any]]:
        """Return the events as plain numbers and texts."""
        return [
            asdict(event)
            | {
                "start": round(event.start, SECOND_DIGITS),
                "end": round(event.end, SECOND_DIGITS),
                "peak": round(event.peak, SCORE_DIGITS),
            }
            for event in self.events(on, off)
        ]

    def to_audacity(self, on: float = ON_SCORE) -> str:
        """Return one line per event: start, end and label with its peak score, between tabs.

        Source: Audacity manual, "Importing and Exporting Labels"; Sonic Visualiser reads the same.
        """
        return "".join(
            f"{event.start:.6f}\t{event.end:.6f}\t{one_line(event.label)} {event.peak:.2f}\n"
            for event in self.events(on)
        )


def one_line(text: str) -> str:
    """Return a text without line breaks and tabs."""
    return " ".join(text.split())
