"""Sounds at the edges of what the front end takes, and how far two arrays are apart."""

from __future__ import annotations

import numpy as np

RATE = 16000
TOLERANCE = 1e-4  # of log-mel energies and of input_values
WINDOW_SAMPLES = 164_080  # fill 1024 frames exactly


def noise(samples: int = RATE, seed: int = 0, level: float = 0.1) -> np.ndarray:
    """Draw white noise, the same for the same seed."""
    generator = np.random.default_rng(seed)
    return (level * generator.standard_normal(samples)).astype(np.float32)


def tone(hertz: float, samples: int = RATE, rate: int = RATE) -> np.ndarray:
    """Make a sine of half the full scale."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(samples) / rate)).astype(np.float32)


SOUNDS = {
    "noise": noise(),
    "loud noise": noise(level=1.0),
    "faint noise": noise(level=1e-5),
    "low tone": tone(60.0),
    "tone": tone(440.0),
    "high tone": tone(7900.0),
    "silence": np.zeros(RATE, np.float32),
    "direct current": np.full(RATE, 0.7, np.float32),
    "noise on direct current": noise() + np.float32(0.3),
    "click": np.eye(1, RATE, 8000, dtype=np.float32)[0],
    "full scale square": np.sign(tone(1000.0)),
    "one frame": noise(400),
    "one sample short of two frames": noise(559),
    "two frames": noise(560),
    "one frame less than the window": noise(WINDOW_SAMPLES - 160),
    "the window": noise(WINDOW_SAMPLES),
    "one sample more than the window": noise(WINDOW_SAMPLES + 1),
    "one frame more than the window": noise(WINDOW_SAMPLES + 160),
    "three windows": noise(3 * WINDOW_SAMPLES),
}


def largest_difference(found, expected) -> float:
    """Return by how much two arrays of one shape differ where they differ most."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max())
