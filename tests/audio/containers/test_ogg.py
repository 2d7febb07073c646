"""FLAC in Ogg, and chains."""

import numpy as np

from ast_demo.audio.load import load_audio
from tests.helpers.sound_files import encoded, noise, ogg_flac, samples_of


def test_flac_in_ogg_is_read_and_its_chains_too():
    flac = encoded("flac", noise(2.0))
    sound = load_audio(ogg_flac(flac) + ogg_flac(flac, serial=2) + encoded("ogg", noise()))
    np.testing.assert_array_equal(sound.waveform[: 4 * 16000], np.tile(samples_of(flac), 2))
    assert "3 sounds one after the other, heard as one" in sound.notes
