"""Measure what a wrong mean or std costs a bundled model on held-out clips.

    python -m tests.measurements.wrong_normalization everyday-sounds \\
        --data clips.csv clips2.csv --only instruments/ labelled2/

Scores clips of the validation split, spread over their labels, with the model's own numbers and
with wrong ones. Prints a Markdown table: the mean change of the right label's score, and on how
many clips that label is the best one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ast_demo.audio.load import load_audio
from ast_demo.check.compare import renormalized
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip
from tests.measurements.check_reports import held_out

NATS = (-4, -1, 1, 4)  # added to the mean
TIMES = (0.5, 0.7, 0.85, 1.4, 2)  # of the std


class Effect(NamedTuple):
    """What a model with wrong numbers gives the right labels of some clips."""

    name: str
    change: float  # mean, of a score
    right: int  # clips whose right label is the best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="a bundled model")
    parser.add_argument("--data", nargs="+", required=True, help="as for `evaluate`")
    parser.add_argument("--only", nargs="+", default=[""], help="beginnings of file names")
    parser.add_argument("--clips", type=int, default=72, help="validation clips, at most")
    options = parser.parse_args()
    classifier = AudioClassifier.load(options.model, device="cpu", dtype="float32")
    clips = held_out(
        options.model, options.data, options.only, options.clips, classifier.labels
    ).clips
    print(f"| {len(clips)} clips | right label's score | right |\n|---|---|---|")
    for name, change, right in effects(classifier, clips):
        print(f"| {name} | {change:+.3f} | {right} |", flush=True)


def effects(classifier: AudioClassifier, clips: Sequence[Clip]) -> list[Effect]:
    """Return what each wrong number changes, after a row for the model's own numbers."""
    mean, std = classifier.extractor.mean, classifier.extractor.std
    wrong = {
        **{_wrong_mean(n): (mean + n, std) for n in NATS},
        **{f"std {times} times": (mean, std * times) for times in TIMES},
    }
    waveforms = [load_audio(clip.file).waveform for clip in clips]
    before, right = true_scores(classifier, clips, waveforms)
    found = [Effect("its own mean and std", 0.0, right)]
    for name, numbers in wrong.items():
        scores, right = true_scores(renormalized(classifier, *numbers), clips, waveforms)
        found.append(Effect(name, float(np.mean(scores - before)), right))
    return found


def _wrong_mean(nats: int) -> str:
    many = "s" if abs(nats) > 1 else ""
    return f"mean {abs(nats)} nat{many} too {'low' if nats < 0 else 'high'}"


def true_scores(
    classifier: AudioClassifier, clips: Sequence[Clip], waveforms: Sequence[np.ndarray]
) -> tuple[np.ndarray, int]:
    """Return the score of each clip's right label, and of how many clips it is the best."""
    predictions = [classifier.classify(waveform) for waveform in waveforms]
    scores = [max(p.scores[name] for name in c.labels) for p, c in zip(predictions, clips)]
    right = sum(p.top(1)[0][0] in c.labels for p, c in zip(predictions, clips))
    return np.array(scores), right


if __name__ == "__main__":
    main()
