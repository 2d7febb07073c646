"""Long recordings: time per minute of sound, what shared frames save, memory against length."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ast_demo.benchmark.memory import peak_of_this_process
from ast_demo.benchmark.page import MODEL
from ast_demo.benchmark.report import Line, Settings, interleaved

RATE = 16000  # Hz
MINUTES = (1, 10)  # lengths of the recordings
LONG_MINUTES = (60, 180)  # take about six minutes on two cores
OVERLAPS = {2: "half", 8: "an eighth of"}  # windows that cover one moment -> the hop
MOST_MEGABYTES = 300  # of a file of any length, above the loaded model


def measure(settings: Settings) -> Iterator[Line]:
    """Time the bundled model and the 87 M shape, and watch memory as recordings get longer."""
    yield from _speed(MODEL, MODEL, (2, 8), settings)
    yield from _speed("87 M", str(settings.base), (2,), settings)
    yield from _memory(MINUTES)


def measure_long(settings: Settings) -> Iterator[Line]:
    """Watch memory over hours of sound."""
    yield from _memory(LONG_MINUTES)


def _speed(name: str, model: str, overlaps: tuple[int, ...], settings: Settings) -> Iterator[Line]:
    """Compare a timeline with scoring every window from scratch; then the GPU, if there is one."""
    import torch

    from ast_demo.classifier import AudioClassifier

    classifier = AudioClassifier.load(model, device="cpu")
    sound = _noise(1)
    length = round(classifier.window_seconds * RATE)
    dtype = str(classifier.dtype).removeprefix("torch.")
    for overlap in overlaps:
        hop = classifier.extractor.max_length // overlap / 100  # seconds
        starts = window_starts(len(sound), length, round(hop * RATE))
        functions = {
            "timeline": lambda hop=hop: classifier.timeline(sound, hop_seconds=hop),
            "alone": lambda starts=starts: [
                classifier.classify(sound[start : start + length]) for start in starts
            ],
        }
        classifier.timeline(sound[: 2 * length])  # a first call initializes kernels and caches
        spent = interleaved(functions, settings.rounds, settings.watch, warm_up=False)
        each = spent["timeline"] / 1000
        yield Line(
            f"{name}: timeline of a minute, hop {OVERLAPS[overlap]} window, against one by one",
            "s",
            each,
            spent["alone"] / 1000,
            1.0,
            f"{len(starts)} windows, {60 / each:.1f} times real time, {dtype}",
        )
    if torch.cuda.is_available():
        fast = AudioClassifier.load(model)
        spent = interleaved({"timeline": lambda: fast.timeline(sound)}, settings.rounds)
        each = spent["timeline"] / 1000
        note = f"{60 / each:.0f} times real time, {torch.cuda.get_device_name()}"
        yield Line(f"{name}: a minute of timeline on the GPU", "s", each, note=note)


def window_starts(samples: int, length: int, hop: int) -> range:
    """Return where the windows of a timeline begin, in samples; the last one may be padded."""
    return range(0, max(1, samples - length + hop), hop)


def _memory(minutes: tuple[int, ...]) -> Iterator[Line]:
    """Read files of several lengths, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ast-bench-") as folder:
        for length in minutes:
            path = Path(folder) / "long.wav"
            write_long_file(path, length)
            above, seconds = memory_of_a_timeline(path)
            note = f"{60 * length / seconds:.0f} times real time"
            what = f"{MODEL}: memory of {length} min of sound, above the loaded model"
            yield Line(what, "MB", above, target=MOST_MEGABYTES, note=note)


def write_long_file(path: Path, minutes: int) -> None:
    """Write a sound of so many minutes, without ever holding more than one."""
    import soundfile

    minute = _noise(1)
    with soundfile.SoundFile(path, "w", RATE, 1, subtype="PCM_16") as file:
        for _ in range(minutes):
            file.write(minute)


def memory_of_a_timeline(path: Path) -> tuple[float, float]:
    """Return by how many MB the peak rises while a file is read, and the seconds it took."""
    command = [sys.executable, "-m", "ast_demo.benchmark.timeline", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after, seconds = map(float, result.stdout.split()[-3:])
    return after - before, seconds


def _noise(minutes: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, minutes * 60 * RATE).astype(np.float32)


def _main(path: str) -> None:
    import time

    from ast_demo.classifier import AudioClassifier

    classifier = AudioClassifier.load(MODEL, device="cpu")
    classifier.classify(_noise(1))  # what one window needs belongs to the loaded model
    before = peak_of_this_process()
    start = time.perf_counter()
    classifier.timeline(path)
    print(before, peak_of_this_process(), time.perf_counter() - start)


if __name__ == "__main__":
    _main(sys.argv[1])
