"""Which files the words of a command line mean, on every system."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Sequence

from ast_demo.audio.suffixes import companions_note, is_companion


def expand_files(names: Sequence[str]) -> list[str]:
    """Return the files that are meant; what is skipped is told on standard error, in one line.

    Raises:
        ValueError: if nothing is left.
    """
    files = [file for name in names for file in expand(name)]
    companions = [file for file in files if is_companion(file) and not os.path.isdir(file)]
    if not companions:
        return files
    if len(companions) == len(files):
        raise ValueError(f"{companions_note(companions)}: give the sounds themselves.")
    print(companions_note(companions), file=sys.stderr, flush=True)
    return [file for file in files if file not in companions]


def expand(name: str) -> list[str]:
    """Return the files that a pattern such as *.flac matches; Windows leaves that to programs."""
    if not glob.has_magic(name) or os.path.lexists(name):
        return [name]
    return sorted(glob.glob(name, recursive=True)) or [name]
