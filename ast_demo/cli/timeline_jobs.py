"""Many recordings, one timeline each: found in folders, resumed, spread over processes."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import queue
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ast_demo.atomic_files import write_json, write_text
from ast_demo.audio.load import AudioError
from ast_demo.audio.suffixes import READABLE_SUFFIXES, find_sounds
from ast_demo.cli.listing import to_listing
from ast_demo.tables import BYTE_ORDER_MARK

FORMATS = {"csv": ".csv", "json": ".json", "audacity": ".txt"}  # suffix of each output
SETTINGS_NAME = "timeline-settings.json"  # beside the outputs: with what they were made
STANDARD_OUTPUT = Path("-")
NOT_KEPT = ("output", "device", "dtype")  # of the settings: the numbers mean the same without
DIGEST_LETTERS = 16  # of the SHA-256 that are shown
POLL_SECONDS = 1.0  # how often a waiting parent looks whether its workers still live

Progress = Callable[[float, "float | None"], None]


@dataclass(frozen=True)
class Settings:
    """What the numbers of a timeline depend on, where they are computed and where they go."""

    model: str
    revision: str | None
    hop_seconds: float | None
    threshold: float
    weights_sha256: str | None = None  # of the model; None if nobody asked yet
    output: Path | None = None  # the folder that says with what its timelines are made
    device: str = "auto"
    dtype: str = "auto"


@dataclass(frozen=True)
class Task:
    """One recording and where its outputs go."""

    sound: Path
    outputs: dict[str, Path]  # format -> file

    def is_finished(self) -> bool:
        """Tell whether every output is there and no older than the recording."""
        try:
            made = self.sound.stat().st_mtime
            return bool(self.outputs) and all(
                output.stat().st_mtime >= made for output in self.outputs.values()
            )
        except OSError:
            return False


@dataclass(frozen=True)
class Result:
    """What became of a task: a text to print, or the reason why it was skipped."""

    task: Task
    text: str = ""
    error: str | None = None


def find_tasks(
    names: Sequence[str],
    output: Path | None,
    formats: Sequence[str],
    skipped: list[Path] | None = None,
) -> list[Task]:
    """List the recordings of files and folders, and the outputs of each.

    Args:
        names: files and folders; in a folder, sounds that cannot be read are listed too, so that
            the report names them.
        output: folder for the outputs.
        formats: of the outputs.
        skipped: receives the files that a Mac puts beside sounds.

    Raises:
        ValueError: if a folder holds no sound, or two recordings would share an output.
    """
    tasks, taken = [], {}
    for name in names:
        given = Path(name)
        found = [given]
        if given.is_dir():
            sounds = find_sounds(given)
            found = sorted(sounds.readable + sounds.unreadable)
            if skipped is not None:
                skipped += sounds.companions
        if not found:
            raise ValueError(f"{name} holds no sound file ({' '.join(READABLE_SUFFIXES)}).")
        for sound in found:
            place = sound.relative_to(given) if given.is_dir() else Path(sound.name)
            outputs = dict.fromkeys(formats, STANDARD_OUTPUT)
            if output:
                outputs = {kind: output / f"{place}{FORMATS[kind]}" for kind in formats}
                other = taken.setdefault(place, sound)
                if other != sound:
                    raise ValueError(
                        f"{other} and {sound} would both be written to {output / place}*: name the "
                        "folder that holds both instead, or use two output folders."
                    )
            tasks.append(Task(sound, outputs))
    return tasks


def prepare_output(output: Path, settings: Settings) -> Settings:
    """Look for what would stop the work before it begins, and add the weights to the settings.

    Args:
        output: folder of the outputs; made if needed.
        settings: what the command line asks for.

    Returns:
        the settings with `weights_sha256` and `output`.

    Raises:
        ValueError: if there is no such model, or the folder holds timelines that were made with
            other settings or weights.
        OSError: if the folder cannot be written to.
    """
    from ast_demo.checkpoint.checkpoint import find_checkpoint

    check_settings(output, settings)  # before a download
    digest = find_checkpoint(settings.model, revision=settings.revision).sha256()
    settings = replace(settings, weights_sha256=digest, output=output)
    check_settings(output, settings)
    output.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=output).close()  # fails where the first output would
    return settings


def check_settings(output: Path, settings: Settings) -> bool:
    """Tell whether a folder says that its outputs are made with these settings.

    Folders of earlier versions say nothing about the weights: there, any do.

    Raises:
        ValueError: if the folder holds timelines that were made with other settings or weights.
    """
    path = output / SETTINGS_NAME
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(before, dict):
        return False
    kept = _kept(settings)
    now = kept.pop("weights_sha256")
    for name, value in kept.items():
        if before.get(name) != value:
            raise ValueError(
                f"{output} holds timelines made with {name} {before.get(name)!r}, now it is "
                f"{value!r}: choose another folder, or delete {path} to mix them."
            )
    then = before.get("weights_sha256")
    if then is not None and now is not None and then != now:
        raise ValueError(
            f"{output} holds timelines made with other weights of {settings.model!r} (SHA-256 "
            f"{str(then)[:DIGEST_LETTERS]}, now {now[:DIGEST_LETTERS]}): choose another folder, "
            f"delete {output} to make them again, or only {path} to mix them."
        )
    return True


def keep_settings(output: Path, settings: Settings) -> None:
    """Write down with what the outputs of a folder are made, or check that it is still the same.

    To be called right before an output is written: a folder without one is bound to nothing, so
    that a command which failed can be corrected.

    Raises:
        ValueError: if the folder holds timelines that were made with other settings or weights.
    """
    if not check_settings(output, settings):
        write_json(output / SETTINGS_NAME, _kept(settings), indent=1)


def _kept(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in asdict(settings).items() if name not in NOT_KEPT}


def work(
    tasks: Sequence[Task], settings: Settings, jobs: int = 1, progress: Progress | None = None
) -> Iterator[Result]:
    """Yield the result of each task as it gets done.

    Args:
        tasks: recordings to compute.
        settings: what to compute them with.
        jobs: processes; each has a model of its own and its share of the cores or GPUs.
        progress: seconds done and in all of the recording being read; with one job only.

    Raises:
        ValueError: if the settings make no sense, or a worker process died.
    """
    jobs = min(jobs, len(tasks))
    if jobs == 1:
        classifier = _load(settings)
        for task in tasks:
            yield make_timeline(classifier, task, settings, progress)
    elif jobs > 1:
        yield from _work_in_processes(tasks, settings, jobs)


def make_timeline(
    classifier, task: Task, settings: Settings, progress: Progress | None = None
) -> Result:
    """Compute one timeline; write its outputs, or return what a person wants to read."""
    try:
        timeline = classifier.timeline(
            task.sound, hop_seconds=settings.hop_seconds, progress=progress
        )
    except AudioError as error:
        return Result(task, error=str(error))
    contents = {
        "csv": timeline.to_csv,
        "json": lambda: timeline.to_json(settings.threshold),
        "audacity": lambda: timeline.to_audacity(settings.threshold),
    }
    for kind, path in task.outputs.items():
        if path == STANDARD_OUTPUT:
            return Result(task, contents[kind]())
        mark = BYTE_ORDER_MARK if kind == "csv" else ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if settings.output:
                keep_settings(settings.output, settings)
            write_text(path, mark + contents[kind]())
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            return Result(task, error=f"the name of its {kind} file would be too long")
    listing = "" if task.outputs else to_listing(timeline, task.sound.name, settings.threshold)
    return Result(task, listing)


def _work_in_processes(tasks, settings: Settings, jobs: int) -> Iterator[Result]:
    context = multiprocessing.get_context("spawn")  # a forked torch may hang
    waiting, results = context.Queue(), context.Queue()
    for task in [*tasks, *[None] * jobs]:
        waiting.put(task)
    workers = [
        context.Process(
            target=_worker, args=(waiting, results, settings, number, jobs), daemon=True
        )
        for number in range(jobs)
    ]
    try:
        for worker in workers:
            worker.start()
        for _ in tasks:
            yield _next_result(results, workers)
    finally:
        for worker in workers:
            worker.terminate()


def _next_result(results, workers) -> Result:
    while True:
        try:
            result = results.get(timeout=POLL_SECONDS)
        except queue.Empty:
            if any(worker.exitcode not in (None, 0) for worker in workers):
                raise ValueError(
                    "a worker process died, perhaps for lack of memory: run the same command "
                    "again with fewer --jobs, it goes on where it stopped."
                ) from None
            continue
        if isinstance(result, Exception):
            raise result
        return result


def _worker(waiting, results, settings: Settings, number: int, jobs: int) -> None:
    """Compute timelines until the queue holds no more."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // jobs))
    try:
        classifier = _load(settings, number)
        while (task := waiting.get()) is not None:
            results.put(make_timeline(classifier, task, settings))
    except (ValueError, OSError) as error:  # it would happen to every recording
        results.put(ValueError(str(error)))


def _load(settings: Settings, number: int = 0):
    import torch

    from ast_demo.classifier import AudioClassifier

    device = settings.device
    if device == "auto" and torch.cuda.device_count() > 1:
        device = f"cuda:{number % torch.cuda.device_count()}"
    return AudioClassifier.load(settings.model, device, settings.dtype, settings.revision)
