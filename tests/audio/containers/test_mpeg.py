"""MP3 files behind tags, cut at the beginning, and put one after the other."""

import numpy as np
import pytest

from ast_demo.audio.containers.mpeg_frames import frame_length
from ast_demo.audio.load import load_audio
from tests.helpers.sound_files import encoded, id3_tag, noise, samples_of, without_tag


@pytest.mark.parametrize(
    "before",
    [bytes(700), id3_tag(100), id3_tag(100) + bytes(500), bytes(500) + id3_tag(90), 2 * id3_tag(9)],
)
def test_tags_and_zeros_in_any_order_do_not_hide_an_mp3(before):
    content = without_tag(encoded("mp3", noise(2.0)))
    np.testing.assert_array_equal(samples_of(before + content), samples_of(content))


def test_an_mp3_that_begins_inside_a_frame_is_heard_from_the_next_one():
    content = without_tag(encoded("mp3", noise(3.0)))
    sound = load_audio(content[700:])
    assert 2.5 < sound.seconds < 3.0
    assert any("bytes before the sound were skipped" in note for note in sound.notes)


@pytest.mark.parametrize("between", [b"", b"TAG" + bytes(125), bytes(400), id3_tag(50)])
def test_mp3_files_are_joined_across_what_lies_between(between):
    content = without_tag(encoded("mp3", noise(2.0)))
    np.testing.assert_array_equal(
        samples_of(content + between + content), np.tile(samples_of(content), 2)
    )


def test_an_mp3_of_varying_bitrate_that_does_not_tell_its_length_is_heard_to_its_end():
    sound = np.append(noise(5.0), np.zeros(80_000, np.float32))
    content = without_tag(encoded("mp3", sound, bitrate_mode="VARIABLE"))
    bare = content[frame_length(content[:4]) :]
    for before in (b"", id3_tag(100)):
        sound = load_audio(before + bare)
        assert sound.seconds == pytest.approx(10.0, abs=0.1)
        assert sound.notes == ()
