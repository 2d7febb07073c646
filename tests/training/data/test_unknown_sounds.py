"""Made-up sounds without a name: level, colour, and silence where it is silent."""

import numpy as np
import pytest

from ast_demo.training.data.unknown_sounds import LOUD_DECIBELS, unknown_sounds

SOUNDS = list(unknown_sounds())


def decibels(sound):
    return 20 * np.log10(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))


def test_every_sound_has_the_level_that_its_name_says():
    for kind, name, sound in SOUNDS:
        if name != "digital":
            assert decibels(sound) == pytest.approx(float(name.split()[-2]), abs=0.3), (kind, name)
    assert len({(kind, name) for kind, name, _ in SOUNDS}) == len(SOUNDS)


def test_hum_is_louder_at_twice_the_mains_frequency_than_anywhere_else():
    for kind, name, sound in SOUNDS:
        if kind == "hum":
            power = np.abs(np.fft.rfft(sound))
            loudest = np.fft.rfftfreq(len(sound), 1 / 16000)[power.argmax()]
            assert loudest in (float(name.split()[0]), 2 * float(name.split()[0]))


def test_brown_noise_falls_by_6_decibels_an_octave_and_pink_by_3():
    for kind, slope in (("white noise", 0), ("pink noise", -3), ("brown noise", -6)):
        (sound,) = (s for k, n, s in SOUNDS if k == kind and n == f"{LOUD_DECIBELS[2]:.0f} dB")
        power = np.abs(np.fft.rfft(sound)) ** 2
        hertz = np.fft.rfftfreq(len(sound), 1 / 16000)
        levels = [
            10 * np.log10(power[(hertz >= low) & (hertz < 2 * low)].mean()) for low in (500, 1000)
        ]
        assert levels[1] - levels[0] == pytest.approx(slope, abs=0.7)
