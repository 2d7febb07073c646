"""A data set on disk: which files, with which labels, to train on or to measure with."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ast_demo.audio.suffixes import (
    READABLE_SUFFIXES,
    UNREADABLE_SUFFIXES,
    find_sounds,
    is_companion,
    some_names,
)
from ast_demo.tables import TableError, read_table
from ast_demo.training.data.clips import TRAIN, VALIDATION, Clip, DataError
from ast_demo.training.data.public_datasets import read_collection

SPLITS = (TRAIN, VALIDATION)
TEST = "test"  # named by many data sets; its clips are never touched
SPLIT_NAMES = {"train": TRAIN, "training": TRAIN, "validation": VALIDATION, "valid": VALIDATION}
SPLIT_NAMES |= {"val": VALIDATION, "dev": VALIDATION, "test": TEST, "testing": TEST, "eval": TEST}
VALIDATION_SHARE = 0.2  # of the recordings, where the data set names no split
LABEL_SEPARATOR = ";"
_COLUMNS = {  # as they are written here, and what other tables call them
    "file": ("file", "file_name", "filename", "path", "audio", "fname"),
    "label": ("label", "class", "category"),
    "labels": ("labels", "tags"),
    "split": ("split",),
    "recording": ("recording",),
}
_EXAMPLES = 3  # names listed in a message


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
                f"({_some(foreign)}): expected some of {_some(order)}."
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
        return _read_folder(path, [] if left_out is None else left_out) if clips is None else clips
    if path.is_file():
        return _read_table(path)
    raise DataError(f"there is no {path}: give a folder with one subfolder per class, or a CSV.")


def _read_clips(path: Path, left_out: list[str]) -> list[Clip]:
    clips = read_clips(path, left_out)
    tests = [clip for clip in clips if clip.split == TEST]
    if tests:
        left_out.append(
            f"{len(tests)} clips of the test split are left out "
            f"({_some([clip.name for clip in tests])})."
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
            f"{len(torn)} recordings are in both splits ({_some(torn)}): the measured accuracy "
            "will be too good; keep all clips of a recording in one split."
        )
    copies = _copies_across_splits(clips)
    if copies:
        problems.append(
            f"{len(copies)} files are in both splits, byte for byte ({_some(copies)}): the "
            "measured accuracy will be too good; remove one of each."
        )
    train = Counter(label for clip in clips if clip.split == TRAIN for label in clip.labels)
    for label in sorted({label for clip in clips for label in clip.labels}):
        if train[label] < 5:
            problems.append(f"the class {label!r} has {train[label]} clips to train on.")
    return problems


def _read_folder(folder: Path, left_out: list[str]) -> list[Clip]:
    _name_strays(folder, left_out)
    clips = []
    for split, base in _splits_of(folder):
        classes = _subfolders(base)
        if not classes:
            raise DataError(f"{base} has no subfolders, expected one per class with sounds in it.")
        for place in classes:
            found = find_sounds(place)
            left_out += [f"{place.name}: {sentence}" for sentence in found.left_out()]
            if not found.readable:
                held = (
                    f" that can be read, but {_some(found.unreadable)}" if found.unreadable else ""
                )
                raise DataError(
                    f"the class folder {place} holds no sound files{held}: add some "
                    "(WAV, FLAC, OGG, MP3, AIFF) or remove it."
                )
            for file in found.readable:
                name = str(file.relative_to(folder))
                clips.append(Clip(file, (place.name,), split, name, name))
    return clips


def _splits_of(folder: Path) -> list[tuple[str, Path]]:
    """Return the splits of a folder; it is one without a name where its subfolders are classes.

    A folder named train may be a class of trains. Subfolders are splits only if all of them are
    named like one and hold folders instead of sounds.
    """
    places = _subfolders(folder)
    names = [place.name.lower() for place in places]
    divided = {place: bool(_subfolders(place)) and not _holds_sounds(place) for place in places}
    if not set(names) <= SPLIT_NAMES.keys() or not any(divided.values()):
        return [("", folder)]
    kinds = {True: "folders", False: "sounds"}
    found = ", ".join(f"{place.name} ({kinds[divided[place]]})" for place in places)
    splits = {SPLIT_NAMES[name]: place for name, place in zip(names, places)}
    if not all(divided.values()) or len(splits) < len(places):
        raise DataError(
            f"{folder} holds {found}: expected classes with sounds in them, or splits named train "
            "and validation, once each, with the class folders inside."
        )
    if set(splits) == {TRAIN, TEST}:  # a fifth of the former is kept for validation
        return [("", splits[TRAIN]), (TEST, splits[TEST])]
    if not set(SPLITS) <= set(splits):
        raise DataError(f"{folder} holds {found}, but not both of train and validation.")
    return list(splits.items())


def _name_strays(folder: Path, left_out: list[str]) -> None:
    """Name the sounds that lie beside the class folders, where they have no label."""
    strays = [path for path in sorted(folder.iterdir()) if _is_sound(path)]
    if strays:
        left_out.append(
            f"{len(strays)} sounds in no class folder are left out ({some_names(strays)})."
        )


def _is_sound(path: Path) -> bool:
    suffix = path.suffix.lower()
    known = suffix in READABLE_SUFFIXES or suffix in UNREADABLE_SUFFIXES
    return known and path.is_file() and not is_companion(path)


def _holds_sounds(folder: Path) -> bool:
    return any(_is_sound(path) for path in folder.iterdir())


def _read_table(table: Path) -> list[Clip]:
    try:
        columns, rows = read_table(table)
    except TableError as error:
        raise DataError(str(error)) from None
    by_name = {name.lower(): name for name in reversed(columns)}
    chosen = {
        kind: next((by_name[name] for name in names if name in by_name), None)
        for kind, names in _COLUMNS.items()
    }
    if chosen["file"] is None or (chosen["label"] is None and chosen["labels"] is None):
        raise DataError(
            f"{table.name} has the columns {', '.join(columns) or '(none)'}; expected 'file' "
            "and 'label' (or 'labels', separated by semicolons)."
        )
    return [_clip_of_row(table, number, row, chosen) for number, row in rows]


def _require_splits(name: str, clips: Sequence[Clip]) -> None:
    split = [clip for clip in clips if clip.split]
    if split and len(split) != len(clips):
        raise DataError(
            f"{name} names a split for {len(split)} of {len(clips)} clips: fill the column "
            "for all of them, or leave it out."
        )


def _require_files(name: str, clips: Sequence[Clip]) -> None:
    missing = [clip for clip in clips if not _is_file(clip.file)]
    if missing:
        raise DataError(
            f"{name} lists {len(missing)} files that are not there "
            f"({_some([clip.name for clip in missing])}): the first is looked for in "
            f"{missing[0].file.parent}."
        )


def _clip_of_row(table: Path, number: int, row: Mapping[str, str], chosen: Mapping) -> Clip:
    def cell(kind: str) -> str:
        return row[chosen[kind]].strip() if chosen[kind] is not None else ""

    name = cell("file")
    if not name:
        raise DataError(f"line {number} of {table.name} names no file.")
    labels = (cell("label"),) if chosen["label"] is not None else _split_labels(cell("labels"))
    split = cell("split").lower()
    if split and SPLIT_NAMES.get(split, TEST) == TEST:
        raise DataError(
            f"line {number} of {table.name} has the split {split!r}, expected train or validation."
        )
    file = table.parent / name
    if "\\" in name and not _is_file(file):  # written on Windows
        file = table.parent / name.replace("\\", "/")
    labels = tuple(label for label in labels if label)
    return Clip(file, labels, SPLIT_NAMES.get(split, ""), cell("recording") or name, name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or holding what no name may hold
        return False


def _split_labels(text: str) -> tuple[str, ...]:
    """Split a cell of several labels: by semicolons, or a list as pandas writes it."""
    if text[:1] in ("[", "(", "{"):
        try:
            values = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            values = None
        if isinstance(values, (list, tuple, set)):
            return tuple(sorted(str(value).strip() for value in values))
    return tuple(part.strip() for part in text.split(LABEL_SEPARATOR))


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


def _subfolders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _some(names) -> str:
    names = [str(name) for name in names]
    more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
    return ", ".join(names[:_EXAMPLES]) + more
