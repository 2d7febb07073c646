"""Write sounds that a classifier of everyday sounds should not put a name to.

    python -m ast_demo.training.data.unknown_sounds made-up-unknown

Mains hum, coloured noise and plain tones at several levels, a folder each; and silence, digital and
of a quiet room, in a folder "Silence", which is a name that a model may know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SAMPLING_RATE = 16000  # Hz
SECONDS = 5.0
LOUD_DECIBELS = (-15.0, -25.0, -35.0, -45.0)  # root mean square, full scale
QUIET_DECIBELS = (-60.0, -68.0, -76.0)  # of a room in which nothing is to be heard
OVERTONES = 12
SLOPES = {"white noise": 0.0, "pink noise": 0.5, "brown noise": 1.0}  # of amplitude over frequency
TONES = (220.0, 440.0, 1000.0, 3000.0)  # Hz


def unknown_sounds(seed: int = 0) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield what each sound is, a name, and 5 s of it at 16 kHz: float32 (samples,)."""
    rng = np.random.default_rng(seed)
    for decibels in LOUD_DECIBELS:
        level = f"{decibels:.0f} dB"
        for hertz in (50, 60):
            yield "hum", f"{hertz} Hz {level}", _at(_hum(hertz, rng), decibels)
        for name, slope in SLOPES.items():
            yield name, level, _at(coloured_noise(slope, len(_time()), rng), decibels)
    for frequency in TONES:
        tone = np.sin(2 * np.pi * frequency * _time())
        yield "tone", f"{frequency:.0f} Hz -25 dB", _at(tone, -25.0)
    yield "Silence", "digital", np.zeros(len(_time()), np.float32)
    for decibels in QUIET_DECIBELS:
        room = coloured_noise(SLOPES["brown noise"], len(_time()), rng)
        yield "Silence", f"room {decibels:.0f} dB", _at(room, decibels)


def write_unknown_sounds(folder: str | Path) -> list[Path]:
    """Write a folder for each kind of sound, and return the files."""
    import soundfile

    files = []
    for kind, name, sound in unknown_sounds():
        file = Path(folder) / kind / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, sound, SAMPLING_RATE, subtype="FLOAT")
        files.append(file)
    return files


def coloured_noise(slope: float, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Return noise whose amplitude falls with frequency ** slope: 0 is white, 0.5 pink, 1 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / SAMPLING_RATE)
    return np.fft.irfft(spectrum / np.maximum(hertz, 20.0) ** slope, samples)


def _hum(hertz: float, rng: np.random.Generator) -> np.ndarray:
    """Return the hum of a transformer: the double of the mains' frequency is the strongest."""
    orders = np.arange(1, OVERTONES + 1)
    amplitudes = rng.uniform(0.3, 1.0, OVERTONES) * np.where(orders == 2, 2.0, 1.0) / orders
    phases = rng.uniform(0, 2 * np.pi, OVERTONES)
    angles = 2 * np.pi * hertz * np.outer(orders, _time()) + phases[:, None]
    return amplitudes @ np.sin(angles)


def _time() -> np.ndarray:
    return np.arange(int(SECONDS * SAMPLING_RATE)) / SAMPLING_RATE


def _at(sound: np.ndarray, decibels: float) -> np.ndarray:
    loudness = np.sqrt(np.mean(sound**2))
    return np.clip(sound * 10 ** (decibels / 20) / loudness, -1, 1).astype(np.float32)


if __name__ == "__main__":
    write_unknown_sounds(sys.argv[1] if len(sys.argv) > 1 else "made-up-unknown")
