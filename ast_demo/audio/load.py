"""From a file or an array to a mono float32 waveform at 16 kHz, or one clear sentence why not.

Files are recognized by content and decoded with libsndfile in blocks, so that neither a lying
header nor an hour of compressed silence takes more memory than a few seconds of sound. Nothing is
changed silently: what was averaged, resampled or cut comes back as notes. The level is never
changed, since AST reads loudness: samples beyond full scale are kept, values that are no audio
(not finite, or far beyond full scale) are refused.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from ast_demo.audio.arrays import as_float32, time_first, to_array, to_mono
from ast_demo.audio.decode import UNKNOWN_FRAMES, Decoder
from ast_demo.audio.downmix import BLOCK_SECONDS, Downmixer, block_frames
from ast_demo.audio.gaps import Gap
from ast_demo.audio.limits import (
    MAX_SECONDS,
    MAX_VALUES,
    AudioError,
    check_length,
    checked_peak,
    checked_rate,
    note_level,
    note_rate,
)
from ast_demo.audio.resampling import StreamResampler, resample
from ast_demo.audio.source import is_stored, opened

SAMPLING_RATE = 16000  # Hz, what every published AST checkpoint expects


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
    path: str | os.PathLike[str] | BinaryIO,
    sampling_rate: int = SAMPLING_RATE,
    max_seconds: float = MAX_SECONDS,
) -> Audio:
    """Decode a sound file to mono float32 at one sampling rate, and say what was done to it.

    Args:
        path: a file, or a binary file object that is a real file (it is read from its beginning).
        sampling_rate: rate of the result in Hz.
        max_seconds: the rest of a longer file is left out, with a note; so is what lies beyond
            `MAX_VALUES` decoded values.

    Returns:
        Audio with waveform (samples,), sampling_rate and notes.

    Raises:
        AudioError: if the file is missing, no sound file, too short, beyond a limit, or holds
            values that are no audio.
    """
    notes: list[str] = []
    blocks = read_blocks(
        path, sampling_rate, BLOCK_SECONDS, max_seconds, notes, max_values=MAX_VALUES
    )
    return Audio(np.concatenate(list(blocks)), sampling_rate, tuple(notes))


def prepare_waveform(waveform: Any, sampling_rate: int, target: int = SAMPLING_RATE) -> Audio:
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
    notes: list[str] = []
    samples = to_mono(to_array(waveform), rate, notes)
    check_length("the sound", len(samples) / rate)
    peak = checked_peak("the sound", samples, 0.0)
    note_rate(sampling_rate, rate, target, notes)
    note_level(peak, notes)
    return Audio(resample(samples, rate, target), target, tuple(notes))


def read_blocks(
    path: str | os.PathLike[str] | BinaryIO,
    sampling_rate: int = SAMPLING_RATE,
    block_seconds: float = BLOCK_SECONDS,
    max_seconds: float | None = None,
    notes: list[str] | None = None,
    gaps: list[Gap] | None = None,
    max_values: int | None = None,
) -> Generator[np.ndarray, None, None]:
    """Yield a sound file as mono float32 blocks that join without a seam, in bounded memory.

    Args:
        path: a file, or a binary file object that is a real file (it is read from its beginning).
        sampling_rate: rate of the blocks in Hz.
        block_seconds: length of every block but the last.
        max_seconds: where to stop; None reads to the end.
        notes: a list that receives what was done to the sound; complete after the last block.
        gaps: a list that receives (start, end) in seconds of what is not finite and is read as
            silence; without it such a file is refused.
        max_values: after how many decoded values, channels counted, to stop; None sets no bound.

    Raises:
        AudioError: as load_audio; while reading, if the fault comes late in the file.
    """
    for name, most in (("max_seconds", max_seconds), ("max_values", max_values)):
        if most is not None and not most > 0:
            raise AudioError(f"{name} is {most!r}, expected more than 0.")
    notes = [] if notes is None else notes
    with opened(path) as source:
        decoder = Decoder(source, sampling_rate, max_seconds, notes, gaps, max_values)
        length = max(1, round(block_seconds * sampling_rate))
        stream: StreamResampler | None = None
        held = np.zeros(0, dtype=np.float32)
        for mono, rate in decoder.blocks():
            if stream is None or stream.source != rate:  # sounds in one file may differ in rate
                rest = [] if stream is None else [stream.finish()]
                held = np.concatenate([held, *rest])
                stream = StreamResampler(rate, sampling_rate)
            held = np.concatenate([held, stream.push(mono)])
            for start in range(0, len(held) - length + 1, length):
                yield held[start : start + length]
            held = held[len(held) - len(held) % length :]
        if stream is not None:
            held = np.concatenate([held, stream.finish()])
        for start in range(0, len(held), length):
            yield held[start : start + length]


def stated_length(
    path: str | os.PathLike[str] | BinaryIO | bytes, max_values: int | None = None
) -> tuple[int, float | None]:
    """Return a file's own sampling rate in Hz and the seconds that its header promises, if any.

    Args:
        path: as for `read_blocks`.
        max_values: as for `read_blocks`: what lies beyond is not counted.

    Raises:
        AudioError: if the file is missing or no sound file.
    """
    with opened(path) as source:
        seconds, values, first_rate = 0.0, 0, 0
        for sound_file, _ in source.sounds():
            first_rate = first_rate or sound_file.samplerate
            if not 0 < sound_file.frames < UNKNOWN_FRAMES:
                return first_rate, None
            frames = sound_file.frames
            if max_values is not None:
                frames = min(frames, (max_values - values) // sound_file.channels)
            values += frames * sound_file.channels
            seconds += frames / sound_file.samplerate
        return first_rate, seconds


def load_sound(
    sound: Any, sampling_rate: int = SAMPLING_RATE, target: int = SAMPLING_RATE
) -> Audio:
    """Turn a sound, in whatever form people hold one, into mono float32 at one sampling rate.

    Args:
        sound: an `Audio`; a path, an open binary file or the bytes of one, as for `load_audio`;
            samples, as for `prepare_waveform`; samples with their rate, as `datasets`, soundfile,
            torchaudio and Gradio give them: {"array": ..., "sampling_rate": ...} or a pair.
        sampling_rate: rate in Hz of samples that bring none.
        target: rate of the result in Hz.

    Raises:
        AudioError: as those two, or if it is none of these.
    """
    sound, sampling_rate = unpack(sound, sampling_rate)
    if is_stored(sound):
        return load_audio(sound, target)
    if not isinstance(sound, Audio):
        return prepare_waveform(sound, sampling_rate, target)
    if sound.sampling_rate == target:
        return sound
    prepared = prepare_waveform(sound.waveform, sound.sampling_rate, target)
    return Audio(prepared.waveform, target, (*sound.notes, *prepared.notes))


def unpack(sound: Any, sampling_rate: int) -> tuple[Any, int]:
    """Return what a dict or a pair holds, and its rate; anything else as it is.

    Raises:
        AudioError: if it lacks the samples or their rate.
    """
    if isinstance(sound, Mapping):
        return _unpack_mapping(sound)
    if callable(getattr(sound, "get_all_samples", None)):  # what newer versions of datasets give
        try:
            decoded = sound.get_all_samples()
            return decoded.data, decoded.sample_rate
        except Exception as error:  # another library's decoder, with faults of its own
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
            raise AudioError(f"the sound cannot be decoded ({reason}).") from None
    if isinstance(sound, tuple) and len(sound) == 2:
        for rate, samples in (sound, sound[::-1]):
            if isinstance(rate, (int, np.integer)) and hasattr(samples, "__len__"):
                return samples, int(rate)
    return sound, sampling_rate


def _unpack_mapping(sound: Mapping[Any, Any]) -> tuple[Any, int]:
    for key in ("array", "raw"):
        if sound.get(key) is not None:
            if sound.get("sampling_rate") is None:
                raise AudioError(
                    f"the sound is a dict with {key!r} but no 'sampling_rate': add its rate in Hz."
                )
            return sound[key], sound["sampling_rate"]
    for key in ("bytes", "path"):
        if sound.get(key) is not None:
            return sound[key], SAMPLING_RATE
    keys = ", ".join(repr(key)[:20] for key in list(sound)[:5]) or "nothing"
    raise AudioError(
        f"the sound is a dict with {keys}, expected 'array' and 'sampling_rate', or 'bytes', or "
        "'path'."
    )


def array_blocks(waveform: Any, sampling_rate: int, notes: list[str]) -> Iterator[np.ndarray]:
    """Yield an array as mono float32 blocks of at most ten seconds, at its own rate.

    Args:
        waveform: as for `prepare_waveform`; values that are not finite stay.
        sampling_rate: rate of waveform in Hz.
        notes: receives what was done to the channels and the level; complete after the last block.

    Raises:
        AudioError: as prepare_waveform, values that are not finite aside.
    """
    rate = checked_rate("the sound", sampling_rate, sampling_rate)
    samples = time_first(to_array(waveform))
    check_length("the sound", len(samples) / rate)
    columns = samples if samples.ndim == 2 else samples[:, None]
    mixer, place, peak = Downmixer(columns.shape[1], rate), len(notes), 0.0
    step = block_frames(rate, columns.shape[1])
    for start in range(0, len(columns), step):
        mono = mixer.mix(as_float32(columns[start : start + step]))
        note = mixer.note()
        notes[place:] = [note] if note else []
        peak = max(peak, checked_peak("the sound", mono[np.isfinite(mono)], start / rate))
        yield mono
    if peak > 0:  # silence shows in the windows
        note_level(peak, notes)
