"""A report as a file: as a page, on paper, as numbers."""

from __future__ import annotations

import datetime
import re

from ast_demo.tables import BYTE_ORDER_MARK, table_text
from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.services import Services

EXPORTS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv",
    "md": "text/markdown",
}


def check_export(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return a report as a file: `kind` html, pdf, json, csv or md."""
    report, kind = kept.get(str(request.get("id"))).report, request.get("kind")
    if kind not in EXPORTS:
        raise ValueError(f"the kind is {kind!r:.40}, expected one of {', '.join(EXPORTS)}.")
    content = outcomes_csv(report) if kind == "csv" else _rendered(report, f".{kind}")
    stem = re.sub(r"[^\w-]+", "-", report["model"]["checkpoint"] or "model").strip("-")
    return {"name": f"check-{stem}.{kind}", "type": EXPORTS[kind], "data": rpc.packed(content)}


def _rendered(report: dict, suffix: str) -> bytes:
    from ast_demo.check.reports.render import render

    return render(report, suffix, datetime.date.today().isoformat())


def outcomes_csv(report: dict) -> bytes:
    """Write every outcome, one a line."""
    names = ["sound", "key", "label", "before", "score", "rival", "rival_score", "kept"]
    names += ["likeness", "note"]
    rows = ([outcome.get(name, "") for name in names] for outcome in report["outcomes"])
    return (BYTE_ORDER_MARK + table_text(names, rows)).encode()
