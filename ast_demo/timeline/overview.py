"""A small picture of a whole recording: its spectrogram in ever longer columns."""

from __future__ import annotations

import numpy as np

COLUMNS = 1024  # of the picture, at least once so many frames have come; at most twice as many
ROWS = 32  # bands at most, lowest first


class Overview:
    """Gather the log-mel frames of a recording of any length in bounded memory.

    A column holds the loudest of its frames in each band, so that short sounds stay visible. When
    there are too many columns, each two become one.

    Args:
        mel_bins: of a frame; neighbours are averaged to at most ROWS bands.
    """

    def __init__(self, mel_bins: int):
        rows = min(ROWS, mel_bins)
        self.frames_per_column = 1
        self._first_bins = np.arange(rows) * mel_bins // rows  # of each band
        self._bins = np.diff(self._first_bins, append=mel_bins)  # in each band
        self._columns = np.zeros((2 * COLUMNS, rows), dtype=np.float32)
        self._filled = 0
        self._waiting = np.zeros((0, rows), dtype=np.float32)  # frames of an unfinished column

    def add(self, log_mel: np.ndarray) -> None:
        """Take the next frames, (frames, mel_bins)."""
        bands = np.add.reduceat(log_mel, self._first_bins, axis=1) / self._bins
        self._waiting = np.concatenate([self._waiting, bands.astype(np.float32)])
        while len(self._waiting) >= self.frames_per_column:
            self._take()

    def picture(self) -> np.ndarray:
        """Return the columns so far, the unfinished one included: float32 (columns, bands)."""
        columns = self._columns[: self._filled]
        if not len(self._waiting):
            return columns.copy()
        return np.concatenate([columns, self._waiting.max(axis=0, keepdims=True)])

    def _take(self) -> None:
        """Turn waiting frames into columns, as many as there is room for; then make room."""
        length = self.frames_per_column
        count = min(len(self._waiting) // length, len(self._columns) - self._filled)
        whole = self._waiting[: count * length].reshape(count, length, len(self._bins))
        self._columns[self._filled : self._filled + count] = whole.max(axis=1)
        self._waiting = self._waiting[count * length :]
        self._filled += count
        if self._filled == len(self._columns):
            self._columns[:COLUMNS] = self._columns.reshape(COLUMNS, 2, -1).max(axis=1)
            self._filled = COLUMNS
            self.frames_per_column *= 2
