"""What is checked: a model on sounds, on request against another, on labelled clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ast_demo.check.bars import Bars
from ast_demo.check.clips import ClipSet
from ast_demo.check.run import Sound
from ast_demo.classifier import AudioClassifier

HEAT_CLIPS = 40


@dataclass(frozen=True)
class CheckSettings:
    """What a check does; the same settings give the same report.

    Args:
        quick: about thirty perturbations instead of about 130.
        only: groups of perturbations, all by default.
        seed: of everything random.
        bars: set before the run.
        heat_clips: clips on which the heat is tested; 0 leaves it out.
        perturbed_clips: measure labelled clips under noise, on the telephone and in a room too.
    """

    quick: bool = False
    only: tuple[str, ...] = ()
    seed: int = 0
    bars: Bars = field(default_factory=Bars)
    heat_clips: int = HEAT_CLIPS
    perturbed_clips: bool = True


@dataclass(frozen=True)
class CheckRequest:
    """What is checked: a model on sounds, on request against another, on labelled clips."""

    classifier: AudioClassifier
    sounds: Sequence[Sound]
    settings: CheckSettings = field(default_factory=CheckSettings)
    against: AudioClassifier | None = None
    clips: ClipSet | None = None
    data_name: str = ""
    backgrounds: Mapping[str, np.ndarray] | None = None
    room: np.ndarray | None = None
    command: str = ""  # that makes the report again
    left_out: Sequence[str] = ()  # what was asked for and is beyond a limit, in words
