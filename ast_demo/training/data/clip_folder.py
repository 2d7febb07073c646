"""Clips of a folder with one subfolder per class, perhaps divided into splits."""

from __future__ import annotations

from pathlib import Path

from ast_demo.audio.suffixes import (
    READABLE_SUFFIXES,
    UNREADABLE_SUFFIXES,
    find_sounds,
    is_companion,
    some_names,
)
from ast_demo.training.data.clips import SPLIT_NAMES, SPLITS, TEST, TRAIN, Clip, DataError, some


def read_folder(folder: Path, left_out: list[str]) -> list[Clip]:
    """List the clips of a folder; sentences about sounds that are none go to `left_out`.

    Raises:
        DataError: if it has no classes, one without sounds, or splits that do not go together.
    """
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
                    f" that can be read, but {some(found.unreadable)}" if found.unreadable else ""
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


def _subfolders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
