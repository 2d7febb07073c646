"""A report as a file of one kind or another."""

from __future__ import annotations

from collections.abc import Mapping

from ast_demo.check.reports.baseline import card_block
from ast_demo.check.reports.html_report import to_html
from ast_demo.check.reports.json_report import to_json
from ast_demo.check.reports.pdf_report import to_pdf

FORMATS = (".html", ".pdf", ".json", ".md")


def render(report: Mapping, suffix: str, made: str) -> bytes:
    """Return a report as the bytes of a file.

    Args:
        report: as `CheckRun.report` returns it.
        suffix: one of `FORMATS`; .md is a block for a model card.
        made: when the report was made.
    """
    if suffix == ".html":
        return to_html(report, made).encode()
    if suffix == ".pdf":
        return to_pdf(report, made)
    if suffix == ".md":
        return card_block(report).encode()
    return to_json(report).encode()
