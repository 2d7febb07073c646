"""Measure how a classifier names windows of which another sound has a part.

    python -m tests.measurements.windows_in_a_row MODEL --data clips.csv clips2.csv

Held-out recordings follow one another, five seconds each, as they do before a microphone that
nobody switches off. Each is named in windows that hold it whole, and in windows that begin with the
end of the sound before it or end with the beginning of the next. Only recordings whose file name
begins with --only are heard: those that nothing learnt. The order follows from a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip
from tests.helpers.page import SAMPLING_RATE
from tests.measurements.held_out import add_held_out, held_out_clips

SECONDS = 5.0  # of each recording
OFFSETS = (-2.0, -1.5, -1.0, -0.5, -0.25, -0.125, 0.0, 0.125, 0.25, 0.5, 1.0, 1.5, 2.0)
LEVEL = 0.05  # root mean square of each recording, full scale 1.0
SEED = 0


def main() -> None:
    """Choose, put in a row, name, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="as for `classify`")
    add_held_out(parser)
    options = parser.parse_args()
    clips = held_out_clips(options)
    np.random.default_rng(SEED).shuffle(clips)
    classifier = AudioClassifier.load(options.model)
    row = np.concatenate([sound_of(clip) for clip in (clips[-1], *clips, clips[0])])
    print("| window ends | named rightly | of these over the threshold |")
    print("|---|---|---|")
    for offset in OFFSETS:
        right, sure = named(classifier, row, clips, offset)
        where = f"{abs(offset)} s {'before' if offset < 0 else 'after'} the sound does"
        print(f"| {where if offset else 'with the sound'} | {right} of {len(clips)} | {sure} |")


def named(
    classifier: AudioClassifier, row: np.ndarray, clips: Sequence[Clip], offset: float
) -> tuple[int, int]:
    """Return how many clips are named rightly, and how many of these over the threshold."""
    length = round(classifier.window_seconds * SAMPLING_RATE)
    threshold = classifier.config.abstention_threshold or 0.0
    right = sure = 0
    for number, clip in enumerate(clips):
        end = round((SECONDS * (number + 2) + offset) * SAMPLING_RATE)
        (label, score), *_ = classifier.classify(row[end - length : end]).top(1)
        right += label in clip.labels
        sure += label in clip.labels and score >= threshold
    return right, sure


def sound_of(clip: Clip) -> np.ndarray:
    """Return a clip at LEVEL, repeated or cut to SECONDS."""
    sound = load_audio(clip.file, max_seconds=SECONDS).waveform
    sound = np.resize(sound, round(SECONDS * SAMPLING_RATE))
    return sound * (LEVEL / max(1e-6, float(np.sqrt(np.mean(sound**2)))))


if __name__ == "__main__":
    main()
