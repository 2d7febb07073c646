"""Files of visitors: those they sent, and those made for them, which expire as uploads do."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
from gradio.context import LocalContext
from gradio.utils import get_upload_folder, is_static_file

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


class HeldFolder:
    """A folder that nobody can guess, which is deleted with all in it once nobody holds this."""

    def __init__(self):
        self.path = _new_folder()
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def note_files(self) -> None:
        """Note each file in it as an upload, so that it is deleted after the same time at most.

        The folder itself is not noted: Gradio deletes files, and would end at a folder for good.
        """
        page = LocalContext.blocks.get(None)
        if page is not None:
            page.upload_file_set.update(
                str(file) for file in self.path.rglob("*") if file.is_file()
            )


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


def delete_expired(page, older_seconds: float) -> None:
    """Delete the files that a page has noted once they are older, and forget what is none.

    A file that cannot be deleted stays noted, to be tried again, and keeps no other one. Gradio's
    own rounds end for good at such a file, at a folder, and at an upload that comes meanwhile.

    Args:
        page: Blocks; files that its components keep are left alone.
        older_seconds: since a file was last changed.
    """
    kept = {file for block in page.blocks.values() for file in getattr(block, "keep_in_cache", ())}
    newest = time.time() - older_seconds
    for noted in page.temp_file_sets:
        for path in list(noted):  # more are noted meanwhile
            if path not in kept and _is_over(path, newest):
                noted.discard(path)


def _is_over(path: str, newest: float) -> bool:
    """Delete a noted file if it is old; return whether there is nothing more to wait for."""
    try:
        facts = os.lstat(path)
        if stat.S_ISDIR(facts.st_mode):
            return True
        if facts.st_ctime > newest:
            return False
        os.remove(path)
    except FileNotFoundError:
        return not os.path.isdir(os.path.dirname(path))  # else it may be about to be written
    except OSError:  # in use, or not ours
        return False
    return True


def open_here(file: Path) -> None:
    """Let a file of this machine be read and played as if it had been uploaded.

    For the page's owner alone, on a page that nobody else reaches.
    """
    gr.set_static_paths([file])


def own_file(path: str, *folders: Path) -> Path:
    """Return a path that lies in the upload folder or in one of the folders, resolved.

    Raises:
        ValueError: if it is an address or lies anywhere else.
    """
    if "://" in path:
        raise ValueError("addresses are not fetched here: upload the sound as a file.")
    resolved = Path(path.replace("\x00", "")).resolve()
    if is_static_file(resolved):  # the page's owner named it
        return resolved
    if not any(resolved.is_relative_to(f.resolve()) for f in (upload_folder(), *folders)):
        raise ValueError("only files uploaded to this page are read: upload the sound again.")
    return resolved


def sound_path(path: str | None, *folders: Path) -> Path:
    """Return the file of a sound that was uploaded here or lies in one of the folders.

    Raises:
        ValueError: if there is no sound, it lies elsewhere or was deleted.
    """
    if not path:
        raise ValueError("there is no sound yet: record one, upload a file or pick an example.")
    file = own_file(path, *folders)
    if not file.is_file():
        raise ValueError("this sound was deleted from the server by now: upload it again.")
    return file


def upload_folder() -> Path:
    """Return the folder that Gradio keeps uploads in."""
    return Path(get_upload_folder())
