"""Uploads that broke off: Gradio leaves what had arrived, and never looks at it again."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from pathlib import Path

# Gradio writes an upload to a file that Python's tempfile names, and moves it when it is whole.
_FRAGMENT_NAME = re.compile(r"tmp[a-z0-9_]{8}")


def delete_fragments(folder: Path, older_seconds: float) -> None:
    """Delete what is left of broken uploads, unless the folder is shared with other programs."""
    if not folder.is_dir() or folder.resolve() == Path(tempfile.gettempdir()).resolve():
        return
    newest = time.time() - older_seconds
    for path in folder.iterdir():
        if _FRAGMENT_NAME.fullmatch(path.name):
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_mtime <= newest:
                    path.unlink()
