"""What is decoded of damaged files: over holes, and before junk at the end."""

import numpy as np
import pytest

from ast_demo.audio.containers.mpeg_frames import frame_length
from ast_demo.audio.load import load_audio, read_blocks
from tests.helpers.sound_files import encoded, noise, patched, without_tag


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


@pytest.mark.parametrize("summed_up", [True, False])
@pytest.mark.parametrize("size", [2000, 12_000])
@pytest.mark.parametrize("damage", [hole_of_zeros, hole_of_noise])
def test_an_mp3_is_heard_behind_its_holes_at_the_right_time(damage, size, summed_up):
    content = without_tag(
        encoded("mp3", noise(20.0), bitrate_mode="CONSTANT", compression_level=0.8)
    )
    content = content if summed_up else content[frame_length(content[:4]) :]
    whole = load_audio(content).waveform
    damaged = content
    for share in (0.2, 0.7):
        damaged = damage(damaged, int(share * len(content)), size)
    sound = load_audio(damaged)
    assert len(sound.waveform) == len(whole)
    (note,) = sound.notes
    assert note.startswith("damaged at ")
    bytes_a_second = len(content) / 20
    for share in (0.2, 0.7):
        first = round(20.0 * 16000 * share)
        behind = first + round(size / bytes_a_second * 16000) + 8 * 576  # frames lean on others
        before = slice(behind - first if share > 0.5 else 0, first - 3 * 576)
        np.testing.assert_allclose(sound.waveform[before][-8000:], whole[before][-8000:], atol=1e-6)
        after = slice(behind, behind + 32_000)
        np.testing.assert_allclose(sound.waveform[after], whole[after], atol=1e-6)


def test_the_place_behind_a_hole_is_reckoned_where_the_bitrate_varies():
    content = without_tag(encoded("mp3", noise(20.0)))
    whole = load_audio(content).waveform
    sound = load_audio(hole_of_zeros(content, len(content) // 2, 8000)).waveform
    expected, frame = whole[-64_000:-32_000], 576
    shifts = [n * frame for n in range(-3, 4)]
    parts = {n: sound[len(whole) - 64_000 + n : len(whole) - 32_000 + n] for n in shifts}
    assert any(np.allclose(part, expected, atol=1e-6) for part in parts.values())


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


def test_a_whole_adpcm_file_is_not_said_to_end_early():
    content = encoded("adpcm", noise(2.0))
    rate = content.index(b"fmt ") + 16  # ffmpeg states other bytes a second than libsndfile expects
    sound = load_audio(patched(content, rate, (16_000).to_bytes(4, "little")))
    assert sound.notes == ()
    assert load_audio(content[: len(content) // 2]).notes[0].startswith("ends early")
