"""Open a sound file by its content and decode it in blocks, whatever its header claims."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from ast_demo.audio.gaps import silence_gaps
from ast_demo.audio.limits import (
    MAX_CHANNELS,
    MAX_FILE_BYTES,
    MAX_VALUES,
    AudioError,
    check_length,
    checked_peak,
    grouped,
    note_level,
    spell_seconds,
)

BLOCK_SECONDS = 10.0  # resampled at a time: 8 MB at the highest rate
PIECE_FRAMES = 8192  # decoded at a time: what is lost where a damaged file stops being readable

READABLE = "WAV, FLAC, OGG (Vorbis, Opus), MP3, AIFF, CAF, AU, W64 or RF64"

_FORMATS = {"WAV", "WAVEX", "FLAC", "OGG", "MP3", "AIFF", "CAF", "AU", "W64", "RF64"}
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
UNKNOWN_FRAMES = 1 << 48  # libsndfile's "length unknown" lies above
_UNKNOWN_BYTES = 0x7FFFF000  # programs that write to a pipe state about this or twice as much
_SHORTFALL_SECONDS = 0.1  # missing from what the header promises, before a note says so


@contextmanager
def opened(path):
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
        # Entered below: an error of reading must not be taken for one of opening.
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


def decoded(sound_file, name, rate, max_seconds, notes, gaps) -> Iterator[np.ndarray]:
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
        peak = max(peak, checked_peak(name, mono, done / rate))
        done += len(mono)
        yield mono
    seconds = done / rate
    if fault and not done:
        raise AudioError(f"{name} is damaged, no sound could be read: export it again.")
    if limit is not None and done >= limit and _goes_on(sound_file):
        notes.append(f"cut after {spell_seconds(seconds)}, the file goes on")
    else:
        check_length(name, seconds)
        _note_early_end(sound_file, rate, seconds, fault, notes)
    note_level(peak, notes)


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
    promised = sound_file.frames / rate if 0 < sound_file.frames < UNKNOWN_FRAMES else seconds
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
