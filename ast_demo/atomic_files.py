"""Write a file whole or not at all: a killed process leaves the old file, never half a new one."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_NAME_KEPT = 30  # letters of the name, four bytes each at most


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place to write to, which takes the name of `path` once the block ends well.

    The place lies beside it under the name of this process, so that two that write the same file
    do not mix; it is removed if the block fails.
    """
    # A name may be as long as the system allows: one with more behind it would be too long.
    name = (
        f"{path.name[:_NAME_KEPT]}.{zlib.crc32(os.fsencode(path.name)):08x}.{os.getpid()}.partial"
    )
    partial = path.with_name(name)
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
