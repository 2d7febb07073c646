"""The commands `lesson`, a worksheet from a sound, and `effects`, what breaking sounds does."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_parsers(subparsers) -> None:
    """Add the commands to a parser; each sets `run`, a function of the parsed arguments."""
    lesson = subparsers.add_parser(
        "lesson",
        help="make a printable worksheet with its key from a class's sound",
        description="Write a PDF for a lesson: two pages to work on, made from one sound, and a "
        "key with every answer. The page's tab Learn is the lesson itself.",
    )
    lesson.add_argument("sound", metavar="SOUND", help="a sound file")
    lesson.add_argument("-o", "--output", type=Path, required=True, metavar="PDF")
    lesson.add_argument("--model", default="everyday-sounds", help="bundled name, folder or Hub id")
    lesson.add_argument("--language", default="en", help="en, de or zh")
    lesson.set_defaults(run=run_lesson)
    effects = subparsers.add_parser(
        "effects",
        help="measure what the lesson's experiments do to labelled clips",
        description="Run every experiment of the lesson on every clip and write how often the "
        "best label stayed and was right, with 95 %% intervals. The page quotes "
        "assets/lesson/effects-MODEL.json.",
    )
    effects.add_argument("model", metavar="MODEL", help="bundled name, folder or Hub id")
    effects.add_argument("--data", required=True, nargs="+", metavar="FOLDER_OR_CSV")
    effects.add_argument("--recipe", help="rename labels of the data as this recipe does")
    effects.add_argument("--only", nargs="+", metavar="TEXT", help="clips whose name begins so")
    effects.add_argument(
        "--most", type=int, default=0, metavar="N", help="at most N clips, spread over the list"
    )
    effects.add_argument("-o", "--output", type=Path, required=True, metavar="JSON")
    effects.set_defaults(run=run_effects)


def run_lesson(options: argparse.Namespace) -> None:
    """Write the worksheet.

    Raises:
        ValueError: for a language that the lesson does not speak, or a sound or model that cannot
            be used.
    """
    from ast_demo.audio.load import load_audio
    from ast_demo.classifier import AudioClassifier
    from ast_demo.explain.lesson import read_lesson
    from ast_demo.figures.worksheet import worksheet_pdf

    lesson = read_lesson(options.language)
    classifier = AudioClassifier.load(options.model)
    explanation = classifier.explain(load_audio(options.sound))
    content = worksheet_pdf(explanation, Path(options.sound).stem.replace("_", " "), lesson)
    options.output.write_bytes(content)
    print(f"{options.output}: two pages and a key, {len(content) / 1000:.0f} kB")


def run_effects(options: argparse.Namespace) -> None:
    """Measure the validation clips and write the shares.

    Raises:
        ValueError: if the data or the model cannot be used, or no clip is left.
    """
    from ast_demo.classifier import AudioClassifier
    from ast_demo.cli.datasets import read_told
    from ast_demo.cli.progress import ProgressLine
    from ast_demo.training.evaluation.effects import measure_effects
    from ast_demo.training.recipe import load_recipe

    dataset = read_told(options.data)
    if options.recipe:
        dataset = dataset.relabelled(load_recipe(options.recipe).relabel, ())
    starts = tuple(options.only or [""])
    clips = [c for c in dataset.split("validation") if c.labels and c.name.startswith(starts)]
    if 0 < options.most < len(clips):
        clips = [clips[round(n * len(clips) / options.most)] for n in range(options.most)]
    classifier = AudioClassifier.load(options.model, dtype="float32")
    line = ProgressLine("breaking")
    measured = measure_effects(classifier, clips, line.count)
    line.clear()
    digest = classifier.checkpoint.sha256() if classifier.checkpoint else None
    facts = {"model": options.model, "weights_sha256": digest, **measured}
    options.output.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"{options.output}: {len(measured['experiments'])} experiments on {len(clips)} clips")
