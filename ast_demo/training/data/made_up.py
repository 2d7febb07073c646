"""Sounds of machines and test benches that have no label: noise, hum and steady tones."""

from __future__ import annotations

import math

import numpy as np
import torch

from ast_demo.features.spectrogram import HOP_SECONDS, WINDOW_SECONDS, log_mel_spectrogram
from ast_demo.training.data.feature_cache import SAMPLING_RATE

NOISE_DECIBELS = (-48.0, -10.0)  # root mean square, full scale: louder than a quiet room
NOISE_TILT = (-45.0, 8.0)  # dB from the lowest to the highest mel bin: brown to bluish
LINE_DECIBELS = (-48.0, -10.0)
MAINS_SHARE = 0.5  # of line spectra that are hums
MAINS_HERTZ = (49.0, 61.0)
TONE_HERTZ = (100.0, 5000.0)
MOST_LINES = 16
PURE_SHARE = 0.6  # of tones without overtones


def line_spectrum(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Return the log-mel spectrogram of a hum or a steady tone, (frames, mel_bins)."""
    samples = round(SAMPLING_RATE * (WINDOW_SECONDS + HOP_SECONDS * (frames - 1)))
    time = np.arange(samples) / SAMPLING_RATE
    if rng.random() < MAINS_SHARE:
        lowest = rng.uniform(*MAINS_HERTZ)
        orders = np.arange(1, MOST_LINES + 1)
        strong = np.where(orders == 2, 2.0, 1.0)  # what magnets do is the same in either direction
    else:
        lowest = math.exp(rng.uniform(*np.log(TONE_HERTZ)))
        most = 1 if rng.random() < PURE_SHARE else rng.integers(2, MOST_LINES + 1)
        orders = np.arange(1, min(most, int(SAMPLING_RATE / 2 / lowest)) + 1)
        strong = np.ones(len(orders))
    amplitudes = strong * rng.uniform(0.2, 1.0, len(orders)) / orders ** rng.uniform(0.5, 1.5)
    phases = rng.uniform(0, 2 * np.pi, len(orders))
    sound = amplitudes @ np.sin(2 * np.pi * lowest * np.outer(orders, time) + phases[:, None])
    level = 10 ** (rng.uniform(*LINE_DECIBELS) / 20) / np.sqrt(np.mean(sound**2))
    return log_mel_spectrogram(torch.from_numpy((sound * level).astype(np.float32))).numpy()
