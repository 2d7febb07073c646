"""Compare the weights of a run with those that ship, and put the better ones in their place.

    python -m tests.measurements.exchange RUN --data clips.csv clips2.csv \\
        --unknown made-up-unknown unknown.csv --scores heard

Held-out clips are heard with both, source by source. The new weights are calibrated on some of
them, their threshold is found with the unknown sounds beside, and if what people are told is as
often right as before they are written, in half precision and with their figures, where the old ones
are: known sounds named rightly and not abstained from, unknown ones abstained from, one in five of
what is heard being unknown. Prints the tables of the model card. `--rehearse` writes to a folder
given instead. Scores are kept in `--scores`, so that a second call hears nothing anew.
"""

from __future__ import annotations

import argparse
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip, at_most
from ast_demo.training.data.dataset import read_clips, read_datasets
from ast_demo.training.evaluation.calibration import UNKNOWN_SHARE, calibrate
from ast_demo.training.evaluation.evaluate import Evaluation, evaluate
from ast_demo.training.evaluation.metrics import top_k_accuracy, wilson_interval
from ast_demo.training.evaluation.plots import reliability_figure
from ast_demo.training.recipe import load_recipe
from tests.measurements.unknown_sounds import report as report_unknown

SOURCES = ("labelled2/", "instruments/", "music/", "speech/", "commands/")
EVERY_WORD = 8  # single words are many and alike: one in so many is heard
MOST_TO_CALIBRATE = 21  # clips of a label


def main() -> None:
    """Hear, compare, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--model", default="everyday-sounds", help="the bundled model to replace")
    parser.add_argument("--data", nargs="+", required=True, help="as for `evaluate`")
    parser.add_argument("--unknown", nargs="+", default=(), help="as for `calibrate`")
    parser.add_argument("--scores", type=Path, required=True, help="folder for what was heard")
    parser.add_argument("--rehearse", type=Path, help="write here instead of over the old weights")
    options = parser.parse_args()
    recipe = load_recipe(options.model)
    dataset = read_datasets(options.data).relabelled(recipe.relabel, ())
    held_out = [clip for clip in dataset.split("validation") if clip.labels]
    by_source = {s: [c for c in held_out if c.name.startswith(s)] for s in SOURCES}
    by_source["commands/"] = by_source["commands/"][::EVERY_WORD]
    clips = [clip for some in by_source.values() for clip in some]
    strange_parts = [read_clips(Path(place)) for place in options.unknown]
    unknown = [clip for some in strange_parts for clip in some]
    before = AudioClassifier.load(options.model, dtype="float32")
    after = AudioClassifier.load(str(options.run), dtype="float32")
    old = heard(before, list(by_source.values()), options.scores)
    new = heard(after, list(by_source.values()), options.scores)
    compare(by_source, old, new)
    strange = heard(after, strange_parts, options.scores)
    fitted, strange = fit(after, clips, new, strange)
    threshold = after.config.abstention_threshold
    report_unknown(strange, unknown, threshold)
    lost = (fitted.scores.max(axis=1) < threshold) & right_answers(fitted)
    print(f"{lost.sum()} of {right_answers(fitted).sum()} right answers are under {threshold}")
    old_strange = heard(before, strange_parts, options.scores)
    told_before = told_rightly(old, old_strange, before.config.abstention_threshold)
    told = told_rightly(fitted, strange, threshold)
    print(
        f"people are told what is right in {told:.1%}, with the weights of before {told_before:.1%}"
    )
    if told < told_before:
        print("the old weights stay")
        return
    target = options.rehearse or BUNDLED_FOLDER / options.model
    after.model.half().save_pretrained(target)
    after.extractor.save_pretrained(target)
    reliability_figure(fitted.reliability()).savefig(target / "reliability.png", dpi=150)
    shutil.copy(options.run / "learning.png", target / "learning.png")
    print(f"the new weights are in {target}")


def heard(classifier: AudioClassifier, parts: Sequence[Sequence[Clip]], folder: Path) -> Evaluation:
    """Return what a classifier says of clips, those of a part from a file if it has heard them."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = (classifier.checkpoint and classifier.checkpoint.sha256()) or ""
    scores, targets = [], []
    for clips in parts:
        names = "\n".join(str(clip.file) for clip in clips)
        file = folder / f"{weights[:16]}-{zlib.crc32(names.encode()):08x}.npz"
        if not file.is_file():
            said = evaluate(classifier, clips, foreign_labels=True)
            np.savez(file, scores=said.scores, targets=said.targets)
        with np.load(file) as said:
            scores.append(said["scores"])
            targets.append(said["targets"])
    files = tuple(clip.name for clips in parts for clip in clips)
    labels = tuple(classifier.labels)
    return Evaluation(files, labels, np.concatenate(scores), np.concatenate(targets))


def compare(by_source: dict[str, list[Clip]], old: Evaluation, new: Evaluation) -> None:
    """Print how many clips of each source are named rightly, and were before."""
    print("| clips | count | top-1 (95 % interval) | top-3 | weights of before |")
    print("|---|---|---|---|---|")
    first = 0
    for source, clips in [*by_source.items(), ("all", [])]:
        rows = slice(first, first + len(clips)) if clips else slice(None)
        first += len(clips)
        hits, hits_before = right_answers(new)[rows], right_answers(old)[rows]
        low, high = wilson_interval(int(hits.sum()), len(hits))
        three = top_k_accuracy(new.scores[rows], new.targets[rows], 3)
        print(
            f"| {source} | {len(hits)} | {hits.mean():.1%} ({low:.1%} to {high:.1%}) "
            f"| {three:.1%} | {hits_before.mean():.1%} |"
        )


def told_rightly(known: Evaluation, strange: Evaluation, threshold: float) -> float:
    """Return how often people are told what is right, an unknown sound among five."""
    named = right_answers(known) & (known.scores.max(axis=1) >= threshold)
    refused = right_answers(strange) | (strange.scores.max(axis=1) < threshold)
    unknown_share = UNKNOWN_SHARE if len(refused) else 0.0
    return float(
        (1 - unknown_share) * named.mean() + unknown_share * np.sum(refused) / max(1, len(refused))
    )


def fit(
    classifier: AudioClassifier, clips: Sequence[Clip], known: Evaluation, strange: Evaluation
) -> tuple[Evaluation, Evaluation]:
    """Calibrate a classifier, and return its scores of all clips as they are now."""
    some = [row for row, clip in enumerate(clips) if not clip.name.startswith("commands/")]
    some = at_most(some, clips, MOST_TO_CALIBRATE)
    rule = classifier.rule
    unknown = (strange.logits(rule), strange.targets) if len(strange.files) else None
    scale, offset = calibrate(
        classifier.model, known.logits(rule)[some], known.targets[some], unknown
    )
    print(f"{len(some)} clips: logits times {scale:.4f} plus {offset:.4f}")
    return tuple(
        replace(said, scores=1 / (1 + np.exp(-scale * said.logits(rule) - offset)))
        for said in (known, strange)
    )


def right_answers(said: Evaluation) -> np.ndarray:
    """Return which clips carry their best label, bool (clips,)."""
    best = said.scores.argmax(axis=1)[:, None]
    return np.take_along_axis(said.targets, best, axis=1)[:, 0] == 1


if __name__ == "__main__":
    main()
