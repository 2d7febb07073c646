"""A against B, as HTML."""

from __future__ import annotations

from collections.abc import Mapping

from ast_demo.check.reports import charts
from ast_demo.check.reports.html_table import table, text
from ast_demo.check.reports.words import ROWS_SHOWN


def comparison_section(report: Mapping) -> str:
    """Write how two models differ; nothing where there is but one."""
    found = report["comparison"]
    if not found:
        return ""
    rows = [
        (
            r["sound"],
            f"{r['best_a']} {r['score_a']:.2f}",
            f"{r['best_b']} {r['score_b']:.2f}",
            f"{r['logit_difference']:.3g}",
            str(r["rank_changes"]),
            "" if r["likeness"] is None else f"{r['likeness']:.2f}",
        )
        for r in found["rows"][:ROWS_SHOWN]
    ]
    inputs = found["greatest_input_difference"]
    input_words = "windows differ" if inputs is None else f"{inputs:.3g} of a cell of the input"
    facts = (
        f"Greatest differences: {input_words}, {found['greatest_logit_difference']:.3g} of a "
        f"logit, {found['greatest_score_difference']:.3g} of a score. {found['shared_labels']} "
        "labels are shared."
    )
    only = "".join(
        f"<p class=soft>Only {side}: {text(', '.join(found[key]))}.</p>"
        for side, key in (("A", "only_a"), ("B", "only_b"))
        if found[key]
    )
    drawing = charts.svg(
        charts.scatter_figure(found["rows"]),
        "scatter",
        "Scores of each sound's label in A against B; the numbers are in the table below",
    )
    picture = (
        f"<figure>{drawing}<figcaption>One point a sound: what A and B give its known "
        "label, or else A's best. Hollow: their best labels differ.</figcaption></figure>"
    )
    head = ("sound", "A", "B", "logit", "rank changes", "maps")
    return (
        f"<section><h2>A against B</h2><p>{text(found['sentence'])}</p><p class=soft>{facts}</p>"
        f"{only}{picture}{table(head, rows, 'worst disagreements first')}</section>"
    )
