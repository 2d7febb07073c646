"""What breaking a sound usually does: every experiment on many clips whose labels are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.explain import experiments
from ast_demo.explain.experiments import Outcome
from ast_demo.training.data.clips import Clip, DataError
from ast_demo.training.evaluation.metrics import wilson_interval

DIGITS = 4  # of a share


def measure_effects(
    classifier: AudioClassifier,
    clips: Sequence[Clip],
    progress: Callable[[int, int], None] | None = None,
) -> dict:
    """Run every experiment on every clip.

    Args:
        classifier: the checkpoint.
        clips: sounds with their labels, best ones that it was not trained on.
        progress: called with (clips done, clips in all).

    Returns:
        `clips` (count), `right` (share whose best label is one of theirs) and for each of
        `experiments`: `right` and `kept` (share whose best label stayed), each with its 95 %
        interval (`right_interval`, `kept_interval`, Wilson).

    Raises:
        DataError: if there are no clips.
        AudioError: if a file cannot be read.
    """
    if not clips:
        raise DataError("there are no clips to measure with: give labelled validation clips.")
    right, counts = 0, {"right": Counter(), "kept": Counter()}
    for done, clip in enumerate(clips, 1):
        audio = load_audio(clip.file, max_seconds=max(classifier.window_seconds, 1.0))
        outcomes = run_all(classifier.explain(audio))
        right += next(iter(outcomes.values())).reference in clip.labels
        for name, outcome in outcomes.items():
            best = next(iter(outcome.after))
            counts["right"][name] += best in clip.labels
            counts["kept"][name] += best == outcome.reference
        if progress is not None:
            progress(done, len(clips))
    measured = {}
    for name in outcomes:
        measured[name] = {}
        for what, counter in counts.items():
            measured[name] |= _share(what, counter[name], len(clips))
    return {"clips": len(clips), **_share("right", right, len(clips)), "experiments": measured}


def run_all(explanation) -> dict[str, Outcome]:
    """Run every experiment that needs no choice of its own on one sound, by name."""
    hottest = experiments.hottest_patches(explanation, explanation.rollout)
    drawn = experiments.random_patches(explanation)
    return {
        "hottest": experiments.paint_patches(explanation, hottest),
        "random": experiments.paint_patches(explanation, drawn),
        **{name: run(explanation) for name, run in experiments.PLAIN.items()},
    }


def _share(name: str, hits: int, count: int) -> dict:
    interval = [round(bound, DIGITS) for bound in wilson_interval(hits, count)]
    return {name: round(hits / count, DIGITS), f"{name}_interval": interval}
