"""Measure a model on held-out recordings that are heard through the page's microphone.

    python -m tests.measurements.in_the_wild --data clips2.csv --count 60

Clips of the validation split, spread over their labels, play into the fake microphone of a Chromium
at three levels over the noise of a room, are recorded with the page's button for five seconds and
classified. Prints a line a recording, then for each level how many were named rightly, with the
95 % interval (Wilson), and in how many the right label was among the first three.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from ast_demo.audio.load import load_audio
from ast_demo.training.data.clips import Clip
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.evaluation.metrics import wilson_interval
from ast_demo.training.recipe import load_recipe
from tests.helpers.page import serving
from tests.measurements.microphone import listen, write_repeated

LEVELS = (-20.0, -32.0, -44.0)  # dB of full scale, root mean square: close, across a room, far
ROOM_DECIBELS = -62.0  # root mean square of the noise around it


def main() -> None:
    """Play, record and judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="everyday-sounds")
    parser.add_argument("--recipe", default="everyday-sounds", help="renames labels of the data")
    parser.add_argument("--data", nargs="+", required=True, help="as for `evaluate`")
    parser.add_argument("--count", type=int, default=60, help="recordings in all")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a recording")
    options = parser.parse_args()
    dataset = read_datasets(options.data).relabelled(load_recipe(options.recipe).relabel, ())
    held_out = [clip for clip in dataset.split("validation") if clip.labels]
    clips = spread(held_out, -(-options.count // len(LEVELS)))
    first, three = defaultdict(list), defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serving(Path(folder), "--model", options.model) as server,
    ):
        for clip in clips:
            for level in LEVELS:
                played = Path(folder) / "played.wav"
                sound = in_a_room(load_audio(clip.file).waveform, level)
                write_repeated(played, sound, options.seconds)
                heard = listen(playwright, server.url, played, options.seconds)
                names = [name for name, _ in heard]
                first[level].append(names[0] in clip.labels)
                three[level].append(bool(set(names[:3]) & set(clip.labels)))
                best = " ".join(heard[0])
                print(f"{level:5.0f} dB  {clip.labels[0]:18} {best:26} {clip.name}", flush=True)
    for level in LEVELS:
        right, count = sum(first[level]), len(first[level])
        low, high = wilson_interval(right, count)
        print(
            f"{level:5.0f} dB: {right} of {count} named rightly ({right / count:.0%}, 95 % interval"
            f" {low:.0%} to {high:.0%}), {sum(three[level])} among the first three"
        )


def spread(clips: list[Clip], count: int) -> list[Clip]:
    """Return some of the clips: one of each label in turn, until there are enough."""
    by_label = defaultdict(list)
    for clip in clips:
        by_label[clip.labels].append(clip)
    found = []
    while len(found) < count and any(by_label.values()):
        found += [members.pop(0) for members in by_label.values() if members]
    return found[:count]


def in_a_room(waveform: np.ndarray, decibels: float) -> np.ndarray:
    """Return a sound at a level, with noise that falls by 6 dB an octave behind it."""
    rng = np.random.default_rng(len(waveform))
    noise = np.cumsum(rng.standard_normal(len(waveform)))
    noise -= np.convolve(noise, np.ones(4000) / 4000, "same")[: len(noise)]
    noise *= 10 ** (ROOM_DECIBELS / 20) / noise.std()
    rms = np.sqrt(np.mean(waveform**2)) + 1e-9
    return np.clip(waveform * 10 ** (decibels / 20) / rms + noise, -1, 1).astype(np.float32)


if __name__ == "__main__":
    main()
