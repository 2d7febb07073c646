"""One thing done to a sound at one strength, what should come of it, and what the model gets."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.spectrogram import samples_for

# What should happen, after CheckList (Ribeiro et al. 2020), in our words.
HOLD = "must hold"  # a minimum functionality test: nothing is heard in nothing
SAME = "must not change"  # an invariance test: a person would say the same
FALL = "should only fall"  # a directional test: the label gets harder to hear, never easier
MISTAKE = "mistake"  # of whoever feeds the model, made visible: the checkpoint should be worse off
TOLD = "told"  # nobody knows what should happen
KINDS = (HOLD, SAME, FALL, MISTAKE, TOLD)


class Heard(NamedTuple):
    """A perturbed sound, and what there is to say about it."""

    waveform: np.ndarray  # float32 (samples,) at 16 kHz
    note: str = ""


Change = Callable[[np.ndarray, int], Heard]  # waveform, samples of the window
Extract = Callable[[ASTFeatureExtractor, np.ndarray], torch.Tensor]  # (max_length, mel_bins)


@dataclass(frozen=True)
class Perturbation:
    """One thing done to a sound at one strength.

    Args:
        group: what `--only` names, such as "noise".
        series: what is drawn as one curve, such as "white noise".
        strength: where on the curve; a series goes from mild to strong.
        unit: of the strength.
        kind: what should happen, one of `KINDS`.
        change: of the waveform.
        extract: the model's input of the changed waveform, where it is not the usual one.
        repeat: number of the seed, where several are drawn.
        quick: whether it belongs to the quick check.
        reference: key of the perturbation to compare with; the sound itself by default.
        moved_ms: by how much the sound is moved; None where maps cannot be laid over each other.
        once: whether it does not depend on the sound.
    """

    group: str
    series: str
    strength: float
    unit: str
    kind: str
    change: Change
    extract: Extract | None = None
    repeat: int = 0
    quick: bool = False
    reference: str = ""
    moved_ms: float | None = 0.0
    once: bool = False

    @property
    def key(self) -> str:
        """Name it so that a report and a page can refer to it."""
        seed = f" #{self.repeat}" if self.repeat else ""
        return f"{self.series}{f' {self.at}' if self.unit else ''}{seed}"

    @property
    def at(self) -> str:
        """Write the strength with its unit."""
        return f"{self.strength:g} {self.unit}".strip()

    def heard(self, waveform: np.ndarray, window_samples: int) -> Heard:
        """Return the perturbed sound."""
        return self.change(waveform, window_samples)

    def input_values(self, extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
        """Return the model's input of a changed waveform: (max_length, num_mel_bins)."""
        return (self.extract or usual_input)(extractor, waveform)


def usual_input(extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
    """Return the model's input of a waveform, cut or filled to the window."""
    longest = samples_for(extractor.max_length, extractor.sampling_rate)
    sound = torch.from_numpy(waveform[:longest])
    return extractor(sound, extractor.sampling_rate, return_tensors="pt").input_values[0]


def generator(seed: int, name: str, repeat: int = 0) -> np.random.Generator:
    """Return the random numbers of one perturbation: the same for the same seed and name."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), repeat])


def change_of(function: Callable, *arguments) -> Change:
    """Turn a function of a waveform into a change."""
    return lambda waveform, window: Heard(function(waveform, *arguments))
