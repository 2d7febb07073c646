"""Open a sound file by its content, whatever it came in: a path, an open file, bytes."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from ast_demo.audio.containers.find import find_streams
from ast_demo.audio.containers.flac_frames import first_frame, frame_behind
from ast_demo.audio.containers.mpeg_walk import first_sounding_frame, mpeg_behind
from ast_demo.audio.containers.stream import Stream, StreamView, read_at
from ast_demo.audio.limits import (
    MAX_CHANNELS,
    MAX_FILE_BYTES,
    AudioError,
    UndecodableError,
    grouped,
)

if TYPE_CHECKING:
    import soundfile

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
_EMPTY = "is empty (0 bytes): record or export it again."
_NAME_LENGTH = 80  # characters of a file's name repeated in a message


class Source:
    """A sound file that was opened: its name for messages, and the sounds in it.

    Most files hold one sound; a chained Ogg file, or files put one after the other, hold more.
    """

    def __init__(self, file: BinaryIO, name: str):
        self.name = name
        self._file = file
        size = _check_size(file, name)
        known = any(_has(file, offset, mark) for offset, mark, _ in _SIGNATURES)
        self._streams = None if known else find_streams(file, size)

    @property
    def count(self) -> int:
        """Count the sounds."""
        return len(self._streams or [None])

    def sounds(self) -> Iterator[tuple[soundfile.SoundFile, str | None]]:
        """Yield libsndfile's view of each readable sound, open until the next, and a note.

        Raises:
            AudioError: if not even the first can be read.
        """
        for number in range(self.count):
            with ExitStack() as stack:
                try:
                    found = stack.enter_context(self.sound(number))
                except AudioError:
                    if number == 0:
                        raise
                    continue
                yield found

    @contextmanager
    def sound(self, number: int = 0) -> Iterator[tuple[soundfile.SoundFile, str | None]]:
        """Open one of the sounds; yield libsndfile's view of it and a note about it or None.

        Raises:
            AudioError: if it cannot be read.
        """
        import soundfile

        stream = self._streams[number] if self._streams else None
        try:
            sound_file = _open_forward(self._view(stream))
        except (soundfile.LibsndfileError, ValueError, TypeError):
            raise UndecodableError(_unreadable(self._file, self.name)) from None
        with sound_file:
            if sound_file.format not in _FORMATS:
                raise UndecodableError(
                    f"{self.name} is in the format {sound_file.format}, expected {READABLE}: "
                    "convert it."
                )
            if not 1 <= sound_file.channels <= MAX_CHANNELS:
                raise UndecodableError(
                    f"{self.name} has {sound_file.channels} channels, the limit is "
                    f"{MAX_CHANNELS}: mix it down to mono or stereo."
                )
            yield sound_file, stream.note if stream else None

    @contextmanager
    def behind_hole(
        self, number: int, sample: int, since: tuple[int, int] | None
    ) -> Iterator[tuple[soundfile.SoundFile, int, int] | None]:
        """Open what follows a damaged place of a FLAC or MP3 sound.

        Args:
            number: of the sound.
            sample: number of its first sample that could not be decoded.
            since: place of what follows the hole before and the number of its first sample, None
                for the first hole.

        Yields:
            libsndfile's view of what follows, the number of its first sample and its place in the
            file; None if nothing is found that could be decoded.
        """
        import soundfile

        whole = (0, self._file.seek(0, os.SEEK_END))
        *front, last = self._streams[number].parts if self._streams else (whole,)
        start, end = (whole[1], whole[1]) if isinstance(last, bytes) else last

        def read(place: int, count: int) -> bytes:
            return read_at(self._file, place, min(count, end - place))

        found = None
        if (begin := first_frame(read, start)) is not None:
            found = frame_behind(read, start, since[0] if since else begin, sample)
        elif (begin := first_sounding_frame(self._file, start)) is not None:
            found = mpeg_behind(read, *(since or (begin, 0)), sample)
        if begin is None or not found:
            yield None
            return
        place, first = found
        try:
            view = StreamView(self._file, (*front, (start, begin), (place, end)))
            sound_file = _open_forward(view)
        except soundfile.LibsndfileError:
            yield None
            return
        with sound_file:
            yield sound_file, first, place

    def _view(self, stream: Stream | None) -> int | BinaryIO | StreamView:
        """Return what libsndfile opens: the descriptor of an ordinary file, or what looks like one.

        The descriptor, not the path: soundfile would believe a misleading extension.
        """
        if stream is not None:
            return StreamView(self._file, stream.parts)
        self._file.seek(0)
        if isinstance(self._file, io.BytesIO):
            return self._file
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        return self._file.fileno()


def is_stored(sound: Any) -> bool:
    """Tell whether a sound is given as a path, a file or the bytes of a file, not as samples."""
    if isinstance(sound, memoryview):
        return sound.format == "B" and sound.ndim == 1  # others hold samples
    kinds = (str, bytes, bytearray, os.PathLike, io.IOBase)
    return isinstance(sound, kinds) or _has_read(sound)


def _has_read(sound: Any) -> bool:
    return not isinstance(sound, type) and callable(getattr(sound, "read", None))


@contextmanager
def opened(sound: Any) -> Iterator[Source]:
    """Open a path, a binary file object or the bytes of a file, by content; yield a `Source`.

    Raises:
        AudioError: if it is missing, empty, too large, or nothing that could be read.
    """
    name = _display_name(sound)
    with _file_of(sound, name) as file:
        yield Source(file, name)


def _file_of(sound: Any, name: str) -> AbstractContextManager[BinaryIO]:
    """Return a context with a regular file on disk or a BytesIO, whatever the sound came in."""
    if isinstance(sound, (bytes, bytearray, memoryview)):
        return nullcontext(io.BytesIO(sound))
    if isinstance(sound, (str, os.PathLike)):
        return _open_path(sound, name)
    if isinstance(sound, io.TextIOBase):
        raise AudioError(f"{name} was opened as text, expected a binary file: open it with 'rb'.")
    if type(sound) is io.BytesIO and not sound.closed:
        return nullcontext(sound)
    inner = getattr(sound, "file", sound)  # what tempfile wraps
    raw = getattr(inner, "raw", inner)
    if isinstance(raw, io.FileIO) and not raw.closed and raw.readable():
        inner.flush()  # what was written to it last
        _check_regular(inner.fileno(), name)
        return nullcontext(inner)
    if _has_read(sound):
        return _copied(sound, name)
    raise AudioError(
        f"the sound is given as {type(sound).__name__}, expected a path, an open file or its "
        "bytes; samples go to prepare_waveform."
    )


def _open_path(path: str | os.PathLike[str], name: str) -> BinaryIO:
    try:
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 - the caller closes it
    except FileNotFoundError:
        raise AudioError(f"{name} does not exist: check the name and the folder.") from None
    except IsADirectoryError:
        raise AudioError(f"{name} is a folder, expected a sound file in it.") from None
    except Exception as error:  # a path may be anyone's object, with faults of its own
        if os.name == "nt" and os.path.isdir(path):  # Windows says: permission denied
            raise AudioError(f"{name} is a folder, expected a sound file in it.") from None
        reason = getattr(error, "strerror", None) or "the name is not valid"
        raise AudioError(f"{name} cannot be opened ({reason}).") from None
    try:
        _check_regular(file.fileno(), name)
    except AudioError:
        file.close()
        raise
    return file


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting, as a pipe would make us do until someone writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_regular(descriptor: int, name: str) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{name} is no regular file: save the sound to a file first.")
    if status.st_size == 0:  # also what a system shows of a process
        raise AudioError(f"{name} {_EMPTY}")


@contextmanager
def _copied(stream: Any, name: str) -> Iterator[BinaryIO]:
    """Copy what can only be read onward - a member of a ZIP, a download - to a file of its own."""
    with tempfile.TemporaryFile() as file:
        copied = 0
        try:
            if callable(getattr(stream, "seek", None)):
                with suppress(OSError, ValueError):  # what cannot be rewound is read from here
                    stream.seek(0)
            while block := stream.read(1 << 20):
                copied += file.write(block)
                if copied > MAX_FILE_BYTES:
                    break
        except Exception as error:  # anyone's object, with faults of its own
            reason = str(error).split("\n")[0][:_NAME_LENGTH] or type(error).__name__
            raise AudioError(f"{name} cannot be read ({reason}).") from None
        file.flush()
        yield file


def _open_forward(file: int | BinaryIO | StreamView) -> soundfile.SoundFile:
    """Open a file that is only ever read onward.

    SoundFile seeks to where it already is after each read, which makes an MP3 decoder forget the
    bits it has saved up: every block would begin with a fault.
    """
    import soundfile

    class ForwardFile(soundfile.SoundFile):
        def seekable(self) -> bool:
            return False

    return ForwardFile(file, closefd=False)


def _check_size(file: BinaryIO, name: str) -> int:
    """Return the bytes of a file; refuse empty and oversized ones."""
    try:
        size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise AudioError(f"{name} cannot be read ({error.strerror}).") from None
    if size == 0:
        raise AudioError(f"{name} {_EMPTY}")
    if size > MAX_FILE_BYTES:
        raise AudioError(
            f"{name} has {grouped(size)} bytes, the limit is {grouped(MAX_FILE_BYTES)}: cut it "
            "into parts."
        )
    return size


def _unreadable(stream: BinaryIO, name: str) -> str:
    """Say what a file is that libsndfile does not read, and what can be read."""
    for offset, signature, kind in _SIGNATURES:
        if _has(stream, offset, signature):
            return f"{name} is {kind}, which cannot be read: convert it to {READABLE}."
    return f"{name} can't be read as audio. Use {READABLE}."


def _has(file: BinaryIO, offset: int, signature: bytes) -> bool:
    return read_at(file, offset, len(signature)) == signature


def _display_name(path: Any) -> str:
    """Return a file's name for a message: never its folder, nothing unprintable, not too long."""
    if not isinstance(path, (str, os.PathLike)):
        path = getattr(path, "name", "")
    try:
        text = os.path.basename(os.fspath(path)) if isinstance(path, (str, os.PathLike)) else ""
    except Exception:  # anyone's object that claims to be a path
        text = ""
    text = text if isinstance(text, str) else os.fsdecode(text)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    if len(text) > _NAME_LENGTH:
        text = text[: _NAME_LENGTH - 1] + "…"
    return text or "the sound"
