"""Several channels become one: their average, or the loudest where they cancel each other."""

from __future__ import annotations

import numpy as np

BLOCK_SECONDS = 10.0  # judged at a time
BLOCK_VALUES = 1 << 21  # of all channels, where that is less: 8 MB
CANCELLED = (
    0.5  # of the power that the average of unrelated channels would have; below, they cancel
)
RAMP_SECONDS = 0.01  # from one way of mixing to the next, so that no click is heard
_ROWS = 8192  # mixed at a time
_AS_LOUD = 0.5  # of the loudest channel's power: the channel chosen before stays while it has that


def block_frames(sampling_rate: int, channels: int) -> int:
    """Return the frames that are judged at a time, for files and arrays alike."""
    most = round(BLOCK_SECONDS * sampling_rate)
    return most if channels == 1 else max(_ROWS, min(most, BLOCK_VALUES // channels))


class Downmixer:
    """Mix blocks of one sound to mono, and remember where its channels cancelled each other.

    Averaging two channels of which one is inverted leaves silence. In blocks where the average
    keeps less than half the power that unrelated channels would leave it, the loudest channel is
    taken instead.

    Args:
        channels: of the sound.
        sampling_rate: in Hz.
    """

    def __init__(self, channels: int, sampling_rate: int):
        self._channels = channels
        self._rate = sampling_rate
        self._average = np.full(channels, 1 / channels, np.float32)
        self._weights: np.ndarray | None = None  # of the block before
        self._done = 0  # frames
        self._chosen: int | None = None
        self._stretches: list[tuple[int, int, int]] = []  # first frame, end, channel heard

    def mix(self, block: np.ndarray) -> np.ndarray:
        """Return float32 (frames,) for a block (frames, channels) that follows the last one."""
        if self._channels == 1:
            return block[:, 0]
        self._chosen = self._loudest_if_cancelled(block)
        weights = self._average
        if self._chosen is not None:
            weights = np.zeros(self._channels, np.float32)
            weights[self._chosen] = 1
            self._remember(len(block), self._chosen)
        # Over so few columns a product is twenty times faster than mean.
        rows = [block[start : start + _ROWS] @ weights for start in range(0, len(block), _ROWS)]
        mono = np.concatenate([np.zeros(0, np.float32), *rows])
        if self._weights is not None and not np.array_equal(weights, self._weights):
            count = min(len(block), round(RAMP_SECONDS * self._rate))
            ramp = np.linspace(0, 1, count, dtype=np.float32)
            mono[:count] = ramp * mono[:count] + (1 - ramp) * (block[:count] @ self._weights)
        self._weights = weights
        self._done += len(block)
        return mono

    def note(self) -> str | None:
        """Say what was done to the channels, None for one."""
        if self._channels == 1:
            return None
        averaged = f"{self._channels} channels averaged to mono"
        if not self._stretches:
            return averaged
        first, end, channel = self._stretches[0]
        heard = f"channel {channel + 1}, the loudest, is heard instead"
        if len(self._stretches) == 1 and (first, end) == (0, self._done):
            return f"the {self._channels} channels cancel each other in their average: {heard}"
        places = ", ".join(
            f"{first / self._rate:.2f} to {end / self._rate:.2f} s"
            for first, end, _ in self._stretches[:3]
        )
        more = ", ..." if len(self._stretches) > 3 else ""
        if len({channel for _, _, channel in self._stretches}) > 1:
            heard = "the loudest channel is heard instead"
        return f"{averaged}; where they cancel each other ({places}{more}) {heard}"

    def _loudest_if_cancelled(self, block: np.ndarray) -> int | None:
        finite = np.isfinite(block).all(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):  # values beyond sound: refused later
            samples = block if finite.all() else block[finite]
            if not len(samples):
                return None
            offsets = samples.mean(axis=0)  # DC: every frame of the spectrogram loses its mean
            products = samples.T @ samples - len(samples) * np.outer(offsets, offsets)
            powers = np.diagonal(products)
            if not products.sum() < CANCELLED * powers.sum():
                return None
        loudest = int(np.argmax(powers))
        if self._chosen is not None and powers[self._chosen] >= _AS_LOUD * powers[loudest]:
            return self._chosen
        return loudest

    def _remember(self, frames: int, channel: int) -> None:
        end = self._done + frames
        if self._stretches and self._stretches[-1][1:] == (self._done, channel):
            self._stretches[-1] = (self._stretches[-1][0], end, channel)
        else:
            self._stretches.append((self._done, end, channel))
