"""Measure how many clips classifiers name rightly as they are, in noise, and softer.

    python -m tests.measurements.in_noise MODEL ... --data clips.csv clips2.csv
    python -m tests.measurements.in_noise MODEL ... --data clips.csv \
        --recipe speech-commands --only commands/

Labelled clips of the validation split, but for silence, are heard by each model with the same
noise, which follows from a seed.
"""

from __future__ import annotations

import argparse

import numpy as np

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from tests.measurements.held_out import add_held_out, held_out_clips

SILENCE = ("silence",)
CLIPS_AT_ONCE = 16
# What is done to the clips: dB of signal over noise, fall of the noise's power with frequency, gain
CHANGES = {
    "as they are": (None, 0.0, 0.0),
    "white noise, 20 dB SNR": (20.0, 0.0, 0.0),
    "white noise, 10 dB SNR": (10.0, 0.0, 0.0),
    "pink noise, 10 dB SNR": (10.0, 1.0, 0.0),
    "20 dB softer": (None, 0.0, -20.0),
    "white noise, 5 dB SNR": (5.0, 0.0, 0.0),
}


def main() -> None:
    """Change, name, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", metavar="MODEL", help="as for `classify`")
    add_held_out(parser)
    options = parser.parse_args()
    clips = [clip for clip in held_out_clips(options) if clip.labels[0] not in SILENCE]
    sounds = [load_audio(clip.file).waveform for clip in clips]
    models = [AudioClassifier.load(name, dtype="float32") for name in options.models]
    print(f"| {len(clips)} clips | {' | '.join(CHANGES)} |\n|---|{'---|' * len(CHANGES)}")
    rng = np.random.default_rng(0)
    changed = [[change(sound, *how, rng) for sound in sounds] for how in CHANGES.values()]
    for name, classifier in zip(options.models, models):
        shares = [
            np.mean([best in clip.labels for best, clip in zip(named(classifier, some), clips)])
            for some in changed
        ]
        print(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |")


def change(
    sound: np.ndarray,
    snr: float | None,
    fall: float,
    gain: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return a sound with noise of 1 / f ** fall beside it and another level."""
    level = 10 ** (gain / 20)
    if snr is None:
        return sound * np.float32(level)
    spectrum = np.fft.rfft(rng.standard_normal(len(sound)))
    spectrum /= np.maximum(1, np.arange(len(spectrum))) ** (fall / 2)
    noise = np.fft.irfft(spectrum, len(sound))
    noise *= np.sqrt(np.mean(sound**2)) / noise.std() * 10 ** (-snr / 20)
    return ((sound + noise) * level).astype(np.float32)


def named(classifier: AudioClassifier, sounds: list[np.ndarray]) -> list[str]:
    """Return the best label of each sound."""
    best = []
    for first in range(0, len(sounds), CLIPS_AT_ONCE):
        for said in classifier.classify_batch(sounds[first : first + CLIPS_AT_ONCE]):
            best.append(said.top(1)[0][0])
    return best


if __name__ == "__main__":
    main()
