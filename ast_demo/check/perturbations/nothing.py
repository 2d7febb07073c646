"""Nothing to hear: silence, noise, padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ast_demo.check import signal
from ast_demo.check.perturbations.perturbation import HOLD, Heard, Perturbation, generator
from ast_demo.features.extractor import ASTFeatureExtractor

EMPTY_SECONDS = 5.0


def empty(seed: int) -> list[Perturbation]:
    """Give the model nothing to hear: it should name nothing."""
    samples = round(EMPTY_SECONDS * signal.SAMPLING_RATE)

    def noise(waveform, window) -> Heard:
        return Heard(signal.make_noise("white", samples, generator(seed, "nothing but noise")))

    def silence(waveform, window) -> Heard:
        return Heard(np.zeros(samples, np.float32))

    rows: Sequence[tuple] = (
        ("digital silence", silence, None, True),
        ("nothing but white noise", noise, None, True),
        ("nothing but padding", silence, padding_input, False),
    )
    return [
        Perturbation(
            *("empty", series, 1, "", HOLD, change, extract), quick=quick, moved_ms=None, once=True
        )
        for series, change, extract, quick in rows
    ]


def padding_input(extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
    """Return the model's input where there is no sound at all."""
    return extractor.finish(torch.zeros(0, extractor.num_mel_bins))
