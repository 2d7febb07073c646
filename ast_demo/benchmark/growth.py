"""Does the cost grow faster than the work? Batches and lengths on the CPU, bundled model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ast_demo.benchmark.bundled import MODEL
from ast_demo.benchmark.lines import Line, Settings, interleaved
from ast_demo.benchmark.memory import peak_megabytes
from ast_demo.classifier import AudioClassifier

SECONDS = (1, 5, 30, 120, 600)  # lengths of a sound that is explained; the window takes about 5 s
TOLERANCE = 1.1  # of a cost that should not grow


def measure(settings: Settings) -> Iterator[Line]:
    """Time and memory a clip against batch size, time of one explanation against length."""
    classifier = AudioClassifier.load(MODEL, device="cpu", dtype="float32")
    rounds = max(3, settings.rounds // 3)
    yield from _time_by_batch(classifier, settings.batches, rounds, settings.watch)
    yield from _memory_by_batch(settings.batches)
    yield from _time_by_length(classifier, rounds, settings.watch)


def _time_by_batch(classifier, batches: tuple[int, ...], rounds: int, watch) -> Iterator[Line]:
    clip = np.random.default_rng(0).normal(0, 0.1, int(16000 * classifier.window_seconds))
    clip = clip.astype(np.float32)
    functions = {
        str(batch): lambda batch=batch: classifier.classify_batch([clip] * batch)
        for batch in batches
    }
    spent = interleaved(functions, rounds, watch)
    alone = spent["1"]
    for batch in batches:
        a_clip = spent[str(batch)] / batch
        yield Line(
            f"{MODEL}: time a clip, batch {batch}, against batch 1",
            "ms",
            a_clip,
            alone,
            TOLERANCE,
        )


def _memory_by_batch(batches: tuple[int, ...]) -> Iterator[Line]:
    """Compare what a clip adds to the peak in the largest batch and in a small one."""
    peaks = {batch: peak_megabytes("classify", MODEL, str(batch)) for batch in (1, 4, batches[-1])}
    few = (peaks[4] - peaks[1]) / 3
    many = (peaks[batches[-1]] - peaks[1]) / (batches[-1] - 1)
    what = f"{MODEL}: memory a clip, batch {batches[-1]}, against batch 4"
    yield Line(what, "MB", many, few, TOLERANCE, f"batch 1 peaks at {peaks[1]:.0f} MB")


def _time_by_length(classifier, rounds: int, watch) -> Iterator[Line]:
    sound = np.random.default_rng(0).normal(0, 0.1, 16000 * SECONDS[-1]).astype(np.float32)
    functions = {
        str(seconds): lambda seconds=seconds: classifier.explain(sound[: 16000 * seconds])
        for seconds in SECONDS
    }
    spent = interleaved(functions, rounds, watch)
    window = spent["5"]
    for seconds in SECONDS:
        what = f"{MODEL}: explain the window of {seconds} s of sound, against 5 s"
        yield Line(what, "ms", spent[str(seconds)], window, 1.25)
