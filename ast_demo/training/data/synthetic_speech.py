"""Write sentences spoken by a computer, to teach a classifier what running speech is.

    python -m ast_demo.training.data.synthetic_speech spoken

Needs the program espeak-ng. Collections of single words hold no running speech, and a model that
knows only those takes a sentence for coughing or laughing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

LABEL = "Speech"
LANGUAGES = ("en-us", "en-gb", "en-gb-scotland", "de", "fr", "es", "it", "nl", "pl", "sv")
SPEAKERS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5")
VOCABULARY = (
    "the a we you they it this that every some my your morning evening water window garden river "
    "teacher music letter number summer winter yellow green early quiet little open walk listen "
    "bring carry wonder under between after before never always maybe tomorrow yesterday is was "
    "will can should said asked found made went came and but or so because when where while"
)
WORDS_PER_SENTENCE = (5, 18)
PITCH = (20, 80)  # of 99
SPEED = (110, 210)  # words a minute
PEAK_DECIBELS = (-26.0, -4.0)  # of full scale
NOISE_DECIBELS = (-80.0, -48.0)


def write_sentences(folder: str | Path, count: int = 240, seed: int = 0) -> None:
    """Write WAV files of one sentence each into the folder's subfolder "Speech".

    Raises:
        ValueError: if espeak-ng is not installed.
    """
    import soundfile

    program = shutil.which("espeak-ng")
    if program is None:
        raise ValueError("the program espeak-ng is not installed: install the package espeak-ng.")
    rng = np.random.default_rng(seed)
    place = Path(folder) / LABEL
    place.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        file = place / f"{number}.wav"
        voice = f"{rng.choice(LANGUAGES)}+{rng.choice(SPEAKERS)}"
        options = ["-v", voice, "-p", str(rng.integers(*PITCH)), "-s", str(rng.integers(*SPEED))]
        subprocess.run([program, *options, "-w", file, sentence(rng)], check=True)
        waveform, sampling_rate = soundfile.read(file, dtype="float32")
        waveform *= decibels(rng, *PEAK_DECIBELS) / max(1e-6, np.abs(waveform).max())
        waveform += rng.standard_normal(len(waveform)) * decibels(rng, *NOISE_DECIBELS)
        soundfile.write(file, np.clip(waveform, -1.0, 1.0), sampling_rate)


def sentence(rng: np.random.Generator) -> str:
    """Return words that make no sense but have the rhythm of a sentence or two."""
    words = rng.choice(VOCABULARY.split(), rng.integers(*WORDS_PER_SENTENCE)).tolist()
    words.insert(int(rng.integers(1, len(words))), str(rng.choice([",", ".", ""])))
    return " ".join(words) + str(rng.choice([".", "?"]))


def decibels(rng: np.random.Generator, low: float, high: float) -> float:
    """Return an amplitude drawn between two levels."""
    return float(10 ** (rng.uniform(low, high) / 20))


if __name__ == "__main__":
    write_sentences(sys.argv[1] if len(sys.argv) > 1 else "spoken")
