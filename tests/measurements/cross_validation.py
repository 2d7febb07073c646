"""Hold out each fold of ESC-50 once, in short runs, and measure on what none of them has learnt.

    python -m tests.measurements.cross_validation --data clips.csv clips2.csv \\
        --soft-targets teacher.npz teacher2.npz --trunk-minutes 40 --minutes 13 --out folds

A trunk is trained from nothing on everything but ESC-50, at the full rate; it has heard none of
the folds, so one serves all. From it a run for each fold learns the other folds and everything
else while the rate falls; its last weights are measured on the clips of the fold. A call that was
stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import torch

from ast_demo.atomic_files import write_json
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import TRAIN, VALIDATION, Clip
from ast_demo.training.data.dataset import Dataset, read_datasets
from ast_demo.training.evaluation.evaluate import evaluate
from ast_demo.training.evaluation.metrics import wilson_interval
from ast_demo.training.recipe import Recipe, load_recipe
from ast_demo.training.setup import prepare

WINDOW = 512  # frames; a trunk does without full windows
NEVER = 1.0  # share of the run after which the rate falls


def main() -> None:
    """Train the trunk and a branch for each fold, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", nargs="+", required=True, help="as for `train`")
    parser.add_argument("--soft-targets", nargs="+", default=(), help="as for `train`")
    parser.add_argument("--collection", default="esc50/", help="how its clips' names begin")
    parser.add_argument("--recipe", default="everyday-sounds-anneal", help="of each fold's run")
    parser.add_argument("--folds", nargs="+", default=["1", "2", "3", "4"])
    parser.add_argument("--trunk-minutes", type=float, required=True)
    parser.add_argument("--minutes", type=float, required=True, help="of each fold's run")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    options = parser.parse_args()
    torch.set_num_threads(1)  # each step is the same whatever else the machine does
    dataset = read_datasets(options.data)
    trunk = options.out / "trunk"
    others = [clip for clip in dataset.clips if not clip.name.startswith(options.collection)]
    run(replace(dataset, clips=tuple(others)), trunk_recipe(options.trunk_minutes), trunk, options)
    branch = load_recipe(options.recipe).with_changes(start=str(trunk), minutes=options.minutes)
    rows = []
    print("| held out | clips | top-1 (95 % interval) | top-3 | mAP |")
    print("|---|---|---|---|---|")
    for fold in options.folds:
        rows.append(measured(dataset, branch, fold, options))
        show(f"fold {fold}", rows[-1:])
    show("all", rows)


def trunk_recipe(minutes: float) -> Recipe:
    """Return the harder of the two recipes, as the start of a run from nothing."""
    first = load_recipe("everyday-sounds")
    return load_recipe("everyday-sounds-longer").with_changes(
        start="scratch",
        minutes=minutes,
        learning_rate=first.learning_rate,
        matrix_rate=first.matrix_rate,
        stages=tuple(stage for stage in first.stages if stage.frames < WINDOW),
        decay_from=NEVER,
    )


def measured(dataset: Dataset, recipe: Recipe, fold: str, options: argparse.Namespace) -> dict:
    """Train without a fold, and return the figures of the last weights on it."""
    out = options.out / f"fold-{fold}"
    answer = out / "held-out.json"
    if not answer.is_file():
        clips = tuple(with_split(clip, fold, options.collection) for clip in dataset.clips)
        split = replace(dataset, clips=clips)
        held_out = [
            clip
            for clip in split.relabelled(recipe.relabel, recipe.labels).split(VALIDATION)
            if clip.name.startswith(options.collection)
        ]
        if not held_out:
            raise SystemExit(f"no clip of {options.collection} is of fold {fold!r}: see --folds")
        run(split, recipe, out, options)
        heard = evaluate(AudioClassifier.load(str(out), dtype="float32"), held_out)
        write_json(answer, heard.summary())
    return json.loads(answer.read_text(encoding="utf-8"))


def with_split(clip: Clip, fold: str, collection: str) -> Clip:
    """Hold a clip of the collection out if it is of the fold, which its file's name begins with."""
    if not clip.name.startswith(collection):
        return clip
    own = PurePosixPath(clip.name).name.split("-")[0]
    return replace(clip, split=VALIDATION if own == fold else TRAIN)


def run(dataset: Dataset, recipe: Recipe, out: Path, options: argparse.Namespace) -> None:
    """Train to the end of a recipe, or go on where a call before was stopped."""
    prepared = prepare(dataset, recipe, out, options.soft_targets, options.out / "features")
    progress = prepared.trainer.run()
    print(f"{out.name}: {progress.step} steps in {progress.elapsed / 60:.0f} minutes", flush=True)


def show(name: str, rows: Iterable[dict]) -> None:
    """Print the figures of some folds, each clip weighing the same."""
    rows = list(rows)
    clips = sum(row["clips"] for row in rows)
    right = sum(round(row["top1"] * row["clips"]) for row in rows)
    three = sum(row["top3"] * row["clips"] for row in rows) / clips
    precision = sum(row["mean_average_precision"] for row in rows) / len(rows)
    low, high = wilson_interval(right, clips)
    print(
        f"| {name} | {clips} | {right / clips:.1%} ({low:.1%} to {high:.1%}) "
        f"| {three:.1%} | {precision:.3f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
