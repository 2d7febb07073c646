"""The commands evaluate, calibrate and norm-stats: what a checkpoint or a data set measures."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.cli.datasets import read_told
from ast_demo.cli.progress import ProgressLine
from ast_demo.tables import table_text

if TYPE_CHECKING:
    from ast_demo.training.data.clips import Clip


def add_parsers(subparsers) -> None:
    """Add the commands to a parser; each sets `run`, a function of the parsed arguments."""
    _add_evaluate(subparsers)
    _add_calibrate(subparsers)
    _add_norm_stats(subparsers)


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the sounds and their labels."""
    parser.add_argument(
        "--data",
        required=True,
        nargs="+",
        metavar="FOLDER_OR_CSV",
        help="a folder with one subfolder per class; a CSV with the columns file, label (or "
        "labels) and optionally split and recording; or the unpacked ESC-50, Speech Commands or "
        "FSDKaggle2018; several are put together",
    )


def _add_evaluate(subparsers) -> None:
    parser = subparsers.add_parser("evaluate", help="measure a classifier on labelled sounds")
    parser.add_argument("model", metavar="MODEL", help="a bundled name, a folder or a Hub id")
    add_data(parser)
    parser.add_argument(
        "--split", default="validation", choices=("train", "validation", "all"), help="clips used"
    )
    parser.add_argument("--recipe", help="rename labels of the data as this recipe does")
    parser.add_argument(
        "--only", metavar="TEXT", help="only clips whose file name begins with this text"
    )
    parser.add_argument("-o", "--out", metavar="DIR", help="write JSON, CSV and figures here")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--csv", action="store_true", help="print the classes as CSV")
    parser.set_defaults(run=run_evaluate)


def _add_calibrate(subparsers) -> None:
    parser = subparsers.add_parser(
        "calibrate",
        help="make the scores of a classifier fit held-out sounds",
        description="Fit two numbers that make the best score the share of right answers, fold "
        "them into the last layer, find the score below which the model abstains, and write the "
        "checkpoint in half precision.",
    )
    parser.add_argument("model", metavar="MODEL", help="a bundled name, a folder or a Hub id")
    add_data(parser)
    parser.add_argument("--recipe", help="rename labels of the data as this recipe does")
    parser.add_argument(
        "--only", nargs="+", metavar="TEXT", help="only clips whose file name begins so"
    )
    parser.add_argument(
        "--most", type=int, default=0, metavar="N", help="clips of a label at most; 0: all"
    )
    parser.add_argument(
        "--unknown",
        nargs="+",
        default=(),
        metavar="FOLDER_OR_CSV",
        help="sounds of which the model knows none, or some, for the score to abstain below",
    )
    parser.add_argument(
        "--unknown-share",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="how much of what will be heard these stand for (0.2)",
    )
    parser.add_argument("-o", "--out", required=True, metavar="DIR", help="folder for the result")
    parser.set_defaults(run=run_calibrate)


def _add_norm_stats(subparsers) -> None:
    parser = subparsers.add_parser(
        "norm-stats", help="mean and std of a data set, for preprocessor_config.json"
    )
    add_data(parser)
    parser.add_argument("--max-length", type=int, default=1024, help="frames of the window")
    parser.add_argument("--model", help="say how far the data is from this checkpoint's numbers")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run_norm_stats)


def run_evaluate(args: argparse.Namespace) -> int:
    """Print the measures of a checkpoint on a data set."""
    from ast_demo.classifier import AudioClassifier
    from ast_demo.training.evaluation.evaluate import evaluate

    clips = _labelled_clips(args.data, args.recipe, args.split, args.only or "")
    classifier = AudioClassifier.load(args.model, dtype="float32")
    line = ProgressLine("listening")
    evaluation = evaluate(classifier, clips, line.count)
    line.clear()
    if args.out:
        for file in evaluation.write(args.out):
            print(f"wrote {file}", file=sys.stderr)
    if args.json:
        print(json.dumps(evaluation.to_dict(), indent=2))
        return 0
    if args.csv:
        rows = evaluation.per_class()
        print(table_text(list(rows[0]), [list(row.values()) for row in rows]), end="")
        return 0
    for row in evaluation.per_class():
        print(
            f"{row['label']:28} {row['clips']:5d} clips   recall {row['recall']:6.1%}   "
            f"precision {row['precision']:6.1%}   AP {row['average_precision']:.3f}"
        )
    summary = evaluation.summary()
    low, high = summary["top1_interval_95"]
    print(
        f"{summary['clips']} clips, {summary['labels']} labels: top-1 {summary['top1']:.1%} "
        f"(95 % interval {low:.1%} to {high:.1%}), top-3 {summary['top3']:.1%}, "
        f"mAP {summary['mean_average_precision']:.3f}"
    )
    return 0


def run_calibrate(args: argparse.Namespace) -> int:
    """Write a checkpoint whose scores fit the held-out clips, and say what was fitted."""
    from ast_demo.classifier import AudioClassifier
    from ast_demo.training.data.clips import at_most
    from ast_demo.training.data.dataset import read_clips
    from ast_demo.training.evaluation.calibration import calibrate
    from ast_demo.training.evaluation.evaluate import evaluate

    if not 0.0 <= args.unknown_share < 1.0:
        raise ValueError(f"--unknown-share is {args.unknown_share}, expected 0 to less than 1.")
    clips = _labelled_clips(args.data, args.recipe, "validation", tuple(args.only or [""]))
    clips = [clips[number] for number in at_most(range(len(clips)), clips, args.most)]
    strange = [clip for place in args.unknown for clip in read_clips(Path(place))]
    classifier = AudioClassifier.load(args.model, dtype="float32")
    line = ProgressLine("listening")
    known = evaluate(classifier, clips, line.count)
    unknown = evaluate(classifier, strange, line.count, foreign_labels=True) if strange else None
    line.clear()
    scale, offset = calibrate(
        classifier.model,
        known.logits(classifier.rule),
        known.targets,
        (unknown.logits(classifier.rule), unknown.targets) if unknown else None,
        args.unknown_share,
    )
    classifier.model.half().save_pretrained(args.out)
    classifier.extractor.save_pretrained(args.out)
    print(
        f"{len(clips)} clips: logits times {scale:.4f} plus {offset:.4f}\n"
        f"with {len(strange)} sounds mostly unknown beside them: abstains below "
        f"{classifier.model.config.abstention_threshold}\n"
        f"the checkpoint is in {args.out}"
    )
    return 0


def _labelled_clips(
    data: Sequence[str], recipe: str | None, split: str, beginnings: str | tuple[str, ...]
) -> list[Clip]:
    """Return the labelled clips of a split whose file names begin so, labels renamed."""
    from ast_demo.training.data.dataset import DataError
    from ast_demo.training.recipe import load_recipe

    dataset = read_told(data)
    if recipe:
        dataset = dataset.relabelled(load_recipe(recipe).relabel, ())
    chosen = dataset.clips if split == "all" else dataset.split(split)
    clips = [clip for clip in chosen if clip.labels and clip.name.startswith(beginnings)]
    if not clips:
        raise DataError(f"no labelled clip is left in the split {split!r} to measure with.")
    return clips


def run_norm_stats(args: argparse.Namespace) -> int:
    """Print mean and std of a data set, four ways."""
    import torch

    from ast_demo.features.spectrogram import log_mel_spectrogram
    from ast_demo.training.data.norm_stats import describe_distance, norm_stats
    from ast_demo.training.setup import read_waveform

    clips = read_told(args.data).clips
    line = ProgressLine("reading sounds")

    def spectrograms():
        for number, clip in enumerate(clips, start=1):
            yield log_mel_spectrogram(torch.from_numpy(read_waveform(clip.file))).numpy()
            line.count(number, len(clips))

    stats = norm_stats(spectrograms(), args.max_length)
    line.clear()
    if args.json:
        print(json.dumps(dataclasses.asdict(stats), indent=2))
        return 0
    print(f"{stats.clips} clips, {stats.seconds:.1f} s")
    for name, text in (
        ("pooled", "all cells of sound together"),
        ("pooled_padded", f"the same, padded or cut to {args.max_length} frames"),
        ("exact", "the authors' average over batches"),
        ("exact_padded", "the same with padding, nearest to published numbers"),
    ):
        part = getattr(stats, name)
        print(f'{name:14} "mean": {part.mean:.7f}, "std": {part.std:.7f}   {text}')
    if args.model:
        from ast_demo.features.extractor import ASTFeatureExtractor

        extractor = ASTFeatureExtractor.from_pretrained(args.model)
        text, far = describe_distance(stats.pooled, extractor.mean, extractor.std)
        print(f"{'warning: ' if far else ''}{text}")
    return 0
