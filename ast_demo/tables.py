"""CSV tables as spreadsheets write and open them: any encoding in, no formula out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ast_demo.atomic_files import write_text

BYTE_ORDER_MARK = "\ufeff"  # in front of a file, or Excel reads it in the code page of the country
MOST_TABLE_BYTES = 256 << 20
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")  # in no text that a person wrote
_DELIMITERS = (",", ";", "\t", "|")


class TableError(ValueError):
    """A file that is no table; the message says which, and how to mend it."""


def plain_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay what they are."""
    text = value if isinstance(value, str) else ""
    if not text.startswith(_FORMULA_STARTS) or text == "-" or _NUMBER.fullmatch(text):
        return value
    return f"'{text}"


def table_text(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV text, for a stream or a program."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([plain_cell(cell) for cell in header])
    writer.writerows([plain_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write dicts with the same keys as a CSV file for people, whole, with a byte order mark."""
    header = list(rows[0])
    text = table_text(header, ([row.get(name, "") for name in header] for row in rows))
    write_text(path, BYTE_ORDER_MARK + text)


def read_table(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read a CSV file in whichever encoding and with whichever delimiter it was written.

    Returns:
        the names of the columns, stripped; and for each row that is not empty, the number of its
        line and its cells by column.

    Raises:
        TableError: if it is no text, or its quotes do not close.
    """
    text = _decoded(path)
    first, _, rest = text.partition("\n")
    if hint := re.fullmatch(r"sep=(.)\r?", first):  # Excel's own way of saying it
        delimiter, text, skipped = hint[1], rest, 1
    else:
        delimiter, skipped = max(_DELIMITERS, key=_unquoted(first).count), 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                cells += [""] * (len(columns) - len(cells))
                rows.append((reader.line_num + skipped, dict(zip(columns, cells))))
    except csv.Error as error:
        raise TableError(
            f"{path.name} is no CSV table that can be read (line {reader.line_num + skipped}: "
            f"{error}): export it again."
        ) from None
    return columns, rows


def _decoded(path: Path) -> str:
    """Return the text of a file: UTF-8, UTF-16, or the code page of western Windows."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_TABLE_BYTES + 1)
    except OSError as error:
        raise TableError(f"{path.name} cannot be opened ({error.strerror}).") from None
    if len(content) > MOST_TABLE_BYTES:
        raise TableError(f"{path.name} has more than {MOST_TABLE_BYTES} bytes: split the table.")
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise TableError(f"{path.name} is no text: export the table as CSV, best in UTF-8.")


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    head = content[:200]
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        if head[first::2].count(0) > len(head) // 4:  # plain letters, whose other byte is zero
            return (encoding,)
    return ("utf-8-sig", "cp1252", "latin-1")


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)
