"""From a file or an array to a mono float32 waveform at 16 kHz, or one clear sentence why not.

Files are recognized by content and decoded with libsndfile in blocks, so that neither a lying
header nor an hour of compressed silence takes more memory than a few seconds of sound. Nothing is
changed silently: what was averaged, resampled or cut comes back as notes. The level is never
changed, since AST reads loudness: samples beyond full scale are kept, values that are no audio
(not finite, or far beyond full scale) are refused.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ast_demo.gaps import Gap, silence_gaps
from ast_demo.resampling import (
    MAX_SAMPLING_RATE,
    MIN_SAMPLING_RATE,
    StreamResampler,
    resample,
    usable_rate,
)

SAMPLING_RATE = 16000  # Hz, what every published AST checkpoint expects
MAX_SECONDS = 600.0  # of one sound held in memory: 38 MB at 16 kHz
MAX_VALUES = 53_000_000  # decoded for it, channels counted: ten minutes of stereo at 44.1 kHz; a
# file of 70 kB can hold ten minutes of 8 channels at 192 kHz, 40 s of work
MIN_SECONDS = 0.025  # one frame of the spectrogram; a shorter sound has no picture
MAX_CHANNELS = 8  # 7.1 surround; a crafted header can claim 1024 and multiply memory
MAX_FILE_BYTES = 2 << 30  # two hours of 24-bit stereo at 48 kHz; only streaming reads so much
MAX_PEAK = 16.0  # times full scale: beyond +24 dB the numbers are integers or garbage, not sound
LOUD_PEAK = 2.0  # times full scale: from here on a note; decoders of MP3 and OGG overshoot by less
BLOCK_SECONDS = 10.0  # resampled at a time: 8 MB at the highest rate
PIECE_FRAMES = 8192  # decoded at a time: what is lost where a damaged file stops being readable

READABLE = "WAV, FLAC, OGG (Vorbis, Opus), MP3, AIFF, CAF, AU, W64 or RF64"

_FORMATS = {"WAV", "WAVEX", "FLAC", "OGG", "MP3", "AIFF", "CAF", "AU", "W64", "RF64"}
_PCM_DTYPES = {"int8": 2.0**7, "uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}  # full scale
_SIGNATURES = (  # offset, bytes, name of a format that libsndfile does not read
    (4, b"ftyp", "MPEG-4 audio or video (m4a, mp4, mov)"),
    (0, b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (0, b"\x30\x26\xb2\x75", "Windows Media (wma, wmv)"),
    (0, b"#!AMR", "AMR"),
    (0, b"ADIF", "AAC"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"MThd", "MIDI, which holds notes but no sound"),
)
_NAME_LENGTH = 80  # characters of a file's name repeated in a message
_UNKNOWN_FRAMES = 1 << 48  # libsndfile's "length unknown" lies above
_UNKNOWN_BYTES = 0x7FFFF000  # programs that write to a pipe state about this or twice as much
_SHORTFALL_SECONDS = 0.1  # missing from what the header promises, before a note says so


class AudioError(ValueError):
    """A sound that cannot be used; the message says why and what to do, for people to read."""


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
        Audio with waveform (samples,), sampling_rate and notes.

    Raises:
        AudioError: if the rate or shape is out of range, the sound is shorter than 25 ms, or
            values are not finite or far beyond full scale.
    """
    rate = _checked_rate("the sound", sampling_rate, target)
    samples = _as_float32(waveform)
    notes: list[str] = []
    if samples.ndim == 2:
        samples = _downmix(samples, notes)
    if samples.ndim != 1:
        raise AudioError(
            f"the sound has shape {samples.shape}, expected (samples,) or (samples, channels)."
        )
    _check_length("the sound", len(samples) / rate)
    peak = _checked_peak("the sound", samples, 0.0)
    _note_rate(sampling_rate, rate, target, notes)
    _note_level(peak, notes)
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
    with _opened(path) as (sound_file, name):
        rate = _checked_rate(name, sound_file.samplerate, sampling_rate)
        if sound_file.channels > 1:
            notes.append(f"{sound_file.channels} channels averaged to mono")
        _note_rate(sound_file.samplerate, rate, sampling_rate, notes)
        stream = StreamResampler(rate, sampling_rate)
        length = max(1, round(block_seconds * sampling_rate))
        held = np.zeros(0, dtype=np.float32)
        for mono in _decoded(sound_file, name, rate, max_seconds, notes, gaps):
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
    with _opened(path) as (sound_file, _):
        frames, rate = sound_file.frames, sound_file.samplerate
        return rate, frames / rate if 0 < frames < _UNKNOWN_FRAMES else None


@contextmanager
def _opened(path):
    """Open a file by content; yield libsndfile's view of it and the name to call it by."""
    import soundfile

    name = _display_name(path)
    is_file = hasattr(path, "fileno") and not isinstance(path, io.BytesIO)
    if not is_file and not isinstance(path, (str, bytes, os.PathLike)):
        raise AudioError(
            f"the sound is given as {type(path).__name__}, expected a path or an open file: write "
            "it to a file first, or hand samples to prepare_waveform."
        )
    try:
        holder = nullcontext(path) if is_file else open(path, "rb", opener=_open_at_once)  # noqa: SIM115
    except FileNotFoundError:
        raise AudioError(f"{name} does not exist: check the name and the folder.") from None
    except IsADirectoryError:
        raise AudioError(f"{name} is a folder, expected a sound file in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not valid"
        raise AudioError(f"{name} cannot be opened ({reason}).") from None
    with holder as stream:
        _check_file(stream, name)
        try:
            # The descriptor, not the path: soundfile would believe a misleading extension.
            sound_file = _open_forward(stream.fileno())
        except (soundfile.LibsndfileError, ValueError, TypeError):
            raise AudioError(_unreadable(stream, name)) from None
        with sound_file:
            if sound_file.format not in _FORMATS:
                raise AudioError(
                    f"{name} is in the format {sound_file.format}, expected {READABLE}: convert it."
                )
            if not 1 <= sound_file.channels <= MAX_CHANNELS:
                raise AudioError(
                    f"{name} has {sound_file.channels} channels, the limit is {MAX_CHANNELS}: "
                    "mix it down to mono or stereo."
                )
            yield sound_file, name


def _open_at_once(path, flags: int) -> int:
    """Open a file without waiting, as a pipe would make us do until someone writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _open_forward(descriptor: int):
    """Open a file that is only ever read onward.

    SoundFile seeks to where it already is after each read, which makes an MP3 decoder forget the
    bits it has saved up: every block would begin with a fault.
    """
    import soundfile

    class ForwardFile(soundfile.SoundFile):
        def seekable(self) -> bool:
            return False

    return ForwardFile(descriptor, closefd=False)


def _check_file(stream, name: str) -> None:
    """Refuse devices, pipes, empty and oversized files, and start at the beginning."""
    status = os.fstat(stream.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{name} is no regular file: save the sound to a file first.")
    if status.st_size == 0:
        raise AudioError(f"{name} is empty (0 bytes): record or export it again.")
    if status.st_size > MAX_FILE_BYTES:
        raise AudioError(
            f"{name} has {grouped(status.st_size)} bytes, the limit is {grouped(MAX_FILE_BYTES)}: "
            "cut it into parts."
        )
    os.lseek(stream.fileno(), 0, os.SEEK_SET)


def _decoded(sound_file, name, rate, max_seconds, notes, gaps) -> Iterator[np.ndarray]:
    """Yield mono float32 blocks at the file's own rate up to the limit, checked and counted."""
    limit = None
    if max_seconds is not None:
        limit = max(1, min(round(max_seconds * rate), MAX_VALUES // sound_file.channels))
    done, peak, fault = 0, 0.0, False
    while not fault and (limit is None or done < limit):
        wanted = round(BLOCK_SECONDS * rate)
        mono, fault = _read_mono(sound_file, wanted if limit is None else min(wanted, limit - done))
        if not len(mono):
            break
        if gaps is not None:
            mono = silence_gaps(mono, rate, done / rate, gaps)
        peak = max(peak, _checked_peak(name, mono, done / rate))
        done += len(mono)
        yield mono
    seconds = done / rate
    if fault and not done:
        raise AudioError(f"{name} is damaged, no sound could be read: export it again.")
    if limit is not None and done >= limit and _goes_on(sound_file):
        notes.append(f"cut after {spell_seconds(seconds)}, the file goes on")
    else:
        _check_length(name, seconds)
        _note_early_end(sound_file, rate, seconds, fault, notes)
    _note_level(peak, notes)


def _read_mono(sound_file, frames: int) -> tuple[np.ndarray, bool]:
    """Return up to so many frames, averaged over the channels, and whether decoding failed then."""
    import soundfile

    pieces, done = [], 0
    weights = np.full(sound_file.channels, 1 / sound_file.channels, np.float32)
    while done < frames:
        try:
            wanted = min(PIECE_FRAMES, frames - done)
            piece = sound_file.read(wanted, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return np.concatenate([np.zeros(0, np.float32), *pieces]), True
        if not len(piece):
            break
        pieces.append(piece @ weights)  # twenty times faster than mean over so few columns
        done += len(piece)
    return np.concatenate([np.zeros(0, np.float32), *pieces]), False


def _goes_on(sound_file) -> bool:
    """Read one frame past the limit: the header's count of frames is no proof of more."""
    import soundfile

    try:
        return len(sound_file.read(1, dtype="float32")) > 0
    except soundfile.LibsndfileError:
        return False


def _note_early_end(sound_file, rate, seconds, fault, notes) -> None:
    """Say so when a file holds less sound than its header promises."""
    promised = sound_file.frames / rate if 0 < sound_file.frames < _UNKNOWN_FRAMES else seconds
    if fault:
        notes.append(f"damaged after {spell_seconds(seconds)}, the rest could not be read")
    elif promised - seconds > _SHORTFALL_SECONDS:
        notes.append(
            f"ends early: {spell_seconds(seconds)} could be read of "
            f"{spell_seconds(promised)} that the header promises"
        )
    elif _chunk_cut_off(sound_file.extra_info):
        notes.append("ends early: the header promises more sound than the file holds")


def _chunk_cut_off(log: str) -> bool:
    """Tell from libsndfile's log whether a chunk is longer than the file, unknown sizes aside."""
    sizes = re.findall(r"(\d+) \(should be (\d+)\)", log)
    return any(int(actual) < int(stated) < _UNKNOWN_BYTES for stated, actual in sizes)


def _as_float32(waveform) -> np.ndarray:
    """Return an array of floats with full scale 1.0."""
    if hasattr(waveform, "detach"):  # a torch tensor, on any device
        waveform = waveform.detach().cpu().numpy()
    try:
        samples = np.asarray(waveform)
    except (TypeError, ValueError) as error:
        raise AudioError(f"the sound is no array of numbers ({error}).") from None
    if np.issubdtype(samples.dtype, np.floating):
        with np.errstate(over="ignore"):  # beyond float32 becomes infinite and is refused later
            return samples.astype(np.float32)
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


def _checked_rate(name: str, sampling_rate: int, target: int) -> int:
    """Return the rate as which to read the sound."""
    if isinstance(sampling_rate, float) and sampling_rate.is_integer():
        sampling_rate = int(sampling_rate)
    try:
        return usable_rate(sampling_rate, target)
    except ValueError as error:
        if MIN_SAMPLING_RATE <= target <= MAX_SAMPLING_RATE:
            raise AudioError(f"{name} cannot be resampled: {error}") from None
        raise


def _check_length(name: str, seconds: float) -> None:
    if seconds < MIN_SECONDS - 1e-9:
        raise AudioError(
            f"{name} lasts {1000 * seconds:.1f} ms, expected at least {1000 * MIN_SECONDS:.0f} ms "
            "(one frame of the spectrogram): record a longer sound."
        )


def _checked_peak(name: str, samples: np.ndarray, start_seconds: float) -> float:
    """Return the largest magnitude of a block; refuse values that are no audio."""
    peak = float(np.abs(samples).max(initial=0.0))
    if not np.isfinite(peak):
        raise AudioError(
            f"{name} holds values that are not finite (NaN or infinity) from "
            f"{start_seconds:.2f} s on: export it again."
        )
    if peak > MAX_PEAK:
        raise AudioError(
            f"{name} reaches {peak:.4g} times full scale, the limit is {MAX_PEAK:g}: divide the "
            "samples by their full scale (32768 for 16-bit numbers)."
        )
    return peak


def _note_rate(stated: int, rate: int, target: int, notes: list[str]) -> None:
    if rate != stated:
        notes.append(
            f"{grouped(stated)} Hz read as {grouped(rate)} Hz, {abs(rate / stated - 1):.3%} off"
        )
    if rate == target:
        return
    step = f"{grouped(rate)} -> {grouped(target)} Hz"
    if rate > target:
        notes.append(f"{step}, content above {target / 2000:g} kHz discarded")
    else:
        notes.append(f"{step}, there was nothing above {rate / 2000:g} kHz")


def _note_level(peak: float, notes: list[str]) -> None:
    if peak == 0.0:
        notes.append("digital silence: every sample is zero")
    elif peak > LOUD_PEAK:
        notes.append(f"reaches {peak:.1f} times full scale, kept as it is")


def _unreadable(stream, name: str) -> str:
    """Say what a file is that libsndfile does not read, and what can be read."""
    head = os.pread(stream.fileno(), 16, 0)
    for offset, signature, kind in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return f"{name} is {kind}, which cannot be read: convert it to {READABLE}."
    return f"{name} is no sound file that can be read, expected {READABLE}: convert it first."


def _display_name(path) -> str:
    """Return a file's name for a message: never its folder, nothing unprintable, not too long."""
    path = getattr(path, "name", path)
    text = Path(os.fsdecode(path)).name if isinstance(path, (str, bytes, os.PathLike)) else ""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    if len(text) > _NAME_LENGTH:
        text = text[: _NAME_LENGTH - 1] + "…"
    return text or "the sound"


def grouped(number: int) -> str:
    """Write a whole number in groups of three digits: 48 000."""
    return f"{number:,}".replace(",", " ")


def spell_seconds(seconds: float) -> str:
    """Write a length of time: 600 s, 5.12 s."""
    return f"{seconds:.0f} s" if seconds >= 100 or seconds == round(seconds) else f"{seconds:.2f} s"
