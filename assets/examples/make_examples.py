"""Make the two example clips that were not recorded: a siren, and tones to learn the axes by.

    python assets/examples/make_examples.py

Needs numpy and soundfile. The same seeds give the same clips on every machine. Each function
returns mono float64 (samples,) at SAMPLING_RATE and names what it imitates; levels are set at the
end, by MADE.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile

SAMPLING_RATE = 16000  # Hz
SECONDS = 5.0
SAMPLES = round(SECONDS * SAMPLING_RATE)
FOLDER = Path(__file__).resolve().parent


def siren(random: np.random.Generator) -> np.ndarray:
    """A wailing siren: harmonics of a tone that glides between 600 and 1450 Hz, in a street."""
    time = np.arange(SAMPLES) / SAMPLING_RATE
    glide = 0.5 - 0.5 * np.cos(2 * math.pi * time / 2.5)
    hertz = 600 * (1450 / 600) ** glide
    phase = 2 * math.pi * np.cumsum(hertz) / SAMPLING_RATE
    horn = sum(np.sin(k * phase) * (k * hertz < 7500) / k**1.1 for k in range(1, 12))
    street = filtered(random.standard_normal(SAMPLES), 60, 900) * 0.5
    return echoed(horn, 0.9, 0.35, random) + street


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


def filtered(noise: np.ndarray, low: float, high: float, unit: bool = False) -> np.ndarray:
    """Keep the band from low to high Hz, with soft edges; `unit` rescales to deviation 1."""
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / SAMPLING_RATE)
    gain = 1 / np.sqrt(1 + (hertz / high) ** 8)
    if low > 0:
        gain = gain / np.sqrt(1 + (low / np.maximum(hertz, 1e-9)) ** 4)
    out = np.fft.irfft(spectrum * gain, len(noise))
    return out / out.std() if unit else out


def echoed(sound: np.ndarray, seconds: float, wet: float, random: np.random.Generator):
    """Add a room: noise that falls by 60 dB in so many seconds, convolved with the sound."""
    length = round(seconds * SAMPLING_RATE)
    room = random.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    room = filtered(room, 150, 5000)
    room /= np.sqrt((room**2).sum())
    size = len(sound) + length
    tail = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(room, size), size)[: len(sound)]
    return sound + wet * tail


MADE = {  # seed, and root mean square of the clip, full scale 1.0
    siren: (0, 0.12),
    test_tones: (10, 0.10),
}


def make(maker) -> np.ndarray:
    """Return one clip as int16 (samples,) at its level in MADE, without clipping."""
    seed, level = MADE[maker]
    sound = maker(np.random.default_rng(seed))
    sound = sound * np.minimum(1, np.minimum(np.arange(SAMPLES), np.arange(SAMPLES)[::-1]) / 400)
    sound = sound * (level / np.sqrt(np.mean(sound**2)))
    peak = np.abs(sound).max()
    return np.round(32767 * sound * min(1.0, 0.95 / peak)).astype(np.int16)


def main() -> None:
    """Write both clips beside this script."""
    for maker in MADE:
        path = FOLDER / f"{maker.__name__}.flac"
        soundfile.write(path, make(maker), SAMPLING_RATE, subtype="PCM_16")
        print(f"{path.name:24} {path.stat().st_size / 1000:6.0f} kB")


if __name__ == "__main__":
    main()
