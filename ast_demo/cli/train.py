"""The command train: a classifier of your own sounds."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.cli.evaluate import add_data
from ast_demo.cli.progress import ProgressLine

if TYPE_CHECKING:
    from ast_demo.training.recipe import Recipe
    from ast_demo.training.trainer import RunProgress, Trainer

BAR_LENGTH = 20  # characters that show how much of a run is done
STOPPED = 130  # exit code, as shells have it after Ctrl+C
STOPPING = (
    "\nstopping after this step, and its measurement if it has one; Ctrl+C again stops at once\n"
)


def add_parser(subparsers) -> None:
    """Add the command to a parser; it sets `run`, a function of the parsed arguments."""
    parser = subparsers.add_parser(
        "train", help="train or fine-tune a classifier on your own sounds"
    )
    add_data(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the result")
    parser.add_argument(
        "--from",
        dest="start",
        metavar="MODEL",
        help="checkpoint to start from: everyday-sounds, a folder, a Hub id, or scratch",
    )
    parser.add_argument("--recipe", default="fine-tune", help="a bundled recipe or a JSON file")
    parser.add_argument(
        "--soft-targets", nargs="+", default=(), metavar="NPZ", help="what a teacher hears in clips"
    )
    parser.add_argument(
        "--learn-also",
        metavar="TEXT",
        help="train on the held-out clips too whose file name begins with this text",
    )
    parser.add_argument(
        "--branch-from",
        metavar="DIR",
        help="go on from the state another run had before its learning rate fell, or from a state "
        "of it, such as DIR/training_state.pt, its last",
    )
    parser.add_argument("--steps", type=int, help="length of the run instead of the recipe's")
    parser.add_argument("--minutes", type=float, help="end after so many minutes at the latest")
    parser.add_argument("--batch", type=int, help="clips a step instead of the recipe's")
    parser.add_argument("--seed", type=int, help="seed instead of the recipe's")
    parser.add_argument(
        "--keep-labels", action="store_true", help="refuse data with other labels than the model's"
    )
    parser.add_argument("--device", default="auto", help="auto (a GPU if there is one), cpu, cuda")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.set_defaults(run=run_train)


def run_train(args: argparse.Namespace) -> int:
    """Train, with a line of progress; the folder --out is a checkpoint afterwards."""
    import torch

    from ast_demo.training.evaluation.plots import write_history

    if args.threads:
        torch.set_num_threads(args.threads)
    trainer = _prepared(args)
    line = ProgressLine()
    try:
        with _ctrl_c_between_steps() as stopping:
            progress = trainer.run(_reporter(line, trainer), stopping)
    except KeyboardInterrupt:
        line.clear()
        print("stopped; the same command goes on from the last saved step", file=sys.stderr)
        return STOPPED
    line.clear()
    if stopping():
        print("stopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    trainer.calibrate()
    write_history(progress.history, trainer.out)
    if trainer.recipe.done(progress.step, progress.elapsed) < 1.0:
        print(f"stopped early: nothing improved since step {progress.best_step}")
    best = next(row for row in progress.history if row["step"] == progress.best_step)
    print(
        f"best at step {best['step']}: top-1 {best['top1']:.1%}, mAP {best['map']:.3f}; the "
        f"checkpoint is in {trainer.out}\n"
        f"try it: python -m ast_demo classify --model {trainer.out} SOUND"
    )
    return 0


@contextlib.contextmanager
def _ctrl_c_between_steps() -> Iterator[Callable[[], bool]]:
    """Give what tells whether Ctrl+C was pressed; pressed again, it raises KeyboardInterrupt.

    Where Ctrl+C means nothing, as in the background of a shell, or something else, it stays so.
    """
    pressed = threading.Event()

    def press(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pressed.set()
        with contextlib.suppress(OSError, ValueError):  # no terminal; print could be interrupted
            os.write(sys.stderr.fileno(), STOPPING.encode())

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield pressed.is_set
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _prepared(args: argparse.Namespace) -> Trainer:
    """Read data and recipe, and return what trains on them, where an earlier run has stopped."""
    from ast_demo.model.device import choose_device
    from ast_demo.training.accelerator import fitted_to
    from ast_demo.training.data.dataset import read_datasets
    from ast_demo.training.recipe import load_recipe
    from ast_demo.training.setup import prepare

    recipe = load_recipe(args.recipe).with_changes(
        start=args.start,
        steps=args.steps,
        minutes=args.minutes,
        batch=args.batch,
        seed=args.seed,
        keep_labels=args.keep_labels or None,
    )
    if not args.batch:
        recipe, note = fitted_to(recipe, choose_device(args.device))
        print(note, end="\n" if note else "")
    dataset = read_datasets(args.data)
    if args.learn_also:
        dataset = dataset.learning_also(args.learn_also)
    out = Path(args.out)
    reading = ProgressLine("reading sounds")
    prepared = prepare(
        dataset, recipe, out, args.soft_targets, progress=reading.count, device=args.device
    )
    reading.clear()
    for note in prepared.notes:
        print(note)
    for warning in prepared.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    trainer = prepared.trainer
    if trainer.resume():
        print(f"going on with the run in {out} after step {trainer.progress.step}")
    elif args.branch_from:
        step = trainer.branch_from(Path(args.branch_from))
        print(f"starting from {args.branch_from} as it was after step {step}")
    return trainer


def _reporter(line: ProgressLine, trainer: Trainer) -> Callable[[RunProgress], None]:
    """Return what shows a run in one line, and each measure in a line that stays."""
    said = len(trainer.progress.history)

    def report(progress: RunProgress) -> None:
        nonlocal said
        ended = trainer.recipe.done(progress.step, progress.elapsed) >= 1.0
        line.show(training_line(progress, trainer.recipe), at_once=ended)
        for row in progress.history[said:]:
            said += 1
            text = f"step {row['step']}: top-1 {row['top1']:.1%}, mAP {row['map']:.3f}"
            text += f", {row['clips_per_second']} clips a second"
            line.say(text)
            if row["warning"]:
                line.say(f"warning: {row['warning']}")

    return report


def training_line(progress: RunProgress, recipe: Recipe) -> str:
    """Say how far a run is, its losses, its last measure and the time left."""
    done = recipe.done(progress.step, progress.elapsed)
    left = progress.elapsed * (1 - done) / done
    losses = " ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
    measured = f", top-1 {progress.history[-1]['top1']:.1%}" if progress.history else ""
    bar = "#" * int(BAR_LENGTH * done)
    return (
        f"[{bar:-<{BAR_LENGTH}}] step {progress.step}, {losses}{measured}, {left / 60:.0f} min left"
    )
