"""Sound files that the server makes for a visitor: they expire as uploads do."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradio.context import LocalContext

from ast_demo.ui.shared.components import upload_folder

# Gradio writes an upload to a file that Python's tempfile names, and moves it when it is whole.
_FRAGMENT_NAME = re.compile(r"tmp[a-z0-9_]{8}")
NAME_BYTES = 32  # of a folder's name: 64 hexadecimal digits, as Gradio names those of uploads


def new_file(name: str) -> Path:
    """Return the path of a file to be written, in a folder of its own that nobody can guess.

    Within a request of the page the file is noted as an upload, so that it is deleted after the
    same time.
    """
    path = _new_folder() / name
    page = LocalContext.blocks.get(None)
    if page is not None:
        page.upload_file_set.add(str(path))
    return path


@contextmanager
def passing_file(name: str) -> Iterator[Path]:
    """Yield the path of a file to be written, which is deleted at the end of the block."""
    folder = _new_folder()
    try:
        yield folder / name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder() -> Path:
    folder = upload_folder() / secrets.token_hex(NAME_BYTES)
    folder.mkdir(parents=True)
    return folder


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
