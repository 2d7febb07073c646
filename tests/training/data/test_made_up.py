"""Made-up sounds without a name: what they are, and what is asked of them."""

import numpy as np

from ast_demo.features.extractor import ENERGY_FLOOR
from ast_demo.training.data.made_up import line_spectrum


def test_a_line_spectrum_is_steady_and_has_few_lines():
    rng = np.random.default_rng(3)
    for _ in range(20):
        log_mel = line_spectrum(rng, 64)
        assert log_mel.shape == (64, 128)
        assert np.isfinite(log_mel).all()
        assert log_mel.min() >= np.log(ENERGY_FLOOR) - 1e-3
        power = np.exp(log_mel).sum(axis=1).reshape(8, 8).mean(axis=1)  # lines below beat
        assert np.ptp(np.log(power)) < 0.2  # nepers: it does not come and go
        energy = np.exp(log_mel.mean(axis=0))
        assert np.sort(energy)[-32:].sum() > 0.9 * energy.sum()


def test_some_are_soft_and_some_are_loud():
    rng = np.random.default_rng(0)
    levels = [line_spectrum(rng, 16).max() for _ in range(40)]
    assert np.ptp(levels) > 30 * np.log(10) / 10  # of the 38 dB that they are drawn from
