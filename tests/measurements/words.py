"""Measure how soon the Live tab shows a spoken word, and how often the right one.

    python -m tests.measurements.words [--clips FOLDER] [--words yes no ...]

A Chromium's fake microphone plays each word in turn, two seconds apart: spoken by espeak-ng in four
voices, or the recordings of FOLDER/word/*.flac. For each word it is noted when its sound ended at
the microphone and when the page's headline named it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from ast_demo.audio.load import load_audio
from tests.helpers.live import WATCH_WORDS, inside, listen, live_page
from tests.helpers.page import SAMPLING_RATE

MODEL = "speech-commands"
WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb+m3")
EVERY_SECONDS = 2.5  # from one word's beginning to the next one's
NOISE = 0.0008  # rms of a quiet room
PEAK = 0.4
EARLY, LATE = 0.9, 1.4  # seconds before and after a word's end in which its name counts


def main() -> None:
    """Play the words, watch the page, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=MODEL, help="bundled name or folder")
    parser.add_argument("--words", nargs="+", default=WORDS)
    parser.add_argument("--clips", type=Path, help="recordings instead of synthetic voices")
    parser.add_argument("--takes", type=int, default=4, help="of each word")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spoken = list(takes(options, folder))
        wav = folder / "microphone.wav"
        soundfile.write(wav, in_a_row([sound for _, sound in spoken]), SAMPLING_RATE, "PCM_16")
        seen = watch(options.model, wav, len(spoken), folder)
    report([word for word, _ in spoken], seen)


def takes(options, folder: Path):
    """Yield (word, waveform) for each word in each voice, or from each recording."""
    for number in range(options.takes):
        for word in options.words:
            if options.clips:
                path = sorted((options.clips / word).glob("*.flac"))[number]
            else:
                path = folder / f"{word}-{number}.wav"
                voice = VOICES[number % len(VOICES)]
                command = ["espeak-ng", "-v", voice, "-s", "140", "-w", str(path), word]
                subprocess.run(command, check=True)
            yield word, load_audio(path).waveform


def in_a_row(sounds: list[np.ndarray]) -> np.ndarray:
    """Put sounds at even distances into the noise of a quiet room."""
    every = round(EVERY_SECONDS * SAMPLING_RATE)
    row = NOISE * np.random.default_rng(0).normal(size=(len(sounds) + 2) * every)
    for place, sound in enumerate(sounds, 1):
        sound = sound[: every - SAMPLING_RATE // 2]
        row[place * every : place * every + len(sound)] += PEAK * sound / np.abs(sound).max()
    return row.astype(np.float32)


def watch(model: str, wav: Path, count: int, folder: Path) -> dict:
    """Return what the page saw: ends of sounds, headlines, the lags it tells."""
    with live_page(folder, model, wav) as page:
        page.evaluate(WATCH_WORDS)
        listen(page)
        page.wait_for_timeout(1000 * (count + 2) * EVERY_SECONDS)
        return page.evaluate("seen") | {"lags": inside(page, "gauges.lags")}


def report(words: list[str], seen: dict) -> None:
    """Print each word with what was shown for it, then lag and hits."""
    ends = seen["ends"][-len(words) :]
    lags = []
    for word, end in zip(words[-len(ends) :], ends):
        near = [
            (text, (at - end) / 1000)
            for text, at in seen["headlines"]
            if -1000 * EARLY < at - end < 1000 * LATE
        ]
        first = next((lag for text, lag in near if text == word), None)
        shown = ", ".join(f"{text} {lag:+.2f} s" for text, lag in near if text != "Silence")
        print(f"{word:8} {'' if first is None else f'{first:+.2f} s':8} {shown}")
        if first is not None:
            lags.append(first)
    print(f"\n{len(lags)} of {len(ends)} words named right ({len(words)} were played)")
    print(f"after the word's end, median {statistics.median(lags):+.2f} s, latest {max(lags):+.2f}")
    prompt = sum(lag <= 0.5 for lag in lags)
    print(f"{prompt} of them within 0.5 s")
    chunk = statistics.median(seen["lags"]) / 1000
    print(f"from a chunk's first sample to its labels, median {chunk:.2f} s")


if __name__ == "__main__":
    main()
