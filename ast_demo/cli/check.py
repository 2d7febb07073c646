"""The command `check`: bend sounds, compare models, measure clips, test the heat, report."""

from __future__ import annotations

import argparse
import datetime
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ast_demo.cli.sounds import expand_files

MISSED = 3  # exit code: a bar was missed
FORMATS = (".html", ".pdf", ".json", ".md")
NORMALIZATIONS = {"audioset": 0, "commands": 1}


def add_parser(subparsers) -> None:
    """Add the command; it sets `run`, a function of the parsed arguments."""
    parser = subparsers.add_parser(
        "check",
        help="decide whether to trust a checkpoint on your sounds",
        description="Bend sounds (noise, shifts, codecs, rooms, mistakes) and see what the model "
        "still says; compare two models; measure labelled clips; test whether the heat is honest. "
        "The report is one page to hand on.",
        epilog="exit code 3: a bar was missed. Bars: kept, rise, quiet, agree, top1, heat; "
        "for example --bar kept=0.95 --bar top1=0.8.",
    )
    parser.add_argument("model", metavar="MODEL", help="a bundled name, a folder or a Hub id")
    parser.add_argument("--dtype", default="float32", help="of the model (default float32)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    parser.add_argument("--against", metavar="MODEL", help="a second model, B, to compare with")
    parser.add_argument("--against-dtype", metavar="D", help="dtype of B; alone, B is MODEL in it")
    parser.add_argument(
        "--against-norm",
        metavar="MEAN,STD",
        help="mean and std of B, written --against-norm=-4.27,4.57; or audioset, or commands; "
        "alone, B is MODEL normalized so",
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER_CSV_OR_ZIP",
        help="labelled clips: a folder with one subfolder a class, a CSV with the columns file "
        "and label, or a ZIP of either",
    )
    parser.add_argument(
        "--sounds",
        nargs="+",
        metavar="FILE",
        help="sounds to bend (default: eight clips of --data, or the examples)",
    )
    parser.add_argument("--noise", nargs="+", metavar="FILE", help="recordings to mix in as noise")
    parser.add_argument(
        "--room", metavar="FILE", help="five seconds of nobody speaking, mixed in at its level"
    )
    parser.add_argument("--only", metavar="NAMES", help="groups, such as noise,shift")
    parser.add_argument("--quick", action="store_true", help="30 perturbations, no test of heat")
    parser.add_argument(
        "--heat", type=int, metavar="N", help="clips to test the heat on (default 40; quick: 0)"
    )
    parser.add_argument(
        "--bar",
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help="what is asked for, as listed below; may be given again",
    )
    parser.add_argument("--baseline", metavar="JSON", help="an earlier report: tell what changed")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (default 0)")
    parser.add_argument("--jobs", type=int, metavar="N", help="threads (default: all cores)")
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="report.html, .pdf, .json or .md (a block for a model card); may be given again",
    )
    parser.set_defaults(run=run_check_command)


def run_check_command(options: argparse.Namespace) -> int:
    """Check a model and write the reports; return 3 if a bar was missed, else 0.

    Raises:
        ValueError: for options that cannot be carried out.
        OSError: if a report cannot be written.
    """
    import torch

    from ast_demo.check.bars import Bars
    from ast_demo.check.check_run import CheckRun
    from ast_demo.check.reports.baseline import (
        changes_since,
        read_report,
        require_same_settings,
    )
    from ast_demo.check.reports.render import render
    from ast_demo.check.verdicts import exit_code

    outputs = [_output(name) for name in options.output]
    bars = Bars.parse(options.bar)
    baseline = read_report(options.baseline) if options.baseline else None
    for name, least in (("jobs", 1), ("seed", 0), ("heat", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ValueError(f"--{name} is {value}, expected at least {least}.")
    if options.jobs is not None:
        torch.set_num_threads(options.jobs)
    with tempfile.TemporaryDirectory() as folder:
        run = CheckRun(_request(options, bars, Path(folder) / "clips"))
        if baseline is not None:
            require_same_settings(run.settings(), baseline)
        follow(run)
        report = run.report()
    if baseline is not None:
        report["changes"] = changes_since(report, baseline)
    made = datetime.date.today().isoformat()
    for file in outputs:
        file.write_bytes(render(report, file.suffix.casefold(), made))
        print(f"wrote {file}", file=sys.stderr)
    _print(report)
    return exit_code(report)


def _output(name: str) -> Path:
    """Make room for a report before the work is done."""
    file = Path(name)
    if file.suffix.casefold() not in FORMATS:
        raise ValueError(f"-o {name} ends in {file.suffix!r}, expected {', '.join(FORMATS)}.")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir() or not os.access(file.parent, os.W_OK):
        raise ValueError(f"-o {name} cannot be written: name a file in a folder of your own.")
    return file


def _request(options: argparse.Namespace, bars, folder: Path):
    """Load models and sounds."""
    from ast_demo.audio.load import load_audio
    from ast_demo.check.clips import choose_sounds, match_labels, open_clips
    from ast_demo.check.perturbations.noise import EXAMPLES, example_backgrounds
    from ast_demo.check.request import HEAT_CLIPS, CheckRequest, CheckSettings
    from ast_demo.check.run import Sound, known_label
    from ast_demo.classifier import AudioClassifier

    classifier = AudioClassifier.load(options.model, options.device, options.dtype)
    labels = classifier.labels
    clips = match_labels(open_clips(options.data, folder), labels) if options.data else None
    if clips is not None and not options.sounds:
        sounds = choose_sounds(clips.clips)
    else:
        given = expand_files(options.sounds or ())
        files = [Path(name) for name in given] or sorted(EXAMPLES.glob("*.flac"))
        sounds = [
            Sound(file.name, load_audio(file).waveform, known_label(file.name, labels))
            for file in files
        ]
    backgrounds = example_backgrounds()
    for name in options.noise or ():
        backgrounds[Path(name).name] = load_audio(name).waveform
    heat = options.heat if options.heat is not None else 0 if options.quick else HEAT_CLIPS
    return CheckRequest(
        classifier,
        sounds,
        CheckSettings(
            quick=options.quick,
            only=tuple(name.strip() for name in options.only.split(",")) if options.only else (),
            seed=options.seed,
            bars=bars,
            heat_clips=heat,
            perturbed_clips=not options.quick,
        ),
        against=_against(options, classifier),
        clips=clips,
        data_name=Path(options.data).name if options.data else "",
        backgrounds=backgrounds,
        room=load_audio(options.room).waveform if options.room else None,
        command=command_line(options),
    )


def _against(options: argparse.Namespace, classifier):
    """Return model B, if one is asked for."""
    from ast_demo.check.compare import renormalized
    from ast_demo.classifier import AudioClassifier

    if not (options.against or options.against_dtype or options.against_norm):
        return None
    other = classifier
    if options.against or options.against_dtype:
        name = options.against or options.model
        dtype = options.against_dtype or options.dtype
        other = AudioClassifier.load(name, options.device, dtype)
    if options.against_norm:
        mean, std = _normalization(options.against_norm)
        other = renormalized(other, mean, std)
    return other


def _normalization(text: str) -> tuple[float, float]:
    from ast_demo.check.perturbations.normalization import NORMALIZATIONS as KNOWN

    if text in NORMALIZATIONS:
        return list(KNOWN.values())[NORMALIZATIONS[text]]
    try:
        mean, std = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--against-norm is {text!r}, expected MEAN,STD, audioset or commands."
        ) from None
    return mean, std


def command_line(options: argparse.Namespace) -> str:
    """Write the command that makes the same report again."""
    words = ["python", "-m", "ast_demo", "check", str(options.model)]
    for name in ("dtype", "device", "against", "against_dtype", "against_norm", "data"):
        value = getattr(options, name)
        if value and (name, value) != ("device", "auto"):
            option = f"--{name.replace('_', '-')}"  # with "=", since a mean begins with a minus
            words += [f"{option}={value}"] if name == "against_norm" else [option, str(value)]
    for name in ("sounds", "noise"):
        if getattr(options, name):
            words += [f"--{name}", *map(str, getattr(options, name))]
    for name in ("room", "only", "heat"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    words += ["--quick"] if options.quick else []
    for bar in options.bar:
        words += ["--bar", bar]
    words += ["--seed", str(options.seed)]
    return shlex.join([*words, "-o", "report.html"])


def follow(run) -> None:
    """Do the check, with a line of progress; in a log, one every half minute."""
    from ast_demo.cli.progress import LOG_SECONDS, ProgressLine

    line, started = ProgressLine("checking", log_seconds=LOG_SECONDS), time.monotonic()
    for progress in run.steps():
        elapsed = time.monotonic() - started
        left = elapsed * (progress.total - progress.done) / max(1, progress.done)
        line.title = f"{progress.stage}, {left:.0f} s left"
        line.count(progress.done, progress.total)
    line.clear()


def _print(report: dict) -> None:
    """Print the verdicts: those missed in full, the others counted."""
    from ast_demo.check.reports.words import clip_notices
    from ast_demo.cli.report import one_line

    for sentence in report["summary"]:
        print(one_line(sentence))
    for notice in clip_notices(report["clips"]) if report["clips"] else ():
        print(one_line(f"note: {notice}"))
    rows: Sequence[dict] = report["verdicts"]
    missed = [verdict for verdict in rows if verdict["passed"] is False]
    for verdict in missed:
        words = f"{verdict['name']}: {verdict['measured']}; the bar is {verdict['bar']}"
        print(one_line(f"missed, {verdict['kind']}: {words}"))
    asked = sum(verdict["passed"] is not None for verdict in rows)
    print(f"{asked - len(missed)} of {asked} bars met, {len(missed)} missed")
    for words in report.get("changes", {}).get("bars", []):
        print(one_line(f"changed: the bar {words}"))
    for row in report.get("changes", {}).get("series", []):
        print(one_line(f"changed: {row['series']}: {row['holds_to_before']} -> {row['holds_to']}"))
