"""Noise under a sound: made, recorded, and that of a visitor's own room."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np

from ast_demo.check import signal
from ast_demo.check.perturbations.perturbation import FALL, SAME, Heard, Perturbation, generator
from ast_demo.checkpoint.locate import BUNDLED_FOLDER

EXAMPLES = BUNDLED_FOLDER / "examples"
BACKGROUNDS = ("rain", "speech")  # examples that are mixed under other sounds


def example_backgrounds() -> dict[str, np.ndarray]:
    """Read the example sounds that are mixed under others; those that are missing are left out."""
    from ast_demo.audio.load import load_audio

    files = {name: EXAMPLES / f"{name}.flac" for name in BACKGROUNDS}
    return {name: load_audio(file).waveform for name, file in files.items() if file.is_file()}


def noises(seed: int, backgrounds: Mapping[str, np.ndarray]) -> list[Perturbation]:
    """Mix noise under a sound: made, and each background, at six signal-to-noise ratios."""
    made = {"white noise": (20, 10, 0), "pink noise": (10,), "50 Hz hum": (20,)}
    rows = []
    for series in (*made, *backgrounds):
        quick = made.get(series, (10,))
        for repeat in range(3 if series == "white noise" else 1):
            for snr in (30, 20, 10, 5, 0, -5):
                change = functools.partial(
                    _mixed, series, backgrounds.get(series), snr, seed, repeat
                )
                rows.append(
                    Perturbation(
                        *("noise", series, snr, "dB SNR", SAME if snr >= 20 else FALL, change),
                        repeat=repeat,
                        quick=snr in quick and repeat == 0,
                    )
                )
    return rows


def _mixed(series, background, snr, seed, repeat, waveform, window) -> Heard:
    rng = generator(seed, series, repeat)
    if background is None:
        noise = signal.make_noise(series.split()[-1 if "hum" in series else 0], len(waveform), rng)
    else:
        noise = signal.loop(background, len(waveform), rng)
    return Heard(signal.add_noise(waveform, noise, snr))


def room_noise(room: np.ndarray, seed: int) -> list[Perturbation]:
    """Mix a room in which nobody speaks under a sound: at its own level, and louder."""

    def mixed(decibels, waveform, window) -> Heard:
        under = signal.loop(room, len(waveform), generator(seed, "room"))
        return Heard(waveform + signal.gain(under, decibels))

    return [
        Perturbation(
            *("room", "your room", db, "dB", SAME if db <= 0 else FALL),
            functools.partial(mixed, db),
            quick=True,
        )
        for db in (0, 6, 12)
    ]
