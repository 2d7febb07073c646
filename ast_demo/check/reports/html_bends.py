"""Verdicts and curves of a report, as HTML."""

from __future__ import annotations

from collections.abc import Mapping

from ast_demo.check.perturbations.perturbation import HOLD, KINDS
from ast_demo.check.reports import charts
from ast_demo.check.reports.html_table import table, text
from ast_demo.check.reports.words import MARKS


def verdict_section(report: Mapping) -> str:
    """Write the verdicts, those that were missed first."""
    groups = []
    for kind in KINDS:
        rows = [verdict for verdict in report["verdicts"] if verdict["kind"] == kind]
        rows.sort(key=lambda verdict: verdict["passed"] is not False)
        if rows:
            body = "".join(map(_verdict_row, rows))
            groups.append(f"<tbody><tr><th scope=rowgroup colspan=4>{kind}</th></tr>{body}</tbody>")
    head = "".join(f"<th scope=col>{h}</th>" for h in ("result", "what", "measured", "bar"))
    return (
        "<section><h2>Verdicts</h2>\n<p class=soft>What must hold, what must not change, what "
        "should only fall, and mistakes of whoever feeds the model, made visible.</p>"
        f"<div class=scroll><table class=verdicts><thead><tr>{head}</tr></thead>{''.join(groups)}"
        "</table></div></section>"
    )


def _verdict_row(verdict: Mapping) -> str:
    cells = "".join(f"<td>{text(verdict[key])}</td>" for key in ("name", "measured", "bar"))
    missed = " class=missed" if verdict["passed"] is False else ""
    return f"<tr{missed}><td>{MARKS[verdict['passed']]}</td>{cells}</tr>"


def change_section(report: Mapping) -> str:
    """Write what changed since a baseline; nothing without one."""
    changes = report.get("changes")
    if not changes:
        return ""
    verdicts = [
        (v["name"], MARKS[v["before"]], MARKS[v["now"]], v["measured"]) for v in changes["verdicts"]
    ]
    series = [
        (
            row["series"],
            row["holds_to_before"] or "nothing",
            row["holds_to"] or "nothing",
            f"{row['greatest_change']:+.2f}",
        )
        for row in changes["series"]
    ]
    top1 = changes["top1"]
    words = f"<p>Top-1 was {top1[0]:.1%} and is {top1[1]:.1%}.</p>" if top1 else ""
    words += "".join(f"<p>The bar {text(moved)}.</p>" for moved in changes["bars"])
    digest = (changes["baseline_sha256"] or "")[:16]
    return (
        f"<section><h2>What changed since {text(changes['baseline'] or 'the baseline')} "
        f"{text(digest)}</h2>{words}"
        + table(("verdict", "was", "is", "measured"), verdicts, "verdicts that changed")
        + table(("series", "held to", "holds to", "score"), series, "curves that moved")
        + "</section>"
    )


def curve_section(report: Mapping) -> str:
    """Draw each series of several strengths, with its numbers folded away."""
    kept = report["settings"]["bars"]["kept"]
    series = [one for one in report["series"] if len(one["points"]) > 1]
    if not series:
        return ""
    figures = []
    for number, one in enumerate(series):
        drawing = charts.svg(charts.curve_figure(one, kept), f"c{number}", text(one["sentence"]))
        rows = [
            (
                p["at"],
                p["kind"],
                f"{p['kept']}/{p['cases']}",
                f"{p['score']:.2f}",
                f"{p['rival']:.2f}",
                "" if p["likeness"] is None else f"{p['likeness']:.2f}",
                p["note"],
            )
            for p in one["points"]
        ]
        head = ("strength", "kind", "kept", "score", "rival", "maps", "note")
        figures.append(
            f"<figure>{drawing}<figcaption>{text(one['sentence'])}"
            f"<details><summary>numbers</summary>{table(head, rows)}</details>"
            "</figcaption></figure>"
        )
    return (
        "<section><h2>Bend it</h2><p class=soft>Thick: score of the label that was best before, "
        "with its range over sounds and seeds. Dashed: its strongest rival. Dotted: how alike the "
        "maps are (rank correlation of rollouts). Hollow: where the best label flips.</p>"
        f"<div class=grid>{''.join(figures)}</div></section>"
    )


def once_section(report: Mapping) -> str:
    """List what was done at one strength only."""
    single = [one for one in report["series"] if len(one["points"]) == 1]
    rows = [
        (
            one["series"],
            p["kind"],
            f"{p['kept']}/{p['cases']}",
            f"{p['before']:.2f}",
            f"{p['score']:.2f}",
            p["note"],
        )
        for one in single
        for p in one["points"]
        if p["kind"] != HOLD
    ]
    head = ("what", "kind", "kept", "score before", "after", "note")
    return f"<section><h2>At one strength</h2>{table(head, rows)}</section>" if rows else ""
