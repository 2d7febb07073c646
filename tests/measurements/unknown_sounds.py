"""Measure what a model says of sounds for which it has no label.

    python -m tests.measurements.unknown_sounds --data clips.csv clips2.csv \\
        --soft-targets teacher.npz teacher2.npz --list unknown.csv

Made-up hum, noise, tones and silence; and recordings: those whose label the recipe leaves out, and
those without a label in which the teacher hears an instrument or effect of foreign_sounds.csv above
all (families such as "Musical instrument" left aside) and whose file name holds no word of the
model's labels. Prints for each kind for how many the model says "nothing it knows" (or what is
right: Silence, and Music for an instrument) and what else it says. `--list` also writes the
recordings as a table, for `calibrate --unknown`.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ast_demo.classifier import AudioClassifier
from ast_demo.tables import read_table
from ast_demo.training.data.clips import Clip
from ast_demo.training.data.dataset import read_clips
from ast_demo.training.data.unknown_sounds import write_unknown_sounds
from ast_demo.training.evaluation.evaluate import Evaluation, evaluate
from ast_demo.training.evaluation.metrics import wilson_interval
from ast_demo.training.recipe import load_recipe

FOREIGN = Path(__file__).with_name("foreign_sounds.csv")  # names of AudioSet, by kind
LEAST_PROBABILITY = 0.4  # of the teacher
FEWEST_STEPS = 3  # of 320 ms in the teacher's map: a shorter sound is hardly heard
MOST_OF_A_NAME = 3


def main() -> None:
    """Choose, listen and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="everyday-sounds")
    parser.add_argument("--recipe", default="everyday-sounds", help="says which labels it lacks")
    parser.add_argument("--data", nargs="+", default=(), help="tables with recordings")
    parser.add_argument("--soft-targets", nargs="+", default=(), help="what a teacher hears there")
    parser.add_argument("--list", type=Path, help="write the recordings chosen as a table")
    options = parser.parse_args()
    clips = [clip for table in options.data for clip in read_clips(Path(table))]
    recipe = load_recipe(options.recipe)
    chosen = without_label(clips, recipe.relabel)
    words = {word for label in recipe.labels for word in words_of(label)}
    for file in options.soft_targets:
        chosen += heard_by_teacher([c for c in clips if not words & words_of(c.name)], file)
    if options.list:
        with options.list.open("w", newline="", encoding="utf-8") as file:
            rows = [(clip.file.resolve(), ";".join(clip.labels)) for clip in chosen]
            csv.writer(file).writerows([("file", "labels"), *rows])
    classifier = AudioClassifier.load(options.model, dtype="float32")
    with tempfile.TemporaryDirectory() as folder:
        write_unknown_sounds(folder)
        made_up = [Clip(c.file, c.labels, "", "", c.name) for c in read_clips(Path(folder))]
        evaluation = evaluate(classifier, [*made_up, *chosen], foreign_labels=True)
    report(evaluation, [*made_up, *chosen], classifier.config.abstention_threshold)


def without_label(clips: Sequence[Clip], relabel: dict) -> list[Clip]:
    """Return the recordings that a recipe leaves out as something that the model lacks."""
    return [
        with_music(clip)
        for clip in clips
        if any(label[:1].isupper() and relabel.get(label, "") is None for label in clip.labels)
    ]


def heard_by_teacher(clips: Sequence[Clip], soft_targets: str) -> list[Clip]:
    """Return recordings without a label in which a teacher hears something foreign above all."""
    with np.load(soft_targets) as teacher:
        names, labels = teacher["files"].astype(str), teacher["labels"].astype(str)
        heard, steps = teacher["probabilities"].astype(np.float32), teacher["map_steps"]
    heard[:, np.isin(labels, named("family"))] = 0.0
    strange = {*named("instrument"), *named("effect")}
    by_name = {clip.name: clip for clip in clips if not clip.labels}
    found = defaultdict(list)
    for name, row, length in zip(names, heard, steps):
        best = str(labels[row.argmax()])
        sure = row.max() >= LEAST_PROBABILITY and length >= FEWEST_STEPS
        if name in by_name and best in strange and sure:
            clip = by_name[name]
            found[best].append(with_music(Clip(clip.file, (best,), "", clip.recording, name)))
    return [clip for some in found.values() for clip in some[:MOST_OF_A_NAME]]


def words_of(text: str) -> set[str]:
    """Return the words of a label or file name, without endings, as far as they say something."""
    found = re.findall(r"[a-z]{3,}", Path(text.lower()).stem)
    return {word.removesuffix("s").removesuffix("ing") for word in found} - {"machine"}


@cache
def named(kind: str) -> list[str]:
    """Return the names of AudioSet that are instruments, effects or families."""
    _, rows = read_table(FOREIGN)
    return [row["name"] for _, row in rows if row["kind"] == kind]


def with_music(clip: Clip) -> Clip:
    """Return an instrument's clip as music too: to say so is no mistake."""
    instrument = clip.labels[0] in named("instrument")
    labels = (*clip.labels, "Music") if instrument else clip.labels
    return Clip(clip.file, labels, clip.split, clip.recording, clip.name)


def report(evaluation: Evaluation, clips: Sequence[Clip], threshold: float) -> None:
    """Print a line a kind."""
    groups = defaultdict(list)
    for row, clip in enumerate(clips):
        kind = clip.labels[0]
        kind = "instrument without a label" if kind in named("instrument") else kind
        kind = "other sound without a label" if kind in named("effect") else kind
        groups[kind].append(row)
    for kind, rows in groups.items():
        best = evaluation.scores[rows].argmax(axis=1)
        silent = evaluation.scores[rows].max(axis=1) < threshold
        right = evaluation.targets[rows, best] == 1
        names = [evaluation.labels[index] for index in best]
        wrong = Counter(n for n, s, r in zip(names, silent, right) if not s and not r)
        fine = int((silent | right).sum())
        low, high = wilson_interval(fine, len(rows))
        said = ", ".join(f"{name} {count}" for name, count in wrong.most_common(8))
        known = f" ({int((right & ~silent).sum())} rightly named)" if right.any() else ""
        print(
            f"{kind:28} {fine:3d} of {len(rows):3d} ({low:.0%} to {high:.0%}){known}"
            f"   else: {said or 'nothing'}"
        )


if __name__ == "__main__":
    main()
