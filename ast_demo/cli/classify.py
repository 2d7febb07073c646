"""The commands `classify` and `explain`: sounds in, labels and pictures out."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ast_demo.cli.sounds import expand_files

STANDARD_INPUT = "-"
DEFAULT_TOP = 5
LONGEST_NAME = 200  # bytes of a figure's name; systems allow 255, its ending included
PATCHES_SHOWN = 3  # of those that the model listened to most


def add_parsers(subparsers) -> None:
    """Add both commands; each sets `run`, a function of the parsed arguments."""
    classify = subparsers.add_parser(
        "classify",
        help="name what sounds hold",
        description="Print the labels with the highest scores for each sound. Only the model's "
        "window is heard (5.13 s for everyday-sounds, 10.26 s for AudioSet checkpoints); for all "
        "of a longer recording use timeline.",
        epilog="A file that cannot be read is reported and the others are classified all the same.",
    )
    _add_common(classify)
    classify.set_defaults(run=run_classify)
    explain = subparsers.add_parser(
        "explain",
        help="show where the model listened",
        description="Print the labels and the patches of the spectrogram that the model listened "
        "to most, and draw a figure: spectrogram, patch grid, heat, labels. The heat is the "
        "attention rollout of the answer, unless a layer or a label is named.",
        epilog="Attention tells where information flowed from, not why the model decided.",
    )
    _add_common(explain)
    explain.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="figure to write (.png, .svg or .pdf); a folder for several sounds",
    )
    explain.add_argument("--layer", type=int, help="show one layer's attention, counted from 0")
    explain.add_argument("--head", type=int, help="with --layer: one head instead of their mean")
    explain.add_argument("--label", help="show the evidence for this label (relevance)")
    explain.add_argument("--grid", action="store_true", help="draw the grid of patches")
    explain.set_defaults(run=run_explain)


def run_classify(options: argparse.Namespace) -> int:
    """Classify each sound; return 1 if one could not be used, else 0."""
    options.sounds = expand_files(options.sounds)
    return _run(options, lambda classifier, audio, place: (classifier.classify(audio), {}))


def run_explain(options: argparse.Namespace) -> int:
    """Explain each sound and draw it; return 1 if one could not be used, else 0.

    Raises:
        ValueError: if the options contradict each other.
        OSError: if the figure cannot be written.
    """
    _check_maps(options)
    options.sounds = expand_files(options.sounds)
    files = figure_files(options.sounds, options.output) if options.output else {}

    def explain(classifier, audio, place: str) -> tuple:
        explanation = classifier.explain(audio)
        patch_map, name = _map_of(explanation, options)
        extra = {"heat": name, "hottest_patches": hottest_patches(explanation.grid, patch_map)}
        if place in files:
            _draw(explanation, patch_map, name, options.grid, place, files[place])
            extra["figure"] = str(files[place])
        return explanation, extra

    return _run(options, explain)


def hottest_patches(grid, patch_map, count: int = PATCHES_SHOWN) -> list[dict]:
    """Return the patches with the highest values, and where in the sound they lie.

    Args:
        grid: PatchGrid of the model.
        patch_map: one value a patch, (freq_patches, time_patches).
        count: how many.

    Returns:
        dicts of token, row, column, seconds, hertz, and `times_mean`: the value over the map's
        mean.
    """
    import numpy as np

    mean = float(np.abs(patch_map).mean()) or 1.0
    found = []
    for place in np.argsort(-patch_map, axis=None, kind="stable")[:count]:
        row, column = divmod(int(place), grid.time_patches)
        found.append(
            {
                "token": grid.token(row, column),
                "row": row,
                "column": column,
                "seconds": [round(time, 3) for time in grid.seconds(column)],
                "hertz": [round(hertz) for hertz in grid.hertz(row)],
                "times_mean": round(float(patch_map[row, column]) / mean, 3),
            }
        )
    return found


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sounds",
        nargs="+",
        metavar="FILE",
        help="sound files (WAV, FLAC, OGG, MP3, AIFF and more); - reads one from standard input",
    )
    parser.add_argument(
        "--model",
        default="everyday-sounds",
        help="bundled name, folder, weights file or Hub id (default everyday-sounds)",
    )
    parser.add_argument("--revision", help="branch, tag or commit of a Hub model")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1 (default auto)")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16, float16 or int8")
    parser.add_argument(
        "--top",
        type=int,
        default=DEFAULT_TOP,
        metavar="N",
        help=f"labels to show; 0 shows all (default {DEFAULT_TOP})",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object a line")
    form.add_argument("--csv", action="store_true", help="print file,rank,label,score")


def _run(options: argparse.Namespace, answer) -> int:
    """Answer for each sound, report what cannot be used, and go on with the rest."""
    from ast_demo.cli.report import make_report

    if options.top < 0:
        raise ValueError(f"--top is {options.top}, expected 0 (all labels) or more.")
    from ast_demo.audio.load import AudioError, load_audio
    from ast_demo.classifier import AudioClassifier

    classifier = AudioClassifier.load(
        options.model, options.device, options.dtype, revision=options.revision
    )
    report = make_report(options, sys.stdout)
    failed = 0
    for place in options.sounds:
        try:
            with _source(place) as source:
                audio = load_audio(source, classifier.extractor.sampling_rate)
            result, extra = answer(classifier, audio, place)
        except AudioError as error:
            failed += 1
            report.refused(place, str(error))
            continue
        report.sound(place, audio, result, extra)
    report.end(classifier)
    return 1 if failed else 0


@contextlib.contextmanager
def _source(place: str) -> Iterator:
    """Yield what load_audio reads: the path, or a file that holds all of standard input."""
    if place != STANDARD_INPUT:
        yield place
        return
    from ast_demo.audio.limits import MAX_FILE_BYTES, AudioError, grouped

    with tempfile.TemporaryFile() as file:
        copied = 0
        while block := sys.stdin.buffer.read(1 << 20):
            copied += len(block)
            if copied > MAX_FILE_BYTES:
                raise AudioError(
                    f"standard input holds more than {grouped(MAX_FILE_BYTES)} bytes, the limit."
                )
            file.write(block)
        file.flush()
        yield file


def _check_maps(options: argparse.Namespace) -> None:
    if options.label is not None and options.layer is not None:
        raise ValueError("--label and --layer show different maps: choose one.")
    if options.head is not None and options.layer is None:
        raise ValueError("--head needs --layer: each layer has its own heads.")


def figure_files(sounds: list[str], output: Path) -> dict[str, Path]:
    """Return where the figure of each sound goes: the file named, or files in the folder named.

    Raises:
        ValueError: if several sounds share one file, or its ending is no format of figures.
    """
    from ast_demo.figures.figure import FIGURE_FORMATS

    endings = [f".{name}" for name in FIGURE_FORMATS]
    if not output.is_dir() and output.suffix:
        if len(sounds) > 1:
            raise ValueError(f"-o {output} is one file for {len(sounds)} sounds: name a folder.")
        if output.suffix.lower() not in endings:
            raise ValueError(
                f"-o {output} ends in {output.suffix!r}, expected {', '.join(endings)}."
            )
        return {sounds[0]: output}
    files: dict[str, Path] = {}
    for place in dict.fromkeys(sounds):
        name = "sound" if place == STANDARD_INPUT else Path(place).stem
        name = os.fsdecode(os.fsencode(name)[:LONGEST_NAME])
        file, taken = output / f"{name}.png", 1
        while file in files.values():  # dogs/1.wav and cats/1.wav
            taken += 1
            file = output / f"{name}-{taken}.png"
        files[place] = file
    return files


def _map_of(explanation, options: argparse.Namespace) -> tuple:
    """Return the map that the options ask for, and its name."""
    if options.label is not None:
        return explanation.relevance(options.label), f"relevance for {options.label}"
    if options.layer is None:
        return explanation.rollout, "attention rollout"
    name = f"attention of layer {options.layer}"
    if options.head is not None:
        name += f", head {options.head}"
    return explanation.attention(options.layer, options.head), name


def _draw(explanation, patch_map, name: str, grid: bool, place: str, file: Path) -> None:
    from ast_demo.figures.figure import View, explanation_figure, figure_bytes

    title = "standard input" if place == STANDARD_INPUT else Path(place).name
    view = View(grid="outline" if grid else "off")
    figure = explanation_figure(explanation, title, patch_map, name, view)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(figure_bytes(figure, file.suffix.lower()[1:]))
