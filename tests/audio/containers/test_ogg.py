"""FLAC in Ogg, and chains."""

import numpy as np
import pytest

from ast_demo.audio.containers.ogg import CUT_OFF
from ast_demo.audio.load import load_audio
from tests.helpers.sound_files import encoded, noise, ogg_flac, samples_of


def test_flac_in_ogg_is_read_and_its_chains_too():
    flac = encoded("flac", noise(2.0))
    sound = load_audio(ogg_flac(flac) + ogg_flac(flac, serial=2) + encoded("ogg", noise()))
    np.testing.assert_array_equal(sound.waveform[: 4 * 16000], np.tile(samples_of(flac), 2))
    assert "3 sounds one after the other, heard as one" in sound.notes


@pytest.mark.parametrize("kind", ["ogg", "opus"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.999])
def test_a_file_that_breaks_off_is_said_to_end_early(kind, share):
    content = encoded(kind, noise(20.0))
    assert load_audio(content).notes == ()
    sound = load_audio(content[: round(share * len(content))])
    assert 2 < sound.seconds < 20
    assert sound.notes == (CUT_OFF,)


def test_a_link_of_a_chain_that_breaks_off_is_told_and_the_next_one_is_heard():
    content = encoded("ogg", noise(5.0))
    sound = load_audio(content[: len(content) // 2] + content)
    assert 5 < sound.seconds < 10
    assert CUT_OFF in sound.notes
    assert CUT_OFF not in load_audio(content + content).notes


def test_flac_in_ogg_that_breaks_off_is_told_by_its_decoder_alone():
    content = ogg_flac(encoded("flac", noise(5.0)))
    (note,) = load_audio(content[: len(content) // 2]).notes
    assert note.startswith("damaged after")
