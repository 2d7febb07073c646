"""CAF files that are shorter than they say."""

from ast_demo.audio.containers.stream import ENDS_EARLY
from ast_demo.audio.load import load_audio
from tests.helpers.sound_files import encoded, noise


def test_a_cut_caf_file_gives_what_there_is():
    content = encoded("caf", noise(2.0))
    sound = load_audio(content[: len(content) // 2])
    assert 0.8 < sound.seconds < 1.1
    assert sound.notes == (ENDS_EARLY,)
