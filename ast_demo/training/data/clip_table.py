"""Clips that a CSV file lists, one a row."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from ast_demo.tables import TableError, read_table
from ast_demo.training.data.clips import SPLIT_NAMES, TEST, Clip, DataError, is_file

LABEL_SEPARATOR = ";"
_COLUMNS = {  # as they are written here, and what other tables call them
    "file": ("file", "file_name", "filename", "path", "audio", "fname"),
    "label": ("label", "class", "category"),
    "labels": ("labels", "tags"),
    "split": ("split",),
    "recording": ("recording",),
}


def read_clip_table(table: Path) -> list[Clip]:
    """List the clips of a CSV file with the columns file, label or labels, split, recording.

    Raises:
        DataError: if it is no table, lacks a column, or a row cannot be used.
    """
    try:
        columns, rows = read_table(table)
    except TableError as error:
        raise DataError(str(error)) from None
    by_name = {name.lower(): name for name in reversed(columns)}
    chosen = {
        kind: next((by_name[name] for name in names if name in by_name), None)
        for kind, names in _COLUMNS.items()
    }
    if chosen["file"] is None or (chosen["label"] is None and chosen["labels"] is None):
        raise DataError(
            f"{table.name} has the columns {', '.join(columns) or '(none)'}; expected 'file' "
            "and 'label' (or 'labels', separated by semicolons)."
        )
    return [_clip_of_row(table, number, row, chosen) for number, row in rows]


def _clip_of_row(table: Path, number: int, row: Mapping[str, str], chosen: Mapping) -> Clip:
    def cell(kind: str) -> str:
        return row[chosen[kind]].strip() if chosen[kind] is not None else ""

    name = cell("file")
    if not name:
        raise DataError(f"line {number} of {table.name} names no file.")
    labels = (cell("label"),) if chosen["label"] is not None else _split_labels(cell("labels"))
    split = cell("split").lower()
    if split and SPLIT_NAMES.get(split, TEST) == TEST:
        raise DataError(
            f"line {number} of {table.name} has the split {split!r}, expected train or validation."
        )
    file = table.parent / name
    if "\\" in name and not is_file(file):  # written on Windows
        file = table.parent / name.replace("\\", "/")
    labels = tuple(label for label in labels if label)
    return Clip(file, labels, SPLIT_NAMES.get(split, ""), cell("recording") or name, name)


def _split_labels(text: str) -> tuple[str, ...]:
    """Split a cell of several labels: by semicolons, or a list as pandas writes it."""
    if text[:1] in ("[", "(", "{"):
        try:
            values = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            values = None
        if isinstance(values, (list, tuple, set)):
            return tuple(sorted(str(value).strip() for value in values))
    return tuple(part.strip() for part in text.split(LABEL_SEPARATOR))
