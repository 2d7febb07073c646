"""What one sound of a data set is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRAIN, VALIDATION = "train", "validation"


class DataError(ValueError):
    """A data set that cannot be trained on; the message names what is wrong and how to mend it."""


@dataclass(frozen=True)
class Clip:
    """One sound file of a data set."""

    file: Path
    labels: tuple[str, ...]  # none at all for clips that only teach through soft targets
    split: str
    recording: str  # clips of one recording or speaker stay in one split
    name: str  # the file as the data set writes it
