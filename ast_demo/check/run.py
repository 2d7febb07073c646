"""Run a model over perturbed sounds, batch by batch, in memory that does not grow with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ast_demo.check.perturbations.perturbation import HOLD, Perturbation, usual_input
from ast_demo.check.signal import SAMPLING_RATE
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.experiments import shuffle_patches
from ast_demo.explain.faithfulness import rank_correlation
from ast_demo.features.spectrogram import frame_count, samples_for

BATCH = 2  # sounds in one pass: as fast as more on a CPU, and others get their turn in between


class CheckError(ValueError):
    """A check that cannot be carried out; the message says why and what to do."""


@dataclass(frozen=True)
class Sound:
    """A sound to check with: its name, its samples, and what it truly is, if that is known."""

    name: str
    waveform: np.ndarray  # float32 (samples,) at 16 kHz
    label: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one sound under one perturbation."""

    sound: str
    key: str  # of the perturbation
    label: str  # the best label of what it is compared with
    before: float  # that label's score there
    score: float  # the same label's score now
    rival: str  # the strongest other label now
    rival_score: float
    likeness: float | None = None  # rank correlation of the rollouts over the sound's patches
    note: str = ""
    true_before: float | None = None  # score of the known label, there and now
    true_score: float | None = None

    @property
    def kept(self) -> bool:
        """Tell whether the best label is still the best."""
        return self.score >= self.rival_score

    @property
    def best(self) -> tuple[str, float]:
        """Return the best label now, and its score."""
        if self.kept:
            return self.label, self.score
        return self.rival, self.rival_score


def known_label(name: str, labels: Sequence[str]) -> str | None:
    """Return the label that a file is named after: church_bells.flac holds "Church bells"."""
    plain = {re.sub(r"[\W_]+", " ", label).strip().casefold(): label for label in labels}
    stem = re.sub(r"[\W_]+", " ", Path(name).stem).strip().casefold()
    return plain.get(stem) or plain.get(re.sub(r"\s*\d+$", "", stem))


def outcome_count(sounds: int, perturbations: Sequence[Perturbation]) -> int:
    """Count the outcomes that `run_perturbations` yields; each sound has one more for itself."""
    once = sum(p.once for p in perturbations)
    return sounds * (1 + len(perturbations) - once) + once


def run_perturbations(
    classifier: AudioClassifier, sounds: Sequence[Sound], perturbations: Sequence[Perturbation]
) -> Iterator[list[Outcome]]:
    """Yield what becomes of each sound, a list after each pass of the model.

    The first outcome of a sound is the sound itself, under the key "".

    Args:
        classifier: the model.
        sounds: at 16 kHz; what exceeds the window is left out.
        perturbations: as `build_perturbations` lists them: what others are compared with first.

    Raises:
        CheckError: if the model takes another rate, or gives scores that are no numbers.
    """
    rate = classifier.extractor.sampling_rate
    if rate != SAMPLING_RATE:
        raise CheckError(
            f"the model hears {rate} Hz, expected {SAMPLING_RATE} Hz: its sounds cannot be "
            "perturbed here."
        )
    for number, sound in enumerate(sounds):
        chosen = [p for p in perturbations if number == 0 or not p.once]
        yield from _SoundRun(classifier, sound, len(sounds)).outcomes(chosen)


class _SoundRun:
    """One sound under all perturbations: what later ones are compared with is kept."""

    def __init__(self, classifier: AudioClassifier, sound: Sound, sounds: int):
        self.classifier = classifier
        self.sound = sound
        self.window = samples_for(classifier.extractor.max_length, SAMPLING_RATE)
        self.waveform = sound.waveform[: self.window]
        self.truth = None if sound.label is None else classifier.label_index(sound.label)
        self.scores: dict[str, np.ndarray] = {}
        self.grid = classifier.grid
        frames = frame_count(len(self.waveform), SAMPLING_RATE)
        self.columns = max(1, min(self.grid.time_patches, frames // self.grid.time_stride))

    def outcomes(self, perturbations: Sequence[Perturbation]) -> Iterator[list[Outcome]]:
        """Yield the outcome of the sound itself, then those of its perturbations by batches."""
        usual = usual_input(self.classifier.extractor, self.waveform)
        scores, maps = self._run(usual.unsqueeze(0))
        if not np.isfinite(scores).all():
            raise CheckError(
                f"the model gives scores that are not numbers (NaN) for {self.sound.name}: its "
                "weights are damaged, or too large for its dtype; try --dtype float32."
            )
        self.scores[""], self.map = scores[0], maps[0]
        yield [self._outcome("", "", 1.0, "")]
        at_once = max(1, min(BATCH, self.classifier.batch_limit))
        alone = [p for p in perturbations if p.group == "polarity"]  # so that it can be bit-equal
        rest = [p for p in perturbations if p.group != "polarity"]
        batches = [[p] for p in alone]
        batches += [rest[first : first + at_once] for first in range(0, len(rest), at_once)]
        for batch in batches:
            yield self._batch(batch, usual)

    def _batch(self, batch: Sequence[Perturbation], usual: torch.Tensor) -> list[Outcome]:
        heard = [p.heard(self.waveform, self.window) for p in batch]
        extractor = self.classifier.extractor
        inputs = [p.input_values(extractor, h.waveform) for p, h in zip(batch, heard)]
        scores, maps = self._run(torch.stack(inputs))
        self.scores |= {p.key: row for p, row in zip(batch, scores)}
        outcomes = []
        for p, (_, note), values, patch_map in zip(batch, heard, inputs, maps):
            if p.group == "polarity":
                same = torch.equal(values, usual)
                same = same and np.array_equal(self.scores[p.key], self.scores[""])
                note = "bit by bit the same" if same else "not the same"
            likeness = self._likeness(p, patch_map)
            outcomes.append(self._outcome(p.key, p.reference, likeness, note))
        return outcomes

    def _run(self, inputs: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return scores (batch, labels) and rollouts (batch, freq_patches, time_patches)."""
        logits, _, tokens = self.classifier.logits_and_rollout(inputs)
        patches = tokens[:, -self.grid.num_patches :].float().cpu().numpy()
        shape = (-1, self.grid.freq_patches, self.grid.time_patches)
        return self.classifier.scores_of(logits), patches.reshape(shape)

    def _likeness(self, perturbation: Perturbation, patch_map: np.ndarray) -> float | None:
        """Return the rank correlation of the maps, that of a moved sound moved back before."""
        if perturbation.moved_ms is None or perturbation.kind == HOLD:
            return None
        stride_ms = 10 * self.grid.time_stride
        if perturbation.moved_ms % stride_ms:
            return None
        moved = round(perturbation.moved_ms / stride_ms)
        first, last = max(0, -moved), min(self.columns, self.grid.time_patches - moved)
        if last - first < 1:
            return None
        return rank_correlation(self.map[:, first:last], patch_map[:, first + moved : last + moved])

    def _outcome(self, key: str, reference: str, likeness: float | None, note: str) -> Outcome:
        before, now = self.scores[reference], self.scores[key]
        labels = self.classifier.labels
        best = int(before.argmax())
        others = now.copy()
        others[best] = -np.inf
        rival = int(others.argmax())
        truth = self.truth
        return Outcome(
            sound=self.sound.name,
            key=key,
            label=labels[best],
            before=float(before[best]),
            score=float(now[best]),
            rival=labels[rival],
            rival_score=float(now[rival]) if len(labels) > 1 else -1.0,
            likeness=likeness,
            note=note,
            true_before=None if truth is None else float(before[truth]),
            true_score=None if truth is None else float(now[truth]),
        )


def address_effect(classifier: AudioClassifier, waveform: np.ndarray, seed: int = 0) -> float:
    """Return how much the logits change when every patch gets another patch's address.

    A model that lost its position embeddings sees a heap of patches without an order: nothing
    changes at all.
    """
    return shuffle_patches(classifier.explain(waveform), seed).greatest_difference
