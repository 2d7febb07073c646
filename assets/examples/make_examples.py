"""Make the example clip that was not recorded: tones to learn the axes by.

    python assets/examples/make_examples.py

Needs numpy and soundfile; the same seed gives the same clip on every machine.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile

SAMPLING_RATE = 16000  # Hz
SECONDS = 5.0
SAMPLES = round(SECONDS * SAMPLING_RATE)
LEVEL = 0.10  # root mean square, full scale 1.0
SEED = 10
FILE = Path(__file__).resolve().with_name("test_tones.flac")


def test_tones(random: np.random.Generator) -> np.ndarray:
    """Not a sound of the world: a rising sweep, steady tones and clicks, to learn the axes by."""
    sound = np.zeros(SAMPLES)
    time = np.arange(round(2.0 * SAMPLING_RATE)) / SAMPLING_RATE
    hertz = 100 * (7500 / 100) ** (time / 2.0)
    sweep = np.sin(2 * math.pi * np.cumsum(hertz) / SAMPLING_RATE)
    add(sound, 0.2, sweep * faded(len(sweep)))
    for step, steady in enumerate([250, 500, 1000, 2000, 4000]):
        time = np.arange(round(0.3 * SAMPLING_RATE)) / SAMPLING_RATE
        add(sound, 2.4 + 0.35 * step, np.sin(2 * math.pi * steady * time) * faded(len(time)))
    for start in (4.3, 4.5, 4.7):
        add(sound, start, np.ones(8))
    return sound + 0.0005 * random.standard_normal(SAMPLES)


def add(sound: np.ndarray, start: float, part: np.ndarray) -> None:
    """Add a part to a sound from a time in seconds on; what goes beyond the end is dropped."""
    first = round(start * SAMPLING_RATE)
    part = part[: max(0, len(sound) - first)]
    sound[first : first + len(part)] += part


def faded(length: int, edge: int = 160) -> np.ndarray:
    """Return an envelope that rises and falls over 10 ms, so that a tone does not click."""
    ramp = np.minimum(np.arange(length), np.arange(length)[::-1]) / edge
    return np.clip(ramp, 0, 1)


def make() -> np.ndarray:
    """Return the clip as int16 (samples,) at LEVEL, without clipping."""
    sound = test_tones(np.random.default_rng(SEED))
    sound = sound * np.minimum(1, np.minimum(np.arange(SAMPLES), np.arange(SAMPLES)[::-1]) / 400)
    sound = sound * (LEVEL / np.sqrt(np.mean(sound**2)))
    peak = np.abs(sound).max()
    return np.round(32767 * sound * min(1.0, 0.95 / peak)).astype(np.int16)


if __name__ == "__main__":
    soundfile.write(FILE, make(), SAMPLING_RATE, subtype="PCM_16")
