"""Read well-known collections as they come from their homes, without a table of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ast_demo.tables import TableError, read_table
from ast_demo.training.data.clips import TRAIN, VALIDATION, Clip, DataError

ESC50_VALIDATION_FOLD, ESC50_TEST_FOLD = "4", "5"  # the test fold is never touched
SPEAKER_MARK = "_nohash_"  # of Speech Commands: everything before it names the speaker


def read_collection(folder: Path) -> list[Clip] | None:
    """Return the clips of a known collection; None if the folder is none.

    Known are ESC-50 (github.com/karolpiczak/ESC-50), Speech Commands v0.02 (unpacked archive with
    its validation_list.txt and testing_list.txt) and FSDKaggle2018 (unpacked, from Zenodo). Test
    clips are left out.
    """
    for mark, read in _READERS.items():
        if (folder / mark).is_file():
            return read(folder)
    return None


def readable_label(name: str) -> str:
    """Turn "chirping_birds" into "Chirping birds"."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _read_esc50(folder: Path) -> list[Clip]:
    clips = []
    for row in _rows(folder / "meta" / "esc50.csv", ("filename", "fold", "category", "src_file")):
        if row["fold"] == ESC50_TEST_FOLD:
            continue
        split = VALIDATION if row["fold"] == ESC50_VALIDATION_FOLD else TRAIN
        name = f"audio/{row['filename']}"
        label = readable_label(row["category"])
        clips.append(Clip(folder / name, (label,), split, f"esc50:{row['src_file']}", name))
    return clips


def _read_speech_commands(folder: Path) -> list[Clip]:
    held_out = _lines(folder / "validation_list.txt")
    test = _lines(folder / "testing_list.txt")
    clips = []
    for file in sorted(folder.glob("*/*.wav")):
        name = f"{file.parent.name}/{file.name}"
        if file.parent.name.startswith("_") or name in test:
            continue
        split = VALIDATION if name in held_out else TRAIN
        speaker = f"speaker:{file.name.split(SPEAKER_MARK)[0]}"
        clips.append(Clip(file, (file.parent.name,), split, speaker, name))
    return clips


def _read_fsdkaggle(folder: Path) -> list[Clip]:
    table = folder / "FSDKaggle2018.meta" / "train_post_competition.csv"
    clips = []
    for row in _rows(table, ("fname", "label")):
        name = f"FSDKaggle2018.audio_train/{row['fname']}"
        recording = f"freesound:{row.get('freesound_id') or row['fname']}"
        clips.append(Clip(folder / name, (readable_label(row["label"]),), "", recording, name))
    return clips


def _rows(table: Path, columns: tuple[str, ...]) -> list[Mapping[str, str]]:
    try:
        found, rows = read_table(table)
    except TableError as error:
        raise DataError(str(error)) from None
    missing = set(columns) - set(found)
    if missing:
        raise DataError(f"{table} lacks the columns {', '.join(sorted(missing))}.")
    return [row for _, row in rows]


def _lines(file: Path) -> set[str]:
    return set(file.read_text(encoding="utf-8").split()) if file.is_file() else set()


_READERS: dict[str, Callable[[Path], list[Clip]]] = {
    "meta/esc50.csv": _read_esc50,
    "validation_list.txt": _read_speech_commands,
    "FSDKaggle2018.meta/train_post_competition.csv": _read_fsdkaggle,
}
