"""Write a small data set of made-up sounds, to try training without any recordings.

python -m ast_demo.training.data.synthetic_sounds made-up-sounds
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

SAMPLING_RATE = 16000  # Hz
SECONDS = (1.0, 3.0)  # shortest and longest
LEVEL_DECIBELS = (-25.0, -6.0)  # of full scale
NOISE_DECIBELS = (-70.0, -45.0)


def sweep(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a tone that rises."""
    start, slope = rng.uniform(300, 900), rng.uniform(200, 700)  # Hz, Hz per second
    return np.sin(2 * np.pi * (start * time + slope * time**2))


def beeps(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a tone that is switched on and off."""
    on = (time * rng.uniform(3, 6)) % 1 < 0.4
    return np.sin(2 * np.pi * rng.uniform(600, 1800) * time) * on


def gusts(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return noise that swells and fades."""
    width = int(rng.integers(2, 20))
    noise = np.convolve(rng.standard_normal(len(time)), np.ones(width), "same") / (3 * width**0.5)
    return noise * (0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.5, 3) * time))


CLASSES: dict[str, Callable] = {"sweep": sweep, "beeps": beeps, "gusts": gusts}


def write_sounds(folder: str | Path, clips: int = 20, seed: int = 0) -> None:
    """Write a folder per class, each with WAV files that all differ."""
    import soundfile

    rng = np.random.default_rng(seed)
    for name, make in CLASSES.items():
        place = Path(folder) / name
        place.mkdir(parents=True, exist_ok=True)
        for number in range(clips):
            time = np.arange(int(SAMPLING_RATE * rng.uniform(*SECONDS))) / SAMPLING_RATE
            sound = make(time, rng) * 10 ** (rng.uniform(*LEVEL_DECIBELS) / 20)
            noise = rng.standard_normal(len(time)) * 10 ** (rng.uniform(*NOISE_DECIBELS) / 20)
            sound = np.clip(sound + noise, -1.0, 1.0).astype(np.float32)
            soundfile.write(place / f"{number}.wav", sound, SAMPLING_RATE)


if __name__ == "__main__":
    write_sounds(sys.argv[1] if len(sys.argv) > 1 else "made-up-sounds")
