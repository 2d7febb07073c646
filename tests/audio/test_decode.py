"""What a sound file may come in, and what is heard of a damaged one."""

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


@pytest.mark.parametrize("end", [b"", bytes(5000), bytes(range(256)) * 20])
def test_every_good_frame_before_a_damaged_end_is_kept(end):
    content = encoded("flac", noise(5.0))
    sound = load_audio(content[: len(content) // 2] + end)
    whole = load_audio(content)
    heard = len(sound.waveform)
    assert heard % 4096 == 0  # the frames of this FLAC file; pieces of 8192 would be dropped whole
    assert heard > len(whole.waveform) // 2 - 2 * 4096
    np.testing.assert_array_equal(sound.waveform, whole.waveform[:heard])
    assert sound.notes[0].startswith("damaged after")


def hole_of_zeros(content, place, size):
    return content[:place] + bytes(size) + content[place + size :]


def hole_of_noise(content, place, size):
    noise_bytes = np.random.default_rng(place).bytes(size)
    return content[:place] + noise_bytes + content[place + size :]


def missing_piece(content, place, size):
    return content[:place] + content[place + size :]


@pytest.mark.parametrize("size", [1, 500, 12_000])
@pytest.mark.parametrize("damage", [hole_of_zeros, hole_of_noise, missing_piece])
def test_a_flac_file_is_heard_behind_its_holes(damage, size):
    content = encoded("flac", noise(40.0))  # 157 frames: the last ones have numbers of two bytes
    whole = load_audio(content).waveform
    for share in (0.2, 0.9):
        sound = load_audio(damage(content, int(share * len(content)), size))
        assert len(sound.waveform) == len(whole)
        lost = np.flatnonzero(sound.waveform != whole)
        start, end = lost[0] // 4096 * 4096, -(-(lost[-1] + 1) // 4096) * 4096
        assert end - start <= 4096 * (1 + -(-size // 4000))
        assert not sound.waveform[start:end].any()
        place, length = start / 16000, (end - start) / 16000
        said = f"damaged at {place:.2f} s: {length:.2f} s could not be read and are silent"
        assert sound.notes == (said,)


def test_a_flac_file_without_its_first_frame_is_heard_from_the_second_one():
    content = encoded("flac", noise(2.0))
    sound = load_audio(hole_of_zeros(content, content.index(b"\xff\xf8"), 100))
    np.testing.assert_array_equal(sound.waveform[4096:], load_audio(content).waveform[4096:])


def test_several_holes_are_told_in_one_note():
    content = encoded("flac", noise(20.0))
    for share in (0.2, 0.4, 0.6, 0.8):
        content = hole_of_zeros(content, int(share * len(content)), 100)
    (note,) = load_audio(content).notes
    assert note.endswith(" s and one more: 1.02 s could not be read and are silent")


def test_the_holes_of_a_file_are_bounded(monkeypatch):
    monkeypatch.setattr("ast_demo.audio.reader.HOLES_AT_MOST", 2)
    content = encoded("flac", noise(20.0))
    for share in (0.2, 0.4, 0.6):
        content = hole_of_zeros(content, int(share * len(content)), 100)
    sound = load_audio(content)
    assert 11 < sound.seconds < 12.5
    assert [note.split(" ")[1] for note in sound.notes] == ["at", "after"]


def test_a_hole_is_a_gap_of_a_timeline():
    content, gaps = encoded("flac", noise(10.0)), []
    damaged = hole_of_zeros(content, len(content) // 2, 100)
    blocks = list(read_blocks(damaged, 16000, gaps=gaps))
    assert sum(map(len, blocks)) == 160_000
    assert gaps == [(pytest.approx(4.864), pytest.approx(5.12))]


def test_a_damaged_end_shorter_than_one_piece_is_kept_too():
    content = encoded("flac", noise(0.6))  # 9600 samples: three frames
    sound = load_audio(content[:-2000])
    assert len(sound.waveform) in (4096, 8192)


def test_good_frames_of_an_mp3_before_junk_are_kept():
    content = encoded("mp3", noise(5.0))
    whole, sound = (
        load_audio(content),
        load_audio(content[: len(content) * 3 // 5] + b"\xff" * 4000),
    )
    assert sound.seconds > 2.8
    heard = len(sound.waveform) - 2 * 1152  # the last frame may hold junk
    np.testing.assert_array_equal(sound.waveform[:heard], whole.waveform[:heard])


def test_an_unreadable_file_is_named_where_the_system_has_no_pread(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "pread", raising=False)
    path = tmp_path / "phone.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    with pytest.raises(AudioError, match="MPEG-4"):
        load_audio(path)
