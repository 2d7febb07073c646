"""A data set on disk: which files, with which labels, to train on or to measure with."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ast_demo.training.data.clip_folder import read_folder
from ast_demo.training.data.clip_table import read_clip_table
from ast_demo.training.data.clips import (
    SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    Clip,
    DataError,
    is_file,
    some,
)
from ast_demo.training.data.public_datasets import read_collection

VALIDATION_SHARE = 0.2  # of the recordings, where the data set names no split


@dataclass(frozen=True)
class Dataset:
    """Clips, the labels they carry, and what a user should know about them."""

    clips: tuple[Clip, ...]
    labels: tuple[str, ...]  # in output order
    warnings: tuple[str, ...] = ()

    def split(self, name: str) -> tuple[Clip, ...]:
        """Return the clips to train on or to measure with."""
        return tuple(clip for clip in self.clips if clip.split == name)

    def relabelled(self, renames: Mapping[str, str | None], labels: Sequence[str]) -> Dataset:
        """Rename labels, or drop clips whose label becomes None, and fix the order of the outputs.

        Raises:
            DataError: if a clip then carries a label that is not in `labels`.
        """
        kept = []
        for clip in self.clips:
            renamed = [renames.get(label, label) for label in clip.labels]
            taken = tuple(label for label in renamed if label is not None)
            if len(taken) == len(renamed):
                kept.append(replace(clip, labels=taken))
        order = tuple(labels) or tuple(sorted({label for clip in kept for label in clip.labels}))
        foreign = sorted({label for clip in kept for label in clip.labels} - set(order))
        if foreign:
            raise DataError(
                f"the data has {len(foreign)} labels that are not expected here "
                f"({some(foreign)}): expected some of {some(order)}."
            )
        return replace(self, clips=tuple(kept), labels=order)

    def learning_also(self, beginning: str) -> Dataset:
        """Train on the held-out clips too whose file names begin so; nothing measures them then.

        Raises:
            DataError: if there is none.
        """
        moved = {c for c in self.clips if c.split == VALIDATION and c.name.startswith(beginning)}
        if not moved:
            raise DataError(f"no held-out clip's file name begins with {beginning!r}.")
        clips = (replace(c, split=TRAIN) if c in moved else c for c in self.clips)
        return replace(self, clips=tuple(clips))


def read_datasets(paths: Sequence[str | Path]) -> Dataset:
    """Read one or several data sets and put them together.

    Each is a folder with one subfolder per class, a CSV file, or a known collection. A CSV file has
    the columns `file` (relative to the CSV) and `label`, or `labels` separated by semicolons, and
    optionally `split` (train or validation) and `recording` (what must not be torn apart). A folder
    may hold `train` and `validation` with the class folders inside. Where no split is named, a
    fifth of the recordings is kept for validation. What is left out is named in the warnings.

    Raises:
        DataError: saying what is missing, empty or contradictory.
    """
    left_out: list[str] = []
    clips = [clip for path in paths for clip in _read_clips(Path(path).expanduser(), left_out)]
    name = ", ".join(str(path) for path in paths)
    labels = tuple(sorted({label for clip in clips for label in clip.labels}))
    if len(labels) < 2:
        found = f"the one label {labels[0]!r}" if labels else "no label"
        raise DataError(f"{name} has {found}, expected at least two classes to tell apart.")
    for split in SPLITS:
        if not any(clip.split == split and clip.labels for clip in clips):
            raise DataError(
                f"{name} has no labelled clip in the split {split!r}: add some, or leave the "
                "column 'split' out so that a fifth of the recordings is kept for validation."
            )
    return Dataset(tuple(clips), labels, (*left_out, *find_problems(clips)))


def read_clips(path: Path, left_out: list[str] | None = None) -> list[Clip]:
    """List the clips of one data set as it names them: files may be missing, splits empty.

    Args:
        path: folder or CSV file, as for `read_datasets`.
        left_out: receives sentences about sounds that are no clips of it.

    Raises:
        DataError: if it is no data set, or has no such columns, classes or files.
    """
    if path.is_dir():
        clips = read_collection(path)
        return read_folder(path, [] if left_out is None else left_out) if clips is None else clips
    if path.is_file():
        return read_clip_table(path)
    raise DataError(f"there is no {path}: give a folder with one subfolder per class, or a CSV.")


def _read_clips(path: Path, left_out: list[str]) -> list[Clip]:
    clips = read_clips(path, left_out)
    tests = [clip for clip in clips if clip.split == TEST]
    if tests:
        left_out.append(
            f"{len(tests)} clips of the test split are left out "
            f"({some([clip.name for clip in tests])})."
        )
        clips = [clip for clip in clips if clip.split != TEST]
    _require_files(path.name, clips)
    if path.is_file():
        _require_splits(path.name, clips)
    return clips if any(clip.split for clip in clips) else _split_by_recording(clips)


def find_problems(clips: Sequence[Clip]) -> list[str]:
    """Return warnings: recordings and identical files on both sides, classes without clips."""
    problems = []
    sides = defaultdict(set)
    for clip in clips:
        sides[clip.recording].add(clip.split)
    torn = [recording for recording, splits in sides.items() if len(splits) > 1]
    if torn:
        problems.append(
            f"{len(torn)} recordings are in both splits ({some(torn)}): the measured accuracy "
            "will be too good; keep all clips of a recording in one split."
        )
    copies = _copies_across_splits(clips)
    if copies:
        problems.append(
            f"{len(copies)} files are in both splits, byte for byte ({some(copies)}): the "
            "measured accuracy will be too good; remove one of each."
        )
    train = Counter(label for clip in clips if clip.split == TRAIN for label in clip.labels)
    for label in sorted({label for clip in clips for label in clip.labels}):
        if train[label] < 5:
            problems.append(f"the class {label!r} has {train[label]} clips to train on.")
    return problems


def _require_splits(name: str, clips: Sequence[Clip]) -> None:
    split = [clip for clip in clips if clip.split]
    if split and len(split) != len(clips):
        raise DataError(
            f"{name} names a split for {len(split)} of {len(clips)} clips: fill the column "
            "for all of them, or leave it out."
        )


def _require_files(name: str, clips: Sequence[Clip]) -> None:
    missing = [clip for clip in clips if not is_file(clip.file)]
    if missing:
        raise DataError(
            f"{name} lists {len(missing)} files that are not there "
            f"({some([clip.name for clip in missing])}): the first is looked for in "
            f"{missing[0].file.parent}."
        )


def _split_by_recording(clips: Sequence[Clip]) -> list[Clip]:
    """Keep a fifth of each class's recordings for validation; the same ones every time."""
    by_class = defaultdict(dict)
    for clip in clips:
        key = hashlib.sha256(clip.recording.encode()).hexdigest()
        by_class[clip.labels].setdefault(clip.recording, key)
    held_out = set()
    for recordings in by_class.values():
        order = sorted(recordings, key=recordings.__getitem__)
        if len(order) > 1:
            held_out.update(order[: max(1, round(VALIDATION_SHARE * len(order)))])
    return [
        replace(clip, split=VALIDATION if clip.recording in held_out and clip.labels else TRAIN)
        for clip in clips
    ]


def _copies_across_splits(clips: Sequence[Clip]) -> list[str]:
    """Name files of the validation split whose bytes are also in the training split."""
    by_size = defaultdict(lambda: {TRAIN: [], VALIDATION: []})
    for clip in clips:
        if clip.split in SPLITS:
            by_size[clip.file.stat().st_size][clip.split].append(clip)
    copies = []
    for sides in by_size.values():
        if sides[TRAIN] and sides[VALIDATION]:  # only then is reading them worth the time
            digests = {_digest(clip.file) for clip in sides[TRAIN]}
            copies += [clip.name for clip in sides[VALIDATION] if _digest(clip.file) in digests]
    return copies


def _digest(file: Path) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
