"""A ZIP of sounds is unpacked within bounds: no bombs, no links, no paths that lead elsewhere."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MEGABYTE = 1 << 20  # bytes
BLOCK = 1 << 16
NAME_LENGTH = 200
END_SIGNATURE, END_BYTES, COMMENT_BYTES = b"PK\x05\x06", 22, 65535  # of a ZIP's last record
LISTED_BYTES = 1024  # of the list for each member: 46, its name, and what tools add
NESTED = {".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".jar"}
IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class ArchiveError(ValueError):
    """An archive that is not unpacked; the message says why, and what to do."""


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds of an archive; those of a person's own machine by default."""

    packed_bytes: int = 4096 * MEGABYTE
    members: int = 100_000
    unpacked_bytes: int = 32_768 * MEGABYTE
    ratio: int = 1000  # unpacked bytes to each packed one, of a member and of all
    advice: str = "unpack it yourself and give the folder"


def unpack(file: str | Path, folder: Path, limits: ArchiveLimits | None = None) -> Path:
    """Unpack a ZIP of sounds into an empty folder, or refuse it before anything is written.

    What the archive says of its members' sizes is not believed: bytes are counted as they come.

    Returns:
        the folder that holds the classes or the CSV: the one inside, if all lies in one.

    Raises:
        ArchiveError: if it is no ZIP, is damaged, holds links, other archives or paths that lead
            elsewhere, or is beyond a limit.
    """
    limits = limits or ArchiveLimits()
    try:
        _check_size(Path(file), limits)
        with zipfile.ZipFile(file) as archive:
            members = _checked(archive, limits)
            _write(archive, members, folder, limits)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError) as e:
        shutil.rmtree(folder, ignore_errors=True)
        reason = e.strerror if isinstance(e, OSError) else e  # no path of ours
        raise ArchiveError(f"the ZIP cannot be read: it is damaged or no ZIP ({reason}).") from e
    except RuntimeError as error:  # zipfile's word for a password
        shutil.rmtree(folder, ignore_errors=True)
        raise ArchiveError("the ZIP is encrypted: pack it without a password.") from error
    except ArchiveError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _inner(folder)


def _check_size(file: Path, limits: ArchiveLimits) -> None:
    """Refuse a file that is too large, or whose list of members is, before that list is read."""
    size = file.stat().st_size
    if size > limits.packed_bytes:
        most = limits.packed_bytes // MEGABYTE
        raise _refused(f"it has {size // MEGABYTE} MB, the limit is {most} MB", limits)
    with file.open("rb") as content:
        content.seek(max(0, size - END_BYTES - COMMENT_BYTES))
        tail = content.read()
    place = tail.rfind(END_SIGNATURE)
    if place < 0 or len(tail) - place < END_BYTES:
        return  # zipfile says what it is
    count, directory = struct.unpack_from("<HI", tail, place + 10)
    if 0xFFFF in (count, directory >> 16) and limits.members < 0xFFFF:
        raise _refused("it lists its files in the form for huge archives (ZIP64)", limits)
    if directory > limits.members * LISTED_BYTES and limits.members < 0xFFFF:
        raise _refused(f"it lists more files than {limits.members}, the limit", limits)


def _refused(reason: str, limits: ArchiveLimits) -> ArchiveError:
    return ArchiveError(f"the ZIP is not unpacked: {reason}; {limits.advice}.")


def _checked(archive: zipfile.ZipFile, limits: ArchiveLimits) -> list[zipfile.ZipInfo]:
    """Return the members that are files, all of them looked at before any is unpacked."""
    members = [info for info in archive.infolist() if not info.is_dir()]
    members = [info for info in members if not _is_ignored(info.filename)]
    if len(members) > limits.members:
        raise _refused(f"it holds {len(members)} files, the limit is {limits.members}", limits)
    if not members:
        raise ArchiveError("the ZIP holds no files: put folders of sounds into it, one a class.")
    seen = set()
    for info in members:
        name = shown_name(info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveError(f"the ZIP holds a link, {name}: pack the sounds themselves.")
        if _leads_elsewhere(info.filename):
            raise ArchiveError(f"the ZIP holds a path that leads out of it, {name}: pack it anew.")
        if any(len(part.encode()) > NAME_LENGTH for part in PurePosixPath(info.filename).parts):
            raise ArchiveError(f"the ZIP holds too long a name, {name}: shorten it.")
        if PurePosixPath(info.filename).suffix.casefold() in NESTED:
            raise ArchiveError(f"the ZIP holds another archive, {name}: unpack that one first.")
        if info.filename.casefold() in seen:
            raise ArchiveError(f"the ZIP holds {name} twice: give each file a name of its own.")
        seen.add(info.filename.casefold())
        if info.file_size > limits.ratio * max(1, info.compress_size):
            raise _refused(f"{name} unpacks to more than {limits.ratio} times its size", limits)
    total = sum(info.file_size for info in members)
    if total > limits.unpacked_bytes:
        raise _too_large(limits)
    return members


def _too_large(limits: ArchiveLimits) -> ArchiveError:
    return _refused(f"it unpacks to more than {limits.unpacked_bytes // MEGABYTE} MB", limits)


def _leads_elsewhere(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    has_drive = len(name) > 1 and name[1] == ":"
    return path.is_absolute() or ".." in path.parts or has_drive or "\x00" in name


def _is_ignored(name: str) -> bool:
    return name.startswith(IGNORED[0]) or PurePosixPath(name).name in IGNORED[1:]


def _write(archive, members, folder: Path, limits: ArchiveLimits) -> None:
    written = 0
    for info in members:
        target = folder / PurePosixPath(info.filename.replace("\\", "/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        before = written
        with archive.open(info) as source, target.open("xb") as file:
            while block := source.read(BLOCK):
                written += len(block)
                if written > limits.unpacked_bytes:
                    raise _too_large(limits)
                if written - before > limits.ratio * max(1, info.compress_size):
                    name = shown_name(info.filename)
                    raise _refused(
                        f"{name} unpacks to more than {limits.ratio} times its size", limits
                    )
                file.write(block)


def _inner(folder: Path) -> Path:
    """Return the one folder inside, if it holds folders of its own or a table."""
    inside = list(folder.iterdir())
    if len(inside) == 1 and inside[0].is_dir():
        below = list(inside[0].iterdir())
        if any(path.is_dir() or path.suffix.casefold() == ".csv" for path in below):
            return inside[0]
    return folder


def shown_name(name: str) -> str:
    """Return a name as one short line of text."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:NAME_LENGTH]
