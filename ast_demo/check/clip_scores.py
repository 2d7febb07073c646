"""What a model says of many labelled clips, with and without noise, telephone and room."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ast_demo.audio.load import load_audio
from ast_demo.check.perturbations.perturbation import Perturbation
from ast_demo.check.perturbations.table import build_perturbations
from ast_demo.check.run import CheckError
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.classifier import AudioClassifier
from ast_demo.features.spectrogram import samples_for
from ast_demo.training.data.clips import Clip
from ast_demo.training.evaluation.evaluate import Evaluation

CLIPS_AT_ONCE = 4  # as in evaluate: more gain nothing on a CPU
PERTURBED = (  # what top-1 is measured under too
    "white noise 10 dB SNR",
    "telephone, µ-law 8 kHz",
    "reverberation 0.8 s RT60",
)
CREDITS_FILE = "CREDITS.csv"


@dataclass
class ClipScores:
    """What a model said of labelled clips."""

    evaluation: Evaluation
    unreadable: list[tuple[str, str]]  # name, reason
    under: dict[str, int]  # perturbation -> clips whose best label is right
    trained_on: list[str]  # clips that the model's credits name


def score_clips(
    classifier: AudioClassifier,
    clips: Sequence[Clip],
    perturbed: bool = True,
    seed: int = 0,
) -> Iterator[ClipScores | int]:
    """Yield how many clips are done, after each pass of the model, and at last the scores.

    Args:
        classifier: the model.
        clips: labelled as the model labels.
        perturbed: measure under noise, on the telephone and in a room too.
        seed: of these.

    Raises:
        CheckError: if no clip can be read, or scores are no numbers.
    """
    table = build_perturbations(seed) if perturbed else []
    under = [p for p in table if p.key in PERTURBED]
    run = _ClipRun(classifier, under)
    for start in range(0, len(clips), CLIPS_AT_ONCE):
        part = clips[start : start + CLIPS_AT_ONCE]
        run.score(part)
        yield start + len(part)
    yield run.scores()


class _ClipRun:
    """Scores of clips as they come; nothing of a sound is kept."""

    def __init__(self, classifier: AudioClassifier, perturbations: Sequence[Perturbation]):
        self.classifier = classifier
        self.perturbations = perturbations
        self.window = samples_for(classifier.extractor.max_length)
        self.rows: list[np.ndarray] = []
        self.clips: list[Clip] = []
        self.unreadable: list[tuple[str, str]] = []
        self.right = {p.key: 0 for p in perturbations}

    def score(self, part: Sequence[Clip]) -> None:
        """Score some clips; one that cannot be read is noted."""
        waveforms, read = [], []
        for clip in part:
            try:
                seconds = max(self.classifier.window_seconds, 1.0)
                sound = load_audio(clip.file, max_seconds=seconds)
            except ValueError as error:
                self.unreadable.append((clip.name, str(error)))
                continue
            waveforms.append(sound.waveform[: self.window])
            read.append(clip)
        if not read:
            return
        rows = self._scores(waveforms)
        if not np.isfinite(rows).all():
            raise CheckError(
                f"the model gives scores that are not numbers (NaN) for {read[0].name}: its "
                "weights are damaged, or too large for its dtype; try --dtype float32."
            )
        self.rows += list(rows)
        self.clips += read
        for p in self.perturbations:
            heard = [p.heard(waveform, self.window).waveform for waveform in waveforms]
            best = self._scores(heard).argmax(axis=1)
            self.right[p.key] += sum(
                self.classifier.labels[index] in clip.labels for index, clip in zip(best, read)
            )

    def _scores(self, waveforms: Sequence[np.ndarray]) -> np.ndarray:
        predictions = self.classifier.classify_batch(waveforms)
        labels = self.classifier.labels
        return np.array([[each.scores[label] for label in labels] for each in predictions])

    def scores(self) -> ClipScores:
        """Return what was found."""
        if not self.rows:
            reason = self.unreadable[0][1]
            raise CheckError(f"none of the {len(self.unreadable)} clips can be read: {reason}")
        labels = self.classifier.labels
        targets = np.zeros((len(self.clips), len(labels)), np.int64)
        for row, clip in enumerate(self.clips):
            targets[row, [labels.index(label) for label in clip.labels]] = 1
        names = tuple(clip.name for clip in self.clips)
        evaluation = Evaluation(names, tuple(labels), np.array(self.rows), targets)
        checkpoint = self.classifier.checkpoint
        trained = () if checkpoint is None else credited(checkpoint.name, names)
        return ClipScores(evaluation, self.unreadable, self.right, list(trained))


def credited(model: str, names: Sequence[str]) -> list[str]:
    """List the clips that a bundled model's credits name: it may have been trained on them.

    A name counts if its stem is a recording's title, or a number in it is a recording's id.
    """
    file = BUNDLED_FOLDER / model / CREDITS_FILE
    if not re.fullmatch(r"[\w.-]+", model) or not file.is_file():
        return []
    titles, ids = set(), set()
    with file.open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            titles.add(Path(row["title"]).stem.casefold())
            ids.update(re.findall(r"(?<=/)\d{4,}(?=/|$)", row["url"]))
    titles.discard("")
    return [
        name
        for name in names
        if Path(name).stem.casefold() in titles or ids & set(re.findall(r"\d{4,}", Path(name).stem))
    ]
