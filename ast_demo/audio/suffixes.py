"""Which files of a folder are sounds: the one list of suffixes for commands, data sets and page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

READABLE_SUFFIXES = (
    *(".wav", ".wave", ".bwf", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mpga"),
    *(".aif", ".aiff", ".aifc", ".caf", ".au", ".snd", ".w64", ".rf64"),
)
UNREADABLE_SUFFIXES = (  # sounds too, but nothing here decodes them; a browser may
    *(".m4a", ".m4b", ".aac", ".mp4", ".m4v", ".mov", ".webm", ".mka", ".mkv", ".avi", ".flv"),
    *(".wma", ".wmv", ".asf", ".amr", ".3gp", ".3g2", ".spx", ".ac3", ".dts", ".ape", ".wv"),
    *(".tta", ".ra", ".rm", ".dsf", ".mid", ".midi"),
)
_NAMED = 3  # files named in a sentence


@dataclass
class SoundFiles:
    """The sounds below a folder, and what looks like one but cannot be used."""

    readable: list[Path] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    companions: list[Path] = field(default_factory=list)  # ._* files of a Mac

    def left_out(self) -> list[str]:
        """Say what is left out, with names and counts; nothing if all is readable."""
        sentences = []
        if self.unreadable:
            count = len(self.unreadable)
            sentences.append(
                f"{count} {'file is' if count == 1 else 'files are'} left out that cannot be read "
                f"({some_names(self.unreadable)}): convert to WAV, FLAC or MP3."
            )
        if self.companions:
            sentences.append(companions_note(self.companions))
        return sentences


def find_sounds(folder: Path) -> SoundFiles:
    """Sort the files below a folder by what their names say, each list in order."""
    found = SoundFiles()
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if suffix not in READABLE_SUFFIXES + UNREADABLE_SUFFIXES or not path.is_file():
            continue
        if is_companion(path):
            found.companions.append(path)
        elif suffix in READABLE_SUFFIXES:
            found.readable.append(path)
        else:
            found.unreadable.append(path)
    return found


def is_companion(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file is what macOS writes beside another one on a foreign disk (AppleDouble).

    It bears the name of the sound behind `._` and holds its icon, not the sound.
    """
    return Path(path).name.startswith("._")


def companions_note(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Say in one line that such files were skipped."""
    paths = list(paths)
    files = "file was" if len(paths) == 1 else "files were"
    return (
        f"{len(paths)} {files} skipped whose names begin with ._ ({some_names(paths)}): macOS "
        "writes them beside sounds, they hold none"
    )


def some_names(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Name the first few files and count the rest."""
    names = [Path(path).name for path in paths]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def accepted_suffixes() -> Iterator[str]:
    """Yield every suffix that a browser should offer to open."""
    yield from READABLE_SUFFIXES
    yield from UNREADABLE_SUFFIXES
