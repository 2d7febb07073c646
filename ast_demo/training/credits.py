"""Credits of the recordings a model was made from, for its card."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

COLUMNS = ("title", "author", "licence", "url", "source", "files")


def write_credits(rows: Iterable[Mapping[str, str]], target: str | Path) -> int:
    """Write one line per recording, with the number of files cut from it; return the lines.

    Args:
        rows: of a data table with the columns title, author, licence, url and source.
        target: the CSV file to write.
    """
    works = Counter(tuple(row[name].strip() for name in COLUMNS[:-1]) for row in rows)
    with Path(target).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for work in sorted(works, key=lambda work: (work[4], work[0].lower(), work[1])):
            writer.writerow([*work, works[work]])
    return len(works)
