"""Write a file whole or not at all: a killed process leaves the old file, never half a new one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place to write to, which takes the name of `path` once the block ends well.

    The place lies beside it under the name of this process, so that two that write the same file
    do not mix; it is removed if the block fails.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8, its line ends as they are."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, values: Mapping[str, Any], **options: Any) -> None:
    """Write a JSON object whole; the folder is made if needed. NaN and infinity are refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(values, ensure_ascii=False, allow_nan=False, **options) + "\n")
