"""Forms that a sound file is given in, and what cannot be read."""

import gzip
import io
import os
import pathlib
import tempfile
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio, read_blocks, stated_length
from tests.helpers.sound_files import encoded, noise

CONTENT = encoded("flac", noise(1.0))


class Stream:
    """A download: it can be read once, and neither rewound nor asked for its length."""

    def __init__(self, content=CONTENT, fault=None):
        kind = io.StringIO if isinstance(content, str) else io.BytesIO
        self._file, self._fault = kind(content), fault

    def read(self, count=-1):
        if self._fault is not None:
            raise self._fault
        return self._file.read(count)


def in_a_zip():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dogs/bark.flac", CONTENT)
    return zipfile.ZipFile(packed).open("dogs/bark.flac")


def in_a_gzip():
    return gzip.open(io.BytesIO(gzip.compress(CONTENT)))


def in_a_temporary_file(kind=tempfile.TemporaryFile):
    file = kind()
    file.write(CONTENT)
    return file


@pytest.mark.parametrize(
    "sound",
    [
        CONTENT,
        bytearray(CONTENT),
        memoryview(CONTENT),
        io.BytesIO(CONTENT),
        Stream(),
        in_a_zip(),
        in_a_gzip(),
        in_a_temporary_file(),
        in_a_temporary_file(tempfile.NamedTemporaryFile),
        in_a_temporary_file(tempfile.SpooledTemporaryFile),
        io.BufferedReader(io.BytesIO(CONTENT)),
    ],
    ids=lambda sound: type(sound).__name__,
)
def test_a_file_is_read_in_every_form_that_holds_one(sound):
    np.testing.assert_array_equal(load_audio(sound).waveform, load_audio(CONTENT).waveform)


def test_a_gzip_file_on_disk_is_unpacked_and_not_read_raw(tmp_path):
    path = tmp_path / "sound.flac.gz"
    path.write_bytes(gzip.compress(CONTENT))
    with gzip.open(path) as file:
        assert load_audio(file).seconds == 1.0


def test_what_was_written_last_to_an_open_file_is_read_too():
    short = encoded("flac", noise(0.05))  # less than a buffer holds
    with tempfile.TemporaryFile() as file:
        file.write(short)
        assert load_audio(file).seconds == pytest.approx(0.05)


def test_a_file_object_is_left_open():
    file = io.BytesIO(CONTENT)
    load_audio(file)
    assert not file.closed


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (io.StringIO("RIFF"), "open it with 'rb'"),
        (Stream(fault=ConnectionResetError("the line broke")), "the line broke"),
        (Stream(fault=UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid")), "cannot be read"),
        (Stream("text"), "cannot be read"),
        (b"", "is empty"),
        (b"RIFF", "can't be read as audio"),
        ("a\0b", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
        (12345, "expected a path"),
        (io.BytesIO, "expected a path"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(sound, words):
    with pytest.raises(AudioError, match=words):
        load_audio(sound)


class Path(os.PathLike):
    def __init__(self, answer):
        self.answer = answer

    def __fspath__(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.one_of(st.integers(), st.floats(), st.text())),
    st.tuples(st.integers(), st.text()),
    st.dictionaries(st.text(), st.integers()),
    st.builds(object),
    st.builds(bytearray),
    st.builds(io.BytesIO, st.binary()),
    st.builds(Stream, st.binary()),
    st.builds(Stream, st.text()),
    st.builds(pathlib.Path, st.text(alphabet="ab/.\\:*?<>|\0é")),
    st.builds(Path, st.one_of(st.binary(), st.just("x"), st.just(RuntimeError("no path today")))),
    st.just(int),
    st.just(print),
)


@pytest.mark.parametrize(
    "function", [load_audio, stated_length, lambda sound: list(read_blocks(sound))]
)
@given(sound=ANYTHING)
def test_nothing_but_our_own_errors_leaves_the_reading_of_files(function, sound):
    with pytest.raises(AudioError):
        function(sound)


def test_an_unreadable_file_is_named_where_the_system_has_no_pread(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "pread", raising=False)
    path = tmp_path / "phone.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    with pytest.raises(AudioError, match="MPEG-4"):
        load_audio(path)
