"""Degraded copies of a sound keep its length and level."""

import numpy as np
import pytest

from ast_demo.training.data.degrade import degrade
from tests.helpers.training_sounds import tone


def test_a_degraded_copy_has_the_length_and_the_level_of_the_sound():
    sound = tone(1000, 0, seconds=1.0)
    for seed in range(8):
        copy = degrade(sound, np.random.default_rng(seed))
        assert copy.shape == sound.shape
        assert np.square(copy).mean() == pytest.approx(np.square(sound).mean(), rel=1e-3)
    assert np.array_equal(copy, degrade(sound, np.random.default_rng(7)))
