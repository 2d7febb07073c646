"""Does the cost grow faster than the work? Batches and lengths on the CPU, bundled model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.benchmark.memory import usual_peak
from ast_demo.benchmark.page import MODEL
from ast_demo.benchmark.report import Line, Settings, interleaved
from ast_demo.classifier import AudioClassifier

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    """Compare what a clip adds to the peak in larger batches and in a small one."""
    peaks = {batch: usual_peak("classify", MODEL, str(batch)) for batch in batches}
    a_clip = {batch: (peaks[batch] - peaks[1]) / (batch - 1) for batch in batches if batch > 1}
    few = a_clip[4]
    for batch in batches[2:]:
        what = f"{MODEL}: memory a clip, batch {batch}, against batch 4"
        note = f"batch 1 peaks at {peaks[1]:.0f} MB"
        yield Line(what, "MB", a_clip[batch], few, TOLERANCE, note)


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


def growth_figure(lines: Sequence[dict]) -> Figure | None:
    """Draw cost against batch size and against length, from the lines that `bench` wrote.

    Args:
        lines: lines of a benchmark as dictionaries.

    Returns:
        a figure, or None if nothing of this file was measured.
    """
    from matplotlib.figure import Figure

    panels = (
        (r"time a clip, batch (\d+),", "clips at once", "ms a clip"),
        (r"memory a clip, batch (\d+),", "clips at once", "MB that a clip adds"),
        (r"explain the window of (\d+) s", "seconds of sound given", "ms an explanation"),
    )
    points = [_points(lines, pattern) for pattern, _, _ in panels]
    if not all(points):
        return None
    figure = Figure(figsize=(9.6, 2.9), layout="constrained", facecolor="white")
    for axes, found, (_, across, up) in zip(figure.subplots(1, 3), points, panels):
        sizes, costs = zip(*found)
        axes.plot(sizes, costs, marker="o", markersize=4, color="#3b6ea8")
        for size, cost in found:
            axes.annotate(
                f"{cost:.3g}",
                (size, cost),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=7,
                color="#59636e",
            )
        axes.set(xscale="log", xlabel=across, ylabel=up, ylim=(0, 1.35 * max(costs)))
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.margins(x=0.1)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return figure


def _points(lines: Sequence[dict], pattern: str) -> list[tuple[int, float]]:
    """Return size and cost of the lines whose text fits."""
    matches = ((re.search(pattern, line["what"]), line["ours"]) for line in lines)
    return [(int(match[1]), cost) for match, cost in matches if match]
