"""The latest checks: their reports, and the sounds that they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.limits import MEGABYTE, Limits
from ast_demo.ui.services.uploads import HeldFolder

if TYPE_CHECKING:  # torch: not before the first page
    from ast_demo.check.check_run import CheckRun
    from ast_demo.check.perturbations.perturbation import Heard, Perturbation
    from ast_demo.check.run import Sound
    from ast_demo.classifier import AudioClassifier
    from ast_demo.ui.check.request import Asked

KEPT_CHECKS = 16
KEPT_BYTES = 128 * MEGABYTE  # sounds of twelve examples are 4 MB


@dataclass(frozen=True)
class KeptCheck:
    """A report, and what it takes to hear and to look at each of its perturbed sounds again."""

    report: dict
    classifier: AudioClassifier
    sounds: list[Sound]
    perturbations: Mapping[str, Perturbation]  # by their keys
    clips: Mapping[str, Path]  # files by their names
    storage: HeldFolder | None  # of the clips

    @classmethod
    def of(cls, run: CheckRun, report: dict, asked: Asked) -> KeptCheck:
        """Keep a check that was run."""
        perturbations = {p.key: p for p in run.perturbations}
        check = asked.check
        sounds = list(check.sounds)
        return cls(report, check.classifier, sounds, perturbations, asked.clips, asked.storage)

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return sum(sound.waveform.nbytes for sound in self.sounds)

    def sound(self, request: dict) -> Sound:
        """Return the sound that a request names by its number.

        Raises:
            ValueError: if there is none.
        """
        number = rpc.whole(request, "sound")
        if not 0 <= number < len(self.sounds):
            raise ValueError(f"the sound is {number}, expected 0 to {len(self.sounds) - 1}.")
        return self.sounds[number]

    def perturbation(self, request: dict) -> Perturbation | None:
        """Return the perturbation that a request names by its key; None for the sound itself.

        Raises:
            ValueError: if there is none.
        """
        key = request.get("key")
        if key in (None, ""):
            return None
        if not isinstance(key, str) or key not in self.perturbations:
            raise ValueError(f"the perturbation is {key!r:.40}, expected one of the report's.")
        return self.perturbations[key]

    def heard(self, request: dict) -> tuple[Heard, str]:
        """Return what the model heard of a sound, and its title.

        Raises:
            ValueError: as for `sound` and `perturbation`.
        """
        from ast_demo.check.perturbations.perturbation import Heard
        from ast_demo.features.spectrogram import samples_for

        sound, perturbation = self.sound(request), self.perturbation(request)
        window = samples_for(self.classifier.extractor.max_length)
        waveform = sound.waveform[:window]
        if perturbation is None:
            return Heard(waveform, "as it was"), sound.name
        return perturbation.heard(waveform, window), f"{sound.name}, {perturbation.key}"


def kept_checks(limits: Limits) -> ExpiringCache:
    """Make the store of the latest checks."""
    return ExpiringCache(KEPT_CHECKS, KEPT_BYTES, limits.keep_seconds, what="this check is")
