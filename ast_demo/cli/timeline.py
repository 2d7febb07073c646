"""The command `timeline`: the model over time, for one recording or for folders full of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ast_demo.cli.progress import ProgressLine


def add_parser(subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "timeline",
        help="follow a recording of any length: scores per window, events",
        description="Slide the model's window over recordings of any length. Without a format, the "
        "events are listed. With -o, every recording gets its own files there; what is finished "
        "is not computed again, so an interrupted run goes on where it stopped.",
    )
    parser.add_argument("sounds", nargs="+", metavar="FILE", help="sound files or folders of them")
    parser.add_argument("--model", default="everyday-sounds", help="bundled name, folder or Hub id")
    parser.add_argument("--revision", help="branch, tag or commit of a Hub model")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default auto)")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")
    parser.add_argument(
        "--hop", type=float, metavar="SECONDS", help="between windows (default half a window)"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        help="score at which an event begins, above 0 and at most 1",
    )
    parser.add_argument("--csv", action="store_true", help="every window with every score")
    parser.add_argument("--json", action="store_true", help="windows, scores, events and notes")
    parser.add_argument(
        "--audacity", action="store_true", help="events as a label track (Sonic Visualiser too)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder for the outputs")
    parser.add_argument(
        "--jobs", type=int, default=1, help="recordings at a time, in processes (default 1)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for; return 1 if a recording could not be read, else 0.

    Raises:
        ValueError: if the request as a whole makes no sense.
        OSError: if an output cannot be written.
    """
    from ast_demo.audio.suffixes import companions_note
    from ast_demo.cli.report import ascii_json, can_show
    from ast_demo.cli.sounds import expand_files
    from ast_demo.cli.timeline_jobs import FORMATS, Settings, find_tasks, prepare_output, work
    from ast_demo.timeline.events import ON_SCORE

    if options.threshold is None:
        options.threshold = ON_SCORE
    formats = [name for name in FORMATS if getattr(options, name)]
    skipped: list[Path] = []
    tasks = find_tasks(expand_files(options.sounds), options.output, formats, skipped)
    if skipped:
        _tell(companions_note(skipped))
    _check(options, formats, len(tasks))
    settings = Settings(
        options.model,
        options.revision,
        options.hop,
        options.threshold,
        device=options.device,
        dtype=options.dtype,
    )
    if options.output:
        settings = prepare_output(options.output, settings)
    waiting = [task for task in tasks if not task.is_finished()]
    if len(waiting) < len(tasks):
        _tell(f"{len(tasks) - len(waiting)} of {len(tasks)} recordings are finished already")
    line = ProgressLine()
    failed = 0
    for number, result in enumerate(work(waiting, settings, options.jobs, line.seconds), 1):
        line.clear()
        text = result.text
        if formats == ["json"] and not can_show(text, sys.stdout):
            text = ascii_json(text)
        print(text, end="", flush=True)
        if result.error is not None:
            failed += 1
            _tell(f"{number}/{len(waiting)} {result.task.sound} skipped: {result.error}")
        elif options.output:
            _tell(f"{number}/{len(waiting)} {result.task.sound}")
    if failed:
        _tell(f"{failed} of {len(tasks)} recordings were skipped")
    return 1 if failed else 0


def _check(options: argparse.Namespace, formats: list[str], recordings: int) -> None:
    if options.jobs < 1:
        raise ValueError(f"--jobs is {options.jobs}, expected at least 1.")
    if not 0 < options.threshold <= 1:
        raise ValueError(f"--threshold is {options.threshold:g}, expected above 0 and at most 1.")
    if options.output and not formats:
        raise ValueError("-o needs a format: add --csv, --json or --audacity.")
    if formats and not options.output and len(formats) * recordings > 1:
        raise ValueError("several outputs cannot go to one stream: name a folder with -o DIR.")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
