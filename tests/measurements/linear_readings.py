"""Measure what a logistic regression makes of the teacher's outputs, and of a model's own features.

    python -m tests.measurements.linear_readings --data clips.csv --soft-targets teacher.npz
    python -m tests.measurements.linear_readings --data clips.csv --model RUN

It is fitted on the clips of the split train whose file name begins with --only, and measured on
those of the split validation: the first line says what a student of that teacher could reach, the
second whether a model's last layer is the best one for its features.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import torch

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.distillation.soft_targets import ROWS
from ast_demo.training.distillation.teacher_labels import fit_linear
from ast_demo.training.evaluation.metrics import wilson_interval
from ast_demo.training.recipe import load_recipe
from tests.helpers.page import SAMPLING_RATE

LEAST_PROBABILITY = 1e-4


def main() -> None:
    """Fit, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", nargs="+", required=True, help="as for `evaluate`")
    parser.add_argument("--recipe", default="everyday-sounds", help="renames labels of the data")
    parser.add_argument("--only", default="esc50/")
    parser.add_argument("--soft-targets", help="what a teacher hears, a .npz file")
    parser.add_argument("--model", help="as for `classify`")
    options = parser.parse_args()
    dataset = read_datasets(options.data).relabelled(load_recipe(options.recipe).relabel, ())
    clips = [clip for clip in dataset.clips if clip.labels and clip.name.startswith(options.only)]
    if options.soft_targets:
        for name, features in teacher_features(options.soft_targets, clips).items():
            show(name, read_linearly(features, clips), clips)
    if options.model:
        features, scores, labels = heard(options.model, clips)
        show("its own last layer", scores, clips, labels)
        show("a last layer fitted anew", read_linearly(features, clips), clips)


def teacher_features(file: str, clips: Sequence[Clip]) -> dict[str, torch.Tensor]:
    """Return what the file holds of each clip, (clips, features), by a name for the table."""
    with np.load(file) as stored:
        place = {name: number for number, name in enumerate(stored["files"].tolist())}
        rows = [place[clip.name] for clip in clips]
        probabilities = stored["probabilities"][rows].astype(np.float32)
        pooled = stored["pooled"][rows].astype(np.float32)
        ends = np.cumsum(stored["map_steps"].astype(np.int64))
        values = stored["map_values"]
    cells = values.reshape(-1, ROWS, values.shape[1])
    starts = np.concatenate([[0], ends[:-1]])
    maps = [cells[starts[row] : ends[row]].astype(np.float32).mean(axis=0) for row in rows]
    bands = torch.from_numpy(np.stack(maps))  # (clips, ROWS, coordinates)
    odds = np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return {
        "the map's mean": bands.mean(dim=1),
        "the map's mean in each band": bands.flatten(1),
        "its pooled features": torch.from_numpy(pooled),
        "its outputs": torch.from_numpy(np.log(odds / (1 - odds))),
    }


def heard(model: str, clips: Sequence[Clip]) -> tuple[torch.Tensor, np.ndarray, list[str]]:
    """Return a model's pooled vector and scores of each clip, and its labels."""
    classifier = AudioClassifier.load(model, dtype="float32")
    network = classifier.model
    pooled, scores = [], []
    with torch.inference_mode():
        for clip in clips:
            sound = load_audio(clip.file, max_seconds=classifier.window_seconds).waveform
            features = classifier.extractor(sound, sampling_rate=SAMPLING_RATE)
            values = torch.as_tensor(np.asarray(features["input_values"]))
            vector = network.audio_spectrogram_transformer.encode(values, pooled_only=True).pooled
            pooled.append(vector[0])
            scores.append(network.classifier(vector)[0].numpy())
    return torch.stack(pooled).clone(), np.stack(scores), classifier.labels


def read_linearly(features: torch.Tensor, clips: Sequence[Clip]) -> np.ndarray:
    """Fit on the training clips; return the scores of all, (clips, labels), labels by name."""
    labels = names_of(clips)
    learnt = torch.tensor([clip.split == "train" for clip in clips])
    targets = torch.tensor([[float(label in clip.labels) for label in labels] for clip in clips])
    centre, spread = features[learnt].mean(dim=0), features[learnt].std(dim=0).clamp(min=1e-6)
    features = (features - centre) / spread
    weights, biases = fit_linear(features[learnt], targets[learnt])
    return (features @ weights + biases).numpy()


def names_of(clips: Sequence[Clip]) -> list[str]:
    """Return all labels of some clips, by name."""
    return sorted({label for clip in clips for label in clip.labels})


def show(name: str, scores: np.ndarray, clips: Sequence[Clip], labels=None) -> None:
    """Print how many of the held-out clips are named rightly."""
    labels = labels or names_of(clips)
    held_out = [number for number, clip in enumerate(clips) if clip.split == "validation"]
    right = sum(labels[scores[number].argmax()] in clips[number].labels for number in held_out)
    low, high = wilson_interval(right, len(held_out))
    print(f"| {name} | {right / len(held_out):.1%} of {len(held_out)} ({low:.1%} to {high:.1%}) |")


if __name__ == "__main__":
    main()
