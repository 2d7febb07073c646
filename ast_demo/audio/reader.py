"""Read a sound onward, over the holes of a damaged file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.audio.limits import spell_seconds

if TYPE_CHECKING:
    import soundfile

PIECE_FRAMES = 8192  # decoded at a time
HOLES_AT_MOST = 100  # of a sound that are stepped over
_PLACES_NAMED = 3


class Reader(ExitStack):
    """Read a sound onward, over holes where FLAC or MP3 goes on behind them: times stay right.

    libsndfile goes on in Ogg by itself; what it cannot decode of other formats ends the sound.

    Args:
        sound_file: libsndfile's view of it.
        behind: opens what follows a hole, given the number of the first sample that could not be
            decoded, and place and first sample of what followed the hole before, or None: a view,
            the number of its first sample and its place; None if there is nothing.
        filling: value of the samples in a hole.
    """

    def __init__(
        self,
        sound_file: soundfile.SoundFile,
        behind: Callable[
            [int, tuple[int, int] | None],
            AbstractContextManager[tuple[soundfile.SoundFile, int, int] | None],
        ],
        filling: float,
    ):
        super().__init__()
        self._file = sound_file
        self._behind = behind
        self._filling = filling
        self._promised = sound_file.frames
        self._done = 0
        self._hole = 0  # frames that are still to be filled in
        self._since: tuple[int, int] | None = None  # place and sample where the last hole ends
        self.holes: list[tuple[int, int]] = []  # first frame of each, and first one behind it
        self.fault = False  # whether decoding failed and did not go on

    def read(self, frames: int) -> np.ndarray:
        """Return up to so many frames, float32 (frames, channels); none at the end."""
        while not self.fault:
            if self._hole:
                block, damaged = self._filled(frames), False
            else:
                block, damaged = _read_block(self._file, min(frames, self._left()))
            self._done += len(block)
            goes_on = (damaged or self._stops_short(block)) and self._go_on_behind()
            self.fault = damaged and not goes_on
            if len(block) or not (damaged or goes_on):
                return block
        return np.zeros((0, self._file.channels), np.float32)

    def goes_on(self) -> bool:
        """Read one frame more: the header's count of frames is no proof of it."""
        return len(self.read(1)) > 0

    def note(self, rate: int) -> str:
        """Say where the holes are, and how much is lost in them."""
        places = ", ".join(spell_seconds(n / rate) for n, _ in self.holes[:_PLACES_NAMED])
        more = len(self.holes) - _PLACES_NAMED
        if more > 0:
            places += f" and {more if more > 1 else 'one'} more"
        lost = spell_seconds(sum(end - start for start, end in self.holes) / rate)
        return f"damaged at {places}: {lost} could not be read and are silent"

    def _left(self) -> int:
        """Return how many frames there may be; behind a hole an MP3 decoder adds its padding."""
        bounded = self.holes and self._file.format == "MP3"
        return self._promised - self._done if bounded else sys.maxsize

    def _filled(self, frames: int) -> np.ndarray:
        count = min(frames, self._hole, PIECE_FRAMES)
        self._hole -= count
        return np.full((count, self._file.channels), self._filling, np.float32)

    def _stops_short(self, block: np.ndarray) -> bool:
        """Tell whether an MP3 ends too early: its decoder takes some damage for the end."""
        return not len(block) and self._file.format == "MP3" and self._done < self._promised

    def _go_on_behind(self) -> bool:
        if len(self.holes) >= HOLES_AT_MOST:
            return False
        found = self.enter_context(self._behind(self._done, self._since))
        if found is None:
            return False
        self._file, first, place = found
        self._since = place, first
        self._hole = first - self._done
        self.holes.append((self._done, first))
        return True


def _read_block(sound_file: soundfile.SoundFile, frames: int) -> tuple[np.ndarray, bool]:
    """Return up to so many frames (frames, channels), and whether decoding failed after them."""
    import soundfile

    pieces, done = [np.zeros((0, sound_file.channels), np.float32)], 0
    while done < frames:
        # Where decoding fails, the frames that were good are in the buffer, but nobody says how
        # many: what was not written is still NaN, which no damaged format decodes to.
        buffer = np.full(
            (min(PIECE_FRAMES, frames - done), sound_file.channels), np.nan, np.float32
        )
        try:
            piece = sound_file.read(out=buffer, always_2d=True)
        except soundfile.LibsndfileError:
            written = np.flatnonzero(~np.isnan(buffer).all(axis=1))
            pieces.append(buffer[: written[-1] + 1 if len(written) else 0])
            return np.concatenate(pieces), True
        if not len(piece):
            break
        pieces.append(piece)
        done += len(piece)
    return np.concatenate(pieces), False
