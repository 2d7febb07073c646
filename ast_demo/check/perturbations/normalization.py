"""Mistakes of whoever prepares the model's input."""

from __future__ import annotations

import functools

import numpy as np
import torch

from ast_demo.check.perturbations.perturbation import (
    MISTAKE,
    Extract,
    Perturbation,
    change_of,
    usual_input,
)
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.spectrogram import pad_or_trim, samples_for

NORMALIZATIONS = {  # mean, std
    "AudioSet's mean and std": (-4.2677393, 4.5689974),
    "Speech Commands' mean and std": (-6.845978, 5.5654526),
}
WRONG_MEAN = 3  # natural logarithms of energy: 13 dB
DECIBELS_PER_NEPER = 10 / np.log(10)  # of power: what dB are to natural logarithms
INT16_SCALE = 32768.0


def normalizations() -> list[Perturbation]:
    """Normalize the input otherwise than the checkpoint says."""
    rows: list[tuple[str, float, str, Extract]] = [
        *(
            (series, 1, "", functools.partial(_renormalized, mean=mean, std=std))
            for series, (mean, std) in NORMALIZATIONS.items()
        ),
        ("no normalization", 1, "", functools.partial(_renormalized, do_normalize=False)),
        *(
            (f"mean too {word}", abs(offset), "nats", functools.partial(_moved_mean, offset))
            for word, offset in (("low", -WRONG_MEAN), ("high", WRONG_MEAN))
        ),
        *(
            (f"std too {word}", factor, "times", functools.partial(_scaled_std, factor))
            for word, factors in (("small", (0.7, 0.5)), ("large", (1.4, 2)))
            for factor in factors  # 0.5 is what forgetting to double it gives: (x - mean) / std
        ),
        ("dB instead of ln", 1, "", _decibel_input),
        ("16-bit numbers not scaled", 1, "", _unscaled_input),
    ]
    quick = (("AudioSet's mean and std", 1), ("std too small", 0.5))
    return [
        Perturbation(
            *("normalization", series, strength, unit, MISTAKE, change_of(np.copy), extract),
            quick=(series, strength) in quick,
        )
        for series, strength, unit, extract in rows
    ]


def _renormalized(extractor: ASTFeatureExtractor, waveform, **settings) -> torch.Tensor:
    return usual_input(ASTFeatureExtractor.from_dict({**extractor.to_dict(), **settings}), waveform)


def _moved_mean(offset: float, extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    return _renormalized(extractor, waveform, mean=extractor.mean + offset)


def _scaled_std(factor: float, extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    return _renormalized(extractor, waveform, std=extractor.std * factor)


def _decibel_input(extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    longest = samples_for(extractor.max_length, extractor.sampling_rate)
    log_mel = extractor.log_mel(torch.from_numpy(waveform[:longest])) * DECIBELS_PER_NEPER
    return extractor.normalize(pad_or_trim(log_mel, extractor.max_length, extractor.padding_value))


def _unscaled_input(extractor: ASTFeatureExtractor, waveform) -> torch.Tensor:
    return usual_input(extractor, waveform * np.float32(INT16_SCALE))
