"""The front end for sound that keeps coming: each spectrogram frame is computed once and kept.

    chunks at any rate -> waveform at the model's rate -> log-mel frames, the latest of both kept

What is kept is bounded, so a stream may go on for hours. Chunks of any length give the frames that
the whole recording gives.
"""

from __future__ import annotations

import numpy as np
import torch

from ast_demo.audio.gaps import Gap, overlaps_gap, silence_gaps
from ast_demo.audio.limits import MAX_PEAK, AudioError, grouped
from ast_demo.audio.resampling import StreamResampler, usable_rate
from ast_demo.features.extractor import (
    ASTFeatureExtractor,
    frame_count,
    frame_geometry,
    samples_for,
)

MAX_NOTES = 100  # of one stream; whoever keeps changing the rate is not told more


class RingBuffer:
    """Keep the latest rows of a stream, numbered from its beginning, in one piece of memory.

    Args:
        capacity: rows that are kept; older ones are forgotten.
        shape: shape of one row.
    """

    def __init__(self, capacity: int, shape: tuple[int, ...] = ()):
        self.capacity = capacity
        # Twice the room, so that rows move to the front only once in `capacity` appended rows.
        self._rows = np.zeros((2 * capacity, *shape), dtype=np.float32)
        self._held = 0
        self.end = 0  # number of the row that comes next

    @property
    def start(self) -> int:
        """Number of the oldest row that is kept."""
        return max(0, self.end - self.capacity)

    def append(self, rows: np.ndarray) -> None:
        """Take the next rows."""
        self.end += len(rows)
        rows = rows[-self.capacity :]
        if self._held + len(rows) > len(self._rows):
            kept = self.capacity - len(rows)
            self._rows[:kept] = self._rows[self._held - kept : self._held]
            self._held = kept
        self._rows[self._held : self._held + len(rows)] = rows
        self._held += len(rows)

    def between(self, start: int, end: int) -> np.ndarray:
        """Return rows start..end as a view that is valid until the next `append`.

        Raises:
            ValueError: if some of them were forgotten or have not come yet.
        """
        if not self.start <= start <= end <= self.end:
            raise ValueError(
                f"rows {start} to {end} were asked for, {self.start} to {self.end} are kept."
            )
        offset = self._held - self.end
        return self._rows[offset + start : offset + end]


class StreamingFrontEnd:
    """Turn a stream of chunks into log-mel frames, resampling without seams.

    Frames and samples are numbered from where the stream began, or began again: after a change of
    the sampling rate the front end starts afresh, so that no window mixes two recordings.

    Args:
        extractor: gives the model's sampling rate, mel bins and window.
        keep_frames: frames (and the sound under them) that stay at hand; one window by default.
        device: where the spectrogram is computed.
    """

    def __init__(
        self,
        extractor: ASTFeatureExtractor,
        keep_frames: int | None = None,
        device: str | torch.device = "cpu",
    ):
        self.extractor = extractor
        self.sampling_rate = extractor.sampling_rate
        self.notes: list[str] = []  # what was done to the sound
        self.gaps: list[Gap] = []  # stretches that were not finite, in seconds of the stream
        self.restarts = 0
        self.start_seconds = 0.0  # of the stream, where frame 0 lies
        self.end_seconds = 0.0  # of the stream, as far as it has come
        self._keep_frames = keep_frames or extractor.max_length
        self._device = torch.device(device)
        self._stated_rate: int | None = None  # of the chunks in Hz, as their sender states it
        self._resampler: StreamResampler | None = None
        self._begin()

    @property
    def num_frames(self) -> int:
        """Frames computed since the stream began, forgotten ones included."""
        return self._frames.end

    @property
    def first_frame(self) -> int:
        """Number of the oldest frame that is kept."""
        return self._frames.start

    def push(self, chunk: np.ndarray, sampling_rate: int) -> int:
        """Take the next chunk and return how many new frames it completed.

        Args:
            chunk: mono audio, float (samples,), full scale 1.0, of any length.
            sampling_rate: rate of the chunk in Hz.

        Raises:
            AudioError: if the chunk has another shape, is no audio or has an unusable rate; the
                stream is then as it was before.
        """
        chunk = _checked(chunk)
        resampler = self._resampler
        if resampler is None or sampling_rate != self._stated_rate:
            resampler = self._take_rate(sampling_rate)
        rate = resampler.source
        chunk = silence_gaps(chunk, rate, self.end_seconds, self.gaps)
        self._received += len(chunk)
        self.end_seconds = self.start_seconds + self._received / rate
        return self._advance(resampler.push(chunk))

    def finish(self) -> int:
        """Compute the frames that still waited for the resampler, and return how many."""
        return self._advance(self._resampler.finish()) if self._resampler else 0

    def restart(self, note: str, seconds: float = 0.0) -> None:
        """Forget the sound so far, because what comes next does not continue it.

        Args:
            note: says why.
            seconds: by how much the clock of the stream moves on.
        """
        if len(self.notes) < MAX_NOTES:
            self.notes.append(note)
        self.restarts += 1
        self.end_seconds += seconds
        self.start_seconds = self.end_seconds
        self._stated_rate = None
        self._begin()

    def log_mel(self, start: int, end: int) -> np.ndarray:
        """Return frames start..end, float32 (frames, mel_bins), valid until the next `push`."""
        return self._frames.between(start, end)

    def waveform(self, start: int, end: int) -> np.ndarray:
        """Return the sound under frames start..end, float32 (samples,), until the next `push`."""
        if start == end:
            return np.zeros(0, dtype=np.float32)
        hop_length = frame_geometry(self.sampling_rate).hop_length
        first = start * hop_length
        return self._samples.between(first, first + samples_for(end - start, self.sampling_rate))

    def latest(self) -> tuple[int, int]:
        """Return the numbers (start, end) of the frames that fill the model's window just now."""
        return max(0, self.num_frames - self.extractor.max_length), self.num_frames

    def seconds(self, start: int, end: int) -> tuple[float, float]:
        """Return where in the stream the sound under frames start..end begins and ends."""
        hop_length = frame_geometry(self.sampling_rate).hop_length
        first = start * hop_length
        last = first + samples_for(end - start, self.sampling_rate) if end > start else first
        return (
            self.start_seconds + first / self.sampling_rate,
            self.start_seconds + last / self.sampling_rate,
        )

    def has_gap(self, start: int, end: int) -> bool:
        """Tell whether any of frames start..end touches sound that was not finite."""
        return overlaps_gap(self.gaps, *self.seconds(start, end))

    def _take_rate(self, sampling_rate: int) -> StreamResampler:
        """Begin with the first chunk's rate; begin again when it changes."""
        try:
            usable = usable_rate(sampling_rate, self.sampling_rate)
        except ValueError as error:
            raise AudioError(f"the stream cannot be resampled: {error}") from None
        if self._stated_rate is not None:
            self.restart(
                f"{grouped(self._stated_rate)} Hz became {grouped(sampling_rate)} Hz after "
                f"{self.end_seconds:.2f} s: started again there"
            )
        elif usable != self.sampling_rate and not self.restarts:
            rates = f"from {grouped(usable)} to {grouped(self.sampling_rate)} Hz"
            self.notes.append(f"resampled {rates}")
        self._stated_rate = sampling_rate
        self._resampler = StreamResampler(usable, self.sampling_rate)
        return self._resampler

    def _begin(self) -> None:
        """Forget the sound, keep the clock."""
        self._resampler = None
        self._received = 0  # samples since the beginning, at the rate of the chunks
        self._frames = RingBuffer(self._keep_frames, (self.extractor.num_mel_bins,))
        # The samples of the next frame are kept beyond those of the frames: up to one window.
        window_length = frame_geometry(self.sampling_rate).window_length
        room = samples_for(self._keep_frames, self.sampling_rate) + window_length
        self._samples = RingBuffer(room)

    def _advance(self, samples: np.ndarray) -> int:
        """Compute the frames that new samples complete, a bounded number of them at a time."""
        hop_length = frame_geometry(self.sampling_rate).hop_length
        before, step = self.num_frames, self._keep_frames * hop_length
        for first in range(0, len(samples), step):
            self._samples.append(samples[first : first + step])
            waiting = self._samples.between(self.num_frames * hop_length, self._samples.end)
            count = frame_count(len(waiting), self.sampling_rate)
            if count:
                whole = torch.from_numpy(waiting[: samples_for(count, self.sampling_rate)])
                self._frames.append(self.extractor.log_mel(whole.to(self._device)).cpu().numpy())
        return self.num_frames - before


def _checked(chunk: np.ndarray) -> np.ndarray:
    """Return a chunk as float32 (samples,), or say why it is no audio."""
    chunk = np.asarray(chunk)
    if chunk.ndim != 1 or not np.issubdtype(chunk.dtype, np.floating):
        raise AudioError(
            f"the chunk is {chunk.dtype} {chunk.shape}, expected mono floats (samples,) with full "
            "scale 1.0: pass it through prepare_waveform first."
        )
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite and is marked as a gap
        chunk = chunk.astype(np.float32, copy=False)
    peak = float(np.abs(chunk[np.isfinite(chunk)]).max(initial=0.0))
    if peak > MAX_PEAK:
        raise AudioError(
            f"the chunk reaches {peak:.4g} times full scale, the limit is {MAX_PEAK:g}: divide the "
            "samples by their full scale (32768 for 16-bit numbers)."
        )
    return chunk
