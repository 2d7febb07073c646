"""From a file or an array to a mono float32 waveform at 16 kHz, or one clear sentence why not.

Files are recognized by content and decoded with libsndfile in blocks, so that neither a lying
header nor an hour of compressed silence takes more memory than a few seconds of sound. Nothing is
changed silently: what was averaged, resampled or cut comes back as notes. The level is never
changed, since AST reads loudness: samples beyond full scale are kept, values that are no audio
(not finite, or far beyond full scale) are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from ast_demo.audio.decode import BLOCK_SECONDS, UNKNOWN_FRAMES, decoded, opened
from ast_demo.audio.gaps import Gap
from ast_demo.audio.limits import (
    MAX_CHANNELS,
    MAX_SECONDS,
    AudioError,
    check_length,
    checked_peak,
    checked_rate,
    note_level,
    note_rate,
)
from ast_demo.audio.resampling import StreamResampler, resample

SAMPLING_RATE = 16000  # Hz, what every published AST checkpoint expects

_PCM_DTYPES = {"int8": 2.0**7, "uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}  # full scale


@dataclass(frozen=True)
class Audio:
    """Hold a mono sound and what was done to make it so.

    Args:
        waveform: float32 (samples,), full scale 1.0.
        sampling_rate: rate of waveform in Hz.
        notes: sentences about what was changed or noticed, in the order it happened.
    """

    waveform: np.ndarray
    sampling_rate: int
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return len(self.waveform) / self.sampling_rate


def load_audio(
    path: str | os.PathLike | BinaryIO,
    sampling_rate: int = SAMPLING_RATE,
    max_seconds: float = MAX_SECONDS,
) -> Audio:
    """Decode a sound file to mono float32 at one sampling rate, and say what was done to it.

    Args:
        path: a file, or a binary file object that is a real file (it is read from its beginning).
        sampling_rate: rate of the result in Hz.
        max_seconds: the rest of a longer file is left out, with a note.

    Returns:
        Audio with waveform (samples,), sampling_rate and notes.

    Raises:
        AudioError: if the file is missing, no sound file, too short, beyond a limit, or holds
            values that are no audio.
    """
    notes: list[str] = []
    blocks = list(read_blocks(path, sampling_rate, BLOCK_SECONDS, max_seconds, notes))
    return Audio(np.concatenate(blocks), sampling_rate, tuple(notes))


def prepare_waveform(waveform, sampling_rate: int, target: int = SAMPLING_RATE) -> Audio:
    """Turn an array into mono float32 at one sampling rate, and say what was done to it.

    Args:
        waveform: array, tensor or list; float with full scale 1.0 or PCM integers (int8, uint8,
            int16, int32), shaped (samples,), (samples, channels) or (channels, samples).
        sampling_rate: rate of waveform in Hz.
        target: rate of the result in Hz.

    Returns:
        Audio with waveform (samples,), sampling_rate and notes. The waveform is the given array
        itself where there was nothing to change.

    Raises:
        AudioError: if the rate or shape is out of range, the sound is shorter than 25 ms, or
            values are not finite or far beyond full scale.
    """
    rate = checked_rate("the sound", sampling_rate, target)
    samples = _as_float32(waveform)
    notes: list[str] = []
    if samples.ndim == 2:
        samples = _downmix(samples, notes)
    if samples.ndim != 1:
        raise AudioError(
            f"the sound has shape {samples.shape}, expected (samples,) or (samples, channels)."
        )
    check_length("the sound", len(samples) / rate)
    peak = checked_peak("the sound", samples, 0.0)
    note_rate(sampling_rate, rate, target, notes)
    note_level(peak, notes)
    return Audio(resample(samples, rate, target), target, tuple(notes))


def read_blocks(
    path: str | os.PathLike | BinaryIO,
    sampling_rate: int = SAMPLING_RATE,
    block_seconds: float = BLOCK_SECONDS,
    max_seconds: float | None = None,
    notes: list[str] | None = None,
    gaps: list[Gap] | None = None,
) -> Iterator[np.ndarray]:
    """Yield a sound file as mono float32 blocks that join without a seam, in bounded memory.

    Args:
        path: a file, or a binary file object that is a real file (it is read from its beginning).
        sampling_rate: rate of the blocks in Hz.
        block_seconds: length of every block but the last.
        max_seconds: where to stop; None reads to the end.
        notes: a list that receives what was done to the sound; complete after the last block.
        gaps: a list that receives (start, end) in seconds of what is not finite and is read as
            silence; without it such a file is refused.

    Raises:
        AudioError: as load_audio; while reading, if the fault comes late in the file.
    """
    if max_seconds is not None and not max_seconds > 0:
        raise AudioError(f"max_seconds is {max_seconds!r}, expected more than 0.")
    notes = [] if notes is None else notes
    with opened(path) as (sound_file, name):
        rate = checked_rate(name, sound_file.samplerate, sampling_rate)
        if sound_file.channels > 1:
            notes.append(f"{sound_file.channels} channels averaged to mono")
        note_rate(sound_file.samplerate, rate, sampling_rate, notes)
        stream = StreamResampler(rate, sampling_rate)
        length = max(1, round(block_seconds * sampling_rate))
        held = np.zeros(0, dtype=np.float32)
        for mono in decoded(sound_file, name, rate, max_seconds, notes, gaps):
            held = np.concatenate([held, stream.push(mono)])
            for start in range(0, len(held) - length + 1, length):
                yield held[start : start + length]
            held = held[len(held) - len(held) % length :]
        held = np.concatenate([held, stream.finish()])
        for start in range(0, len(held), length):
            yield held[start : start + length]


def stated_length(path: str | os.PathLike | BinaryIO) -> tuple[int, float | None]:
    """Return a file's own sampling rate in Hz and the seconds that its header promises, if any.

    Raises:
        AudioError: if the file is missing or no sound file.
    """
    with opened(path) as (sound_file, _):
        frames, rate = sound_file.frames, sound_file.samplerate
        return rate, frames / rate if 0 < frames < UNKNOWN_FRAMES else None


def _as_float32(waveform) -> np.ndarray:
    """Return an array of floats with full scale 1.0, itself if it is one."""
    if hasattr(waveform, "detach"):  # a torch tensor, on any device
        waveform = waveform.detach().cpu().numpy()
    try:
        samples = np.asarray(waveform)
    except (TypeError, ValueError) as error:
        raise AudioError(f"the sound is no array of numbers ({error}).") from None
    if np.issubdtype(samples.dtype, np.floating):
        with np.errstate(over="ignore"):  # beyond float32 becomes infinite and is refused later
            return samples.astype(np.float32, copy=False)
    dtype = samples.dtype.name
    if dtype not in _PCM_DTYPES:
        raise AudioError(
            f"the sound holds {dtype} values, expected floats with full scale 1.0 or PCM as "
            f"{', '.join(_PCM_DTYPES)}: divide by the full scale first."
        )
    offset = _PCM_DTYPES[dtype] if dtype == "uint8" else 0.0
    return ((samples.astype(np.float64) - offset) / _PCM_DTYPES[dtype]).astype(np.float32)


def _downmix(samples: np.ndarray, notes: list[str]) -> np.ndarray:
    """Average the channels of (samples, channels), or of (channels, samples) if that is plain."""
    if samples.shape[0] <= MAX_CHANNELS < samples.shape[1]:
        samples = samples.T
    channels = samples.shape[1]
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(
            f"the sound has shape {samples.shape}, expected (samples, channels) with 1 to "
            f"{MAX_CHANNELS} channels."
        )
    if channels > 1:
        notes.append(f"{channels} channels averaged to mono")
    return samples.mean(axis=1, dtype=np.float32)
