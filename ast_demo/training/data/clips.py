"""What one sound of a data set is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TRAIN, VALIDATION = "train", "validation"
TEST = "test"  # named by many data sets; its clips are never touched
SPLITS = (TRAIN, VALIDATION)
SPLIT_NAMES = {"train": TRAIN, "training": TRAIN, "validation": VALIDATION, "valid": VALIDATION}
SPLIT_NAMES |= {"val": VALIDATION, "dev": VALIDATION, "test": TEST, "testing": TEST, "eval": TEST}
_EXAMPLES = 3  # names listed in a message


class DataError(ValueError):
    """A data set that cannot be trained on; the message names what is wrong and how to mend it."""


@dataclass(frozen=True)
class Clip:
    """One sound file of a data set."""

    file: Path
    labels: tuple[str, ...]  # none at all for clips that only teach through soft targets
    split: str
    recording: str  # clips of one recording or speaker stay in one split
    name: str  # the file as the data set writes it


def at_most(numbers: Sequence[int], clips: Sequence[Clip], count: int) -> list[int]:
    """Keep some clips of each class, spread evenly over those there are; all if count is 0."""
    by_class = defaultdict(list)
    for number in numbers:
        by_class[clips[number].labels].append(number)
    chosen = list(by_class.values())
    if count:
        chosen = [members[:: -(-len(members) // count)] for members in chosen]
    return sorted(number for members in chosen for number in members)


def is_file(path: Path) -> bool:
    """Tell whether a file is there; a name that no system takes names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or holding what no name may hold
        return False


def some(names: Iterable[object]) -> str:
    """Name the first few and count the rest."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - _EXAMPLES} more" if len(texts) > _EXAMPLES else ""
    return ", ".join(texts[:_EXAMPLES]) + more
