"""Resampling as the checkpoints expect it, whole or in a stream, with a bounded kernel.

The filter is that of `torchaudio.functional.resample` with its defaults, which transformers'
pipeline uses too. It is applied in pieces that share enough samples for the pieces to join without
a seam, so an hour of sound needs no more memory than a few seconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.values import quoted

if TYPE_CHECKING:
    import torch

MIN_SAMPLING_RATE = 8000  # Hz, telephone speech; below it most mel bins would be empty
MAX_SAMPLING_RATE = 192000  # Hz, the highest rate of studio equipment
MAX_KERNEL_VALUES = 1 << 21  # float64 values: 16 MB; making the filter takes five such arrays
SNAP_HZ = 50  # rates with a huge kernel are read as the nearest multiple: 0.3 % off at the most

_LOWPASS_FILTER_WIDTH = 6  # zero crossings on each side, torchaudio's default
_ROLLOFF = 0.99  # cut-off as a share of half the lower rate, torchaudio's default
_PRODUCT_VALUES = 1 << 18  # of overlapping windows laid out at a time: 2 MB, which a cache holds
_PIECE_SECONDS = 30.0  # of input filtered at a time: 5.8 million values at the highest rate


def kernel_values(source: int, target: int) -> int:
    """Count the values of the filter that takes one sampling rate to another."""
    source, target, width = _geometry(source, target)
    return target * (source + 2 * width)


def usable_rate(source: int, target: int = 16000) -> int:
    """Return the sampling rate as which to read a sound, so that its filter stays small.

    Nearly every rate is returned as it is. 44101 Hz has no common divisor with 16000 Hz; its filter
    would take 5.6 GB, so it is read as 44100 Hz.

    Raises:
        ValueError: if a rate is out of range, or no near rate has a small filter either.
    """
    for name, rate in (("the sampling rate", source), ("the target rate", target)):
        whole = isinstance(rate, (int, np.integer)) and not isinstance(rate, bool)
        if not whole or not MIN_SAMPLING_RATE <= rate <= MAX_SAMPLING_RATE:
            raise ValueError(
                f"{name} is {quoted(rate)}, expected a whole number of Hz from "
                f"{MIN_SAMPLING_RATE} to {MAX_SAMPLING_RATE}: convert the sound to 16000 Hz first."
            )
    nearest = SNAP_HZ * round(source / SNAP_HZ)
    for rate in (int(source), nearest):
        if kernel_values(rate, target) <= MAX_KERNEL_VALUES:
            return rate
    raise ValueError(
        f"the filter from {source} to {target} Hz would have {kernel_values(source, target)} "
        f"values, the limit is {MAX_KERNEL_VALUES}: choose rates with a larger common divisor."
    )


def resample(waveform: np.ndarray, source: int, target: int = 16000) -> np.ndarray:
    """Return a mono waveform at another rate: float32 (ceil(samples * target / source),).

    At the same rate it is the waveform itself.

    Raises:
        ValueError: if a rate is out of range or the filter between them would be huge.

    Source: torchaudio.functional.resample, to which it is equal to 1e-5.
    """
    stream = StreamResampler(source, target)
    if source == target:
        return np.asarray(waveform, dtype=np.float32)
    step = round(_PIECE_SECONDS * source)
    pieces = [
        stream.push(waveform[start : start + step]) for start in range(0, len(waveform), step)
    ]
    return np.concatenate([*pieces, stream.finish()])


class StreamResampler:
    """Resample a sound that arrives in blocks; the outputs join to what the whole sound gives.

    Args:
        source: sampling rate of the blocks in Hz.
        target: sampling rate of the output in Hz.

    Raises:
        ValueError: if a rate is out of range or the filter between them would be huge.
    """

    def __init__(self, source: int, target: int = 16000):
        if usable_rate(source, target) != source:
            raise ValueError(
                f"the filter from {source} to {target} Hz would have "
                f"{kernel_values(source, target)} values, the limit is {MAX_KERNEL_VALUES}: read "
                f"the sound as {usable_rate(source, target)} Hz (see usable_rate)."
            )
        self.source = int(source)
        self.target = int(target)
        # The filter maps each period of input samples to one period of output samples and looks
        # `width` samples beyond both ends.
        self._period_in, self._period_out, self._width = _geometry(source, target)
        self._context = -(-self._width // self._period_in)  # periods kept from before
        self._known = 0  # of those, periods that have arrived; fewer at the beginning
        self._filters: torch.Tensor | None = (
            None  # made at the first use: torchaudio is imported only then
        )
        self._held = np.zeros(0, dtype=np.float32)

    def push(self, block: np.ndarray) -> np.ndarray:
        """Take the next samples and return those of the output that are settled by now."""
        if self.source == self.target:
            return np.asarray(block, dtype=np.float32)
        self._held = np.concatenate([self._held, np.asarray(block, dtype=np.float32)])
        settled = (len(self._held) - self._width) // self._period_in - self._known
        if settled <= 0:
            return np.zeros(0, dtype=np.float32)
        end = (self._known + settled) * self._period_in
        out = self._filter(self._held[: end + self._width])[: settled * self._period_out]
        known = min(self._context, self._known + settled)
        self._held = self._held[end - known * self._period_in :]
        self._known = known
        return out

    def finish(self) -> np.ndarray:
        """Return the rest of the output once the last block has been pushed."""
        if self.source == self.target:
            return np.zeros(0, dtype=np.float32)
        out = self._filter(self._held)
        self._held, self._known = np.zeros(0, dtype=np.float32), 0
        return out

    def _filter(self, samples: np.ndarray) -> np.ndarray:
        """Resample held samples and drop the output that belongs to the periods known before."""
        if len(samples) <= self._known * self._period_in:
            return np.zeros(0, dtype=np.float32)
        import torch

        filters = self._filters
        if filters is None:
            filters = self._filters = _make_filters(self.source, self.target)
        ends = (self._width, self._width + self._period_in)
        padded = torch.from_numpy(np.pad(np.asarray(samples, dtype=np.float64), ends))
        reach = len(filters)
        periods = (len(padded) - reach) // self._period_in + 1
        step = max(1, _PRODUCT_VALUES // reach)
        out = []
        for start in range(0, periods, step):
            shape = (min(step, periods - start), reach)
            windows = padded.as_strided(shape, (self._period_in, 1), start * self._period_in)
            out.append(windows @ filters)
        length = math.ceil(self._period_out * len(samples) / self._period_in)
        joined = torch.cat(out).reshape(-1)[self._known * self._period_out : length]
        return joined.float().numpy()


def _make_filters(source: int, target: int) -> torch.Tensor:
    """Return one filter for each output sample of a period: (values, samples), float64.

    The values are those that torchaudio makes for float32. They are applied in float64: else the
    last digit would depend on where blocks were cut, and a quiet mel bin would show it. Applied
    as a matrix product, ten times faster than torch's convolution in float64.
    """
    import torch
    from torchaudio.transforms import Resample

    kernel = Resample(source, target, dtype=torch.float32).kernel  # (samples, 1, values)
    return kernel[:, 0].T.double().contiguous()


def _geometry(source: int, target: int) -> tuple[int, int, int]:
    """Return input and output samples of one period, and the samples the filter looks beyond."""
    divisor = math.gcd(int(source), int(target))
    source, target = int(source) // divisor, int(target) // divisor
    width = math.ceil(_LOWPASS_FILTER_WIDTH * source / (min(source, target) * _ROLLOFF))
    return source, target, width
