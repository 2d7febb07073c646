"""Text and tables of HTML, in which nothing from outside is markup."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

MOST_COLUMNS = 4  # that fit a phone


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Write a table that scrolls by itself; nothing without rows."""
    rows = list(rows)
    if not rows:
        return ""
    top = "".join(f"<th scope=col>{text(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    wide = " class=wide" if len(head) > MOST_COLUMNS else ""
    words = f"<caption>{text(caption)}</caption>" if caption else ""
    return (
        f"<div class=scroll><table{wide}>{words}<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def text(value) -> str:
    """Escape a value, so that it stays text."""
    return html.escape(str(value), quote=True)
