"""Many labelled clips: how often a model is right, where it errs, and which score to ask for."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio
from ast_demo.check.archive import ArchiveError, ArchiveLimits, shown_name, unpack
from ast_demo.check.run import CheckError, Sound, known_label
from ast_demo.training.data.clips import VALIDATION, Clip, DataError
from ast_demo.training.data.dataset import read_clips

CLOSE_NAMES = 3
NAMED_LABELS = 25  # of those unknown, whose close names are looked for: as many as a report shows
TEXT_KILOBYTES = 1  # of a table or list in a ZIP, for each file that it may hold
TEXT_SUFFIXES = (".csv", ".txt")  # which tell of clips in the collections that are known
LABELS_EACH = 10  # of a clip, in the mean, that a ZIP may name
SOUNDS_OF_CLIPS = 8  # that are perturbed, where labelled clips are all there is
SOUND_SECONDS = 30.0  # of each, at most: more than any window


@dataclass
class ClipSet:
    """Labelled clips as a model can be measured on them, and what is left out."""

    clips: list[Clip]  # labels as the model writes them
    unknown: dict[str, list[str]] = field(default_factory=dict)  # label -> close names
    unlabelled: int = 0


def open_clips(path: str | Path, folder: Path, limits: ArchiveLimits | None = None) -> list[Clip]:
    """List the clips of a folder with one subfolder a class, a CSV, or a ZIP of either.

    Args:
        path: the folder, CSV or ZIP.
        folder: empty, to unpack a ZIP into.
        limits: of a ZIP.

    Raises:
        DataError: if it is no data set; of a ZIP the message names its own places, not the folder.
        ArchiveError: if a ZIP or what it lists is beyond its limits, or not to be trusted.
        CheckError: if a table in a ZIP names files outside of it.
    """
    path = Path(path).expanduser()
    if path.suffix.casefold() != ".zip":
        return read_clips(path)
    limits = limits or ArchiveLimits()
    inside = unpack(path, folder, limits)
    tables = sorted(inside.glob("*.csv"))
    _bound_texts(tables[:1] or sorted(inside.rglob("*")), folder, limits)
    try:
        clips = read_clips(tables[0] if tables else inside)
    except DataError as error:
        words = str(error).replace(f"{folder}{os.sep}", "").replace(str(folder), "the ZIP")
        raise DataError(words) from None
    _bound_clips(clips, limits)
    outside = [c for c in clips if not c.file.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise CheckError(
            f"the table in the ZIP names {outside[0].name[:80]!r}, which lies outside of it: name "
            "files beside the table."
        )
    return clips


def _bound_texts(files: Sequence[Path], folder: Path, limits: ArchiveLimits) -> None:
    """Refuse a table or list that is too long to be read, before it is."""
    most = limits.members * TEXT_KILOBYTES
    for file in files:
        if file.suffix.casefold() not in TEXT_SUFFIXES or not file.is_file():
            continue
        size = file.stat().st_size >> 10
        if size > most:
            name = shown_name(str(file.relative_to(folder)))
            raise ArchiveError(
                f"{name} in the ZIP has {size} kB, the limit is {most} kB; {limits.advice}."
            )


def _bound_clips(clips: Sequence[Clip], limits: ArchiveLimits) -> None:
    """Refuse clips or labels that are too many to be matched and measured."""
    if len(clips) > limits.members:
        raise ArchiveError(
            f"the table in the ZIP lists {len(clips)} clips, the limit is {limits.members}; "
            f"{limits.advice}."
        )
    labels = len({label for clip in clips for label in clip.labels})
    if labels > limits.members * LABELS_EACH:
        raise ArchiveError(
            f"the table in the ZIP names {labels} labels, the limit is "
            f"{limits.members * LABELS_EACH}; {limits.advice}."
        )


def match_labels(clips: Sequence[Clip], labels: Sequence[str]) -> ClipSet:
    """Write the clips' labels as the model does, and leave out what it does not know.

    Case, hyphens and underscores do not count. Where a data set names a split, what was trained on
    is left out. Only the first `NAMED_LABELS` unknown labels come with close names.

    Raises:
        CheckError: if no clip is left, with the names that come closest.
    """
    if any(clip.split for clip in clips):
        clips = [clip for clip in clips if clip.split == VALIDATION]
    named = dict.fromkeys(label for clip in clips for label in clip.labels)
    known = {label: label if label in labels else known_label(label, labels) for label in named}
    unknown = [label for label, match in known.items() if match is None]
    first = set(unknown[:NAMED_LABELS])
    found = ClipSet([], {u: close_names(u, labels) if u in first else [] for u in unknown})
    for clip in clips:
        matches = (known[label] for label in dict.fromkeys(clip.labels))
        matched = tuple(match for match in matches if match is not None)
        if not clip.labels:
            found.unlabelled += 1
        elif len(matched) == len(set(clip.labels)):
            found.clips.append(Clip(clip.file, matched, clip.split, clip.recording, clip.name))
    if not found.clips:
        raise CheckError(_nothing_left(found, labels))
    return found


def _nothing_left(found: ClipSet, labels: Sequence[str]) -> str:
    if not found.unknown:
        return "there is no labelled clip to measure with: put sounds into one folder a class."
    name, close = next(iter(found.unknown.items()))
    hint = f"is it {' or '.join(close)}?" if close else f"it knows {', '.join(labels[:3])}."
    more = f" and {len(found.unknown) - 1} more" if len(found.unknown) > 1 else ""
    return f"the model knows none of the labels, {name[:80]!r}{more}: {hint} Rename them."


def choose_sounds(clips: Sequence[Clip], count: int = SOUNDS_OF_CLIPS) -> list[Sound]:
    """Read a few of the labelled clips, evenly spread, as sounds to perturb."""
    chosen = []
    for clip in clips[:: max(1, -(-len(clips) // count))]:
        try:
            waveform = load_audio(clip.file, max_seconds=SOUND_SECONDS).waveform
        except AudioError:
            continue  # it is listed as unreadable where the clips are measured
        chosen.append(Sound(clip.name, waveform, clip.labels[0]))
    return chosen


def close_names(label: str, labels: Sequence[str]) -> list[str]:
    """List the labels whose names come closest to one that the model does not know."""
    plain = {name.casefold(): name for name in labels}
    near = difflib.get_close_matches(label.casefold(), plain, CLOSE_NAMES, 0.5)
    words = set(re.findall(r"\w{3,}", label.casefold()))
    shared = [name for key, name in plain.items() if words & set(re.findall(r"\w{3,}", key))]
    return list(dict.fromkeys([*(plain[key] for key in near), *shared]))[:CLOSE_NAMES]
