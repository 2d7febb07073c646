"""What a run learns from, small enough for its state, and how it differs from something else."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import torch

from ast_demo.training.data.clips import Clip

RunData: TypeAlias = dict[str, torch.Tensor | list[str]]


def describe_data(clips: Sequence[Clip], soft_targets: Sequence[str | Path] = ()) -> RunData:
    """Sum up the clips and a teacher's files, whose sounds and arrays are not read for it.

    Args:
        clips: those to train on and to measure with, in the order in which they are numbered.
        soft_targets: files that SoftTargets has read.

    Returns:
        `clips`, int64 (clips, 2): a number for the name of each, and one for its labels, split,
        recording and size; `soft_targets`, a digest of the content of each file.
    """
    rows = [(_number(clip.name), _number(_content(clip))) for clip in clips]
    return {
        "clips": torch.tensor(rows, dtype=torch.int64).reshape(-1, 2),
        "soft_targets": [_archive_digest(file) for file in soft_targets],
    }


def data_changes(before: Mapping, now: Mapping) -> str:
    """Say how what a run learns from has changed, as part of a sentence; nothing if it has not."""
    names_before, names = (Counter(data["clips"][:, 0].tolist()) for data in (before, now))
    rows_before, rows = (Counter(map(tuple, data["clips"].tolist())) for data in (before, now))
    new = (names - names_before).total()
    counts = {
        "are new": new,
        "are gone": (names_before - names).total(),
        "have another label, split, recording or size": (rows - rows_before).total() - new,
    }
    changes = [f"{count} clips {what}" for what, count in counts.items() if count]
    if not changes and not torch.equal(before["clips"], now["clips"]):
        changes.append("the clips come in another order")
    if before["soft_targets"] != now["soft_targets"]:
        changes.append("the soft targets are others")
    return ", ".join(changes)


def _content(clip: Clip) -> tuple:
    # The size stands for the sound: its bytes are not read, and times change with every copy.
    return clip.labels, clip.split, clip.recording, clip.file.stat().st_size


def _number(value: object) -> int:
    digest = hashlib.blake2b(repr(value).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _archive_digest(file: str | Path) -> str:
    """Digest the checksums that an archive of arrays holds of them: hundreds of megabytes stay."""
    with zipfile.ZipFile(file) as archive:
        members = [(m.filename, m.CRC, m.file_size) for m in archive.infolist()]
    return hashlib.sha256(repr(members).encode()).hexdigest()
