"""Measure a checkpoint on a data set, through the app's own AudioClassifier."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.tables import write_table
from ast_demo.training.data.clips import Clip, DataError
from ast_demo.training.evaluation.calibration import LEAST_SCORE, fit_threshold
from ast_demo.training.evaluation.metrics import (
    average_precision,
    confusion_matrix,
    mean_average_precision,
    reliability,
    top_k_accuracy,
    wilson_interval,
)

BATCH = 4  # sounds at once; more gain nothing on a CPU
_EXAMPLES = 3


@dataclass(frozen=True)
class Evaluation:
    """Scores of a checkpoint on clips whose labels are known."""

    files: tuple[str, ...]
    labels: tuple[str, ...]
    scores: np.ndarray  # (clips, labels)
    targets: np.ndarray  # 0 or 1, (clips, labels)

    @property
    def present(self) -> list[int]:
        """Indices of the labels that some clip carries."""
        return np.flatnonzero(self.targets.any(axis=0)).tolist()

    def summary(self) -> dict:
        """Return the overall measures."""
        count = len(self.files)
        top1 = top_k_accuracy(self.scores, self.targets, 1)
        low, high = wilson_interval(round(top1 * count), count)
        return {
            "clips": count,
            "labels": len(self.present),
            "top1": top1,
            "top1_interval_95": [low, high],
            "top3": top_k_accuracy(self.scores, self.targets, 3),
            "mean_average_precision": mean_average_precision(self.scores, self.targets),
        }

    def per_class(self) -> list[dict]:
        """Return recall, precision and average precision of each label that is present."""
        predicted = self.scores.argmax(axis=1)
        rows = []
        for index in self.present:
            carries = self.targets[:, index] == 1
            right = int((predicted[carries] == index).sum())
            named = int((predicted == index).sum())
            rows.append(
                {
                    "label": self.labels[index],
                    "clips": int(carries.sum()),
                    "recall": right / int(carries.sum()),
                    "precision": right / named if named else 0.0,
                    "average_precision": average_precision(self.scores[:, index], carries),
                }
            )
        return rows

    def confusions(self) -> tuple[np.ndarray, list[str]]:
        """Return counts (true, predicted) and their labels, rows without clips left out."""
        table = confusion_matrix(self.scores, self.targets)
        shown = np.flatnonzero(table.any(axis=0) | table.any(axis=1))
        return table[np.ix_(shown, shown)], [self.labels[i] for i in shown]

    def reliability(self) -> list[dict]:
        """Return how often scores of each size were right, the best score of each clip only."""
        best = self.scores.argmax(axis=1)[:, None]
        return reliability(
            np.take_along_axis(self.scores, best, axis=1),
            np.take_along_axis(self.targets, best, axis=1),
        )

    @property
    def threshold(self) -> float:
        """The best score from which on at least half of the answers are right."""
        best = self.scores.argmax(axis=1)[:, None]
        return fit_threshold(
            np.take_along_axis(self.scores, best, axis=1)[:, 0],
            np.take_along_axis(self.targets, best, axis=1)[:, 0] == 1,
        )

    def logits(self, rule: str) -> np.ndarray:
        """Return what the scores were made of by a rule, "sigmoid" or "softmax": (clips, labels).

        Logits of a softmax are known but for a number added to all of a clip.
        """
        scores = np.clip(self.scores.astype(np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
        return np.log(scores) - (np.log1p(-scores) if rule == "sigmoid" else 0.0)

    def to_dict(self) -> dict:
        """Return everything but the scores of single clips."""
        return {
            **self.summary(),
            "abstention_threshold": self.threshold,
            "per_class": self.per_class(),
            "reliability": self.reliability(),
        }

    def write(self, folder: str | Path) -> list[Path]:
        """Write evaluation.json, per_class.csv, clips.csv and the two figures; return the files."""
        from ast_demo.training.evaluation.plots import confusion_figure, reliability_figure

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        report = folder / "evaluation.json"
        report.write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
        classes, clips = folder / "per_class.csv", folder / "clips.csv"
        write_table(classes, self.per_class())
        write_table(clips, self._clip_rows())
        matrix, curve = folder / "confusion.png", folder / "reliability.png"
        confusion_figure(*self.confusions()).savefig(matrix, dpi=150)
        reliability_figure(self.reliability()).savefig(curve, dpi=150)
        return [report, classes, clips, matrix, curve]

    def _clip_rows(self) -> list[dict]:
        best = self.scores.argmax(axis=1)
        return [
            {
                "file": file,
                "label": ";".join(self.labels[i] for i in np.flatnonzero(row)),
                "predicted": self.labels[index],
                "score": round(float(scores[index]), 4),
            }
            for file, row, index, scores in zip(self.files, self.targets, best, self.scores)
        ]


def evaluate(
    classifier: AudioClassifier,
    clips: Sequence[Clip],
    progress: Callable[[int, int], None] | None = None,
    foreign_labels: bool = False,
) -> Evaluation:
    """Score clips with a checkpoint.

    Args:
        classifier: the checkpoint.
        clips: sounds with their labels.
        progress: called with (clips done, clips in all).
        foreign_labels: labels that the checkpoint does not know are no targets, and no error.

    Raises:
        DataError: if a label of the data is none of the checkpoint's.
        AudioError: if a file cannot be read.
    """
    known = {label: index for index, label in enumerate(classifier.labels)}
    foreign = sorted({label for clip in clips for label in clip.labels} - set(known))
    if foreign and not foreign_labels:
        raise DataError(
            f"the data has {len(foreign)} labels that the model does not know "
            f"({', '.join(foreign[:_EXAMPLES])}): it was trained on "
            f"{', '.join(classifier.labels[:_EXAMPLES])} and so on. Rename the labels, or train "
            "a model on this data first."
        )
    targets = np.zeros((len(clips), len(known)), np.int64)
    for row, clip in enumerate(clips):
        targets[row, [known[label] for label in clip.labels if label in known]] = 1
    seconds = classifier.window_seconds
    rows = []
    for start in range(0, len(clips), BATCH):
        part = clips[start : start + BATCH]
        sounds = [load_audio(clip.file, max_seconds=max(seconds, 1.0)) for clip in part]
        for prediction in classifier.classify_batch(sounds):
            rows.append([prediction.scores[label] for label in classifier.labels])
        if progress is not None:
            progress(start + len(part), len(clips))
    names = tuple(clip.name for clip in clips)
    return Evaluation(names, tuple(classifier.labels), np.array(rows), targets)
